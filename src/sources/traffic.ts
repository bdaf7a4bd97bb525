/** What came to a source that listens, in numbers, for status and metrics. */
import type { Traffic } from '../spark/ports.ts';
import type { FeedCounts } from './feed-counts.ts';
import type { GaugeStore } from './gauge-store.ts';
import type { TcpListener } from './tcp-listener.ts';
import type { UdpListener } from './udp-listener.ts';

interface Counted {
  readonly counts: FeedCounts;
  readonly store: GaugeStore;
  readonly tcp: readonly TcpListener[];
  readonly udp: UdpListener;
}

/** Totals since the start, and what is held now; one word for each, which docs/reference/metrics.md explains. */
export function trafficOf({ counts, store, tcp, udp }: Counted): Traffic {
  const connections = tcp.map((one) => one.counts());
  const sum = (of: 'open' | 'accepted' | 'endedIdle' | 'endedSlow' | 'endedForRoom'): number =>
    connections.reduce((total, one) => total + one[of], 0);
  const { refused, outdated, orphaned, claimedOwners, otherOwners } = store.counts();
  return {
    totals: {
      lines: counts.lines,
      gauges: counts.gauges,
      garbage: counts.garbage,
      cut: counts.cut,
      refused,
      outdated,
      orphaned,
      datagrams: udp.received,
      ...(tcp.length > 0 && {
        connections: sum('accepted'),
        connectionsEndedIdle: sum('endedIdle'),
        connectionsEndedSlow: sum('endedSlow'),
        connectionsEndedForRoom: sum('endedForRoom'),
      }),
    },
    held: { owners: claimedOwners, otherOwners, ...(tcp.length > 0 && { connections: sum('open') }) },
  };
}
