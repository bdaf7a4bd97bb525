/**
 * Does the scheduler's and the kubelet's part for the worker pods of one namespace, through the real API: binds them
 * to a made-up node, runs one real Spark worker per pod on an address of its own, reports its status, ends it when
 * the pod is deleted. Pods outlive outages of the API server, as on a real node.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json, KubeApi } from './kube-api.ts';
import { runWorker, type WorkerProcess } from './pod-process.ts';
import { parsePodList, podStatus, type Pod } from './pod-status.ts';
import type { Master } from './spark-master.ts';
import { DECOMMISSION_PROPERTIES, type SparkProperties } from './spark-runtime.ts';
import { waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

const POLL_MS = 300;

export interface NodeAgentOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  /** Pods to run, like "app=worker"; all of the namespace by default. */
  readonly labelSelector?: string;
  readonly master: Master;
  /** Properties of the workers, on top of the decommission settings that the master has. */
  readonly properties?: SparkProperties;
  /** Names of made-up nodes, given in turn. Default: one, "node-1". */
  readonly nodeNames?: readonly string[];
  /** Wait between binding and starting each worker, like a slow image pull. Default 0. */
  readonly startDelayMs?: number;
}

/** One pod as the agent sees it. */
export interface AgentPod {
  readonly name: string;
  readonly uid: string;
  readonly podIp: string;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** Of the worker, undefined while none runs. */
  readonly pid: number | undefined;
  /** Folder with worker.log, work/, local/. */
  readonly directory: string;
  /** The API server has a deletion time for it, and we ended or are ending it. */
  readonly terminating: boolean;
}

/** Something that happened to a pod, for timings. */
export interface PodEvent {
  readonly atMs: number;
  readonly pod: string;
  readonly uid: string;
  /** Its address; '' before it is bound. */
  readonly host: string;
  readonly what: 'bound' | 'ready' | 'not-ready' | 'restarted' | 'terminating' | 'gone';
  /** Of a pod that is terminating: its annotations when that was seen. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface NodeAgent {
  /** Pods the agent runs now. */
  pods(): readonly AgentPod[];
  /** Everything that happened so far, oldest first. */
  events(): readonly PodEvent[];
  /** Resolves when exactly `count` pods run, are Ready and not terminating, and no other is left. */
  waitForReadyPods(count: number, timeoutMs?: number): Promise<readonly AgentPod[]>;
  /** Fault: pods deleted from now on are held this long after their end before they leave the API. 0 ends it. */
  slowToEnd(ms: number): void;
  /** Fault: pods for which this says true are never reported Ready, whatever their worker does. */
  neverReady(matches: (pod: { readonly name: string; readonly index: number }) => boolean): void;
  /** Fault: pods for which this says true are not bound (no node has room). `() => false` ends it. */
  unschedulable(matches: (pod: { readonly name: string; readonly index: number }) => boolean): void;
  /** Changes the wait between binding and start of later pods. */
  startDelayMs(ms: number): void;
  /** Ends all workers and stops looking at the API. */
  stop(): Promise<void>;
}

interface Entry {
  readonly pod: Pod;
  readonly index: number;
  readonly podIp: string;
  readonly nodeName: string;
  readonly worker: WorkerProcess;
  readonly boundMs: number;
  ready: boolean;
  restarts: number;
  reported: string;
  ending: Promise<void> | undefined;
}

/** Settings that faults change while the agent runs. */
interface Faults {
  slowToEndMs: number;
  startDelayMs: number;
  neverReady: (pod: { readonly name: string; readonly index: number }) => boolean;
  unschedulable: (pod: { readonly name: string; readonly index: number }) => boolean;
}

interface Agent {
  readonly bench: Workbench;
  readonly options: NodeAgentOptions;
  readonly hostIp: string;
  readonly entries: Map<string, Entry>;
  readonly indexes: Map<string, number>;
  readonly events: PodEvent[];
  readonly faults: Faults;
}

