/**
 * Demand of one application, in executors of its own shape.
 *
 * The order of trust: the driver's gauges, the master's page, the last known value. What is not known is never zero: an
 * application that cannot be read keeps at least what it holds, and forbids shrinking.
 */
import { isSteady, lastingNeed, remember, type NeedHistory } from './burst.ts';
import { executorShape } from './executor-shape.ts';
import { LastMadeByPlace } from './kept.ts';
import type { ApplicationObservation } from './observation.ts';
import { followPace, NO_PACE, type PaceMemory } from './pace.ts';
import { freshAt, type Reading } from './reading.ts';
import type { Resources } from './resources.ts';
import type {
  AllocationGauges,
  ApplicationPage,
  ApplicationSettings,
  ApplicationView,
  GaugesAnswer,
  TaskPace,
} from './spark-view.ts';

export type DemandBasis =
  'max-needed' | 'target' | 'executor-limit' | 'held-plus-owed' | 'unlimited-without-allocation' | 'last-known';

export interface ApplicationDemand {
  readonly id: string;
  readonly name: string;
  /** Executors wanted in all, those held included. */
  readonly executors: number;
  /** Executors the master books for the application at present. */
  readonly held: number;
  /** `numberTargetExecutors`, or the limit on the master's page; undefined where neither is known. */
  readonly targetExecutors: number | undefined;
  readonly shape: Resources;
  readonly basis: DemandBasis;
  /** False where the value is a guess: it may justify growing, never shrinking. */
  readonly certain: boolean;
  /** Takes every core it can get, without end (R9): never grown for, but foreseen. */
  readonly takesAll: boolean;
  /** Mean time of its newest tasks in milliseconds, as far as any have ended; undefined where nobody knows. */
  readonly taskMs: number | undefined;
  /** What of this a person should mend, if anything. */
  readonly advice: string | undefined;
  readonly sentence: string;
}

/** What is remembered of an application between passes. */
export interface DemandMemory {
  readonly needs: NeedHistory;
  readonly lastKnownExecutors: number | undefined;
  readonly pace: PaceMemory;
}

/** What is remembered of all, by id, in the order in which the master listed them. */
export type DemandMemories = readonly (readonly [id: string, memory: DemandMemory])[];

export const NO_DEMAND_MEMORY: DemandMemory = { needs: [], lastKnownExecutors: undefined, pace: NO_PACE };

export interface DemandContext {
  readonly nowMs: number;
  readonly burstMs: number;
  /** Whether what would be over too soon is found by how long tasks take, where that is known. */
  readonly skipsLate: boolean;
  /** Size of one worker, where known: an executor without `spark.executor.cores` takes all of it. */
  readonly workerShape: Resources | undefined;
}

/** What the stage knows of one application after looking at the age of everything. */
interface Facts {
  readonly gauges: AllocationGauges | undefined;
  readonly page: ApplicationPage | undefined;
  readonly settings: ApplicationSettings | undefined;
  readonly wholeWorkers: boolean;
  readonly shape: Resources;
  /** False where nothing tells how many cores an executor has: then `shape` is a guess. */
  readonly shapeKnown: boolean;
  readonly held: number;
  readonly whyUnknown: string;
}

/**
 * Works out what one application wants, and what to remember of it.
 *
 * Rules: max needed rather than the climbing target, capped by maxExecutors and cores.max (policies.md 12.3); without
 * `spark.executor.cores` tasks are counted in whole workers (R8); without dynamic allocation it wants what it holds and
 * what `cores.max` still owes it (R9); unknown keeps the last known value, never below what is held.
 *
 * @param place of the application in the master's list, from 0: what was made there last is looked at first.
 */
