/** Real servers on loopback that remember what they were asked, and certificates for them. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Some containers have no IPv6 at all, not even on loopback. */
export const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  /** Without a slash at its end: "http://127.0.0.1:40123". */
  readonly url: string;
  readonly port: number;
  /** Every request, in order of arrival. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Either an answer to give, or what to do with the response. */
export type Reply =
  { status?: number; headers?: Record<string, string>; body?: string } | ((response: ServerResponse) => void);
export type Handler = (asked: Asked) => Reply;

export interface ServeOptions {
  readonly host?: string;
  /** With these it speaks TLS. */
  readonly tls?: ServerOptions;
}

const open = new Set<TestServer>();

/** For `afterEach`: ends every server of the test. */
export async function closeServers(): Promise<void> {
  await Promise.all([...open].map((server) => server.close()));
}

/** Serves on a free port. */
export async function serve(handler: Handler, { host = '127.0.0.1', tls }: ServeOptions = {}): Promise<TestServer> {
  const asked: Asked[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      const reply = handler(one);
      if (typeof reply === 'function') reply(response);
      else response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '');
    });
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  return listening(server, asked, host, tls === undefined ? 'http' : 'https', () => {
    server.closeAllConnections();
  });
}

/** A server of bare sockets, for what is no HTTP. */
export async function serveSockets(onSocket: (socket: Socket) => void): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  return listening(server, [], '127.0.0.1', 'http', () => {
    for (const socket of sockets) socket.destroy();
  });
}

async function listening(
  server: Server,
  asked: readonly Asked[],
  host: string,
  scheme: string,
  cutAll: () => void,
): Promise<TestServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo; // listening on a port, so it is no pipe
  const test: TestServer = {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    asked,
    close: () =>
      new Promise((resolve) => {
        open.delete(test);
        server.close(() => {
          resolve();
        });
        cutAll();
      }),
  };
  open.add(test);
  return test;
}

/** Path of a certificate or key of test/fixtures/tls, by its name: "ca", "server-key". */
export function pemFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
}

export function pem(name: string): string {
  return readFileSync(pemFile(name), 'utf8');
}

/** Certificate and key of a server: "server" or "other-server". */
export function identity(name: string): { readonly cert: string; readonly key: string } {
  return { cert: pem(name), key: pem(`${name}-key`) };
}
