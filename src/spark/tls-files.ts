/** The TLS files: read at start, where a mistake is a problem to mend, and again when they change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { err, ok, type Result } from '../core/result.ts';
import { unreadable } from './file-error.ts';
import type { SettingPrefix, TlsFileNames } from './options.ts';

/** Files are looked at this often at most. */
const LOOK_EVERY_MS = 10_000;
const NO_CERTIFICATE = 'the file holds no certificate that can be read; write certificates in PEM form into it';
const WRONG_KEY = (settings: SettingPrefix): string =>
  `the file holds no private key of the certificate in ${settings}_CERT_FILE; write that key into it, in PEM form and ` +
  'without a passphrase';

/** Empty where no file is set: the public authorities, and no certificate of our own. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Gives the newest material that works. */
export class TlsFiles {
  readonly #files: TlsFileNames;
  readonly #settings: SettingPrefix;
  readonly #now: () => number;
  #material: TlsMaterial;
  #lookedAtMs: number;

  private constructor(files: TlsFileNames, material: TlsMaterial, now: () => number, settings: SettingPrefix) {
    this.#files = files;
    this.#settings = settings;
    this.#material = material;
    this.#now = now;
    this.#lookedAtMs = now();
  }

  /** Reads them for the first time. On failure: everything that is wrong, each with its setting and the mend. */
  static async load(
    files: TlsFileNames,
    now: () => number,
    settings: SettingPrefix = 'ELASTIC_WORKER_SPARK',
  ): Promise<Result<TlsFiles, readonly string[]>> {
    const material = await readAll(files, settings);
    return material.ok ? ok(new TlsFiles(files, material.value, now, settings)) : material;
  }

  /**
   * What to use now; the same object as before where nothing has changed. Files that are being replaced, or that went
   * away, change nothing: what worked stays in use.
   */
  async current(): Promise<TlsMaterial> {
    const nowMs = this.#now();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return this.#material;
    this.#lookedAtMs = nowMs;
    const fresh = await readAll(this.#files, this.#settings);
    if (fresh.ok && !isSame(fresh.value, this.#material)) this.#material = fresh.value;
    return this.#material;
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

async function readAll(
  { caFile, certFile, keyFile }: TlsFileNames,
  settings: SettingPrefix,
): Promise<Result<TlsMaterial, readonly string[]>> {
  const [caSetting, certSetting, keySetting] = [`${settings}_CA_FILE`, `${settings}_CERT_FILE`, `${settings}_KEY_FILE`];
  const problems: string[] = [];
  const read = async (setting: string, file: string | undefined): Promise<string | undefined> => {
    if (file === undefined) return undefined;
    const text = await readFile(file, 'utf8').catch((cause: unknown) => ({ cause }));
    if (typeof text === 'string') return text;
    problems.push(`${setting}=${file}: ${unreadable(text.cause)}`);
    return undefined;
  };
  const ca = await read(caSetting, caFile);
  const cert = await read(certSetting, certFile);
  const key = await read(keySetting, keyFile);
  if (ca !== undefined && !holdsCertificates(ca)) problems.push(`${caSetting}=${caFile ?? ''}: ${NO_CERTIFICATE}`);
  if (cert !== undefined && !holdsCertificates(cert))
    problems.push(`${certSetting}=${certFile ?? ''}: ${NO_CERTIFICATE}`);
  else if (cert !== undefined && key !== undefined && !belongTogether(cert, key))
    problems.push(`${keySetting}=${keyFile ?? ''}: ${WRONG_KEY(settings)}`);
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
