/** Credentials from files, read again when they change; what was sent can be named, never shown. */
import { readFile } from 'node:fs/promises';
import { validateHeaderValue } from 'node:http';
import { err, ok, type Result } from '../core/result.ts';
import { unreadable } from './file-error.ts';
import type { SettingPrefix } from './options.ts';

/** Files are looked at once a second at most. */
const LOOK_EVERY_MS = 1000;

export interface CredentialFiles {
  /** For errors: which settings these are. */
  readonly settings: SettingPrefix;
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly headersFile?: string | undefined;
}

export interface SentCredential {
  readonly headers: Readonly<Record<string, string>>;
  /** For a 401: "bearer token from /etc/…/token", "no credential". */
  readonly name: string;
}

/** Says what is wrong with a file; its text holds nothing of what the file holds. */
class CredentialFileError extends Error {
  override readonly name = 'CredentialFileError';
}

/** Gives the headers for one kind of server. */
export class Credentials {
  readonly #files: CredentialFiles;
  readonly #now: () => number;
  #cached: { readonly value: Promise<Result<SentCredential>>; readonly atMs: number } | undefined;

  constructor(files: CredentialFiles, now: () => number) {
    this.#files = files;
    this.#now = now;
  }

  /** Whether anything secret would be sent. */
  get configured(): boolean {
    const { username, passwordFile, tokenFile, headersFile } = this.#files;
    return [username, passwordFile, tokenFile, headersFile].some((one) => one !== undefined);
  }

  /** The headers to send now; fails if a file cannot be read, rather than going without. */
  current(): Promise<Result<SentCredential>> {
    const nowMs = this.#now();
    if (this.#cached === undefined || nowMs - this.#cached.atMs >= LOOK_EVERY_MS)
      this.#cached = { value: this.#read(), atMs: nowMs };
    return this.#cached.value;
  }

  async #read(): Promise<Result<SentCredential>> {
    const { settings, username, passwordFile, tokenFile, headersFile } = this.#files;
    const headers = new Map<string, string>();
    const names: string[] = [];
    try {
      if (headersFile !== undefined) {
        const text = await contentOf(`${settings}_HEADERS_FILE`, headersFile);
        for (const [name, value] of parseHeaders(`${settings}_HEADERS_FILE=${headersFile}`, text))
          headers.set(name.toLowerCase(), value);
        names.push(`headers from ${headersFile}`);
      }
      if (tokenFile !== undefined) {
        const token = (await contentOf(`${settings}_TOKEN_FILE`, tokenFile)).trim();
        // Anything else could not be sent as a header, and the error would quote it.
        if (!/^[\x21-\x7e]+$/.test(token))
          throw new CredentialFileError(`${settings}_TOKEN_FILE=${tokenFile}: the file holds no token`);
        headers.set('authorization', `Bearer ${token}`);
        names.push(`bearer token from ${tokenFile}`);
      } else if (username !== undefined && passwordFile !== undefined) {
        const password = (await contentOf(`${settings}_PASSWORD_FILE`, passwordFile)).replace(/\r?\n$/, '');
        headers.set('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
        names.push(`user ${username} with the password from ${passwordFile}`);
      }
    } catch (cause) {
      if (!(cause instanceof CredentialFileError)) throw cause;
      return err({ kind: 'unauthorized', what: 'credential file', detail: cause.message });
    }
    const name = names.length === 0 ? 'no credential' : names.join(' and ');
    return ok({ headers: Object.fromEntries(headers), name });
  }
}

async function contentOf(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CredentialFileError(`${setting}=${file}: ${unreadable(cause)}`);
  }
}

/** Lines "Name: value"; empty lines and those that begin with # are left out. */
function parseHeaders(origin: string, text: string): [name: string, value: string][] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined || !canBeSent(name, value))
      throw new CredentialFileError(`${origin}: line ${index + 1} is no header; write it as "Name: value"`);
    return [[name, value]];
  });
}

function canBeSent(name: string, value: string): boolean {
  try {
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
