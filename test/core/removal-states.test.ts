/** The table of a removal's states and moves: nothing is done that it does not allow, and the page shows it as it is. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOVES, stateBy, whyIllegal, type Evidence, type RemovalState } from '../../src/core/removal-states.ts';
import { pod } from './support/builders.ts';
import { chosenPod, markedPod } from './support/removal-scenes.ts';

const PAGE = join(import.meta.dirname, '../../docs/explanation/how-a-worker-leaves.md');

const nothing: Evidence = {
  chosen: false,
  marked: false,
  decommissioned: false,
  provenEmpty: false,
  late: false,
  goesNext: false,
};

describe('the states of a removal', () => {
  const cases: readonly [Partial<Evidence>, RemovalState][] = [
    [{}, 'serving'],
    [{ goesNext: true }, 'serving'],
    [{ chosen: true }, 'chosen'],
    [{ chosen: true, goesNext: true }, 'lowered'],
    [{ chosen: true, marked: true }, 'marked'],
    [{ marked: true }, 'marked'],
    [{ marked: true, goesNext: true, late: true }, 'marked'],
    [{ marked: true, decommissioned: true }, 'draining'],
    [{ decommissioned: true }, 'draining'],
    [{ decommissioned: true, goesNext: true }, 'draining'],
    [{ marked: true, decommissioned: true, late: true }, 'late'],
    [{ marked: true, decommissioned: true, late: true, goesNext: true }, 'lowered'],
    [{ marked: true, decommissioned: true, provenEmpty: true }, 'empty'],
    [{ marked: true, decommissioned: true, provenEmpty: true, late: true }, 'empty'],
    [{ marked: true, decommissioned: true, provenEmpty: true, goesNext: true }, 'lowered'],
  ];
  for (const [evidence, state] of cases) {
    const given = Object.keys(evidence).join(', ');
    it(`with ${given === '' ? 'nothing' : given} it is ${state}`, () => {
      expect(stateBy({ ...nothing, ...evidence })).to.equal(state);
    });
  }
});

describe('the table of moves', () => {
  const states = new Map<string, RemovalState>([
    ['w-1', 'serving'],
    ['w-2', 'chosen'],
    ['w-3', 'draining'],
    ['w-4', 'empty'],
  ]);
  const stateOf = ({ name }: { readonly name: string }): RemovalState => states.get(name) ?? 'serving';

  it('R16: has no way back to serving once a worker is DECOMMISSIONED', () => {
    const back = MOVES.filter(({ to, from }) => to === 'serving' && ['draining', 'late', 'empty'].includes(from));
    expect(back).to.deep.equal([]);
    expect(MOVES.filter(({ from }) => from === 'gone')).to.deep.equal([]);
  });

  it('leads from every state to gone', () => {
    const ends = new Set<RemovalState>(['gone']);
    for (let before = -1; before < ends.size;) {
      before = ends.size;
      for (const { from, to } of MOVES) if (ends.has(to)) ends.add(from);
    }
    expect([...ends].sort()).to.deep.equal(
      ['serving', 'chosen', 'marked', 'draining', 'late', 'empty', 'lowered', 'gone'].sort(),
    );
  });

  it('lets nothing be done that is not in it, and says what', () => {
    const released = whyIllegal({ kind: 'release', pods: [chosenPod(2), markedPod(3)] }, stateOf);
    expect(released).to.equal('w-3 is draining, and no legal move from there is a release');
    expect(whyIllegal({ kind: 'mark', pods: [pod(1)], hosts: ['h'] }, stateOf)).to.be.a('string');
    expect(whyIllegal({ kind: 'replace', pods: [markedPod(3)] }, stateOf)).to.be.a('string');
    const shrink = { kind: 'resize', direction: 'shrink', from: 4, to: 3 } as const;
    expect(whyIllegal({ ...shrink, victims: [markedPod(3)] }, stateOf)).to.be.a('string');
  });

  it('lets happen what is in it', () => {
    const shrink = { kind: 'resize', direction: 'shrink', from: 4, to: 3 } as const;
    expect(whyIllegal({ ...shrink, victims: [markedPod(4)] }, stateOf)).to.equal(undefined);
    expect(whyIllegal({ kind: 'choose', pods: [pod(1)], cost: -1 }, stateOf)).to.equal(undefined);
    expect(whyIllegal({ kind: 'mark', pods: [chosenPod(2)], hosts: ['h'] }, stateOf)).to.equal(undefined);
    expect(whyIllegal({ kind: 'release', pods: [chosenPod(2)] }, stateOf)).to.equal(undefined);
    expect(whyIllegal({ kind: 'replace', pods: [markedPod(4)] }, stateOf)).to.equal(undefined);
    expect(whyIllegal({ kind: 'none' }, stateOf)).to.equal(undefined);
    const grow = { kind: 'resize', direction: 'grow', from: 1, to: 2, victims: [] } as const;
    expect(whyIllegal(grow, stateOf)).to.equal(undefined);
  });

  it('stands on the page as it is in the code', () => {
    const shown = readFileSync(PAGE, 'utf8')
      .split('\n')
      .filter((line) => /^\| `\w+` +\| `\w+` +\|/.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('`', ''))
          .join(' | '),
      );
    const table = MOVES.map(({ from, to, by, action, shown: text }) =>
      [from, to, by === 'daemon' ? `daemon: ${action ?? ''}` : by, text].join(' | '),
    );
    expect(shown).to.deep.equal(table.map((row) => row.replaceAll('`', '')));
  });
});
