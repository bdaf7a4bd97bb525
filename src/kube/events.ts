/** Kubernetes Events on the target: best effort, and never a flood. */
import { randomUUID } from 'node:crypto';
import { CoreV1Event } from '@kubernetes/client-node';
import { ok, type Result } from '../core/result.ts';
import { FIELD_MANAGER, type KubeClient } from './client.ts';
import type { KubeCall } from './errors.ts';
import type { ClusterEvent, EventSink } from './ports.ts';
import type { KubeTarget } from './target.ts';

const SAME_AGAIN_AFTER_MS = 10 * 60_000;
const LONGEST_MESSAGE = 1024;
const MOST_REMEMBERED = 50;

export interface EventOptions {
  /** Who reports: the pod's name. */
  readonly reportingInstance: string;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly nowEpochMs: () => number;
}

interface Told {
  readonly atMs: number;
  /** Times it was kept back since, and when that began. */
  readonly keptBack: number;
  readonly keptBackSinceEpochMs: number | undefined;
}

/**
 * Events about the target. The same reason and message within ten minutes are told once; the next telling carries the
 * count of those kept back.
 */
export function kubeEventSink(
  client: KubeClient,
  target: Pick<KubeTarget, 'identity'>,
  options: EventOptions,
): EventSink {
  const { nowMs, nowEpochMs } = options;
  const told = new Map<string, Told>();

  function remember(key: string, entry: Told): void {
    told.delete(key); // so that the order of the map is the order of telling
    told.set(key, entry);
    const [oldest] = told.keys();
    if (told.size > MOST_REMEMBERED && oldest !== undefined) told.delete(oldest);
  }

  async function publish(event: ClusterEvent, signal: AbortSignal): Promise<Result<void>> {
    const key = `${event.reason}\n${event.message}`;
    const before = told.get(key);
    const nowEpoch = nowEpochMs();
    if (before !== undefined && nowMs() - before.atMs < SAME_AGAIN_AFTER_MS) {
      const since = before.keptBackSinceEpochMs ?? nowEpoch;
      told.set(key, { ...before, keptBack: before.keptBack + 1, keptBackSinceEpochMs: since });
      return ok(undefined);
    }
    const identity = await target.identity(signal);
    if (!identity.ok) return identity;
    const { namespace } = client;
    const { apiVersion, kind, name, uid } = identity.value;
    const body = Object.assign(new CoreV1Event(), {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomUUID().slice(0, 13)}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, uid },
      type: event.type,
      reason: event.reason,
      message: cut(event.message),
      count: 1 + (before?.keptBack ?? 0),
      firstTimestamp: new Date(before?.keptBackSinceEpochMs ?? nowEpoch),
      lastTimestamp: new Date(nowEpoch),
      source: { component: FIELD_MANAGER },
      reportingComponent: FIELD_MANAGER,
      reportingInstance: options.reportingInstance.slice(0, 128),
    });
    const call: KubeCall = { verb: 'create', group: '', resource: 'events', what: `event ${event.reason}`, namespace };
    const result = await client.call(call, signal, (o) =>
      client.core.createNamespacedEvent({ namespace, body, fieldManager: FIELD_MANAGER }, o),
    );
    if (!result.ok) return result;
    remember(key, { atMs: nowMs(), keptBack: 0, keptBackSinceEpochMs: undefined });
    return ok(undefined);
  }

  return { publish };
}

function cut(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;
}
