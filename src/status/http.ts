/** The daemon's own web server: four pages for machines and an index for people. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import type { Health, StatusState } from './status-state.ts';

export interface StatusServerOptions {
  /** Undefined: every address of the pod. */
  readonly host: string | undefined;
  readonly port: number;
  readonly metrics: Metrics;
  readonly state: StatusState;
  /** Nobody needs longer to ask for a page or to read it; who holds a connection longer is shown out. */
  readonly patienceMs?: number;
}

export interface StatusServer {
  /** Rejects if the address cannot be listened on. */
  listen(): Promise<AddressInfo>;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const PATIENCE_MS = 10_000;
const INDEX = [
  'elastic-worker',
  '',
  '/status   decisions, sources, settings (JSON)',
  '/metrics',
  '/healthz',
  '/readyz',
  '',
];

/** Builds the server; nothing listens yet. */
export function createStatusServer(options: StatusServerOptions): StatusServer {
  const { patienceMs = PATIENCE_MS } = options;
  const server = createServer({ connectionsCheckingInterval: patienceMs / 2 }, (request, response) => {
    void answer(request, options).then(
      (page) => {
        send(response, page);
      },
      () => {
        send(response, { status: 500, type: TEXT, body: 'the page could not be made\n' });
      },
    );
  });
  server.requestTimeout = patienceMs;
  server.headersTimeout = patienceMs;
  server.keepAliveTimeout = patienceMs;
  server.timeout = patienceMs;
  return {
    listen: () => listen(server, options),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, { metrics, state }: StatusServerOptions): Promise<Page> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, type: TEXT, body: 'only GET and HEAD\n' };
  const path: string = URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '';
  switch (path) {
    case '/':
      return { status: 200, type: TEXT, body: INDEX.join('\n') };
    case '/healthz':
      return healthPage(state.alive());
    case '/readyz':
      return healthPage(state.ready());
    case '/metrics': {
      const { text, contentType } = await metrics.render(request.headers.accept ?? '');
      return { status: 200, type: contentType, body: text };
    }
    case '/status':
      return { status: 200, type: 'application/json; charset=utf-8', body: `${JSON.stringify(state.document())}\n` };
    default:
      return { status: 404, type: TEXT, body: 'there is no such page; see /\n' };
  }
}

function healthPage({ well, text }: Health): Page {
  return { status: well ? 200 : 503, type: TEXT, body: `${text}\n` };
}

function send(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // The connection goes with the refusal: whatever comes with such a request is not read.
    ...(status === 405 ? { allow: 'GET, HEAD', connection: 'close' } : {}),
  });
  // Node leaves the body out of an answer to HEAD.
  response.end(body);
}

function listen(server: Server, { host, port }: StatusServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no address was bound'));
      else resolve(address);
    });
  });
}
