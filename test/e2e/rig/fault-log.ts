/** Which injected faults really happened, when, and to which pods. */

export const FAULT_KINDS = [
  'executor starts between choice and mark',
  'pod list stale',
  'annotation lost',
  'conflict on the PATCH',
  'another writer',
  'API answers 429',
  'API answers 500',
  'API times out',
  'master restarts after the mark',
  'daemon killed: chosen',
  'daemon killed: marked',
  'daemon killed: draining',
  'daemon killed: empty',
  'daemon killed: count lowered',
  'pod slow to end',
  'shuffle on an idle worker, external shuffle service',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FiredFault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** Names of the pods whose removal it fell into. */
  readonly pods: readonly string[];
}

/** Counts only what hit: whoever injects a fault says so once it has seen it happen. */
export class FaultLog {
  readonly #fired: FiredFault[] = [];

  fire(kind: FaultKind, pods: readonly string[]): void {
    this.#fired.push({ kind, atMs: Date.now(), pods });
  }

  fired(): readonly FiredFault[] {
    return this.#fired;
  }
}

export type FaultCounts = Readonly<Partial<Record<FaultKind, number>>>;

/** How often each kind fired. */
export function countFaults(fired: readonly FiredFault[]): FaultCounts {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of fired) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
