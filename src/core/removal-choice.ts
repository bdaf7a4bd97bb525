/** Who is chosen to go, and what becomes of those who were: looked at again, released, marked, or counted down. */
import type { PodView } from './cluster-view.ts';
import { normalHost, type FleetPod } from './fleet.ts';
import { LastMade } from './kept.ts';
import { executorsAt } from './ledger.ts';
import type { RemovalInput } from './removal.ts';
import {
  hostsLeaving,
  hostsLosing,
  inTurn,
  isDoomed,
  isSettled,
  lowerFirst,
  maySoMany,
  names,
  nextCost,
  NONE,
  podsOf,
  step,
  whyBehindOthers,
  whyTooSoon,
  type Step,
} from './removal-steps.ts';
import { firstToGoFirst, whyBound } from './removal-target.ts';
import { describeBytes } from './resources.ts';
import { chooseSurvivors, whyIdleIsPinned, type BusyWorker, type Drainable, type Survivors } from './survivors.ts';
import { byPreference, selfOf, standingOf, whyNotProvenEmpty, type VictimContext } from './victims.ts';

/** All pods that serve, sorted by what may become of them. */
export interface Candidates {
  readonly unstarted: readonly PodView[];
  readonly idle: readonly BusyWorker[];
  readonly drainable: readonly Drainable[];
  /** Why each other pod stays, by UID. */
  readonly why: ReadonlyMap<string, string>;
  /** Some of these would go if their executors found room elsewhere: of all that keeps a busy one, only this is the demand's. */
  readonly lackRoom: boolean;
}

/** Judges every pod that serves; what is kept where only if somebody may have to go. Pure; the same input has the same answer. */
export function candidatesOf(input: RemovalInput, lookForPins: boolean): Candidates {
  const { context, rules, ledger, stillFits, markAbility, spareIdleWorkers, target } = input;
  const { fleet, seenReady, shared, driverWorkerIds, guards } = context;
  // It is told for how long a worker has been silent.
  const silentAtMs = isAnySilent(context) ? context.nowEpochMs : undefined;
  const known = [fleet, ledger, stillFits, rules, guards, seenReady, shared, ...driverWorkerIds];
  const key = [lookForPins, markAbility, spareIdleWorkers, target.removal, silentAtMs, ...known];
  return judgements.get(key, () => judge(input, lookForPins));
}

const judgements = new LastMade<Candidates>();

function isAnySilent({ fleet, nowEpochMs, heartbeatFreshMs }: VictimContext): boolean {
  const edgeMs = nowEpochMs - heartbeatFreshMs;
  for (const { workers } of fleet.serving)
    for (const { lastHeartbeatAtEpochMs } of workers) if (lastHeartbeatAtEpochMs < edgeMs) return true;
  return false;
}

function judge(input: RemovalInput, lookForPins: boolean): Candidates {
  const { context, rules, ledger } = input;
  const unstarted: PodView[] = [];
  const idle: BusyWorker[] = [];
  const busy: BusyWorker[] = [];
  const why = new Map<string, string>();
  for (const entry of context.fleet.serving) {
    const standing = standingOf(entry, context);
    if (standing.kind === 'never-started') unstarted.push(entry.pod);
    else if (standing.kind === 'kept') why.set(entry.pod.uid, standing.why);
    else if (standing.kind === 'busy') busy.push({ entry, worker: standing.worker });
    else {
      const keeps = rules.externalShuffleService && lookForPins;
      const pinned = whyIdleIsPinned(standing.worker.host, ledger, keeps, context.guards);
      if (pinned === undefined) idle.push({ entry, worker: standing.worker });
      else why.set(entry.pod.uid, pinned);
    }
  }
  const off = lookForPins ? whyNoDrain(input) : 'it holds executors';
  if (off !== undefined) {
    for (const { entry } of busy) why.set(entry.pod.uid, off);
    return { unstarted, idle, drainable: [], why, lackRoom: false };
  }
  const free = [...unstarted, ...idle.map(({ entry }) => entry.pod)];
  const { drainable, lackRoom, why: staying } = survivorsInTurn(input, free, idle, busy);
  let all: Candidates['why'] | undefined;
  return {
    unstarted,
    idle,
    drainable,
    lackRoom,
    // Put together when somebody asks, which few passes do.
    get why() {
      return (all ??= new Map([...why, ...staying]));
    },
  };
}

