/** Whether sources agree, though they are never read at the same moment. */
import { expect } from 'chai';
import { SourceBench, targetOf } from './support/source-bench.ts';

describe('gauges of several sources: disagreement', () => {
  /** The driver says what `of` says at each second; Graphite says the same, each ten seconds, so much later. */
  function followed(of: (second: number) => number, lagSec: number, wrongBy = 0): SourceBench {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    for (let second = 0; second < 100; second += 1) {
      bench.nowMs += 1000;
      bench.says('driver', of(second));
      if (second % 10 === 0) bench.says('graphite', of(second - lagSec) + wrongBy, undefined, lagSec * 1000);
      bench.look();
      if (bench.choice?.disagreement !== undefined) return bench;
    }
    return bench;
  }

  it('is none where one follows the other', () => {
    expect(followed((second) => (second * 7) % 40, 5).choice?.disagreement).to.equal(undefined);
    expect(followed((second) => (second % 40 < 20 ? 30 : 0), 8).choice?.disagreement).to.equal(undefined);
  });

  it('is told once it has lasted a period of the slower one', () => {
    const bench = followed(() => 8, 2, 5);
    expect(bench.choice?.disagreement).to.equal('driver says 8, graphite says 13');
    expect(bench.nowMs).to.equal(11_000);
  });

  it('is none within the tolerance', () => {
    expect(followed(() => 8, 2, 1).choice?.disagreement).to.equal(undefined);
  });

  it('changes nothing of what counts', () => {
    expect(targetOf(followed(() => 8, 2, 5).look())).to.equal(8);
  });

  it('is none with a source that is not trusted', () => {
    const bench = new SourceBench({ driver: 1, graphite: 10 });
    bench.says('graphite', 40);
    bench.nowMs += 40_000;
    bench.wait(40, () => {
      bench.says('driver', 1);
    });
    expect(bench.choice?.disagreement).to.equal(undefined);
  });
});
