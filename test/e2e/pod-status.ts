/** Pods as the node agent reads them, and the status it writes. Pure. */
import * as v from 'valibot';
import type { Json } from './kube-api.ts';
import type { WorkerProcessState } from './pod-process.ts';

const EnvVar = v.object({ name: v.string(), value: v.optional(v.string()) });

const PodObject = v.object({
  metadata: v.object({
    name: v.string(),
    uid: v.string(),
    annotations: v.optional(v.record(v.string(), v.string()), {}),
    deletionTimestamp: v.optional(v.string()),
    deletionGracePeriodSeconds: v.optional(v.number()),
  }),
  spec: v.object({
    containers: v.tupleWithRest(
      [v.object({ name: v.string(), env: v.optional(v.array(EnvVar), []) })],
      v.object({ name: v.string() }),
    ),
  }),
});

const PodList = v.object({ items: v.array(PodObject) });

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly terminating: boolean;
  readonly gracePeriodSeconds: number;
  readonly containerName: string;
  /** Environment of the first container: values written out, references (`valueFrom`) left out. */
  readonly env: Readonly<Record<string, string>>;
}

/** Reads a PodList. Throws if it is none. */
export function parsePodList(body: unknown): Pod[] {
  return v.parse(PodList, body).items.map(({ metadata, spec }) => {
    const [container] = spec.containers;
    return {
      name: metadata.name,
      uid: metadata.uid,
      annotations: metadata.annotations,
      terminating: metadata.deletionTimestamp !== undefined,
      gracePeriodSeconds: metadata.deletionGracePeriodSeconds ?? 0,
      containerName: container.name,
      env: Object.fromEntries(container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    };
  });
}

export interface StatusFacts {
  readonly ready: boolean;
  readonly podIp: string;
  readonly hostIp: string;
  readonly boundMs: number;
  readonly containerName: string;
}

/** The status kubelet would write for a pod whose one container is in this state. */
export function podStatus(state: WorkerProcessState, facts: StatusFacts): Json {
  const { ready, podIp, hostIp, containerName } = facts;
  const started = state.startedMs !== undefined;
  const condition = (type: string, value: boolean, sinceMs = facts.boundMs): Json => ({
    type,
    status: value ? 'True' : 'False',
    lastTransitionTime: isoTime(sinceMs),
  });
  const readinessMs = (ready ? state.answeringSinceMs : state.lastEnding?.atMs) ?? facts.boundMs;
  return {
    phase: started ? 'Running' : 'Pending',
    startTime: isoTime(facts.boundMs),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(started && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready, readinessMs),
      condition('Ready', ready, readinessMs),
    ],
    containerStatuses: [
      {
        name: containerName,
        image: 'spark-worker:test',
        imageID: 'spark-worker:test',
        ready,
        started: state.running,
        restartCount: state.restarts,
        state: containerState(state),
        lastState: state.lastEnding === undefined || !state.running ? {} : { terminated: terminated(state) },
      },
    ],
  };
}

function containerState(state: WorkerProcessState): Json {
  if (state.running && state.startedMs !== undefined) return { running: { startedAt: isoTime(state.startedMs) } };
  if (state.lastEnding !== undefined) return { waiting: { reason: 'CrashLoopBackOff' } };
  return { waiting: { reason: 'ContainerCreating' } };
}

function terminated(state: WorkerProcessState): Json {
  const { lastEnding } = state;
  if (lastEnding === undefined) return {};
  return { exitCode: lastEnding.code ?? 137, finishedAt: isoTime(lastEnding.atMs), reason: 'Error' };
}

/** Kubernetes times have no fraction. */
function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
