/** A client as the adapters make it, for one kind of server. */
import { AssertionError } from 'chai';
import pLimit from 'p-limit';
import type { OperatingError, Result } from '../../src/core/result.ts';
import { Credentials, type CredentialFiles } from '../../src/spark/credentials.ts';
import { SparkHttp, type Answer } from '../../src/spark/http-client.ts';
import type { SparkHttpOptions } from '../../src/spark/options.ts';
import { TlsFiles } from '../../src/spark/tls-files.ts';
import { errorOf, never, options } from './support.ts';

/** What sets a client apart from the usual one. */
export interface Given {
  readonly http?: Partial<SparkHttpOptions>;
  readonly credentials?: Omit<CredentialFiles, 'settings'>;
  readonly presentsCertificate?: boolean;
  readonly now?: () => number;
}

export interface Client {
  text(url: string, signal?: AbortSignal): Promise<Result<string>>;
  send(url: string, form?: URLSearchParams): Promise<Result<Answer>>;
}

/** What every request says it is. */
export const WHAT = 'page of worker-1';

export async function client(given: Given = {}): Promise<Client> {
  const all = options({ ...given.http, ...(given.now && { now: given.now }) });
  const tls = await TlsFiles.load(all, all.now);
  if (!tls.ok) throw new AssertionError(tls.error.join('; '));
  const presentsCertificate = given.presentsCertificate ?? true;
  const http = new SparkHttp(all, { limit: pLimit(all.maxConcurrentRequests), tls: tls.value, presentsCertificate });
  const credentials = new Credentials({ settings: 'ELASTIC_WORKER_SPARK', ...given.credentials }, all.now);
  return {
    text: (url, signal = never) => http.text({ what: WHAT, url, credentials }, signal),
    send: (url, form) => http.send({ what: WHAT, url, credentials, ...(form && { form }) }, never),
  };
}

/** The error of a request that must fail. */
export async function failure(url: string, given: Given = {}): Promise<OperatingError> {
  return errorOf(await (await client(given)).text(url));
}