/**
 * Who of the busy may be drained, if only those that the platform takes next may go: where ordinals rule, as many from
 * the top as can go together.
 */
function survivorsInTurn(
  input: RemovalInput,
  free: readonly PodView[],
  idle: readonly BusyWorker[],
  busy: readonly BusyWorker[],
): Survivors {
  const { ledger, stillFits, rules, target } = input;
  const { guards } = input.context;
  let losing: ReadonlySet<string> | undefined;
  const leavingHosts = (): ReadonlySet<string> => (losing ??= hostsLosing(input));
  let spare: ReadonlySet<string> | undefined;
  const spareHosts = (): ReadonlySet<string> =>
    (spare ??= new Set(spareOf(input, idle).map(({ worker }) => normalHost(worker.host))));
  const ask = (some: readonly BusyWorker[]): Survivors =>
    chooseSurvivors({
      ledger,
      busy: some,
      leavingHosts,
      spareHosts,
      stillFits,
      atMost: rules.maxDrainingWorkers,
      guards,
    });
  if (target.removal === 'by-cost' || busy.some(({ entry }) => isDoomed(entry))) return ask(busy);
  const order = inTurn(input, [...free, ...busy.map(({ entry }) => entry.pod)]);
  const byPod = new Map(busy.map((one) => [one.entry.pod, one]));
  const top = order.flatMap((pod) => byPod.get(pod) ?? []);
  let found = ask([]);
  let refused: Survivors['why'] = new Map();
  let lackRoom = false;
  for (let count = 1; count <= top.length; count += 1) {
    const together = ask(top.slice(0, count));
    refused = together.why;
    lackRoom ||= together.lackRoom;
    if (together.drainable.length < count) break;
    found = together;
  }
  const going = new Set(found.drainable.map(({ entry }) => entry.pod.uid));
  const staying = busy.map(({ entry }) => entry.pod.uid).filter((uid) => !going.has(uid));
  return {
    ...found,
    lackRoom,
    why: new Map(staying.map((uid) => [uid, refused.get(uid) ?? 'others would go before it'])),
  };
}

function whyNoDrain({ rules, markAbility }: RemovalInput): string | undefined {
  if (rules.removalMode === 'idle' || rules.removalMode === 'off') return 'it holds executors';
  return markAbility === 'refused' ? 'it holds executors, and the master marks no workers' : undefined;
}

/**
 * Chosen pods: those that changed are released, never-started ones go with the count, idle ones are marked, busy ones
 * are marked after a second look.
 */
export function advanceChosen(
  input: RemovalInput,
  judged: () => Candidates,
  chosen: readonly FleetPod[],
  surplus: number,
): Step | undefined {
  if (chosen.length === 0) return undefined;
  const candidates = judged();
  const uids = new Set(chosen.map(({ pod }) => pod.uid));
  const isChosen = ({ entry }: BusyWorker): boolean => uids.has(entry.pod.uid);
  const unstarted = spareArrivals(
    input,
    candidates.unstarted.filter(({ uid }) => uids.has(uid)),
  );
  const idle = spareOf(input, candidates.idle.filter(isChosen));
  const busy = candidates.drainable.filter(isChosen);
  const free = [...unstarted, ...[...idle, ...busy].map(({ entry }) => entry.pod)];
  const going = whoGoes(input, free, surplus).filter((_, nth) => maySoMany(nth + 1, input));
  const goingUids = new Set(going.map(({ uid }) => uid));
  const back = chosen.map(({ pod }) => pod).filter(({ uid }) => !goingUids.has(uid));
  if (back.length > 0)
    return step({ kind: 'release', pods: back }, `${names(back)} are released: ${whyBack(back, candidates)}`);
  if (inTurn(input, unstarted).length > 0) return endUnstarted(input, unstarted);
  if (input.markAbility === 'refused') return lowerUnmarked(input, idle);
  const behind = whyNotNow(input, going);
  return behind === undefined ? mark(input, idle, busy) : step(NONE, `chosen workers wait: ${behind}`);
}

/** Why these wait for others; undefined where they need not, or where some of them go anyway (R24). */
function whyNotNow(input: RemovalInput, pods: readonly PodView[]): string | undefined {
  return pods.some((pod) => isDoomed({ pod })) ? undefined : whyBehindOthers(input, pods);
}

