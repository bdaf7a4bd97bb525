/**
 * The removal, model-checked: every interleaving of what workers, the master, the API, people and the daemon may do is
 * walked over tiny clusters, breadth first. Nobody is harmed, every removal ends, and no guard is there for show.
 */
import { expect } from 'chai';
import { GUARDS, type Guards } from '../../src/core/removal-guards.ts';
import { MOVES } from '../../src/core/removal-states.ts';
import { SCENES } from './support/walk/scenes.ts';
import { walk, type Walk } from './support/walk/walker.ts';

/** States walked of each scene; more take longer and go deeper: 60000 take about two minutes in all. */
const STATES = Number(process.env.WALK_STATES ?? 3_000);
const TABLE_STATES = 3_500;
/** Scenes in which, between them, every move of the table is made. */
const TABLE_SCENES = [
  'LONG_TASK_CUT',
  'IDLE_PAIR',
  'OLD_PAGE',
  'REFUSES',
  'WRONG_BEFORE',
  'BOTH_CHOSEN',
  'LATE',
] as const;
const GUARD_STATES = 8_000;

/** In which scene somebody is harmed once a guard is taken out. */
const PROOF: Readonly<Record<keyof Guards, keyof typeof SCENES>> = {
  ours: 'FOREIGN',
  masterTrusted: 'SHUFFLE_THREE',
  neverStarted: 'TWO_IN_A_POD',
  matched: 'UNSEEN',
  alone: 'TWO_IN_A_POD',
  noDriver: 'DRIVER_BESIDE',
  spare: 'RESIDUE',
  holdingsKnown: 'SERVICE_UNREAD',
  notInService: 'SERVICE_ALONE',
  settingsAllow: 'NOT_SET_UP',
  nobodyReads: 'WANTED_BESIDE_RESIDUE',
  cachedMayMove: 'CACHED',
  keepsNoBlocks: 'WANTED_BESIDE_RESIDUE',
  receivesNothing: 'ON_THEIR_WAY',
  storageFits: 'CROWDED',
  roomElsewhere: 'WANTED_BESIDE_RESIDUE',
  notTooMany: 'THREE_IDLE',
  onlyOne: 'WRONG_BEFORE',
  executorsKnown: 'NOT_SET_UP_COMES',
  provenEmpty: 'LONG_TASK',
  pageIsNew: 'OLD_PAGE',
  settled: 'BOTH_CHOSEN',
  countIsExact: 'ONE_MISSING',
  goFirst: 'ONE_PENDING',
  waitedFor: 'LONG_TASK',
};

function told({ harm }: Walk): string | undefined {
  return harm && `${harm.why}\n  ${harm.steps.join('\n  ')}`;
}

describe('every interleaving of a removal', function () {
  // A second or so each; a busy machine is no failure.
  this.timeout(120_000);

  for (const scene of Object.values(SCENES)) {
    it(`harms nobody, and ends: ${scene.name}`, () => {
      const walked = walk(scene, GUARDS, { states: STATES, ends: true, moves: false });
      expect(told(walked)).to.equal(undefined);
      // Either everything that can be reached was walked, or as much as was asked for.
      expect(walked.complete || walked.states >= STATES).to.equal(true);
    });
  }

  for (const [guard, name] of Object.entries(PROOF)) {
    it(`without the guard ${guard} somebody is harmed`, () => {
      const without = { ...GUARDS, [guard]: () => undefined };
      const walked = walk(SCENES[name], without, { states: GUARD_STATES, ends: true, moves: false });
      expect(walked.harm, `nobody is harmed in ${walked.states} states of "${SCENES[name].name}"`).to.not.equal(
        undefined,
      );
    });
  }

  it('makes the moves of the table, all of them and no other', () => {
    const made = new Map<string, string>();
    for (const name of TABLE_SCENES) {
      const { moves } = walk(SCENES[name], GUARDS, { states: TABLE_STATES, ends: false, moves: true });
      for (const [move, by] of moves) made.set(move, by);
    }
    const others = MOVES.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} ${to}`);
    const unheard = [...made].filter(([move]) => !others.includes(move)).map(([move, by]) => `${move}: ${by}`);
    expect(unheard).to.deep.equal([]);
    expect(others.filter((move) => !made.has(move))).to.deep.equal([]);
  });
});
