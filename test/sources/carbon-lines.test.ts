import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { GAUGE_NAMES } from '../../src/core/spark-view.ts';
import { CarbonLines, decodeCarbonLine, LONGEST_LINE_BYTES } from '../../src/sources/carbon-lines.ts';
import { newFeedCounts, type FeedCounts } from '../../src/sources/feed-counts.ts';
import type { GaugeLine } from '../../src/sources/gauge-line.ts';

const PERIOD = readFileSync(join(import.meta.dirname, '../fixtures/spark-3.5.7/graphite-driver-one-period.txt'));
const TARGET = 'app-1.driver.ExecutorAllocationManager.executors.numberTargetExecutors';

interface Read {
  readonly gauges: readonly GaugeLine[];
  readonly counts: FeedCounts;
}

function readChunks(chunks: readonly Buffer[]): Read {
  const counts = newFeedCounts();
  const gauges: GaugeLine[] = [];
  const lines = new CarbonLines(counts, (gauge) => gauges.push(gauge));
  for (const chunk of chunks) lines.write(chunk);
  lines.end();
  return { gauges, counts };
}

function readText(...texts: readonly string[]): Read {
  return readChunks(texts.map((text) => Buffer.from(text)));
}

/** The same bytes in pieces of these sizes, again and again. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("Carbon's plaintext protocol, as captured", () => {
  it('finds the allocation gauges among all that one driver sends in one period', () => {
    const { gauges, counts } = readChunks([PERIOD]);

    const owner = 'app-20261123004442-0000';
    expect(gauges).to.deep.equal([
      { owner, gauge: 'numberAllExecutors', value: 2, stampS: 1795394710 },
      { owner, gauge: 'numberDecommissioningExecutors', value: 0, stampS: 1795394710 },
      { owner, gauge: 'numberExecutorsPendingToRemove', value: 0, stampS: 1795394710 },
      { owner, gauge: 'numberMaxNeededExecutors', value: 22, stampS: 1795394710 },
      { owner, gauge: 'numberTargetExecutors', value: 22, stampS: 1795394710 },
    ]);
    expect(counts).to.deep.equal({ lines: 238, gauges: 5, garbage: 0, cut: 0 });
  });

  it('reads the same however the stream is cut', () => {
    const whole = readChunks([PERIOD]);
    const sizes = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 8 });

    fc.assert(
      fc.property(sizes, (some) => {
        expect(readChunks(cut(PERIOD, some))).to.deep.equal(whole);
      }),
      { numRuns: 60 },
    );
    expect(readChunks(cut(PERIOD, [1]))).to.deep.equal(whole);
  });
});

describe("Carbon's plaintext protocol, line by line", () => {
  const gauge = (value: number, stampS?: number, owner = 'app-1'): GaugeLine => ({
    owner,
    gauge: 'numberTargetExecutors',
    value,
    stampS,
  });
  for (const [line, expected] of [
    [`${TARGET} 7 1795394710`, gauge(7, 1795394710)],
    [`${TARGET} 7.00 1795394710.5`, gauge(7, 1795394710.5)],
    [`${TARGET} 0 -1`, gauge(0)],
    [`${TARGET}\t7  1795394710 \r`, gauge(7, 1795394710)],
    [`${TARGET};cluster=a;team=b 7 1795394710`, gauge(7, 1795394710)],
    [`prefix.of.ours.${TARGET} 7 1`, gauge(7, 1, 'prefix.of.ours.app-1')],
    [`Prüfung-мир.driver.${TARGET} 7 1`, gauge(7, 1, 'Prüfung-мир.driver.app-1')],
    [`${TARGET}.count 7 1`, 'other'],
    ['app-1.driver.ExecutorAllocationManager.executors.numberExecutorsToAdd 1 1', 'other'],
    ['app-1.exec.ExecutorAllocationManager.executors.numberTargetExecutors 1 1', 'other'],
    [`${TARGET} NaN 1`, 'garbage'],
    [`${TARGET} Infinity 1`, 'garbage'],
    [`${TARGET} -7 1`, 'garbage'],
    [`${TARGET} +7 1`, 'garbage'],
    [`${TARGET} 7.5 1`, 'garbage'],
    [`${TARGET} 1e3 1`, 'garbage'],
    [`${TARGET} 0x10 1`, 'garbage'],
    [`${TARGET} 99999999999999999999 1`, 'garbage'],
    [`${TARGET}  1795394710`, 'garbage'],
    [`${TARGET} 7`, 'garbage'],
    [`${TARGET} 7 yesterday`, 'garbage'],
    [`${TARGET} 7 NaN`, 'garbage'],
    [`${TARGET} 7 1795394710000`, 'garbage'],
    [`${TARGET} 7 1 1`, 'garbage'],
    [`\u0000${TARGET} 7 1`, 'garbage'],
    [` 7 1`, 'garbage'],
    ['', 'garbage'],
  ] as const) {
    it(`${JSON.stringify(line)} is ${typeof expected === 'string' ? expected : `${expected.value}`}`, () => {
      expect(decodeCarbonLine(line)).to.deep.equal(expected);
    });
  }

  it('counts what is none of its lines, and goes on with the next', () => {
    const { gauges, counts } = readText('GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0016\u0003\u0001\n', `${TARGET} 3 1\n`);

    expect(gauges).to.deep.equal([gauge(3, 1)]);
    expect(counts).to.deep.equal({ lines: 5, gauges: 1, garbage: 4, cut: 0 });
  });

  it('takes no half line at the end of a connection, and a last line without its end in a datagram', () => {
    expect(readText(`${TARGET} 12`, '3 1').gauges).to.deep.equal([]);
    expect(readText(`${TARGET} 12`, '3 1').counts).to.deep.equal({ lines: 1, gauges: 0, garbage: 1, cut: 0 });

    const seen: GaugeLine[] = [];
    const counts = newFeedCounts();
    new CarbonLines(counts, (one) => seen.push(one)).datagram(Buffer.from(`a.b 1 1\n${TARGET} 123 1`));

    expect(seen).to.deep.equal([gauge(123, 1)]);
    expect(counts.lines).to.equal(2);
  });

  it('skips a line that is too long up to its end, in one piece or in many', () => {
    const long = `${'x'.repeat(LONGEST_LINE_BYTES)}${TARGET} 7 1\n`;
    const after = `${TARGET} 3 1\n`;

    for (const chunks of [[long + after], [long, after], long.split('').concat(after)]) {
      const { gauges, counts } = readText(...chunks);
      expect(gauges).to.deep.equal([gauge(3, 1)]);
      expect(counts).to.deep.equal({ lines: 2, gauges: 1, garbage: 0, cut: 1 });
    }
  });

  it('never holds more than one line, however long the stream goes without an end', () => {
    const lines = new CarbonLines(newFeedCounts(), () => undefined);
    for (let turn = 0; turn < 1000; turn += 1) expect(lines.write(Buffer.alloc(64, 'x'))).to.equal(false);

    expect(lines.isInLine).to.equal(true);
    expect(lines.write(Buffer.from('\n'))).to.equal(true);
    expect(lines.isInLine).to.equal(false);
  });
});

describe("Carbon's plaintext protocol, by chance", () => {
  const word = fc.constantFrom(
    ...[TARGET, 'ExecutorAllocationManager.executors.', '.driver.', 'numberTargetExecutors', ' ', '\n', '\r\n', ';a=b'],
    ...['7', '-7', 'NaN', '1e9', '1795394710', '\0', 'é', '\ud800', '.'],
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc.array(word, { maxLength: 30 }).map((words) => Buffer.from(words.join(''))),
  );

  it('never throws, counts every line once, and keeps no garbage', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 12 }), (chunks) => {
        const { gauges, counts } = readChunks(chunks);

        for (const { gauge, value, stampS, owner } of gauges) {
          expect(GAUGE_NAMES).to.include(gauge);
          expect(Number.isSafeInteger(value) && value >= 0).to.equal(true);
          expect(stampS === undefined || (Number.isFinite(stampS) && stampS >= 0)).to.equal(true);
          expect(owner).to.match(/^[^\s\p{Cc}]*$/u);
        }
        const whole = Buffer.concat(chunks);
        const ends = whole.reduce((sum, byte) => sum + Number(byte === 10), 0);
        expect(counts.lines).to.equal(ends + Number(whole.length > 0 && whole.at(-1) !== 10));
        expect(counts.gauges).to.equal(gauges.length);
        expect(counts.gauges + counts.garbage + counts.cut).to.be.at.most(counts.lines);
      }),
    );
  });
});
