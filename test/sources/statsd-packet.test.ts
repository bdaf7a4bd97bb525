import { expect } from 'chai';
import fc from 'fast-check';
import { newFeedCounts, type FeedCounts } from '../../src/sources/feed-counts.ts';
import { LONGEST_LINE_BYTES } from '../../src/sources/carbon-lines.ts';
import { decodeStatsdMetric, readStatsdPacket, type StatsdGauge } from '../../src/sources/statsd-packet.ts';

const TARGET = 'app-1.driver.ExecutorAllocationManager.executors.numberTargetExecutors';
const NEEDED = 'app-1.driver.ExecutorAllocationManager.executors.numberMaxNeededExecutors';

function read(packet: Buffer | string): { readonly gauges: readonly StatsdGauge[]; readonly counts: FeedCounts } {
  const gauges: StatsdGauge[] = [];
  const counts = newFeedCounts();
  readStatsdPacket(Buffer.from(packet), counts, (gauge) => gauges.push(gauge));
  return { gauges, counts };
}

function gauge(value: number, sign: -1 | 0 | 1 = 0, owner = 'app-1'): StatsdGauge {
  return { owner, gauge: 'numberTargetExecutors', value, sign, stampS: undefined };
}

describe('StatsD, metric by metric', () => {
  for (const [metric, expected] of [
    [`${TARGET}:7|g`, gauge(7)],
    [`${TARGET}:7.00|g`, gauge(7)],
    [`${TARGET}:+7|g`, gauge(7, 1)],
    [`${TARGET}:-7|g`, gauge(7, -1)],
    [`${TARGET}:7|g|@0.1`, gauge(7)],
    [`${TARGET}:7|g|#env:prod,team:a`, gauge(7)],
    [`${TARGET}:7|g\r`, gauge(7)],
    [`my team:x.${TARGET}:7|g`, gauge(7, 0, 'my team:x.app-1')],
    [`${TARGET}:7|c`, 'other'],
    [`${TARGET}:7|ms|@0.1`, 'other'],
    [`${TARGET}.count:7|g`, 'other'],
    ['app-1.driver.ExecutorAllocationManager.executors.numberExecutorsToAdd:1|g', 'other'],
    [`${TARGET}:NaN|g`, 'garbage'],
    [`${TARGET}:Infinity|g`, 'garbage'],
    [`${TARGET}:--7|g`, 'garbage'],
    [`${TARGET}:+-7|g`, 'garbage'],
    [`${TARGET}:1e3|g`, 'garbage'],
    [`${TARGET}:7.5|g`, 'garbage'],
    [`${TARGET}:9999999999|g`, 'garbage'],
    [`${TARGET}:|g`, 'garbage'],
    [`${TARGET}:7`, 'garbage'],
    [`${TARGET}:7|`, 'garbage'],
    [`${TARGET} 7 1795394710`, 'garbage'],
    [`:7|g`, 'garbage'],
    ['', 'garbage'],
  ] as const) {
    it(`${JSON.stringify(metric)} is ${typeof expected === 'string' ? expected : JSON.stringify(expected.value)}`, () => {
      expect(decodeStatsdMetric(metric)).to.deep.equal(expected);
    });
  }
});

describe('StatsD, packet by packet', () => {
  it('reads several metrics of one packet, with an end of line at the end or without', () => {
    const text = `${NEEDED}:9|g\napp-1.driver.jvm.heap:12|g\napp-1.x:1|c\n${TARGET}:3|g`;
    for (const packet of [text, `${text}\n`]) {
      const { gauges, counts } = read(packet);

      expect(gauges).to.deep.equal([{ ...gauge(9), gauge: 'numberMaxNeededExecutors' }, gauge(3)]);
      expect(counts).to.deep.equal({ lines: 4, gauges: 2, garbage: 0, cut: 0 });
    }
  });

  it('counts what is no metric, and what is too long', () => {
    const { gauges, counts } = read(`hello\n:|\nx:|g\n${'x'.repeat(LONGEST_LINE_BYTES)}${TARGET}:1|g\n${TARGET}:3|g`);

    expect(gauges).to.deep.equal([gauge(3)]);
    expect(counts).to.deep.equal({ lines: 5, gauges: 1, garbage: 3, cut: 1 });
  });

  it('never throws, and keeps no garbage', () => {
    const word = fc.constantFrom(TARGET, NEEDED, ':', '|', 'g', '|g', '+', '-', '7', '|@0.5', '\n', '\0', 'é', ' ');
    const packet = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.array(word, { maxLength: 40 }).map((words) => Buffer.from(words.join(''))),
    );
    fc.assert(
      fc.property(packet, (bytes) => {
        const { gauges, counts } = read(bytes);

        for (const { value } of gauges) expect(Number.isSafeInteger(value) && value >= 0).to.equal(true);
        expect(counts.gauges).to.equal(gauges.length);
        const metrics = bytes
          .toString('latin1')
          .split('\n')
          .filter((line) => line !== '').length;
        expect(counts.lines).to.equal(metrics);
        expect(counts.gauges + counts.garbage + counts.cut).to.be.at.most(counts.lines);
      }),
    );
  });
});