/** Of these pods those that may go now: those that go anyway (R24), and as many others in turn as are too many beside. */
function whoGoes(input: RemovalInput, pods: readonly PodView[], surplus: number): readonly PodView[] {
  if (input.rules.removalMode === 'off') return [];
  const isTaken = (pod: PodView): boolean => isDoomed({ pod }) && input.markAbility !== 'refused';
  const others = inTurn(input, pods).filter((pod) => !isTaken(pod));
  const all = input.context.fleet.doomed.filter(({ pod }) => isTaken(pod)).length;
  return [...pods.filter(isTaken), ...others.slice(0, Math.max(0, surplus - all))];
}

function whyBack(back: readonly PodView[], { why }: Candidates): string {
  const [first] = back.flatMap(({ uid }) => why.get(uid) ?? []);
  return first ?? 'they are wanted again';
}

function endUnstarted(input: RemovalInput, unstarted: readonly PodView[]): Step {
  const settled = unstarted.filter((pod) => isSettled(pod, input));
  const going = settled.length > 0 ? lowerFirst(input, settled, 'never started') : undefined;
  return going ?? step(NONE, `${names(unstarted)} never started; waiting until they are first to go`);
}

/**
 * All that can be marked goes into one request, so that none becomes a target for the blocks of another. A mark cannot
 * be undone: an idle worker has to be proven empty by its own page, a busy one has to run exactly the executors that the
 * ledger knows of, at a second look.
 */
function mark(input: RemovalInput, idle: readonly BusyWorker[], busy: readonly Drainable[]): Step {
  const empty = idle.filter(({ worker }) => whyNotProvenEmpty(worker, input.context, -Infinity) === undefined);
  const known = busy.filter((one) => whyNotYet(input, one) === undefined);
  const free = [...empty, ...known];
  const pods_ = free.map(({ entry }) => entry.pod);
  const first = new Set(inTurn(input, pods_));
  const marked = free.filter(({ entry }) => first.has(entry.pod) || isDoomed(entry));
  if (marked.length === 0) return step(NONE, `chosen workers wait: ${firstWhy(input, idle, busy)}`);
  const pods = marked.map(({ entry }) => entry.pod);
  const bytes = known.reduce((sum, one) => sum + one.bytes, 0);
  const parts = [
    ...(empty.length > 0 ? [`${empty.length} idle`] : []),
    ...(known.length > 0 ? [`${known.length} to be drained of ${describeBytes(bytes)}`] : []),
  ];
  return step(
    { kind: 'mark', pods, hosts: marked.map(({ worker }) => worker.host) },
    `${names(pods)} are marked at the master: ${parts.join(', ')}`,
  );
}

function whyNotYet(input: RemovalInput, one: BusyWorker): string | undefined {
  const { guards } = input.context;
  const early = (input.holdBack ? whyTooSoon(one.entry.pod, input) : undefined) ?? guards.executorsKnown(input, one);
  // R24: what goes with its node is marked whatever may be on its way there: it would lose all that it holds.
  if (early !== undefined || isDoomed(one.entry)) return early;
  return guards.receivesNothing(input.ledger, normalHost(one.worker.host), hostsLeaving(input));
}

/**
 * Why it is not certain what runs on a busy worker; undefined where it is. What the master has booked and the worker's
 * page does not show yet is an executor that is about to start.
 */
export function whyNotKnown(input: RemovalInput, { worker }: BusyWorker): string | undefined {
  const self = selfOf(worker, input.context);
  if (!self.known) return `its own page is not known: ${self.reason}`;
  const running = self.value.executorCount;
  const listed = executorsAt(input.ledger, normalHost(worker.host));
  if (running !== listed) return `it runs ${running} executors, its applications tell of ${listed}`;
  const { used } = self.value;
  const alike = used.cores === worker.used.cores && used.memoryMiB === worker.used.memoryMiB;
  return alike ? undefined : 'its own page does not show what the master has booked there';
}

function firstWhy(input: RemovalInput, idle: readonly BusyWorker[], busy: readonly BusyWorker[]): string {
  const reasons = [
    ...idle.map(({ worker }) => whyNotProvenEmpty(worker, input.context, -Infinity)),
    ...busy.map((one) => whyNotYet(input, one)),
  ];
  return reasons.find((reason) => reason !== undefined) ?? 'none is left';
}

