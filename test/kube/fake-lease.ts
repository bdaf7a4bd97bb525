/** A Lease behind real HTTP with a real server's rules: revisions, merge patches, six digits in its times. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localServer, status, type LocalServer } from './support.ts';

interface Stored {
  metadata: { name: string; resourceVersion: string; annotations: Record<string, string> };
  spec: Record<string, unknown>;
}

export interface FakeLease extends LocalServer {
  /** What is stored; undefined while there is none. */
  stored: Stored | undefined;
  /** "PATCH", "GET" … in the order they came. */
  readonly requests: string[];
  /** Answers this instead of doing the next request of that method. */
  failNext(method: string, code: number, body?: string): void;
  /** Does the next request of that method, but breaks the connection instead of answering. */
  loseNextAnswer(method: string): void;
  /** Changes what is stored as another client would. */
  touch(spec: Record<string, unknown>): void;
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

export async function fakeLease(): Promise<FakeLease> {
  const failures = new Map<string, { code: number; body: string }>();
  const lost = new Set<string>();
  let revision = 100;

  function merge(body: Partial<Stored>): { code: number; body: unknown } {
    const before = lease.stored;
    if (before === undefined) return { code: 404, body: status(404, 'NotFound', 'not found') };
    const expected = body.metadata?.resourceVersion;
    if (expected !== undefined && expected !== before.metadata.resourceVersion)
      return { code: 409, body: status(409, 'Conflict', 'the object has been modified') };
    const spec = { ...before.spec, ...body.spec };
    for (const [key, value] of Object.entries(spec)) if (value === null) Reflect.deleteProperty(spec, key);
    for (const time of [spec.renewTime, spec.acquireTime])
      if (time !== undefined && !(typeof time === 'string' && MICRO_TIME.test(time)))
        return { code: 400, body: status(400, 'BadRequest', 'parsing time') };
    const annotations = { ...before.metadata.annotations, ...body.metadata?.annotations };
    const metadata = { ...before.metadata, annotations, resourceVersion: String(++revision) };
    lease.stored = { metadata, spec };
    return { code: 200, body: lease.stored };
  }

  function answer(method: string, text: string): { code: number; body: unknown } {
    const failure = failures.get(method);
    failures.delete(method);
    if (failure !== undefined) return { code: failure.code, body: failure.body };
    if (method === 'PATCH') return merge(JSON.parse(text) as Partial<Stored>);
    if (method === 'POST') {
      if (lease.stored !== undefined) return { code: 409, body: status(409, 'AlreadyExists', 'exists') };
      lease.stored = { metadata: { name: 'l', resourceVersion: String(++revision), annotations: {} }, spec: {} };
      return { code: 201, body: lease.stored };
    }
    return lease.stored === undefined
      ? { code: 404, body: status(404, 'NotFound', 'not found') }
      : { code: 200, body: lease.stored };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const method = request.method ?? '';
    lease.requests.push(method);
    const { code, body } = answer(method, text);
    if (lost.delete(method)) {
      request.socket.destroy();
      return;
    }
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const server = await localServer((request, response) => void handle(request, response));
  const lease: FakeLease = {
    ...server,
    stored: undefined,
    requests: [],
    failNext: (method, code, body = '') => failures.set(method, { code, body }),
    loseNextAnswer: (method) => lost.add(method),
    touch: (spec) => {
      merge({ spec });
    },
  };
  return lease;
}
