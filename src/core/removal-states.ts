/**
 * The states of a worker's removal and the legal moves between them: one table. What state a pod is in is read off the
 * world in every pass; what the daemon may do with it, and what may become of it, stands here.
 */
import type { PodView } from './cluster-view.ts';
import type { Action } from './removal.ts';

/**
 * `serving`: not chosen, or still starting. `chosen`: annotated, lowest deletion cost. `marked`: our note says that the
 * master was asked, and it does not show the worker as DECOMMISSIONED (yet, or no more). `draining`: DECOMMISSIONED and
 * not proven empty. `late`: the same for longer than the deadline. `empty`: DECOMMISSIONED and proven empty. `lowered`:
 * the count is below the pods that exist, and this one goes first. `gone`: asked to end, or no more in the list.
 */
export type RemovalState = 'serving' | 'chosen' | 'marked' | 'draining' | 'late' | 'empty' | 'lowered' | 'gone';

/** Who makes a move: ours carry the action that makes it. */
export type Mover = 'daemon' | 'spark' | 'kubernetes' | 'time' | 'anybody';

export interface Move {
  readonly from: RemovalState;
  readonly to: RemovalState;
  readonly by: Mover;
  /** The action that makes it; absent for moves that are not ours. */
  readonly action?: Exclude<Action['kind'], 'none'>;
  /** What shows that it was made. */
  readonly shown: string;
}

/**
 * Every legal move. Beside these any pod may go at any time: with its node, or taken by a person or by the controller when
 * somebody else lowers the count.
 */
export const MOVES: readonly Move[] = [
  { from: 'serving', to: 'chosen', by: 'daemon', action: 'choose', shown: 'annotation and cost on the pod' },
  { from: 'chosen', to: 'serving', by: 'daemon', action: 'release', shown: 'annotation and cost taken off' },
  { from: 'chosen', to: 'chosen', by: 'daemon', action: 'choose', shown: 'a lower cost on the pod' },
  { from: 'chosen', to: 'marked', by: 'daemon', action: 'mark', shown: 'our note on the pod, written before asking' },
  { from: 'chosen', to: 'lowered', by: 'daemon', action: 'resize', shown: 'fewer replicas planned than pods exist' },
  { from: 'marked', to: 'marked', by: 'daemon', action: 'mark', shown: 'the master was asked again' },
  { from: 'marked', to: 'chosen', by: 'daemon', action: 'mark', shown: 'the master refused; our note taken off' },
  { from: 'marked', to: 'marked', by: 'daemon', action: 'choose', shown: 'a lost annotation written again' },
  { from: 'marked', to: 'draining', by: 'spark', shown: 'DECOMMISSIONED, not proven empty' },
  { from: 'marked', to: 'empty', by: 'spark', shown: 'DECOMMISSIONED, its own page shows nothing' },
  { from: 'draining', to: 'empty', by: 'spark', shown: 'its own page shows nothing' },
  { from: 'draining', to: 'late', by: 'time', shown: 'marked for longer than the deadline' },
  { from: 'late', to: 'empty', by: 'spark', shown: 'its own page shows nothing' },
  { from: 'draining', to: 'draining', by: 'daemon', action: 'choose', shown: 'a lost annotation written again' },
  { from: 'late', to: 'late', by: 'daemon', action: 'choose', shown: 'a lost annotation, or a lower cost' },
  { from: 'empty', to: 'empty', by: 'daemon', action: 'choose', shown: 'a lost annotation, or a lower cost' },
  { from: 'empty', to: 'draining', by: 'spark', shown: 'its own page cannot be read any more' },
  { from: 'empty', to: 'lowered', by: 'daemon', action: 'resize', shown: 'fewer replicas planned than pods exist' },
  { from: 'empty', to: 'gone', by: 'daemon', action: 'replace', shown: 'the pod is ending; the count stays' },
  { from: 'late', to: 'lowered', by: 'daemon', action: 'resize', shown: 'only with ELASTIC_WORKER_DRAIN_LATE=remove' },
  { from: 'late', to: 'gone', by: 'daemon', action: 'replace', shown: 'only with ELASTIC_WORKER_DRAIN_LATE=remove' },
  { from: 'lowered', to: 'gone', by: 'kubernetes', shown: 'the pod is ending' },
  { from: 'lowered', to: 'lowered', by: 'daemon', action: 'choose', shown: 'a lost annotation written again' },
  { from: 'lowered', to: 'chosen', by: 'anybody', shown: 'the count was raised before it went' },
  { from: 'lowered', to: 'empty', by: 'anybody', shown: 'the count was raised before it went' },
  { from: 'lowered', to: 'late', by: 'anybody', shown: 'the count was raised before it went' },
  { from: 'late', to: 'draining', by: 'anybody', shown: 'our note was lost: its time counts anew' },
  { from: 'serving', to: 'draining', by: 'anybody', shown: 'DECOMMISSIONED, though not by us' },
  { from: 'serving', to: 'empty', by: 'anybody', shown: 'DECOMMISSIONED, though not by us' },
  { from: 'chosen', to: 'draining', by: 'anybody', shown: 'DECOMMISSIONED, though not by us' },
  { from: 'chosen', to: 'empty', by: 'anybody', shown: 'DECOMMISSIONED, though not by us' },
  { from: 'draining', to: 'marked', by: 'anybody', shown: 'ALIVE or in no list: the master started anew' },
  { from: 'late', to: 'marked', by: 'anybody', shown: 'ALIVE or in no list: the master started anew' },
  { from: 'empty', to: 'marked', by: 'anybody', shown: 'ALIVE or in no list: the master started anew' },
  { from: 'lowered', to: 'marked', by: 'anybody', shown: 'ALIVE or in no list: the master started anew' },
  { from: 'marked', to: 'late', by: 'spark', shown: 'DECOMMISSIONED, though later than the deadline' },
  { from: 'marked', to: 'lowered', by: 'spark', shown: 'proven empty just as somebody lowered the count' },
  { from: 'lowered', to: 'draining', by: 'spark', shown: 'its own page cannot be read any more' },
  { from: 'chosen', to: 'serving', by: 'anybody', shown: 'somebody took our annotations off' },
  { from: 'marked', to: 'serving', by: 'anybody', shown: 'somebody took our annotations off, and it is ALIVE' },
  { from: 'lowered', to: 'serving', by: 'anybody', shown: 'released just as somebody lowered the count' },
  { from: 'serving', to: 'lowered', by: 'anybody', shown: 'chosen just as somebody lowered the count' },
];

