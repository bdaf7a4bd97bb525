/** The embedded StatsD: gauges over UDP. */
import type { Listener } from './carbon-listener.ts';
import type { ListenerAddress } from './door.ts';
import { newFeedCounts } from './feed-counts.ts';
import type { GaugeStore } from './gauge-store.ts';
import { readStatsdPacket, type StatsdGauge } from './statsd-packet.ts';
import { trafficOf } from './traffic.ts';
import { UdpListener } from './udp-listener.ts';

export interface StatsdListenerOptions {
  readonly store: GaugeStore;
  readonly address: ListenerAddress;
  readonly nowMs: () => number;
}

/** Builds it; nothing listens yet. */
export function statsdListener({ store, address, nowMs }: StatsdListenerOptions): Listener {
  const counts = newFeedCounts();
  const onGauge = (gauge: StatsdGauge): void => {
    const { sign } = gauge;
    if (sign === 0) store.put(gauge, nowMs());
    else store.move(gauge, sign, nowMs());
  };
  const onMessage = (message: Buffer): void => {
    readStatsdPacket(message, counts, onGauge);
  };
  const udp = new UdpListener({ setting: 'ELASTIC_WORKER_STATSD_LISTEN', address, onMessage });
  return { doors: [udp], traffic: () => trafficOf({ counts, store, tcp: [], udp }) };
}
