/** The TLS files: read at start, where a mistake is a problem to mend, and again when they change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { err, ok, type Result } from '../core/result.ts';
import { unreadable } from './file-error.ts';
import type { SettingPrefix, TlsFileNames } from './options.ts';

/** Files are looked at this often at most. */
const LOOK_EVERY_MS = 10_000;
const SETTINGS: SettingPrefix = 'ELASTIC_WORKER_SPARK';
const CA_FILE = `${SETTINGS}_CA_FILE`;
const CERT_FILE = `${SETTINGS}_CERT_FILE`;
const KEY_FILE = `${SETTINGS}_KEY_FILE`;
const NO_CERTIFICATE = 'the file holds no certificate that can be read; write certificates in PEM form into it';
const WRONG_KEY =
  `the file holds no private key of the certificate in ${CERT_FILE}; write that key into it, in PEM form and without ` +
  'a passphrase';

/** Empty where no file is set: the public authorities, and no certificate of our own. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Gives the newest material that works. */
export class TlsFiles {
  readonly #files: TlsFileNames;
  readonly #now: () => number;
  #material: TlsMaterial;
  #lookedAtMs: number;

  private constructor(files: TlsFileNames, material: TlsMaterial, now: () => number) {
    this.#files = files;
    this.#material = material;
    this.#now = now;
    this.#lookedAtMs = now();
  }

  /** Reads them for the first time. On failure: everything that is wrong, each with its setting and the mend. */
  static async load(files: TlsFileNames, now: () => number): Promise<Result<TlsFiles, readonly string[]>> {
    const material = await readAll(files);
    return material.ok ? ok(new TlsFiles(files, material.value, now)) : material;
  }

  /**
   * What to use now; the same object as before where nothing has changed. Files that are being replaced, or that went
   * away, change nothing: what worked stays in use.
   */
  async current(): Promise<TlsMaterial> {
    const nowMs = this.#now();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return this.#material;
    this.#lookedAtMs = nowMs;
    const fresh = await readAll(this.#files);
    if (fresh.ok && !isSame(fresh.value, this.#material)) this.#material = fresh.value;
    return this.#material;
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

async function readAll({ caFile, certFile, keyFile }: TlsFileNames): Promise<Result<TlsMaterial, readonly string[]>> {
  const problems: string[] = [];
  const read = async (setting: string, file: string | undefined): Promise<string | undefined> => {
    if (file === undefined) return undefined;
    const text = await readFile(file, 'utf8').catch((cause: unknown) => ({ cause }));
    if (typeof text === 'string') return text;
    problems.push(`${setting}=${file}: ${unreadable(text.cause)}`);
    return undefined;
  };
  const ca = await read(CA_FILE, caFile);
  const cert = await read(CERT_FILE, certFile);
  const key = await read(KEY_FILE, keyFile);
  if (ca !== undefined && !holdsCertificates(ca)) problems.push(`${CA_FILE}=${caFile ?? ''}: ${NO_CERTIFICATE}`);
  if (cert !== undefined && !holdsCertificates(cert))
    problems.push(`${CERT_FILE}=${certFile ?? ''}: ${NO_CERTIFICATE}`);
  else if (cert !== undefined && key !== undefined && !belongTogether(cert, key))
    problems.push(`${KEY_FILE}=${keyFile ?? ''}: ${WRONG_KEY}`);
  if (problems.length > 0) return err(problems);
  return ok({
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
}

/** Node takes a bundle of nonsense as "trust nobody" without a word. */
function holdsCertificates(pem: string): boolean {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return found.length > 0 && found.every((one) => holds(() => new X509Certificate(one).raw.length > 0));
}

function belongTogether(cert: string, key: string): boolean {
  return holds(() => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)));
}

function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
