/**
 * How long one pass takes to parse its answers and to decide.
 *
 * Each sample is one pass: the answers are parsed from text (parse time), then put together to an observation and
 * decided on (decision time). Three clusters take turns, and each goes through moments with other bookings and other
 * demand, so that no pass sees what the one before it saw. The memory of each is handed from pass to pass as the daemon
 * does it; nothing is carried out.
 *
 * A decision is counted with all that explains it, read once.
 *
 * Parsing covers the master's `/json/` and the `/metrics/json/` of every application whose driver answers. That is more
 * than one pass of the daemon reads with many applications: it asks 50 drivers a second at most by default. Not
 * counted: the network, the pod list (every 5 s, parsed by the Kubernetes library), and an application's settings and
 * page (once, or only where its driver leaves a gap). A pass that is to write decides a second time on fresher
 * readings; one sample is one decision.
 */
import { performance } from 'node:perf_hooks';
import { parseConfig } from '../src/config/config.ts';
import { decide } from '../src/core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory, type Decision } from '../src/core/decision.ts';
import type { Observation } from '../src/core/observation.ts';
import { unknown, type Known } from '../src/core/reading.ts';
import { resources } from '../src/core/resources.ts';
import type { Result } from '../src/core/result.ts';
import type { Rules } from '../src/core/rules.ts';
import type { GaugesAnswer, MasterView } from '../src/core/spark-view.ts';
import { percentile } from '../src/lab/measure/statistics.ts';
import { parseMaster } from '../src/spark/master-json.ts';
import { parseDriverMetrics } from '../src/spark/metrics-json.ts';
import { makeCluster, START_EPOCH_MS, type ClusterKind, type ClusterSize, type MadeCluster } from './cluster.ts';
import { makeMoment, type Load, type Moment } from './moment.ts';
import { newRandom } from './random.ts';
import { rounded } from './statistics.ts';

export interface CycleCase extends ClusterSize {
  /** Passes measured. */
  readonly samples: number;
  /** Passes before them that are not: enough for the compiler, and for two holds of 60 s to pass. */
  readonly warmUp: number;
}

export interface CycleResult extends ClusterSize {
  readonly decisionMsP50: number;
  readonly decisionMsP99: number;
  readonly parseMsP50: number;
  readonly parseMsP99: number;
}

/** One case by the clock, and by the time its thread had a processor: what others did on the machine is not in that. */
export interface Measured {
  readonly byClock: CycleResult;
  readonly onProcessor: CycleResult;
}

export const CASES: readonly CycleCase[] = [
  { workers: 10, applications: 1, samples: 3000, warmUp: 3000 },
  { workers: 1000, applications: 100, samples: 300, warmUp: 150 },
  { workers: 10_000, applications: 1000, samples: 120, warmUp: 90 },
];

/** A taste of each case, to see that the bench works; its times say nothing. */
export const QUICK_CASES: readonly CycleCase[] = CASES.map((one) => ({
  ...one,
  workers: Math.min(one.workers, 100),
  applications: Math.min(one.applications, 10),
  samples: 6,
  warmUp: 3,
}));

/** Made-up time from one pass of a cluster to its next: a hold is over after a few. */
const STEP_MS = 5000;

/** Every fifth application wants half as much again, or twice as much. */
const GROWING: Load = { busyWorkers: 0.98, wantedOfHeld: [0.5, 1, 1, 1, 1, 1, 1, 1, 1.5, 2] };
const LEVEL: Load = { busyWorkers: 0.9, wantedOfHeld: [0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1.2] };
const SPARE: Load = { busyWorkers: 0.6, wantedOfHeld: [0, 0.5, 1, 1] };

/** Workers may go, and it is known what each application keeps where: at work, and at night, when nearly all may drain. */
const AT_WORK: Load = { ...SPARE, activities: ['idle', 'idle', 'apart', 'shuffling'] };
const AT_NIGHT: Load = { ...SPARE, activities: ['idle'] };

/** One that changes, one that is partly blind, and one that gives workers back. */
const CLUSTERS: readonly (ClusterKind & { readonly loads: readonly Load[] })[] = [
  { unreadable: 0, everyoneDrains: false, leaving: 4, loads: [GROWING, LEVEL, SPARE] },
  { unreadable: 0.1, everyoneDrains: false, leaving: 0, loads: [GROWING, LEVEL, SPARE] },
  { unreadable: 0, everyoneDrains: true, leaving: 0, loads: [AT_WORK, AT_NIGHT] },
];

/** Runs all passes of one case. */
export function measure(one: CycleCase): Measured {
  const random = newRandom(one.workers);
  const timelines = CLUSTERS.map(({ loads, ...kind }) => {
    const leaving = one.workers < 100 ? 0 : kind.leaving;
    const cluster = makeCluster(one, { ...kind, leaving }, random);
    return new Timeline(
      cluster,
      loads.map((load) => makeMoment(cluster, load, random)),
    );
  });
  const taken: PassTimes[] = [];
  for (let pass = 0; pass < one.warmUp + one.samples; pass += 1) {
    const times = timelines[pass % timelines.length]?.pass();
    if (times !== undefined && pass >= one.warmUp) taken.push(times);
  }
  return { byClock: resultOf(one, taken, 'clockMs'), onProcessor: resultOf(one, taken, 'processorMs') };
}

