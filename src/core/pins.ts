/** Why the cluster does not shrink, for people: which application keeps which worker, with what, and for how long. */
import { normalHost, type Fleet } from './fleet.ts';
import type { Ledger, Pin } from './ledger.ts';
import { describeBytes, isNothing } from './resources.ts';

/** A pin with the worker that it keeps. */
export interface PinnedWorker extends Pin {
  /** Name of the pod. */
  readonly name: string;
  /** For how long it has been seen to. */
  readonly forMs: number;
  /** Nothing runs there. */
  readonly idle: boolean;
}

/** Pins on workers of ours. */
export function pinnedWorkers({ pins }: Pick<Ledger, 'pins'>, fleet: Fleet, nowMs: number): readonly PinnedWorker[] {
  if (pins.length === 0) return [];
  const byHost = new Map(
    fleet.pods.flatMap(({ pod, workers }) =>
      workers.map(({ host, used }) => [normalHost(host), { name: pod.name, idle: isNothing(used) }] as const),
    ),
  );
  return pins.flatMap((pin) => {
    const there = byHost.get(pin.host);
    return there === undefined ? [] : [{ ...pin, ...there, forMs: nowMs - pin.sinceMs }];
  });
}

const MODES: Readonly<Record<Pin['mode'], string>> = {
  tracking: 'shuffle tracking',
  'external-service': 'external shuffle service',
  decommission: 'storage decommission',
  plugin: 'shuffle plugin',
  none: 'no shuffle is kept',
};

/**
 * One sentence for each application and reason: "3 workers idle, 2 pinned by app-1 (shuffle of 1.2 GiB, external shuffle
 * service)".
 *
 * @param idleWorkers idle workers that nobody keeps.
 */
export function describePins(pins: readonly PinnedWorker[], idleWorkers: number): readonly string[] {
  const idle = idleWorkers + new Set(pins.filter((pin) => pin.idle).map(({ name }) => name)).size;
  const groups = Map.groupBy(pins, (pin) => [pin.applicationId, pin.why, pin.idle, pin.tooOld].join('\n'));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const bytes = group.reduce((sum, pin) => sum + pin.bytes, 0);
    const why = [
      ...(bytes > 0 ? [`shuffle of ${describeBytes(bytes)}`] : []),
      MODES[first.mode],
      ...(first.mode === 'external-service' && first.idle ? [] : [first.why]),
      ...(first.tooOld ? ['for longer than the limit: no more'] : []),
    ];
    const count = first.idle ? `${idle} workers idle, ${group.length} pinned` : `${group.length} workers pinned`;
    return [`${count} by ${first.applicationId} (${why.join(', ')})`];
  });
}