/** Starts looking at the namespace's pods. The workbench stops it. */
export function startNodeAgent(bench: Workbench, options: NodeAgentOptions): NodeAgent {
  const agent: Agent = {
    bench,
    options,
    hostIp: bench.nextAddress(),
    entries: new Map(),
    indexes: new Map(),
    events: [],
    faults: {
      slowToEndMs: 0,
      startDelayMs: options.startDelayMs ?? 0,
      neverReady: () => false,
      unschedulable: () => false,
    },
  };
  const stopping = new AbortController();
  const loop = look(agent, stopping.signal);
  let stopped: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    stopping.abort();
    await loop;
    await Promise.all([...agent.entries.values()].map((entry) => entry.worker.end(0)));
  }
  const stop = (): Promise<void> => (stopped ??= stopAll());
  bench.onStop(stop);
  return {
    pods: () => [...agent.entries.values()].map(describe),
    events: () => agent.events,
    waitForReadyPods: (count, timeoutMs = 90_000) =>
      waitFor(`${count} ready pods and no other`, () => readyPods(agent, count), { timeoutMs }),
    slowToEnd: (ms) => (agent.faults.slowToEndMs = ms),
    neverReady: (matches) => (agent.faults.neverReady = matches),
    unschedulable: (matches) => (agent.faults.unschedulable = matches),
    startDelayMs: (ms) => (agent.faults.startDelayMs = ms),
    stop,
  };
}

function readyPods(agent: Agent, count: number): readonly AgentPod[] | undefined {
  const pods = [...agent.entries.values()].map(describe);
  return pods.length === count && pods.every((pod) => pod.ready && !pod.terminating) ? pods : undefined;
}

function describe(entry: Entry): AgentPod {
  const { name, uid } = entry.pod;
  const { podIp, nodeName, ready, restarts, worker } = entry;
  const terminating = entry.ending !== undefined;
  return { name, uid, podIp, nodeName, ready, restarts, pid: worker.pid(), directory: worker.directory, terminating };
}

