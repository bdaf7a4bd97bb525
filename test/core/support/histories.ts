/** Random histories for properties: what happens to a cluster, second by second, and the passes of the daemon meanwhile. */
import fc from 'fast-check';
import type { Rules } from '../../../src/core/rules.ts';
import { rules } from './builders.ts';
import { ClusterModel, type Source } from './cluster-model.ts';
import type { ModelApplication } from './cluster-parts.ts';
import { DaemonModel, type KillPoint, type Pass } from './daemon-model.ts';

/** Short, so that a history of minutes has many holds. */
export const HOLD_MS = 10_000;

export type Event =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'want'; readonly app: ModelApplication['id']; readonly executors: number; readonly cores: number }
  | { readonly kind: 'end'; readonly app: ModelApplication['id'] }
  | { readonly kind: 'race'; readonly app: ModelApplication['id']; readonly executors: number }
  | { readonly kind: 'blind'; readonly source: Source; readonly seconds: number }
  | { readonly kind: 'restart-master'; readonly seconds: number }
  | { readonly kind: 'partition'; readonly index: number; readonly seconds: number }
  | { readonly kind: 'kill'; readonly point: KillPoint; readonly downSeconds: number }
  | { readonly kind: 'by-hand'; readonly replicas: number }
  | { readonly kind: 'quota'; readonly pods: number }
  | { readonly kind: 'slow'; readonly seconds: number }
  | { readonly kind: 'job'; readonly app: ModelApplication['id']; readonly seconds: number };

/** What happens, and how many passes come after it. */
export type Step = Event & { readonly passes: number };

export interface History {
  readonly rules: Rules;
  readonly planned: number;
  readonly foreignWorkers: number;
  readonly marksWorkers: boolean;
  readonly steps: readonly Step[];
}

const app = fc.constantFrom<ModelApplication['id']>('app-1', 'app-2', 'app-3');
const few = fc.integer({ min: 1, max: 8 });

/** One arbitrary a kind of event. */
export const EVENTS = {
  nothing: fc.record({ kind: fc.constant('nothing' as const) }),
  want: fc.record({
    kind: fc.constant('want' as const),
    app,
    executors: fc.integer({ min: 0, max: 16 }),
    cores: fc.constantFrom(1, 2, 3, 4),
  }),
  end: fc.record({ kind: fc.constant('end' as const), app }),
  race: fc.record({ kind: fc.constant('race' as const), app, executors: fc.integer({ min: 1, max: 16 }) }),
  blind: fc.record({
    kind: fc.constant('blind' as const),
    source: fc.oneof(app, fc.constantFrom<Source>('master', 'target', 'pods', 'pages')),
    seconds: fc.integer({ min: 1, max: 12 }),
  }),
  'restart-master': fc.record({ kind: fc.constant('restart-master' as const), seconds: few }),
  partition: fc.record({ kind: fc.constant('partition' as const), index: few, seconds: few }),
  kill: fc.record({
    kind: fc.constant('kill' as const),
    point: fc.constantFrom<KillPoint>('before-acting', 'half-way', 'before-noting'),
    downSeconds: fc.integer({ min: 0, max: 4 }),
  }),
  'by-hand': fc.record({ kind: fc.constant('by-hand' as const), replicas: fc.integer({ min: 0, max: 10 }) }),
  quota: fc.record({ kind: fc.constant('quota' as const), pods: fc.integer({ min: 0, max: 12 }) }),
  job: fc.record({ kind: fc.constant('job' as const), app, seconds: fc.integer({ min: 1, max: 12 }) }),
  slow: fc.record({ kind: fc.constant('slow' as const), seconds: few }),
} satisfies { readonly [K in Event['kind']]: fc.Arbitrary<Extract<Event, { kind: K }>> };

const bounds = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 8 }))
  .map(([min, more]) => ({ minWorkers: min, maxWorkers: min + more }));

const moreRules = fc.record({
  deadBandWorkers: fc.constantFrom(0, 0, 1),
  headroomWorkers: fc.constantFrom(0, 0, 1),
  growStepWorkers: fc.constantFrom(0, 0, 2),
  reversalsPerHour: fc.constantFrom(2, 1_000),
  maxDrainingWorkers: fc.constantFrom(1, 5),
  placement: fc.constantFrom('spread' as const, 'packed' as const),
  removalMode: fc.constantFrom('idle' as const, 'auto' as const),
  externalShuffleService: fc.constantFrom(false, true),
  learnsHold: fc.boolean(),
  skipsLate: fc.boolean(),
  dropsUnused: fc.boolean(),
  waitWorth: fc.constantFrom(0, 30, 1_000),
  floorShare: fc.constantFrom(0, 0.5, 1),
  stepsAhead: fc.boolean(),
});

/** Histories with these kinds of events; `fixed` rules win over random ones. */
export function histories(
  kinds: readonly Event['kind'][],
  fixed: Partial<Rules> = {},
  moreFixed: Partial<Omit<History, 'rules' | 'steps'>> = {},
): fc.Arbitrary<History> {
  const event: fc.Arbitrary<Event> = fc.oneof(...kinds.map((kind) => EVENTS[kind]));
  const passes = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 16 }));
  return fc
    .record({
      bounds,
      moreRules,
      planned: fc.integer({ min: 0, max: 10 }),
      foreignWorkers: fc.constantFrom(0, 0, 2),
      marksWorkers: fc.constantFrom(true, true, false),
      steps: fc.array(
        fc.tuple(event, passes).map(([one, count]) => ({ ...one, passes: count })),
        { minLength: 1, maxLength: 14 },
      ),
    })
    .map(({ bounds: limits, moreRules: more, ...rest }) => ({
      ...rest,
      ...moreFixed,
      rules: rules({ holdMs: HOLD_MS, ...limits, ...more, ...fixed }),
    }));
}