const LEGAL: ReadonlySet<string> = new Set(MOVES.flatMap(({ from, action }) => (action ? [`${from} ${action}`] : [])));

/** Whether the table lets the daemon do this with a pod in this state. */
function mayAct(state: RemovalState, action: Exclude<Action['kind'], 'none'>): boolean {
  return LEGAL.has(`${state} ${action}`);
}

/**
 * Why an action is against the table; undefined where it is legal. Growth and the cancelling of replicas that do not
 * exist touch no pod.
 */
export function whyIllegal(action: Action, stateOf: (pod: PodView) => RemovalState): string | undefined {
  if (action.kind === 'none') return undefined;
  const pods = action.kind === 'resize' ? action.victims : action.pods;
  const against = pods.find((pod) => !mayAct(stateOf(pod), action.kind));
  return against && `${against.name} is ${stateOf(against)}, and no legal move from there is a ${action.kind}`;
}

/** What is known of a pod that decides its state. */
export interface Evidence {
  readonly chosen: boolean;
  /** Our note says that the master was asked. */
  readonly marked: boolean;
  /** Every worker of it is DECOMMISSIONED at the master. */
  readonly decommissioned: boolean;
  readonly provenEmpty: boolean;
  readonly late: boolean;
  /** The count is below the pods that exist, and the platform takes this one. */
  readonly goesNext: boolean;
}

/** The state by the evidence. A pod that goes next is `lowered` only where it was ours to go, and nothing runs there. */
export function stateBy(evidence: Evidence): Exclude<RemovalState, 'gone'> {
  const { chosen, marked, decommissioned, provenEmpty, late, goesNext } = evidence;
  if (!marked && !decommissioned) {
    if (!chosen) return 'serving';
    return goesNext ? 'lowered' : 'chosen';
  }
  if (!decommissioned) return 'marked';
  if (goesNext && (provenEmpty || late)) return 'lowered';
  if (provenEmpty) return 'empty';
  return late ? 'late' : 'draining';
}
