/** Which source counts for an application, and that nothing changes by a change of source alone. */
import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_EXECUTORS, type GaugeChoice } from '../../src/core/gauge-choice.ts';
import type { AllocationGauges, GaugesAnswer } from '../../src/core/spark-view.ts';
import { answerOf, neededOf, SourceBench, stateOf, targetOf, whyUnknown } from './support/source-bench.ts';

describe('gauges of several sources: which one counts', () => {
  it('the only one, as it is', () => {
    const bench = new SourceBench({ driver: 1 });
    bench.says('driver', 3, 8, 400);
    const { reading, inUse } = bench.look();
    expect(inUse).to.equal('driver');
    expect(reading).to.deep.equal({
      known: true,
      value: answerOf({ target: 3, needed: 8, atMs: 0 }),
      takenAtMs: -400,
      source: 'driver',
      periodMs: 1000,
    });
  });

  it('the preferred one, where both are in time, however much younger the other is', () => {
    const bench = new SourceBench({ graphite: 10, driver: 1 });
    bench.says('graphite', 3, 3, 19_000);
    bench.says('driver', 3);
    expect(bench.look().inUse).to.equal('graphite');
  });

  it('one in time rather than a late one', () => {
    const bench = new SourceBench({ graphite: 10, driver: 1 });
    bench.says('graphite', 3, 3, 21_000);
    bench.says('driver', 3);
    const choice = bench.look();
    expect(choice.inUse).to.equal('driver');
    expect(stateOf(choice, 'graphite')).to.equal('late');
  });

  it('a late one rather than none', () => {
    const bench = new SourceBench({ graphite: 10, driver: 1 });
    bench.says('graphite', 3, 3, 29_000);
    bench.fails('driver');
    expect(bench.look().inUse).to.equal('graphite');
  });

  it('R4: none where all are older than three of their own periods', () => {
    const bench = new SourceBench({ graphite: 10, driver: 1 });
    bench.says('graphite', 3, 3, 30_001);
    bench.says('driver', 3, 3, 3_001);
    const choice = bench.look();
    expect(choice.inUse).to.equal(undefined);
    expect(whyUnknown(choice)).to.equal(
      'graphite is stale: 30001 ms old, limit 30000 ms; driver is stale: 3001 ms old, limit 3000 ms',
    );
  });

  it('one from the future is not trusted, and the reason says by how much', () => {
    const bench = new SourceBench({ graphite: 10 });
    bench.says('graphite', 3, 3, -3_600_000);
    expect(whyUnknown(bench.look())).to.equal('graphite answered with a time 3600 s in the future: compare the clocks');
  });

  const broken: readonly [what: string, target: number | undefined, needed: number | undefined, why: string][] = [
    ['no target', undefined, 3, 'numberTargetExecutors is missing'],
    ['no max needed', 3, undefined, 'numberMaxNeededExecutors is missing'],
    ['a negative target', -1, 3, 'numberTargetExecutors is -1, which is no count'],
    ['NaN', NaN, 3, 'numberTargetExecutors is NaN, which is no count'],
    ['infinity', 3, Infinity, 'numberMaxNeededExecutors is Infinity, which is no count'],
    ['half an executor', 2.5, 3, 'numberTargetExecutors is 2.5, which is no count'],
    ['more than can be', 3, MOST_EXECUTORS + 1, 'numberMaxNeededExecutors is 10000001, which is no count'],
  ];
  for (const [what, target, needed, why] of broken) {
    it(`${what} is not trusted, and another source counts`, () => {
      const bench = new SourceBench({ graphite: 10, driver: 1 });
      bench.says('graphite', 5);
      bench.answers('graphite', answerOf({ target, needed: needed, atMs: 0 }));
      if (needed === undefined)
        bench.answers('graphite', { kind: 'gauges', gauges: without(answerOf({ target, atMs: 0 })) });
      expect(whyUnknown(bench.look())).to.equal(`graphite: ${why}`);
      bench.says('driver', 4);
      const choice = bench.look();
      expect([choice.inUse, targetOf(choice), stateOf(choice, 'graphite')]).to.deep.equal(['driver', 4, 'unusable']);
    });
  }

  it('a full answer without gauges is handed on where nothing else is known', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.answers('driver', { kind: 'absent' });
    expect(bench.look().reading).to.deep.include({ known: true, value: { kind: 'absent' }, source: 'driver' });
    bench.fails('graphite');
    expect(whyUnknown(bench.look())).to.equal('the test: unreachable: made so');
    bench.says('graphite', 7);
    expect(bench.look().inUse).to.equal('graphite');
  });

  it('the preferred one again, once it has been in time for three of its own periods', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('graphite', 4);
    bench.says('driver', 4);
    bench.look();
    bench.wait(3);
    expect(bench.choice?.inUse).to.equal('graphite');
    bench.wait(3, () => {
      bench.says('driver', 4);
    });
    expect(bench.choice?.inUse).to.equal('graphite');
    bench.wait(1, () => {
      bench.says('driver', 4);
    });
    expect(bench.choice?.inUse).to.equal('driver');
  });

  it('one that comes and goes does not take over', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('graphite', 4);
    bench.look();
    let second = 0;
    for (; second < 200; second += 1) {
      bench.nowMs += 1000;
      if (second % 5 < 2) bench.says('driver', 4);
      if (second % 10 === 0) bench.says('graphite', 4);
      expect(bench.look().inUse, `second ${second}`).to.equal('graphite');
    }
  });
});

