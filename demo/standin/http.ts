/** The edge: one plain HTTP server around a function from request to answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Json } from './json.ts';

export interface Request {
  readonly method: string;
  /** Decoded nowhere, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: string;
}

export interface Reply {
  readonly kind: 'reply';
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `hang` keeps the connection open without a word, `drop` closes it. */
export type Answer = Reply | { readonly kind: 'hang' } | { readonly kind: 'drop' };

export type Handler = (request: Request) => Answer;

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

export function plainText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { kind: 'reply', status, type: 'text/plain;charset=utf-8', body, headers };
}

export function jsonReply(status: number, body: Json): Reply {
  return { kind: 'reply', status, type: 'application/json', body: JSON.stringify(body) };
}

/** Spark's own JSON pages: pretty printed, and not application/json (spark.md 3.1). */
export function sparkJson(body: Json): Reply {
  return { kind: 'reply', status: 200, type: 'text/json;charset=utf-8', body: JSON.stringify(body, null, 2) };
}

export function htmlReply(body: string): Reply {
  return { kind: 'reply', status: 200, type: 'text/html;charset=utf-8', body };
}

/** As Jetty does for a folder's path without its slash (spark.md trap 5). */
export function redirect(location: string): Reply {
  return { kind: 'reply', status: 302, type: 'text/plain', body: '', headers: { location } };
}

/** Bytes of the body as sent; 0 where nothing is sent. */
export function bytesOf(answer: Answer): number {
  return answer.kind === 'reply' ? Buffer.byteLength(answer.body) : 0;
}

/** A request from outside any server: for callers that ask a handler directly. */
export function requestOf(method: string, target: string, body = '', contentType = 'application/json'): Request {
  const url = new URL(target, 'http://stand-in');
  return { method, path: url.pathname, query: url.searchParams, contentType, body };
}

/** Listens on one loopback address; port 0 takes a free one. Rejects where the address is taken or not loopback. */
export async function serve(host: string, port: number, handler: Handler): Promise<RunningServer> {
  if (!host.startsWith('127.')) throw new Error(`only loopback addresses are served, not ${host}`);
  const server = createServer((incoming, outgoing) => {
    respond(incoming, outgoing, handler).catch(() => outgoing.destroy());
  });
  const taken = await listen(server, host, port);
  return {
    url: `http://${host}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function respond(incoming: IncomingMessage, outgoing: ServerResponse, handler: Handler): Promise<void> {
  incoming.setEncoding('utf8');
  let body = '';
  for await (const chunk of incoming) body += String(chunk);
  const contentType = incoming.headers['content-type'] ?? '';
  const answer = handler(requestOf(incoming.method ?? 'GET', incoming.url ?? '/', body, contentType));
  if (answer.kind === 'hang') return;
  if (answer.kind === 'drop') {
    incoming.socket.destroy();
    return;
  }
  outgoing.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    ...answer.headers,
  });
  outgoing.end(incoming.method === 'HEAD' ? undefined : answer.body);
}
