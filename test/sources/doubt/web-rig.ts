/** Rigs of sources that ask over HTTP: a real server on loopback that can fail in every way. */
import { adapters, options } from '../../spark/support.ts';
import { pageOf } from '../../spark/cluster.ts';
import { serve, type Asked, type Reply, type TestServer } from '../../spark/servers.ts';
import type { FakeClock } from '../../daemon/support/clock.ts';
import type { SparkAdapters } from '../../../src/spark/adapters.ts';
import type { GaugeSource } from '../../../src/spark/ports.ts';
import { serverHttp, type SendToServer } from '../../../src/sources/server-http.ts';
import type { HttpLimits } from '../../../src/spark/options.ts';
import type { DoubtRig, Fault, Published } from './rig.ts';

/** Real milliseconds: a fault that says nothing uses them up at each read; a busy machine must not use them up otherwise. */
const DEADLINE_MS = 250;

export const LIMITS: HttpLimits = { requestTimeoutMs: DEADLINE_MS, maxConcurrentRequests: 4, maxBodyMiB: 1 };

/** A server's body for what is published at present; undefined for a path it does not know. */
export type Body = (asked: Asked, state: WebState) => string | undefined;

export interface WebState {
  readonly clock: FakeClock;
  published: readonly Published[];
  fault: Fault | undefined;
}

export interface WebParts {
  readonly clock: FakeClock;
  readonly body: Body;
  /** Told at each second, before anything is asked: for servers that keep what they were told. */
  readonly tick?: (state: WebState) => void;
  readonly source: (url: string, server: TestServer) => Promise<GaugeSource>;
  /** Paths that a fault does not touch: a master's page is not the source. */
  readonly spared?: (asked: Asked) => boolean;
}

export async function webRig({ clock, body, tick, source, spared }: WebParts): Promise<DoubtRig> {
  const state: WebState = { clock, published: [], fault: undefined };
  const server = await serve((asked): Reply => {
    const text = body(asked, state);
    const good: Reply =
      text === undefined
        ? { status: 404 }
        : { headers: { Date: new Date(clock.nowEpochMs()).toUTCString(), 'Content-Type': 'text/plain' }, body: text };
    return spared?.(asked) === true ? good : answerOf(state.fault, good, text ?? '');
  });
  const built = await source(server.url, server);
  return {
    source: built,
    tick(published) {
      state.published = published;
      tick?.(state);
      return Promise.resolve();
    },
    breakBy(fault) {
      state.fault = fault;
      return Promise.resolve();
    },
    stop: () => server.close(),
  };
}

function answerOf(fault: Fault | undefined, good: Reply, text: string): Reply {
  const half = { headers: { 'Content-Type': 'text/plain' }, body: text.slice(0, Math.floor(text.length / 2)) };
  const replies = new Map<Fault | undefined, Reply>([
    ['refused', (response) => response.socket?.destroy()],
    ['status 500', { status: 500, body: 'Internal Server Error' }],
    ['timeout', () => undefined],
    ['half an answer', half],
    ['HTML', { body: '<html><body>Please log in</body></html>' }],
  ]);
  return replies.get(fault) ?? good;
}

/** A client for a server that a person named. */
export async function sender(clock: FakeClock): Promise<SendToServer> {
  const built = await serverHttp('ELASTIC_WORKER_GRAPHITE', {}, LIMITS, clock.nowMs);
  if (!built.ok) throw new Error(built.error.join('; '));
  return built.value;
}

/** Adapters whose master and drivers are this one server: drivers are reached through its proxy. */
export function sparkOf(url: string, clock: FakeClock): Promise<SparkAdapters> {
  return adapters({ ...options(), ...LIMITS, masterUrl: url, useProxy: 'always', now: clock.nowMs });
}

/** The master's page of an application, whose driver is this server. */
export function masterPage(asked: Asked, url: string): string | undefined {
  const id = /^\/app\/\?appId=(.+)$/.exec(asked.url)?.[1];
  return id === undefined ? undefined : pageOf(id, url);
}