function resultOf({ workers, applications }: ClusterSize, taken: readonly PassTimes[], by: keyof Taken): CycleResult {
  const of = (what: keyof PassTimes, share: number): number =>
    rounded(
      percentile(
        taken.map((times) => times[what][by]),
        share,
      ),
      3,
    );
  return {
    workers,
    applications,
    decisionMsP50: of('decision', 0.5),
    decisionMsP99: of('decision', 0.99),
    parseMsP50: of('parse', 0.5),
    parseMsP99: of('parse', 0.99),
  };
}

interface Taken {
  readonly clockMs: number;
  readonly processorMs: number;
}

interface PassTimes {
  readonly parse: Taken;
  readonly decision: Taken;
}

/** The time now, on the clock and of this thread. */
function stamp(): Taken {
  const { user, system } = process.threadCpuUsage();
  return { clockMs: performance.now(), processorMs: (user + system) / 1000 };
}

function between(from: Taken, to: Taken): Taken {
  return { clockMs: to.clockMs - from.clockMs, processorMs: to.processorMs - from.processorMs };
}

interface Answers {
  readonly master: MasterView;
  readonly gauges: ReadonlyMap<string, GaugesAnswer>;
}

/** One cluster through time: each pass on the next of its moments. */
class Timeline {
  readonly #cluster: MadeCluster;
  readonly #moments: readonly Moment[];
  readonly #rules: Rules;
  #memory: CoreMemory = NEW_CORE_MEMORY;
  #passes = 0;

  constructor(cluster: MadeCluster, moments: readonly Moment[]) {
    this.#cluster = cluster;
    this.#moments = moments;
    this.#rules = rulesFor(10_000);
  }

  pass(): PassTimes {
    const moment = this.#moments[this.#passes % this.#moments.length];
    if (moment === undefined) throw new Error('a cluster without moments');
    const nowMs = this.#passes * STEP_MS;
    this.#passes += 1;
    // New text each time, as it comes from the network.
    const masterText = moment.masterBody.toString('utf8');
    const driverTexts = moment.driverBodies.map(({ id, body }) => ({ id, text: body.toString('utf8') }));

    const started = stamp();
    const answers = parseAll(masterText, driverTexts);
    const parsed = stamp();
    const observation = observe(this.#cluster, moment, answers, nowMs);
    const { decision, memory } = decide(observation, this.#memory, this.#rules);
    readAll(decision);
    const decided = stamp();
    this.#memory = memory;
    return { parse: between(started, parsed), decision: between(parsed, decided) };
  }
}

/** What explains a decision is made when it is read, as the daemon's pages do each pass. */
function readAll({ report, trace }: Decision): number {
  return report.undrainable.length + report.pins.length + report.kept.size + trace.lines.length;
}

/** The rules of a daemon that was told nothing but max. */
function rulesFor(maxWorkers: number): Rules {
  const parsed = parseConfig({ ELASTIC_WORKER_CLUSTER: 'bench', ELASTIC_WORKER_MAX: String(maxWorkers) });
  if (!parsed.ok) throw new Error('the settings of the bench are not valid');
  return parsed.config.rules;
}

function parseAll(masterText: string, driverTexts: readonly { id: string; text: string }[]): Answers {
  const master = valueOf(parseMaster(masterText, 'master'));
  const gauges = new Map(driverTexts.map(({ id, text }) => [id, valueOf(parseDriverMetrics(text, id))]));
  return { master, gauges };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`an answer of the bench cannot be parsed: ${result.error.detail}`);
  return result.value;
}

function observe(cluster: MadeCluster, moment: Moment, { master, gauges }: Answers, nowMs: number): Observation {
  const known = <T>(value: T): Known<T> => ({
    known: true,
    value,
    takenAtMs: nowMs,
    source: 'bench',
    periodMs: STEP_MS,
  });
  const silent = unknown('the driver does not answer');
  const made = new Map(cluster.applications.map((application) => [application.id, application]));
  const nothingUsed = resources(0, 0);
  return {
    nowMs,
    // The heartbeats in the answers are of this very moment.
    nowEpochMs: START_EPOCH_MS,
    master: known(master),
    applications: master.applications.map((application) => {
      const answer = gauges.get(application.id);
      const holdings = moment.holdings.get(application.id);
      const { read, settings } = made.get(application.id) ?? { read: 'nothing' };
      return {
        application,
        gauges: answer === undefined ? silent : known(answer),
        page: read === 'page' ? known(pageOf(moment, application.id)) : unknown('not read yet'),
        settings: read === 'driver' ? known(settings) : silent,
        holdings: holdings === undefined ? unknown('not asked') : known(holdings),
        pace: unknown('not asked'),
      };
    }),
    workerSelves: new Map(
      cluster.workers
        .filter(({ state }) => state === 'DECOMMISSIONED')
        .map(({ id }) => [id, known({ id, used: nothingUsed, executorCount: 1 })]),
    ),
    target: known(cluster.target),
    pods: known(cluster.pods),
    markAbility: 'usable',
  };
}

function pageOf(moment: Moment, id: string) {
  const need = moment.needs.get(id);
  return {
    executorLimit: need?.target ?? 0,
    grantedExecutors: need?.held ?? 0,
    coresMax: 'unlimited' as const,
    executors: [],
    uiAddress: undefined,
  };
}
