/**
 * Stands between the daemon and the API server, on TLS and loopback: passes everything on, and does to single requests
 * what a fault asks for. Only the daemon is pointed at it.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { ControlPlane } from '../control-plane.ts';
import type { Workbench } from '../workbench.ts';

const PORT = 6444;

/** What the daemon wants of the API with a request, as far as faults tell them apart. */
export type ApiCall = 'choose' | 'mark' | 'resize' | 'list-pods' | 'other';

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** One request of the daemon. */
export interface Exchange {
  readonly call: ApiCall;
  /** Name of the pod that is patched. */
  readonly pod: string | undefined;
  /** The count goes down by it. */
  readonly lowers: boolean;
  /** Sends it on to the API server and resolves with the answer, which the daemon has not got yet. */
  forward(): Promise<Answer>;
}

export interface ApiFault {
  matches(exchange: Exchange): boolean;
  /** What the daemon gets instead; 'silence' leaves it without an answer for as long as it waits. */
  handle(exchange: Exchange): Promise<Answer | 'silence'>;
}

export interface ApiFaults {
  /** Where the daemon is pointed at; the API server's own certificate is valid here. */
  readonly url: string;
  /** Lets a fault have the next request that it matches, or all until `disarm`. Earlier ones come first. */
  arm(fault: ApiFault, times?: 'once' | 'always'): { readonly disarm: () => void };
  /** The newest list of pods that the daemon got unspoilt. */
  newestPodList(): Answer | undefined;
  /** Ids, as in the audit log, of writes that were carried out though the daemon never got the answer. */
  lostAnswers(): ReadonlySet<string>;
}

interface Armed {
  readonly fault: ApiFault;
  readonly times: 'once' | 'always';
}

/** Starts it beside the API server. The workbench stops it. */
export async function startApiFaults(bench: Workbench, controlPlane: ControlPlane): Promise<ApiFaults> {
  const cert = await readFile(controlPlane.caFile);
  const key = await readFile(join(dirname(controlPlane.caFile), 'apiserver.key'));
  const upstream = new Agent({ ca: cert, keepAlive: true, maxSockets: 16 });
  const { hostname } = new URL(controlPlane.apiUrl);
  const armed: Armed[] = [];
  const lost = new Set<string>();
  let newest: Answer | undefined;
  /** The count as the daemon last read or wrote it. */
  let planned = 0;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    let sent: Promise<Answer> | undefined;
    const forward = (): Promise<Answer> => (sent ??= passOn(controlPlane.apiUrl, upstream, incoming, body));
    const asked = callOf(incoming, body);
    const replicas = replicasIn(body.toString());
    const lowers = asked.call === 'resize' && replicas !== undefined && replicas < planned;
    const exchange = { ...asked, lowers, forward };
    const at = armed.findIndex(({ fault }) => fault.matches(exchange));
    const taken = armed[at];
    if (taken?.times === 'once') armed.splice(at, 1);
    const answer = taken === undefined ? await forward() : await taken.fault.handle(exchange);
    if (answer === 'silence') {
      const id = (await sent)?.headers['audit-id'];
      if (typeof id === 'string') lost.add(id);
      return;
    }
    if (answer.status === 200) planned = replicasIn(answer.body) ?? planned;
    if (exchange.call === 'list-pods' && taken === undefined) newest = answer;
    const id = answer.headers['audit-id'];
    if (outgoing.destroyed && typeof id === 'string') lost.add(id);
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const server = createServer({ cert, key }, (incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(PORT, hostname, resolve);
  });
  bench.onStop(async () => {
    upstream.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `https://${hostname}:${PORT}`,
    arm: (fault, times = 'once') => {
      const one = { fault, times };
      armed.push(one);
      return {
        disarm: () => {
          const at = armed.indexOf(one);
          if (at >= 0) armed.splice(at, 1);
        },
      };
    },
    newestPodList: () => newest,
    lostAnswers: () => lost,
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const Annotated = v.object({ metadata: v.object({ annotations: v.record(v.string(), v.nullable(v.string())) }) });

function callOf({ method, url = '' }: IncomingMessage, body: Buffer): Pick<Exchange, 'call' | 'pod'> {
  const path = url.split('?')[0] ?? '';
  if (method === 'GET' && path.endsWith('/pods')) return { call: 'list-pods', pod: undefined };
  if (method !== 'PATCH') return { call: 'other', pod: undefined };
  if (path.endsWith('/scale')) return { call: 'resize', pod: undefined };
  const pod = /\/pods\/([^/]+)$/.exec(path)?.[1];
  if (pod === undefined) return { call: 'other', pod };
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Annotated), body.toString());
  const annotations = parsed.success ? parsed.output.metadata.annotations : {};
  if (typeof annotations['elastic-worker/chosen-at'] === 'string') return { call: 'choose', pod };
  return { call: typeof annotations['elastic-worker/marked-at'] === 'string' ? 'mark' : 'other', pod };
}

const Counted = v.object({ spec: v.object({ replicas: v.number() }) });

function replicasIn(text: string): number | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Counted), text);
  return parsed.success ? parsed.output.spec.replicas : undefined;
}

function passOn(url: string, agent: Agent, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers };
    delete headers.host;
    delete headers.connection;
    // The answer is held and handed on as text.
    delete headers['accept-encoding'];
    const target = new URL(incoming.url ?? '/', url);
    const options = { method: incoming.method, headers, agent, signal: AbortSignal.timeout(20_000) };
    const sent = httpsRequest(target, options, (response) => {
      bodyOf(response).then((bytes) => {
        const kept = { ...response.headers };
        delete kept['transfer-encoding'];
        delete kept.connection;
        delete kept['content-length'];
        resolve({ status: response.statusCode ?? 502, headers: kept, body: bytes.toString() });
      }, reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** An answer of the API server's own making. */
export function statusAnswer(status: number, message: string, headers: OutgoingHttpHeaders = {}): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: status };
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
