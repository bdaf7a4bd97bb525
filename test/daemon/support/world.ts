/**
 * A small world: one worker controller with its pods, one Spark master with its workers and one application, a Lease and
 * a ConfigMap. It moves only when `step` is called, and it picks the worst pod wherever Kubernetes leaves the choice.
 */
import type { ExecutorHolding } from '../../../src/core/holdings.ts';
import type { PodView } from '../../../src/core/cluster-view.ts';
import { err, ok, type Result } from '../../../src/core/result.ts';
import { resources } from '../../../src/core/resources.ts';
import type {
  MasterStatus,
  MasterView,
  TaskPace,
  WorkerSelfView,
  WorkerState,
  WorkerView,
} from '../../../src/core/spark-view.ts';
import type { ClusterConfigSource, Tenure, WorkerPods, WorkerTarget } from '../../../src/kube/ports.ts';
import type {
  GaugeSource,
  HoldingsSource,
  PaceSource,
  MarkAnswer,
  SettingsSource,
  SparkMaster,
  WorkerUis,
} from '../../../src/spark/ports.ts';
import { Calls } from './calls.ts';
import type { FakeClock } from './clock.ts';
import { failed } from './results.ts';
import {
  application,
  EMPTY_PAGE,
  gaugesOf,
  masterView,
  podView,
  SETTINGS,
  targetView,
  WORKER_SHAPE,
} from './things.ts';

interface Machine {
  pod: PodView;
  /** Undefined until its worker has registered. */
  worker: WorkerState | undefined;
  executors: number;
}

const LEASE_MS = 15_000;

export class World {
  readonly calls = new Calls();
  readonly clock: FakeClock;
  /** Pods that ended: name, and whether it had been chosen or held executors then. */
  readonly ended: { readonly name: string; readonly chosen: boolean; readonly busy: boolean }[] = [];
  /** Every count that was ever set. */
  readonly counts: number[] = [];
  machines: Machine[] = [];
  /** Hosts of workers at the master that are none of ours; all of them are full. */
  foreign: readonly string[] = [];
  planned: number;
  wantedExecutors = 0;
  /** How long the application's tasks have taken. */
  pace: TaskPace = new Map();
  status: MasterStatus = 'ALIVE';
  markAnswer: MarkAnswer = 'accepted';
  config: Readonly<Record<string, string>> | undefined = {};
  lease = { holder: '', renewedAtMs: -Infinity, saved: undefined as string | undefined };
  #revision = 100;
  #born = 0;

  constructor(clock: FakeClock, workers: number) {
    this.clock = clock;
    this.planned = workers;
    for (let count = 0; count < 3; count += 1) this.step();
  }

  /** The controllers, the kubelets and the master each do what is to be done. */
  step(): void {
    for (const machine of this.machines) if (machine.pod.terminating) machine.worker = undefined;
    this.machines = this.machines.filter(({ pod }) => !pod.terminating);
    for (const machine of this.machines) {
      if (machine.pod.ready) machine.worker ??= 'ALIVE';
      else this.change(machine, { ready: true, phase: 'Running', scheduled: true });
    }
    const surplus = this.machines.length - this.planned;
    for (const machine of [...this.machines].sort(worstFirst).slice(0, Math.max(0, surplus))) this.#end(machine);
    for (let missing = -surplus; missing > 0; missing -= 1) this.#bear();
    this.#place();
  }

  machine(name: string): Machine {
    const found = this.machines.find(({ pod }) => pod.name === name);
    if (found === undefined) throw new Error(`there is no pod ${name}`);
    return found;
  }