export function demandOf(
  observed: ApplicationObservation,
  memory: DemandMemory,
  context: DemandContext,
  place = 0,
): Followed {
  const gauges = freshAt(observed.gauges, context.nowMs);
  const page = freshAt(observed.page, context.nowMs);
  if (!gauges.known) return workOut(observed, gauges, page, memory, context, place);
  const last = steady[place];
  if (last?.made.memory === memory && isMadeOf(last, observed, gauges.value, page, context)) return last.made;
  const made = workOut(observed, gauges, page, memory, context, place);
  const needed = gauges.value.kind === 'gauges' ? gauges.value.gauges.numberMaxNeededExecutors : undefined;
  // Where the next reading of the same need would be left out as well, nothing hangs on when it was taken.
  const timeless = needed === undefined || isSteady(memory.needs, needed, context.burstMs);
  if (timeless && made.memory === memory) {
    const { application, settings, pace } = observed;
    const values = { page: valueOf(page), settings: valueOf(settings), pace: valueOf(pace) };
    steady[place] = { application, gauges: gauges.value, ...values, context, made };
  }
  return made;
}

/** What came of a memory that was left as it is, and of what it came. */
interface Steady {
  readonly application: ApplicationView;
  readonly gauges: GaugesAnswer;
  readonly page: ApplicationPage | undefined;
  readonly settings: ApplicationSettings | undefined;
  readonly pace: TaskPace | undefined;
  readonly context: DemandContext;
  readonly made: Followed;
}

/** By place. */
const steady: (Steady | undefined)[] = [];

/** Forgets what was made of applications beyond the first so many. */
export function forgetBeyond(applications: number): void {
  if (steady.length > applications) steady.length = applications;
  demands.endAt(applications);
}

/** Whether all that goes into it is the same, but for when it was read. */
function isMadeOf(
  last: Steady,
  { application, settings, pace }: ApplicationObservation,
  gauges: GaugesAnswer,
  page: Reading<ApplicationPage>,
  { burstMs, skipsLate, workerShape }: DemandContext,
): boolean {
  return (
    last.gauges === gauges &&
    last.application === application &&
    last.page === valueOf(page) &&
    last.settings === valueOf(settings) &&
    last.pace === valueOf(pace) &&
    last.context.burstMs === burstMs &&
    last.context.skipsLate === skipsLate &&
    last.context.workerShape === workerShape
  );
}

function valueOf<T>(reading: Reading<T>): T | undefined {
  return reading.known ? reading.value : undefined;
}

interface Followed {
  readonly demand: ApplicationDemand;
  readonly memory: DemandMemory;
}

function workOut(
  observed: ApplicationObservation,
  gauges: Reading<GaugesAnswer>,
  page: Reading<ApplicationPage>,
  memory: DemandMemory,
  context: DemandContext,
  place: number,
): Followed {
  const answered = gauges.known && gauges.value.kind === 'gauges' ? gauges.value.gauges : undefined;
  const needed = answered?.numberMaxNeededExecutors;
  const needs =
    needed === undefined || !gauges.known
      ? memory.needs
      : remember(memory.needs, gauges.takenAtMs, needed, context.burstMs);
  const pace = followPace(memory.pace, observed.pace);
  const { lastKnownExecutors } = memory;
  const { demand, counted } = demandBy(place, {
    application: observed.application,
    gauges,
    answered,
    page: page.known ? page.value : undefined,
    settings: observed.settings.known ? observed.settings.value : undefined,
    lasting: lastingBy(needs, pace, context),
    taskMs: pace.taskMs,
    lastKnownExecutors,
    workerShape: context.workerShape,
  });
  const known = counted ?? lastKnownExecutors;
  const same = needs === memory.needs && known === lastKnownExecutors && pace === memory.pace;
  return { demand, memory: same ? memory : { needs, lastKnownExecutors: known, pace } };
}

/** All that the demand of one application is made of. */
interface Seen {
  readonly application: ApplicationView;
  readonly gauges: Reading<GaugesAnswer>;
  readonly answered: AllocationGauges | undefined;
  readonly page: ApplicationPage | undefined;
  readonly settings: ApplicationSettings | undefined;
  /** What counts of max needed. */
  readonly lasting: number;
  readonly taskMs: number | undefined;
  readonly lastKnownExecutors: number | undefined;
  readonly workerShape: Resources | undefined;
}

interface Made {
  readonly demand: ApplicationDemand;
  /** Executors, where it is known how many; a guess of their size does not matter here. */
  readonly counted: number | undefined;
}

const demands = new LastMadeByPlace<Made>();