/**
 * Histories that begin with what is rare otherwise: workers become idle, are marked, and just before that are given work
 * that takes long to end; what comes then is random.
 */
export function drainingHistories(kinds: readonly Event['kind'][]): fc.Arbitrary<History> {
  const fixed = { minWorkers: 0, maxWorkers: 10, deadBandWorkers: 0, headroomWorkers: 0, reversalsPerHour: 1_000 };
  const numbers = fc.record({
    executors: fc.integer({ min: 4, max: 20 }),
    raced: fc.integer({ min: 1, max: 4 }),
    passes: fc.integer({ min: 11, max: 20 }),
    again: fc.integer({ min: 0, max: 30 }),
  });
  return fc
    .tuple(numbers, histories(kinds, fixed, { planned: 0, marksWorkers: true }))
    .map(([{ executors, raced, passes, again }, history]) => {
      const before: readonly Step[] = [
        { kind: 'want', app: 'app-1', executors, cores: 1, passes: 6 },
        { kind: 'end', app: 'app-1', passes: 1 },
        { kind: 'slow', seconds: 6, passes: 1 },
        { kind: 'race', app: 'app-2', executors: raced, passes },
        { kind: 'want', app: 'app-3', executors: again, cores: 1, passes: 3 },
      ];
      return { ...history, steps: [...before, ...history.steps] };
    });
}

/** Histories in which applications leave shuffle on many workers and want few of them afterwards. */
export function shufflingHistories(kinds: readonly Event['kind'][]): fc.Arbitrary<History> {
  const fixed: Partial<Rules> = { removalMode: 'auto', minWorkers: 0, maxWorkers: 10, deadBandWorkers: 0 };
  const numbers = fc.record({
    executors: fc.integer({ min: 2, max: 12 }),
    others: fc.integer({ min: 0, max: 6 }),
    left: fc.integer({ min: 0, max: 3 }),
    passes: fc.integer({ min: 11, max: 30 }),
  });
  return fc
    .tuple(numbers, histories(kinds, fixed, { planned: 3, marksWorkers: true }))
    .map(([{ executors, others, left, passes }, history]) => {
      const before: readonly Step[] = [
        { kind: 'want', app: 'app-1', executors, cores: 2, passes: 6 },
        { kind: 'want', app: 'app-2', executors: others, cores: 1, passes: 3 },
        { kind: 'job', app: 'app-1', seconds: 3, passes: 2 },
        { kind: 'job', app: 'app-2', seconds: 3, passes: 2 },
        { kind: 'want', app: 'app-1', executors: left, cores: 2, passes },
      ];
      return { ...history, steps: [...before, ...history.steps] };
    });
}

/**
 * Histories that begin with what is rare otherwise: a pause short enough to be learned, growth with which it is noted, and a
 * daemon killed after that, so that a new one starts with what the other learned.
 */
export function pausingHistories(kinds: readonly Event['kind'][], fixed: Partial<Rules> = {}): fc.Arbitrary<History> {
  const pauses = { minWorkers: 0, maxWorkers: 10, deadBandWorkers: 0, headroomWorkers: 0, growStepWorkers: 0 };
  const passes = fc.integer({ min: 6, max: 9 });
  return fc
    .tuple(passes, EVENTS.kill, histories(kinds, { ...pauses, ...fixed }, { planned: 0, marksWorkers: true }))
    .map(([pause, kill, history]) => {
      const before: readonly Step[] = [
        { kind: 'want', app: 'app-1', executors: 8, cores: 1, passes: 6 },
        { kind: 'end', app: 'app-1', passes: pause },
        { kind: 'want', app: 'app-1', executors: 24, cores: 1, passes: 4 },
        { ...kill, passes: 2 },
        { kind: 'end', app: 'app-1', passes: 2 },
      ];
      return { ...history, steps: [...before, ...history.steps] };
    });
}

/** Runs a history; `look` is shown every pass right after it, and the cluster as it is then. */
export function run(history: History, look: (pass: Pass, world: ClusterModel) => void): ClusterModel {
  const world = new ClusterModel(history);
  const daemon = new DaemonModel(world, history.rules);
  const pass = (kill?: KillPoint): void => {
    look(daemon.pass(kill), world);
    world.advance();
  };
  for (const step of history.steps) {
    if (step.kind === 'kill') {
      pass(step.point);
      for (let second = 0; second < step.downSeconds; second += 1) world.advance();
    } else {
      happen(step, world);
    }
    for (let count = 0; count < step.passes; count += 1) pass();
  }
  return world;
}

function happen(event: Exclude<Event, { kind: 'kill' }>, world: ClusterModel): void {
  switch (event.kind) {
    case 'nothing':
      return;
    case 'want':
      world.want(event.app, event.executors, event.cores);
      return;
    case 'end':
      world.end(event.app);
      return;
    case 'race':
      world.wantBeforeNextAction(event.app, event.executors);
      return;
    case 'job':
      world.job(event.app, event.seconds);
      return;
    case 'blind':
      world.blind(event.source, event.seconds);
      return;
    case 'restart-master':
      world.restartMaster(event.seconds);
      return;
    case 'partition':
      world.partition(event.index, event.seconds);
      return;
    case 'by-hand':
      world.setByHand(event.replicas);
      return;
    case 'quota':
      world.quota = event.pods;
      return;
    case 'slow':
      world.startSeconds = event.seconds;
      world.drainSeconds = 3 * event.seconds;
      return;
  }
}
