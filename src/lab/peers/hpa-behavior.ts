/** The HPA's second half: from a recommendation to a count, by bounds, stabilisation and rate limits (policies.md 3). */

export interface HpaRatePolicy {
  /** Pods, or per cent of what there was `periodMs` ago. */
  readonly kind: 'pods' | 'percent';
  readonly value: number;
  readonly periodMs: number;
}

export interface HpaDirection {
  /** The most careful recommendation within it counts. */
  readonly windowMs: number;
  readonly policies: readonly HpaRatePolicy[];
  /** `max` takes the policy that allows the largest change; `disabled` never moves this way. */
  readonly select: 'max' | 'min' | 'disabled';
}

export interface HpaBehavior {
  readonly up: HpaDirection;
  readonly down: HpaDirection;
}

/** What `autoscaling/v2` fills in where `behavior` is there. */
export const DEFAULT_BEHAVIOR: HpaBehavior = {
  up: {
    windowMs: 0,
    policies: [
      { kind: 'pods', value: 4, periodMs: 15_000 },
      { kind: 'percent', value: 100, periodMs: 15_000 },
    ],
    select: 'max',
  },
  down: { windowMs: 300_000, policies: [{ kind: 'percent', value: 100, periodMs: 15_000 }], select: 'max' },
};

interface Recommendation {
  readonly atMs: number;
  /** As calculated, before any limit. */
  readonly workers: number;
}

interface Change {
  readonly atMs: number;
  /** How many were added or removed. */
  readonly by: number;
}

export interface HpaMemory {
  readonly recommendations: readonly Recommendation[];
  readonly added: readonly Change[];
  readonly removed: readonly Change[];
}

export const NEW_HPA_MEMORY: HpaMemory = { recommendations: [], added: [], removed: [] };

export interface HpaSync {
  readonly nowMs: number;
  /** Replicas set. */
  readonly spec: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** What the metrics recommend; undefined where all of them fail: no change. */
  readonly recommended: number | undefined;
}

/** One pass. `behavior` undefined: as without it, up to max(2 × current, 4), down after 300 s. */
export function hpaSync(
  sync: HpaSync,
  before: HpaMemory,
  behavior: HpaBehavior | undefined,
): { readonly desired: number; readonly memory: HpaMemory; readonly why: string } {
  const { nowMs, spec, minWorkers, maxWorkers, recommended } = sync;
  const seeded = before.recommendations.length > 0 ? before : seededWith(spec, nowMs);
  if (spec === 0 && minWorkers !== 0) return { desired: 0, memory: seeded, why: 'disabled at 0' };
  if (spec > maxWorkers) return written(sync, maxWorkers, seeded, 'above max');
  if (spec < minWorkers) return written(sync, minWorkers, seeded, 'below min');
  if (recommended === undefined) return { desired: spec, memory: seeded, why: 'no metric' };
  const stabilised = stabilise(recommended, sync, seeded, behavior);
  const limited =
    behavior === undefined ? legacyLimit(stabilised, spec) : rateLimit(stabilised, sync, seeded, behavior);
  const desired = Math.max(minWorkers, Math.min(limited, maxWorkers));
  const memory = { ...seeded, recommendations: kept(seeded.recommendations, { atMs: nowMs, workers: recommended }) };
  return written(sync, desired, memory, `recommended ${recommended}, stabilised ${stabilised}, limited ${limited}`);
}

/** A controller that starts takes the present size for its first recommendation, so that it does not shrink at once. */
function seededWith(spec: number, nowMs: number): HpaMemory {
  return { ...NEW_HPA_MEMORY, recommendations: [{ atMs: nowMs, workers: spec }] };
}

const LEGACY_WINDOW_MS = 300_000;
const LONGEST_MS = 3_600_000;

function kept<T extends { readonly atMs: number }>(list: readonly T[], next: T): readonly T[] {
  return [...list.filter(({ atMs }) => atMs > next.atMs - LONGEST_MS), next];
}

function stabilise(
  recommended: number,
  { nowMs, spec }: HpaSync,
  { recommendations }: HpaMemory,
  behavior: HpaBehavior | undefined,
): number {
  const within = (windowMs: number): number[] => [
    recommended,
    ...recommendations.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ workers }) => workers),
  ];
  if (behavior === undefined) return Math.max(...within(LEGACY_WINDOW_MS));
  const raised = Math.max(spec, Math.min(...within(behavior.up.windowMs)));
  return Math.min(raised, Math.max(...within(behavior.down.windowMs)));
}

function legacyLimit(workers: number, spec: number): number {
  return Math.min(workers, Math.max(2 * spec, 4));
}

function rateLimit(workers: number, sync: HpaSync, memory: HpaMemory, { up, down }: HpaBehavior): number {
  const { spec } = sync;
  if (workers > spec) return Math.min(workers, Math.max(spec, limitOf(up, 1, sync, memory)));
  return Math.max(workers, Math.min(spec, limitOf(down, -1, sync, memory)));
}

function limitOf(
  { policies, select }: HpaDirection,
  sign: 1 | -1,
  { spec, nowMs }: HpaSync,
  memory: HpaMemory,
): number {
  if (select === 'disabled') return spec;
  const limits = policies.map(({ kind, value, periodMs }) => {
    const start = spec - sumSince(memory.added, nowMs - periodMs) + sumSince(memory.removed, nowMs - periodMs);
    if (kind === 'pods') return start + sign * value;
    const scaled = start * (1 + (sign * value) / 100);
    return sign > 0 ? Math.ceil(scaled) : Math.trunc(scaled);
  });
  const largest = sign > 0 === (select === 'max');
  return largest ? Math.max(...limits) : Math.min(...limits);
}

function sumSince(changes: readonly Change[], sinceMs: number): number {
  return changes.reduce((sum, { atMs, by }) => (atMs > sinceMs ? sum + by : sum), 0);
}

function written(
  { nowMs, spec }: HpaSync,
  desired: number,
  memory: HpaMemory,
  why: string,
): { readonly desired: number; readonly memory: HpaMemory; readonly why: string } {
  if (desired === spec) return { desired, memory, why };
  const change = { atMs: nowMs, by: Math.abs(desired - spec) };
  return desired > spec
    ? { desired, memory: { ...memory, added: kept(memory.added, change) }, why }
    : { desired, memory: { ...memory, removed: kept(memory.removed, change) }, why };
}