function demandBy(place: number, seen: Seen): Made {
  const { gauges, application, page, settings, lasting, taskMs, lastKnownExecutors, workerShape } = seen;
  if (!gauges.known) return makeDemand(seen);
  const key = [gauges.value, application, page, settings, lasting, taskMs, lastKnownExecutors, workerShape];
  return demands.get(place, key, () => makeDemand(seen));
}

function makeDemand(seen: Seen): Made {
  const facts = gather(seen);
  const counted = choose(facts, seen);
  const raw = facts.shapeKnown || counted.executors === 0 ? counted : ofGuessedSize(counted);
  const { application, taskMs } = seen;
  const demand: ApplicationDemand = {
    id: application.id,
    name: application.name,
    held: facts.held,
    targetExecutors: facts.gauges?.numberTargetExecutors ?? limitOf(facts.page),
    shape: facts.shape,
    taskMs,
    ...raw,
    sentence: `${application.id} wants ${raw.executors} executors, holds ${facts.held} (${raw.why})`,
  };
  return { demand, counted: counted.certain ? counted.executors : undefined };
}

interface Chosen {
  readonly executors: number;
  readonly basis: DemandBasis;
  readonly certain: boolean;
  readonly takesAll: boolean;
  readonly advice: string | undefined;
  readonly why: string;
}

/** A number of executors of a size nobody knows is no known demand. */
function ofGuessedSize(counted: Chosen): Chosen {
  return { ...counted, certain: false, why: `${counted.why}; how many cores each has is not known yet` };
}

function choose(facts: Facts, { lasting, lastKnownExecutors, workerShape }: Seen): Chosen {
  if (withoutAllocation(facts)) return fixedDemand(facts);
  const target = facts.gauges?.numberTargetExecutors;
  if (facts.gauges !== undefined && target !== undefined) return gaugeDemand(facts, target, lasting, workerShape);
  const limit = facts.page?.executorLimit;
  if (typeof limit === 'number') {
    const executors = capped(inWorkers(limit, facts, workerShape), facts);
    const why = `executor limit ${limit} on the master's page; driver: ${facts.whyUnknown}`;
    return { executors, basis: 'executor-limit', certain: true, takesAll: false, advice: undefined, why };
  }
  const executors = Math.max(lastKnownExecutors ?? 0, facts.held);
  const why = `demand unknown, last known value kept: ${facts.whyUnknown}`;
  return { executors, basis: 'last-known', certain: false, takesAll: false, advice: undefined, why };
}

/** Known not to use dynamic allocation; a driver without gauges alone proves nothing where its settings say otherwise. */
function withoutAllocation(facts: Facts): boolean {
  if (facts.settings !== undefined) return !facts.settings.dynamicAllocation;
  return facts.page?.executorLimit === 'unlimited';
}

/**
 * What counts of max needed. Where it is known how long tasks take, whether a new worker would help is judged by that; else
 * what has lasted.
 */
function lastingBy(needs: NeedHistory, { taskMs }: PaceMemory, { burstMs, skipsLate }: DemandContext): number {
  return lastingNeed(needs, skipsLate && taskMs !== undefined ? 0 : burstMs);
}

function gaugeDemand(facts: Facts, target: number, need: number, workerShape: Resources | undefined): Chosen {
  // Spark caps the target by maxExecutors, but not max needed: while the caps are not known, only the target counts.
  const lasting = facts.settings === undefined ? 0 : need;
  const executors = capped(inWorkers(Math.max(target, lasting), facts, workerShape), facts);
  const basis = lasting > target ? 'max-needed' : 'target';
  const shown = facts.gauges?.numberMaxNeededExecutors;
  const counted =
    facts.settings === undefined ? 'not counted, its caps are not known yet' : `of which lasting ${lasting}`;
  const why = `target ${target}, max needed ${shown ?? 'not published'}, ${counted}${capNote(facts)}`;
  const advice = facts.wholeWorkers
    ? 'spark.executor.cores is not set: each executor takes a whole worker; set it to share workers'
    : undefined;
  return { executors, basis, certain: true, takesAll: false, advice, why };
}

