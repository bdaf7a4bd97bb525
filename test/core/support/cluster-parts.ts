/** What the model of a cluster is made of: executors, workers, pods, applications. */
import type { PodView } from '../../../src/core/cluster-view.ts';
import { resources, type Resources } from '../../../src/core/resources.ts';
import type { TaskPace } from '../../../src/core/spark-view.ts';

export interface ModelExecutor {
  readonly app: ModelApplication;
  readonly startsAtMs: number;
  endsAtMs: number;
  /** The master still counts it for the application; no longer so after a mark. */
  booked: boolean;
  /** Shuffle that its application needs: it never leaves by itself, and hands it on when it is decommissioned. */
  blocks: boolean;
  /** Booked on a worker that silently starts nothing any more (spark.md 8.6). */
  readonly phantom: boolean;
}

export interface ModelWorker {
  readonly n: number;
  readonly id: string;
  /** Infinity while it is registered. */
  registersAtMs: number;
  state: 'ALIVE' | 'DECOMMISSIONED';
  /** Its own process was told to decommission, which it never forgets. */
  flagged: boolean;
  /** What the master shows of a DECOMMISSIONED worker (spark.md 8.4). */
  frozen: Resources;
  executors: ModelExecutor[];
}

export interface ModelPod {
  view: PodView;
  readonly startsAtMs: number;
  worker: ModelWorker | undefined;
}

export interface ModelApplication {
  readonly id: `app-${number}`;
  readonly cores: number;
  wants: number;
  /** When it is in the master's list again; `undefined` while it is. */
  backAtMs: number | undefined;
  /** Until then a job writes shuffle and reads it. */
  jobUntilMs: number;
}

export function newWorker(n: number, registersAtMs: number): ModelWorker {
  const frozen = resources(0, 0);
  return { n, id: `worker-${n}`, registersAtMs, state: 'ALIVE', flagged: false, frozen, executors: [] };
}

/** What the master has booked on it. */
export function usedOf(worker: ModelWorker): Resources {
  const cores = worker.executors.reduce((sum, { app }) => sum + app.cores, 0);
  return resources(cores, 1024 * worker.executors.length);
}

export function numberOf(view: PodView): number {
  return Number(view.name.slice(2));
}

export function forDeletion(a: PodView, b: PodView): number {
  const phase = (view: PodView): number => Number(view.phase !== 'Pending');
  return (
    phase(a) - phase(b) ||
    Number(a.ready) - Number(b.ready) ||
    a.deletionCost - b.deletionCost ||
    b.createdAtEpochMs - a.createdAtEpochMs ||
    numberOf(b) - numberOf(a)
  );
}

/** By the last letter of its name an application has tasks of two seconds, of a minute, or has ended none. */
export function paceOf(id: string): TaskPace {
  const times = [2_000, 60_000, 0];
  const totalMs = times[id.charCodeAt(id.length - 1) % times.length] ?? 0;
  return new Map([['1', { tasks: totalMs === 0 ? 0 : 1, totalMs }]]);
}