  /** As somebody else would change a pod: its revision moves. */
  change(machine: Machine, more: Partial<PodView>): void {
    machine.pod = { ...machine.pod, ...more, revision: String(++this.#revision) };
  }

  readonly target: WorkerTarget = {
    read: () =>
      this.calls.read('target.read', () => {
        const living = this.machines.filter(({ pod }) => !pod.terminating).length;
        return ok(targetView({ plannedWorkers: this.planned, existingPods: living, revision: this.#targetRevision() }));
      }),
    resize: (workers, revision) =>
      this.calls.write('resize', String(workers), () => {
        if (revision !== this.#targetRevision()) return failed('conflict');
        this.setCount(workers);
        return ok({ revision: this.#targetRevision() });
      }),
  };

  setCount(workers: number): void {
    this.planned = workers;
    this.counts.push(workers);
  }

  readonly pods: WorkerPods = {
    list: (consistent) =>
      this.calls.read(consistent ? 'pods.list consistent' : 'pods.list', () => ok(this.machines.map(({ pod }) => pod))),
    choose: (pod, atEpochMs, deletionCost) =>
      this.#annotate('choose', pod, { chosenAtEpochMs: atEpochMs, deletionCost }),
    noteMark: (pod, atEpochMs) =>
      this.#annotate(atEpochMs === undefined ? 'unnote' : 'note', pod, { markedAtEpochMs: atEpochMs }),
    release: (pod) =>
      this.#annotate('release', pod, { chosenAtEpochMs: undefined, markedAtEpochMs: undefined, deletionCost: 0 }),
    remove: (pod) =>
      this.calls.write('remove', pod.name, () => {
        const machine = this.machines.find((one) => one.pod.uid === pod.uid);
        if (machine !== undefined) this.#end(machine);
        return ok(undefined);
      }),
  };

  readonly master: SparkMaster = {
    read: () => this.calls.read('master.read', () => ok(this.#masterView())),
    readApplicationPage: () => this.calls.read('master.page', () => ok(EMPTY_PAGE)),
    decommission: (hosts) =>
      this.calls.write('decommission', hosts.join(' '), () => {
        if (this.markAnswer !== 'accepted') return ok(this.markAnswer);
        for (const host of hosts) this.machine(host).worker = 'DECOMMISSIONED';
        return ok(this.markAnswer);
      }),
  };

  readonly gauges: GaugeSource = {
    name: 'gauges',
    periodMs: () => 1_000,
    read: async (applications) => {
      const result = await this.calls.read('gauges.read', () => ok(gaugesOf(this.wantedExecutors)));
      return new Map(applications.map(({ id }) => [id, result]));
    },
  };

  /** The application's running jobs may read shuffle: none of its executors may be drained. */
  readonly holdings: HoldingsSource = {
    name: 'driver-holdings',
    read: () => this.calls.read('holdings', () => ok({ executors: this.#executors(), activity: 'shuffling' as const })),
  };

  readonly paces: PaceSource = {
    name: 'driver-pace',
    read: () => this.calls.read('pace', () => ok(this.pace)),
  };

  readonly settings: SettingsSource = {
    name: 'settings',
    read: () => this.calls.read('settings.read', () => ok(SETTINGS)),
  };

  readonly workerUis: WorkerUis = {
    read: (worker) =>
      this.calls.read(`worker.page ${worker.id}`, (): Result<WorkerSelfView> => {
        const { executors } = this.machine(worker.id);
        return ok({ id: worker.id, used: usedBy(executors), executorCount: executors });
      }),
  };

  readonly clusterConfig: ClusterConfigSource = {
    name: 'configmap',
    read: () => this.calls.read('config.read', () => ok(this.config)),
  };

  /** A Lease as one process sees it. */
  tenure(identity: string): Tenure {
    return {
      renew: () =>
        this.calls.write('lease', `renew by ${identity}`, () => {
          const { holder, renewedAtMs, saved } = this.lease;
          const free = holder === '' || holder === identity || this.clock.nowMs() - renewedAtMs >= LEASE_MS;
          if (free) this.lease = { holder: identity, renewedAtMs: this.clock.nowMs(), saved };
          return ok({ held: free, holder: this.lease.holder, saved });
        }),
      save: (saved) =>
        this.calls.write('save', `by ${identity}`, () => {
          if (this.lease.holder !== identity) return failed('conflict');
          this.lease = { ...this.lease, saved };
          return ok(undefined);
        }),
      release: () =>
        this.calls.write('free', `by ${identity}`, () => {
          if (this.lease.holder === identity) this.lease = { ...this.lease, holder: '' };
          return ok(undefined);
        }),
    };
  }

  /** Writes to the cluster and to the master; those to the Lease left out. */
  clusterWrites(): readonly string[] {
    return this.calls.writes.filter((name) => !/^(lease|save|free) /.test(name));
  }

  #annotate(verb: string, pod: PodView, change: Partial<PodView>): Promise<Result<void>> {
    return this.calls.write(verb, pod.name, () => {
      const machine = this.machines.find((one) => one.pod.uid === pod.uid);
      if (machine === undefined) return failed('not-found');
      // A release reads the pod itself first.
      if (verb !== 'release' && machine.pod.revision !== pod.revision) return err(CONFLICT);
      this.change(machine, change);
      return ok(undefined);
    });
  }

  #targetRevision(): string {
    return `count-${this.counts.length}`;
  }

  #bear(): void {
    this.#born += 1;
    const name = `w-${this.#born}`;
    const createdAtEpochMs = this.clock.nowEpochMs();
    const pod = podView(name, { phase: 'Pending', ready: false, createdAtEpochMs, revision: String(++this.#revision) });
    this.machines.push({ pod, worker: undefined, executors: 0 });
  }

  #end(machine: Machine): void {
    const { name, chosenAtEpochMs } = machine.pod;
    this.ended.push({ name, chosen: chosenAtEpochMs !== undefined, busy: machine.executors > 0 });
    this.change(machine, { terminating: true, ready: false });
    machine.executors = 0;
  }

  /** One executor fills one worker. */
  #place(): void {
    let running = 0;
    for (const machine of this.machines) {
      if (running >= this.wantedExecutors) machine.executors = 0;
      else if (machine.executors === 0 && machine.worker === 'ALIVE') machine.executors = 1;
      running += machine.executors;
    }
  }

  #masterView(): MasterView {
    const registered = this.machines.flatMap((machine) =>
      machine.worker === undefined ? [] : [this.#workerOf(machine)],
    );
    const granted = this.machines.filter(({ executors }) => executors > 0).length * WORKER_SHAPE.cores;
    const foreign = this.foreign.map((host) => this.#workerOf({ pod: podView(host), worker: 'ALIVE', executors: 1 }));
    const workers = [...registered, ...foreign];
    return masterView({ status: this.status, workers, applications: [application('app-1', granted)] });
  }

  #executors(): ExecutorHolding[] {
    const busy = this.machines.filter(({ executors }) => executors > 0);
    return busy.map(({ pod }) => ({
      id: pod.name,
      host: pod.name,
      active: true,
      activeTasks: 1,
      shuffleWriteBytes: 1,
      rddBlocks: 0,
      memoryUsedBytes: 0,
      diskUsedBytes: 0,
      maxMemoryBytes: 1,
    }));
  }

  #workerOf({ pod, worker, executors }: Machine): WorkerView {
    return {
      id: pod.name,
      host: pod.name,
      port: 7078,
      webUiAddress: `http://${pod.name}:8081`,
      state: worker ?? 'UNKNOWN',
      total: WORKER_SHAPE,
      used: usedBy(executors),
      lastHeartbeatAtEpochMs: this.clock.nowEpochMs(),
    };
  }
}

const CONFLICT = { kind: 'conflict', what: 'a pod', detail: 'it was modified' } as const;

function usedBy(executors: number): WorkerView['used'] {
  return resources(executors * WORKER_SHAPE.cores, executors * WORKER_SHAPE.memoryMiB, {});
}

/** The controller's order, and where that leaves a tie the busiest first: what must not go. */
function worstFirst(a: Machine, b: Machine): number {
  return (
    Number(a.pod.ready) - Number(b.pod.ready) || a.pod.deletionCost - b.pod.deletionCost || b.executors - a.executors
  );
}