/** R9: what it holds, and what `cores.max` still owes it; without `cores.max` it takes all there is, and is not fed. */
function fixedDemand(facts: Facts): Chosen {
  const coresMax = coresMaxOf(facts);
  if (coresMax === undefined) {
    const advice = 'no dynamic allocation and no spark.cores.max: it takes every core that is added; set one of them';
    const why = 'no dynamic allocation and no spark.cores.max: not grown for';
    const certain = facts.settings !== undefined || facts.page?.coresMax === 'unlimited';
    return {
      executors: facts.held,
      basis: 'unlimited-without-allocation',
      certain,
      takesAll: true,
      advice,
      why,
    };
  }
  const owed = facts.wholeWorkers ? Math.ceil(coresMax / facts.shape.cores) : Math.floor(coresMax / facts.shape.cores);
  const why = `no dynamic allocation, spark.cores.max ${coresMax}`;
  const executors = Math.max(facts.held, owed);
  return { executors, basis: 'held-plus-owed', certain: true, takesAll: false, advice: undefined, why };
}

/** R8: a whole-worker executor runs a task per core, while the driver counts one executor per task. */
function inWorkers(executors: number, facts: Facts, workerShape: Resources | undefined): number {
  if (!facts.wholeWorkers || workerShape === undefined) return executors;
  const tasksPerWorker = Math.max(1, Math.floor(workerShape.cores / (facts.settings?.taskCpus ?? 1)));
  return Math.ceil(executors / tasksPerWorker);
}

function capped(executors: number, facts: Facts): number {
  const { settings } = facts;
  const coresMax = coresMaxOf(facts);
  let cap = Infinity;
  // maxExecutors holds per resource profile (spark.md 6.1), the gauges are sums over all of them.
  if (settings?.maxExecutors !== undefined) cap = settings.maxExecutors * (1 + settings.otherProfiles.length);
  if (coresMax !== undefined) {
    const byCores = coresMax / facts.shape.cores;
    cap = Math.min(cap, facts.wholeWorkers ? Math.ceil(byCores) : Math.floor(byCores));
  }
  return Math.min(executors, cap);
}

/** The application's own setting; else the master's page, which also shows `spark.deploy.defaultCores` (spark.md 7.2). */
function coresMaxOf(facts: Facts): number | undefined {
  const fromPage = typeof facts.page?.coresMax === 'number' ? facts.page.coresMax : undefined;
  return facts.settings?.coresMax ?? fromPage;
}

function capNote(facts: Facts): string {
  const parts: string[] = [];
  if (facts.settings?.maxExecutors !== undefined) parts.push(`maxExecutors ${facts.settings.maxExecutors}`);
  const coresMax = coresMaxOf(facts);
  if (coresMax !== undefined) parts.push(`cores.max ${coresMax}`);
  return parts.length === 0 ? '' : `, capped by ${parts.join(' and ')}`;
}

function gather({ application, gauges, answered, page, settings, workerShape }: Seen): Facts {
  const { shape, shapeKnown, wholeWorkers } = executorShape(application, settings, page, answered, workerShape);
  return {
    gauges: answered,
    page,
    settings,
    wholeWorkers,
    shape,
    shapeKnown,
    held: countedExecutors(settings, page, answered) ?? heldByCores(application, shape, wholeWorkers),
    whyUnknown: whyUnknown(gauges.known ? undefined : gauges.reason, answered),
  };
}

/** With several profiles an executor is no fixed number of cores, so executors are counted where they can be. */
function countedExecutors(
  settings: ApplicationSettings | undefined,
  page: ApplicationPage | undefined,
  gauges: AllocationGauges | undefined,
): number | undefined {
  if (settings === undefined || settings.otherProfiles.length === 0) return undefined;
  return page?.grantedExecutors ?? gauges?.numberAllExecutors;
}

function heldByCores({ grantedCores }: ApplicationView, shape: Resources, wholeWorkers: boolean): number {
  const granted = grantedCores / shape.cores;
  return wholeWorkers ? Math.ceil(granted) : Math.floor(granted);
}

function limitOf(page: ApplicationPage | undefined): number | undefined {
  return typeof page?.executorLimit === 'number' ? page.executorLimit : undefined;
}

function whyUnknown(reason: string | undefined, answered: AllocationGauges | undefined): string {
  if (reason !== undefined) return reason;
  return answered === undefined ? 'the driver publishes no allocation gauges' : 'numberTargetExecutors is missing';
}