async function look(agent: Agent, signal: AbortSignal): Promise<void> {
  const selector = agent.options.labelSelector;
  const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  const path = `/api/v1/namespaces/${agent.options.namespace}/pods${query}`;
  while (!signal.aborted) {
    try {
      const pods = parsePodList(await agent.options.api.get(path));
      for (const pod of pods) await attend(agent, pod);
      removeVanished(agent, new Set(pods.map((pod) => pod.uid)));
    } catch {
      // The API server is away, or a pod changed under our hands. Workers go on; the next look brings news.
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function attend(agent: Agent, pod: Pod): Promise<void> {
  const entry = agent.entries.get(pod.uid);
  if (entry === undefined) {
    // A pod without a node is removed by the API server itself when deleted.
    if (!pod.terminating) await adopt(agent, pod);
  } else if (pod.terminating) entry.ending ??= terminate(agent, entry, pod);
  else await report(agent, entry);
}

async function adopt(agent: Agent, pod: Pod): Promise<void> {
  const { options, bench, faults } = agent;
  const index = agent.indexes.get(pod.uid) ?? agent.indexes.size;
  agent.indexes.set(pod.uid, index);
  if (faults.unschedulable({ name: pod.name, index })) {
    await patchStatus(agent, pod, { conditions: [UNSCHEDULABLE] });
    return;
  }
  const nodes = options.nodeNames ?? ['node-1'];
  const nodeName = nodes[index % nodes.length] ?? 'node-1';
  await options.api.create(`${podPath(agent, pod)}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: pod.name, uid: pod.uid },
    target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
  });
  const podIp = bench.nextAddress();
  const worker = runWorker(bench, {
    spark: options.master.spark,
    masterUrl: options.master.masterUrl,
    podUid: pod.uid,
    podName: pod.name,
    podIp,
    env: pod.env,
    properties: {
      'spark.ui.reverseProxy': String(options.master.reverseProxy),
      ...(options.master.decommission && DECOMMISSION_PROPERTIES),
      ...options.properties,
    },
    startDelayMs: faults.startDelayMs,
  });
  const made = { index, podIp, nodeName, worker, boundMs: Date.now() };
  agent.entries.set(pod.uid, { ...made, pod, ready: false, restarts: 0, reported: '', ending: undefined });
  note(agent, pod, 'bound');
}

const UNSCHEDULABLE = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message: '0/1 nodes are available: 1 Insufficient cpu.',
};

/** Tells the API server what changed; says nothing if nothing did. */
async function report(agent: Agent, entry: Entry): Promise<void> {
  const state = entry.worker.state();
  const ready =
    state.running &&
    state.answeringSinceMs !== undefined &&
    !agent.faults.neverReady({ name: entry.pod.name, index: entry.index });
  const { podIp, boundMs } = entry;
  const status = podStatus(state, {
    ready,
    podIp,
    hostIp: agent.hostIp,
    boundMs,
    containerName: entry.pod.containerName,
  });
  const text = JSON.stringify(status);
  if (text === entry.reported) return;
  await patchStatus(agent, entry.pod, status);
  entry.reported = text;
  if (state.restarts > entry.restarts) note(agent, entry.pod, 'restarted');
  if (ready !== entry.ready) note(agent, entry.pod, ready ? 'ready' : 'not-ready');
  entry.restarts = state.restarts;
  entry.ready = ready;
}

/** Kubelet's way out: end the worker, then tell the API server that the pod is no more, however often it takes. */
async function terminate(agent: Agent, entry: Entry, pod: Pod): Promise<void> {
  note(agent, pod, 'terminating');
  await entry.worker.end(pod.gracePeriodSeconds * 1000);
  await dropVolume(entry);
  await delay(agent.faults.slowToEndMs);
  const preconditions = { uid: entry.pod.uid };
  for (;;) {
    try {
      await agent.options.api.remove(podPath(agent, entry.pod), { gracePeriodSeconds: 0, preconditions });
      break;
    } catch {
      if (!agent.entries.has(entry.pod.uid)) break; // gone by other hands
      await delay(POLL_MS);
    }
  }
  note(agent, entry.pod, 'gone');
  agent.entries.delete(entry.pod.uid);
}

/** Ends the workers of pods that were deleted by force: they left the API without asking us. */
function removeVanished(agent: Agent, present: ReadonlySet<string>): void {
  for (const [uid, entry] of agent.entries) {
    if (present.has(uid) || entry.ending !== undefined) continue;
    note(agent, entry.pod, 'terminating');
    entry.ending = entry.worker.end(0).then(async () => {
      await dropVolume(entry);
      note(agent, entry.pod, 'gone');
      agent.entries.delete(uid);
    });
  }
}

/** An emptyDir ends with its pod: blocks that lay there must not be served by anybody afterwards. */
async function dropVolume({ worker }: Entry): Promise<void> {
  await rm(join(worker.directory, 'local'), { recursive: true, force: true, maxRetries: 5 });
}

function note(agent: Agent, pod: Pod, what: PodEvent['what']): void {
  const host = agent.entries.get(pod.uid)?.podIp ?? '';
  const seen = what === 'terminating' ? { annotations: pod.annotations } : {};
  agent.events.push({ atMs: Date.now(), pod: pod.name, uid: pod.uid, host, what, ...seen });
}

async function patchStatus(agent: Agent, pod: Pod, status: Json): Promise<void> {
  await agent.options.api.patch(
    `${podPath(agent, pod)}/status`,
    { metadata: { uid: pod.uid }, status },
    'strategic-merge',
  );
}

function podPath(agent: Agent, pod: Pod): string {
  return `/api/v1/namespaces/${agent.options.namespace}/pods/${pod.name}`;
}
