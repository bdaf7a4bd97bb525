/** A client whose requests nock answers, or that talks to a server of the test's own. */
import { Agent as HttpAgent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import nock from 'nock';
import { kubeClient, type KubeClient, type KubeClientOptions } from '../../src/kube/client.ts';
import type { KubeCredentials } from '../../src/kube/credentials.ts';

export const API = 'https://kube.test:6443';
export const NAMESPACE = 'team';
/** Monday, some time. */
export const NOW_EPOCH_MS = Date.UTC(2026, 10, 23, 8, 0, 0);

export interface Clock {
  nowMs: number;
}

/** Credentials without any file behind them. */
export function fakeCredentials(server: string, token: () => string = () => 'secret-token'): KubeCredentials {
  let used = token();
  const agent = server.startsWith('https:') ? new HttpsAgent() : new HttpAgent();
  return {
    kind: 'in-cluster',
    server,
    namespace: NAMESPACE,
    login: () => {
      used = token();
      return Promise.resolve({ headers: { Authorization: `Bearer ${used}` }, agent });
    },
    refresh: () => Promise.resolve(token() !== used),
    close: () => undefined,
  };
}

export function testClient(options: Partial<KubeClientOptions> = {}): KubeClient {
  return kubeClient({
    credentials: fakeCredentials(API),
    namespace: NAMESPACE,
    nowMs: () => 0,
    nowEpochMs: () => NOW_EPOCH_MS,
    ...options,
  });
}

/** The stubbed API server. */
export function api(): nock.Scope {
  return nock(API);
}

/** A `Status` object, as the API server explains a refusal. */
export function status(code: number, reason: string, message: string): Record<string, unknown> {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

/** For `afterEach`: throws if a stub was not asked for, and forgets all of them. */
export function allStubsUsed(): void {
  const left = nock.pendingMocks();
  nock.cleanAll();
  if (left.length > 0) throw new Error(`never asked for: ${left.join(', ')}`);
}

export const never = new AbortController().signal;

export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A real server on loopback, for what a stub cannot do: stall, break off, answer slowly. */
export async function localServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LocalServer> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on a port, so it is no pipe
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
