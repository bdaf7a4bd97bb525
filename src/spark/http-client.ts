/** One request to Spark: deadline, size limit, no proxy from the environment, no redirect, and an error that says why. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import axios, { AxiosError, isCancel, type AxiosInstance } from 'axios';
import type pLimit from 'p-limit';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import { BlockedAddressError } from './address-guard.ts';
import type { Credentials } from './credentials.ts';
import type { HttpLimits } from './options.ts';
import type { TlsFiles, TlsMaterial } from './tls-files.ts';

const MIB = 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The server's clock when it answered, in milliseconds since the epoch, to the second; undefined if it did not say. */
  readonly dateEpochMs: number | undefined;
}

export interface Request {
  /** For people: "master /json/". */
  readonly what: string;
  readonly url: string;
  readonly credentials: Credentials;
  /** Sent as a form by POST; without it and without `json` a GET is made. */
  readonly form?: URLSearchParams;
  /** Sent as JSON by POST. */
  readonly json?: unknown;
}

/** What several {@link SparkHttp} share, and what sets them apart. */
export interface SparkHttpParts {
  readonly limit: ReturnType<typeof pLimit>;
  readonly tls: TlsFiles;
  /** Whether our own TLS certificate is presented where one is asked for. */
  readonly presentsCertificate: boolean;
  /** Resolves names for addresses that others chose; left out for the master's own. */
  readonly lookup?: LookupFunction;
}

/** Sends requests within a limit that may be shared, over connections that are kept. */
export class SparkHttp {
  readonly #options: HttpLimits;
  readonly #parts: SparkHttpParts;
  readonly #axios: AxiosInstance;
  readonly #sockets: AgentOptions;
  #tls: { readonly material: TlsMaterial; readonly agent: HttpsAgent } | undefined;

  constructor(options: HttpLimits, parts: SparkHttpParts) {
    this.#options = options;
    this.#parts = parts;
    const { lookup } = parts;
    this.#sockets = { keepAlive: true, maxSockets: options.maxConcurrentRequests, ...(lookup && { lookup }) };
    this.#axios = axios.create({
      proxy: false,
      maxRedirects: 0,
      validateStatus: null,
      // Without this axios would parse whatever looks like JSON.
      responseType: 'text',
      timeout: options.requestTimeoutMs,
      maxContentLength: options.maxBodyMiB * MIB,
      maxBodyLength: MIB,
      httpAgent: new HttpAgent(this.#sockets),
    });
  }

  /** Sends it and returns any answer but a redirect, a 401 or a 403. */
  async send(request: Request, signal: AbortSignal): Promise<Result<Answer>> {
    return this.#parts.limit(async () => {
      const sent = await request.credentials.current();
      if (!sent.ok) return sent;
      const httpsAgent = this.#agentFor(await this.#parts.tls.current());
      const deadline = AbortSignal.timeout(this.#options.requestTimeoutMs);
      try {
        const response = await this.#axios.request<string>({
          url: request.url,
          httpsAgent,
          ...methodOf(request),
          headers: { Accept: '*/*', ...sent.value.headers, ...typeOf(request) },
          signal: AbortSignal.any([signal, deadline]),
        });
        const { status, headers, data } = response;
        const refusal = refusalOf(status, headers.location, request, sent.value.name);
        return refusal === undefined ? ok({ status, body: data, dateEpochMs: dateOf(headers.date) }) : err(refusal);
      } catch (cause) {
        return err(this.#toError(cause, request.what, deadline.aborted));
      }
    });
  }

  /** As {@link send}, and only a 200 will do. */
  async text(request: Request, signal: AbortSignal): Promise<Result<string>> {
    const answer = await this.answer(request, signal);
    return answer.ok ? ok(answer.value.body) : answer;
  }

  /** As {@link text}, with the server's clock. */
  async answer(request: Request, signal: AbortSignal): Promise<Result<Answer>> {
    const answer = await this.send(request, signal);
    if (!answer.ok) return answer;
    const { status } = answer.value;
    if (status === 200) return answer;
    const kind = status === 404 ? 'not-found' : 'refused';
    return err({ kind, what: request.what, status, detail: 'the answer is no 200' });
  }

  /** One agent as long as the TLS files stay the same; connections of an old one end when the servers close them. */
  #agentFor(material: TlsMaterial): HttpsAgent {
    if (this.#tls?.material === material) return this.#tls.agent;
    const { ca, ...own } = material;
    const agent = new HttpsAgent({
      ...this.#sockets,
      ...(ca !== undefined && { ca }),
      ...(this.#parts.presentsCertificate && own),
    });
    this.#tls = { material, agent };
    return agent;
  }

  #toError(cause: unknown, what: string, late: boolean): OperatingError {
    const limitMs = this.#options.requestTimeoutMs;
    const timeout: OperatingError = { kind: 'timeout', what, detail: `no whole answer within ${limitMs} ms` };
    if (late || isTimeout(cause)) return timeout;
    if (isCancel(cause)) return { kind: 'unreachable', what, detail: 'given up' };
    if (!(cause instanceof AxiosError)) throw cause;
    if (cause.cause instanceof BlockedAddressError) return { kind: 'blocked', what, detail: cause.cause.message };
    if (cause.message.startsWith('maxContentLength')) {
      const detail = `the answer is longer than ${this.#options.maxBodyMiB} MiB (ELASTIC_WORKER_MAX_BODY_MIB)`;
      return { kind: 'malformed', what, detail };
    }
    return { kind: 'unreachable', what, detail: `${cause.code ?? 'error'}: ${cause.message.split('\n')[0] ?? ''}` };
  }
}

function methodOf({ form, json }: Request): { readonly method: string; readonly data?: unknown } {
  const data = form ?? (json === undefined ? undefined : JSON.stringify(json));
  return data === undefined ? { method: 'GET' } : { method: 'POST', data };
}

function typeOf({ json }: Request): { readonly 'Content-Type'?: string } {
  return json === undefined ? {} : { 'Content-Type': 'application/json' };
}

function dateOf(header: unknown): number | undefined {
  const epochMs = typeof header === 'string' ? Date.parse(header) : NaN;
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof AxiosError && (cause.code === 'ECONNABORTED' || cause.code === 'ETIMEDOUT');
}

function refusalOf(
  status: number,
  location: unknown,
  { what, url }: Request,
  sent: string,
): OperatingError | undefined {
  if (status === 401 || status === 403) return { kind: 'unauthorized', what, status, detail: `sent: ${sent}` };
  if (status < 300 || status > 399) return undefined;
  const to = typeof location === 'string' ? URL.parse(location, url) : null;
  const hint =
    to?.protocol === 'https:' ? '; with TLS on, set the https address (its port is the HTTP port + 400)' : '';
  const detail = `it redirects to ${to?.origin ?? 'somewhere'}, and redirects are not followed${hint}`;
  return { kind: 'refused', what, status, detail };
}
