/** The embedded Carbon: plaintext over TCP and UDP on one port, and its pickle protocol on another where that is wanted. */
import type { Traffic } from '../spark/ports.ts';
import { CarbonLines } from './carbon-lines.ts';
import type { Door, ListenerAddress } from './door.ts';
import { newFeedCounts } from './feed-counts.ts';
import type { GaugeLine } from './gauge-line.ts';
import type { GaugeStore } from './gauge-store.ts';
import { TcpListener, type TcpListenerOptions } from './tcp-listener.ts';
import { trafficOf } from './traffic.ts';
import { Turns } from './turns.ts';
import { UdpListener } from './udp-listener.ts';

export interface CarbonListenerOptions extends Pick<TcpListenerOptions, 'maxConnections' | 'idleMs' | 'nowMs'> {
  readonly store: GaugeStore;
  readonly address: ListenerAddress;
}

/** Doors of one source, and what came through them. */
export interface Listener {
  readonly doors: readonly Door[];
  traffic(): Traffic;
}

const SETTING = 'ELASTIC_WORKER_CARBON_LISTEN';

/** Builds it; nothing listens yet. */
export function carbonListener(options: CarbonListenerOptions): Listener {
  const { store, nowMs, address } = options;
  const counts = newFeedCounts();
  const onGauge = (gauge: GaugeLine): void => {
    store.put(gauge, nowMs());
  };
  const turns = new Turns(nowMs);
  const converse = (): CarbonLines => new CarbonLines(counts, onGauge);
  const tcp = new TcpListener({ ...options, setting: SETTING, turns, converse });
  const datagrams = converse();
  const onMessage = (message: Buffer): void => {
    datagrams.datagram(message);
  };
  const udp = new UdpListener({ setting: SETTING, address, onMessage });
  return { doors: [tcp, udp], traffic: () => trafficOf({ counts, store, tcp: [tcp], udp }) };
}
