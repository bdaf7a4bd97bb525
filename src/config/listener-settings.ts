/** Rows of the table of settings: the embedded listeners, to which drivers send. */
import { duration, wholeNumber } from './kinds.ts';
import { setting } from './setting.ts';
import { listenAddress } from './text-kinds.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

export const LISTENER_SETTINGS = {
  carbonListen: setting({
    name: 'CARBON_LISTEN',
    group: 'listeners',
    sentence:
      "Where the source carbon listens, TCP and UDP. Drivers in other pods reach it only at the pod's own address: " +
      ':2003, or $(POD_IP):2003 with a variable from the pod.',
    kind: listenAddress(),
    byDefault: '127.0.0.1:2003',
  }),
  statsdListen: setting({
    name: 'STATSD_LISTEN',
    group: 'listeners',
    sentence: "Where the source statsd listens, UDP. Drivers in other pods reach it only at the pod's own address.",
    kind: listenAddress(),
    byDefault: '127.0.0.1:8125',
  }),
  listenerPeriodMs: setting({
    name: 'LISTENER_PERIOD',
    group: 'listeners',
    sentence:
      "The period of Spark's sink. It is learnt of each application from what comes; until two reports have come this one " +
      'is taken.',
    kind: duration(SECOND_MS, 5 * MINUTE_MS),
    byDefault: '10s',
  }),
  listenerMaxOwners: setting({
    name: 'LISTENER_MAX_OWNERS',
    group: 'listeners',
    sentence:
      'Applications whose gauges each listener keeps at most; some 2 KiB of memory each. Whatever else comes is not kept.',
    kind: wholeNumber('applications', 1, 100_000),
    byDefault: '2000',
  }),
  listenerMaxConnections: setting({
    name: 'LISTENER_MAX_CONNECTIONS',
    group: 'listeners',
    sentence:
      'Connections to each listener at most. When there are as many, the one that has been silent longest makes room.',
    kind: wholeNumber('connections', 1, 10_000),
    byDefault: '256',
  }),
  listenerIdleMs: setting({
    name: 'LISTENER_IDLE',
    group: 'listeners',
    sentence: 'A connection on which nothing has come for so long is ended.',
    kind: duration(SECOND_MS, 60 * MINUTE_MS),
    byDefault: '2m',
  }),
};