/** R16 without decommission: two looks apart, then one at a time; work may still race in between look and count. */
function lowerUnmarked(input: RemovalInput, idle: readonly BusyWorker[]): Step {
  // Who has the lowest cost is next: another one put before it would only make it wait in turn.
  const [next] = [...idle].sort((a, b) => a.entry.pod.deletionCost - b.entry.pod.deletionCost);
  if (next === undefined) return step(NONE, 'none of the chosen is left');
  const { pod } = next.entry;
  const why = isSettled(pod, input)
    ? whyNotProvenEmpty(next.worker, input.context, -Infinity)
    : 'it was chosen too recently';
  if (why !== undefined) return step(NONE, `waiting for a second look: ${why}`);
  const going = lowerFirst(input, [pod], 'idle at both looks, the master marks no workers');
  return going ?? step(NONE, `${pod.name} would not be the first to go; waiting`);
}

/** Idle workers that nobody needs, those first that the platform takes first. */
function spareOf(input: RemovalInput, idle: readonly BusyWorker[]): readonly BusyWorker[] {
  const byPod = new Map(idle.map((one) => [one.entry.pod, one]));
  const { spare } = input.context.guards;
  const pods = asTaken(input, [...byPod.keys()]).filter(
    (pod, nth) => isDoomed({ pod }) || spare(nth + 1, input) === undefined,
  );
  return pods.flatMap((pod) => byPod.get(pod) ?? []);
}

/** In the order in which the platform takes them. R24: those that are taken with their nodes go first, and are no room for anybody. */
function asTaken({ target }: RemovalInput, pods: readonly PodView[]): readonly PodView[] {
  const sorted = firstToGoFirst(target.removal, pods);
  return [...sorted.filter((pod) => isDoomed({ pod })), ...sorted.filter((pod) => !isDoomed({ pod }))];
}

/** Why an idle worker is needed by executors that are missing; `nth` counts from 1. Undefined where it is spare. */
export function whyNotSpare(nth: number, { spareIdleWorkers }: RemovalInput): string | undefined {
  return nth > spareIdleWorkers ? 'missing executors need it' : undefined;
}

/** Of these pods that never started as many as nobody waits for, those first that the platform takes first. */
function spareArrivals(input: RemovalInput, unstarted: readonly PodView[]): readonly PodView[] {
  const ranked = asTaken(input, [...unstarted].sort(byPreference));
  return ranked.filter((pod, nth) => isDoomed({ pod }) || nth < input.spareArrivingWorkers);
}

/** Of those that could go as many as nobody needs. */
export function freeToGo(input: RemovalInput, { unstarted, idle, drainable }: Candidates): number {
  return spareArrivals(input, unstarted).length + spareOf(input, idle).length + drainable.length;
}

/** Chooses who goes next: what never started, then idle workers, then busy ones that can be drained. */
export function chooseMore(
  input: RemovalInput,
  judged: () => Candidates,
  chosen: readonly FleetPod[],
  leaving: number,
  surplus: number,
): Step {
  if (chosen.length > 0 || !maySoMany(leaving + 1, input)) return step(NONE, 'the removal under way goes first');
  if (input.rules.removalMode === 'off') return step(NONE, `a surplus of ${surplus} stays: removal is off`);
  const candidates = judged();
  const idle = spareOf(
    input,
    [...candidates.idle].sort((a, b) => byPreference(a.entry.pod, b.entry.pod)),
  );
  const unstarted = inTurn(input, spareArrivals(input, candidates.unstarted));
  const free = [...idle, ...candidates.drainable].map(({ entry }) => entry.pod);
  const order = unstarted.length > 0 && surplus > 0 ? unstarted : free;
  const pods = whoGoes(input, order, surplus).filter((_, nth) => maySoMany(leaving + nth + 1, input));
  if (pods.length === 0) {
    if (surplus <= 0) return step(NONE, 'nothing to remove');
    const staying = podsOf(input.context.fleet.serving);
    const why = whyBound(input.target.removal, staying) ?? 'no worker is spare and idle or drainable';
    return step(NONE, `a surplus of ${surplus} stays: ${why}`);
  }
  const behind = whyNotNow(input, pods);
  if (behind !== undefined) return step(NONE, `a surplus of ${surplus} stays: ${behind}`);
  const [taken] = pods.flatMap(({ disruption }) => disruption ?? []);
  const why = taken === undefined ? '' : `: ${taken}`;
  return step({ kind: 'choose', pods, cost: nextCost(input) }, `${names(pods)} are chosen to go${why}`);
}
