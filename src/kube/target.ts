/** What sets the number of workers: found, read and resized, whatever its kind. */
import { err, ok, type Result } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import { malformed } from './errors.ts';
import type { WorkerTarget } from './ports.ts';
import type { TargetAdapter, TargetIdentity, TargetReading } from './targets/adapter.ts';
import { deploymentConfigTarget } from './targets/deployment-config.ts';
import { deploymentTarget } from './targets/deployment.ts';
import { findTarget, rarely } from './targets/find.ts';
import { oshinkoRestTarget } from './targets/oshinko-rest.ts';
import type { TargetReference, TargetSelection } from './targets/reference.ts';
import { scalableTarget } from './targets/scalable.ts';
import { sparkClusterTarget } from './targets/spark-cluster.ts';
import { standardTarget } from './targets/standard.ts';

export interface KubeTarget extends WorkerTarget {
  /** As last read; read now if it never was. */
  identity(signal: AbortSignal): Promise<Result<TargetIdentity>>;
  /** What the selection stands for; undefined until it was found. */
  reference(): TargetReference | undefined;
}

/** What is needed to list the target's pods. */
export interface TargetPods {
  identity(signal: AbortSignal): Promise<Result<Pick<TargetIdentity, 'podSelector'>>>;
}

export interface TargetOptions {
  /** Deadline of one request to oshinko-rest, in milliseconds. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;
const LARGEST_INT32 = 2_147_483_647;

/** The target that `selection` points at, in the client's namespace. */
export function workerTarget(client: KubeClient, selection: TargetSelection, options: TargetOptions = {}): KubeTarget {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  let found = selection.by === 'reference' ? pointAt(selection.reference) : undefined;
  let last: TargetReading | undefined;

  function pointAt(reference: TargetReference): { reference: TargetReference; adapter: TargetAdapter } {
    return { reference, adapter: adapterFor(client, reference, timeoutMs) };
  }

  async function readFound(signal: AbortSignal): Promise<Result<TargetReading>> {
    if (found !== undefined) {
      const known = await found.adapter.read(signal);
      const gone = !known.ok && known.error.kind === 'not-found';
      if (!gone || selection.by === 'reference') return known;
    }
    if (selection.by === 'reference') throw new Error('a reference is found from the start');
    const reference = await findTarget(client, selection.selectors, signal);
    if (!reference.ok) return reference;
    found = pointAt(reference.value);
    const first = await found.adapter.read(signal);
    return first.ok ? first : err(rarely(first.error));
  }

  async function read(signal: AbortSignal): ReturnType<WorkerTarget['read']> {
    const reading = await readFound(signal);
    if (!reading.ok) return reading;
    last = reading.value;
    return ok(last.view);
  }

  return {
    read,
    reference: () => found?.reference,
    identity: async (signal) => {
      if (last === undefined) {
        const now = await read(signal);
        if (!now.ok) return now;
      }
      // `read` has set it: an identity without a successful read does not exist.
      return last === undefined ? err(malformed('worker controller', 'identity')) : ok(last.identity);
    },
    resize: async (workers, revision, signal) => {
      if (!Number.isInteger(workers) || workers < 0 || workers > LARGEST_INT32)
        throw new RangeError(`${workers} is not a number of workers`);
      if (found === undefined) throw new Error('resize before the first read');
      return found.adapter.resize(workers, revision, last, signal);
    },
  };
}

function adapterFor(client: KubeClient, reference: TargetReference, timeoutMs: number): TargetAdapter {
  switch (reference.kind) {
    case 'replicationcontroller':
    case 'replicaset':
    case 'statefulset':
      return standardTarget(client, reference.kind, reference.name);
    case 'deployment':
      return deploymentTarget(client, reference.name);
    case 'deploymentconfig':
      return deploymentConfigTarget(client, reference.name);
    case 'sparkcluster':
      return sparkClusterTarget(client, reference.name);
    case 'scalable':
      return scalableTarget(client, reference);
    case 'oshinko-rest':
      return oshinkoRestTarget(client, reference, timeoutMs);
  }
}
