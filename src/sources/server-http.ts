/** Requests to a server that holds the series of many applications: its address is set by a person, not by applications. */
import type { LookupFunction } from 'node:net';
import pLimit from 'p-limit';
import { ok, type Result } from '../core/result.ts';
import { Credentials } from '../spark/credentials.ts';
import { SparkHttp, type Answer, type Request } from '../spark/http-client.ts';
import type { HttpLimits, SettingPrefix, TlsFileNames } from '../spark/options.ts';
import { TlsFiles } from '../spark/tls-files.ts';

/** How a server is reached; secrets are files. */
export interface ServerAccess extends TlsFileNames {
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly headersFile?: string | undefined;
}

/** Any answer but a redirect, a 401 or a 403, with the server's clock. */
export type SendToServer = (request: Omit<Request, 'credentials'>, signal: AbortSignal) => Promise<Result<Answer>>;

/**
 * Builds it.
 *
 * @param lookup resolves names, for addresses that others chose.
 * @returns on failure: what is wrong with the TLS files, each with its setting and the mend.
 */
export async function serverHttp(
  settings: SettingPrefix,
  access: ServerAccess,
  limits: HttpLimits,
  now: () => number,
  lookup?: LookupFunction,
): Promise<Result<SendToServer, readonly string[]>> {
  const tls = await TlsFiles.load(access, now, settings);
  if (!tls.ok) return tls;
  const limit = pLimit(limits.maxConcurrentRequests);
  const http = new SparkHttp(limits, { limit, tls: tls.value, presentsCertificate: true, ...(lookup && { lookup }) });
  const credentials = new Credentials({ settings, ...access }, now);
  return ok((request, signal) => http.send({ ...request, credentials }, signal));
}