function without(answer: GaugesAnswer): AllocationGauges {
  if (answer.kind === 'absent') throw new Error('no gauges');
  return { ...answer.gauges, numberMaxNeededExecutors: undefined };
}

describe('gauges of several sources: a switch', () => {
  /** The driver says 10, Graphite has said something else all the while, and then the driver goes silent. */
  function switched(graphiteTarget: number): SourceBench {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    for (let second = 0; second < 20; second += 1) {
      bench.nowMs += 1000;
      bench.says('driver', 10);
      if (second % 10 === 0) bench.says('graphite', graphiteTarget);
      bench.look();
    }
    expect(bench.choice?.inUse).to.equal('driver');
    bench.wait(3);
    expect(bench.choice?.inUse).to.equal('graphite');
    return bench;
  }

  for (const other of [10, 4, 13]) {
    it(`changes nothing by itself, also where the new source has said ${other} all the while`, () => {
      const bench = switched(other);
      for (let second = 0; second < 29; second += 1) {
        bench.nowMs += 1000;
        if (second % 10 === 0) bench.says('graphite', other);
        expect([targetOf(bench.look()), bench.choice?.inUse]).to.deep.equal([10, 'graphite']);
      }
      bench.wait(2, () => {
        bench.says('graphite', other);
      });
      expect(targetOf(bench.look())).to.equal(other);
    });
  }

  it('changes nothing by itself where the only source is replaced while the daemon runs', () => {
    const bench = new SourceBench({ driver: 1 });
    bench.says('driver', 10);
    bench.look();
    bench.hasNow({ graphite: 10 });
    bench.says('graphite', 3);
    expect(targetOf(bench.look())).to.equal(10);
    expect(targetOf(bench.wait(29))).to.equal(10);
    bench.wait(2, () => {
      bench.says('graphite', 3);
    });
    expect(targetOf(bench.look())).to.equal(3);
  });

  it('changes nothing by itself where a second source is put before the only one', () => {
    const bench = new SourceBench({ driver: 1 });
    bench.says('driver', 10);
    bench.look();
    bench.hasNow({ graphite: 10, driver: 1 });
    bench.says('graphite', 3);
    expect([targetOf(bench.look()), bench.choice?.inUse]).to.deep.equal([10, 'driver']);
  });

  it('R12: more than the new source said before is news, and counts at once', () => {
    const bench = switched(4);
    bench.says('graphite', 25);
    expect(targetOf(bench.look())).to.equal(25);
  });

  it('more than it said before, and still less than the old one said, changes nothing yet', () => {
    const bench = switched(4);
    bench.says('graphite', 6);
    expect(targetOf(bench.look())).to.equal(10);
  });

  it('R12: where nobody knows what the new source said before, more counts at once and less does not', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('driver', 10, 20);
    bench.look();
    bench.nowMs += 4_000;
    bench.says('graphite', 3, 30);
    const choice = bench.look();
    expect([targetOf(choice), neededOf(choice)]).to.deep.equal([10, 30]);
  });

  it('the reading is as young as the younger of the two it rests on, and ages as the new source does', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('graphite', 10, 10, 9_000);
    bench.says('driver', 10);
    bench.look();
    bench.wait(3);
    expect(bench.choice?.reading).to.deep.include({ source: 'graphite', takenAtMs: 0, periodMs: 10_000 });
  });

  it('after an outage of all sources the first one back does not lower what was known before', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('driver', 10);
    bench.look();
    bench.wait(600);
    expect(bench.choice?.inUse).to.equal(undefined);
    bench.says('graphite', 0);
    expect(targetOf(bench.look())).to.equal(10);
  });

  it('whichever source comes and goes, constant sources give a constant demand until one has been alone for long', () => {
    const scripts = fc.array(fc.record({ driver: fc.boolean(), graphite: fc.boolean(), carbon: fc.boolean() }), {
      minLength: 20,
      maxLength: 120,
    });
    fc.assert(
      fc.property(scripts, fc.nat(50), (script, target) => {
        const bench = new SourceBench({ driver: 1, graphite: 10, carbon: 5 });
        for (const [second, up] of script.entries()) {
          bench.nowMs += 1000;
          if (up.driver) bench.says('driver', target);
          if (up.graphite && second % 10 === 0) bench.says('graphite', target);
          if (up.carbon && second % 5 === 0) bench.says('carbon', target);
          const seen = targetOf(bench.look());
          if (seen !== undefined) expect(seen).to.equal(target);
        }
      }),
    );
  });

  it('at the moment of a switch the demand is what it was, whatever each source says all the while', () => {
    const constant = fc.record({ driver: fc.nat(50), graphite: fc.nat(50), carbon: fc.nat(50) });
    const outages = fc.array(fc.record({ driver: fc.boolean(), carbon: fc.boolean() }), {
      minLength: 5,
      maxLength: 12,
    });
    fc.assert(
      fc.property(constant, outages, (says, script) => {
        const bench = new SourceBench({ driver: 1, carbon: 5, graphite: 10 });
        let before: GaugeChoice | undefined;
        for (let second = 0; second < script.length * 10; second += 1) {
          const up = second < 30 ? { driver: true, carbon: true } : script[Math.floor(second / 10)];
          bench.nowMs += 1000;
          if (up?.driver === true) bench.says('driver', says.driver);
          if (up?.carbon === true && second % 5 === 0) bench.says('carbon', says.carbon);
          if (second % 10 === 0) bench.says('graphite', says.graphite);
          const choice = bench.look();
          if (before !== undefined && before.inUse !== choice.inUse) {
            // One that was gone when the other one spoke last has news to tell: more counts at once, less does not.
            const was = targetOf(before) ?? 0;
            if (choice.inUse === 'graphite') expect(targetOf(choice), `second ${second}`).to.equal(was);
            else expect(targetOf(choice), `second ${second}`).to.be.at.least(was);
          }
          before = choice;
        }
      }),
    );
  });

  it('a lower demand is never believed within three periods of a switch', () => {
    const words = fc.array(fc.record({ driver: fc.option(fc.nat(20)), graphite: fc.option(fc.nat(20)) }), {
      minLength: 40,
      maxLength: 120,
    });
    fc.assert(
      fc.property(words, (script) => {
        const bench = new SourceBench({ driver: 1, graphite: 10 });
        let floor: { readonly target: number; readonly untilMs: number } | undefined;
        let before: GaugeChoice | undefined;
        for (const [second, say] of script.entries()) {
          bench.nowMs += 1000;
          if (say.driver !== null) bench.says('driver', say.driver);
          if (say.graphite !== null && second % 10 === 0) bench.says('graphite', say.graphite);
          const choice = bench.look();
          const was = before === undefined ? undefined : targetOf(before);
          if (was !== undefined && choice.inUse !== undefined && choice.inUse !== before?.inUse)
            floor = { target: was, untilMs: bench.nowMs + (choice.inUse === 'driver' ? 3_000 : 30_000) };
          const seen = targetOf(choice);
          if (floor !== undefined && seen !== undefined && bench.nowMs < floor.untilMs)
            expect(seen).to.be.at.least(floor.target);
          before = choice;
        }
      }),
    );
  });
});
