/** Whatever comes back over the wire: each parser answers, none throws, and none makes a number up. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Result } from '../../src/core/result.ts';
import { parseApplicationPage } from '../../src/spark/application-page.ts';
import { parseEnvironment } from '../../src/spark/environment-json.ts';
import { parseMaster } from '../../src/spark/master-json.ts';
import { parseDriverMetrics } from '../../src/spark/metrics-json.ts';
import { parseVersion } from '../../src/spark/version-json.ts';
import { parseWorker } from '../../src/spark/worker-json.ts';
import { anyText, changed, fixture, valueOf } from './support.ts';

type Parser = (body: string) => Result<unknown>;

const WHAT = 'what was read';
const GOOD_ENVIRONMENT = JSON.stringify({
  sparkProperties: [
    ['spark.dynamicAllocation.enabled', 'true'],
    ['spark.executor.cores', '4'],
  ],
  resourceProfiles: [{ id: 1, executorResources: { cores: { amount: 4 } } }],
});

const DOCUMENTS: readonly (readonly [name: string, parse: Parser, good: string])[] = [
  ["the master's", (body) => parseMaster(body, WHAT), fixture('spark-3.5.7/master-decommissioned-frozen.json')],
  ["a worker's", (body) => parseWorker(body, WHAT), fixture('spark-3.5.7/worker-decommissioned-draining.json')],
  ["a driver's metrics", (body) => parseDriverMetrics(body, WHAT), fixture('spark-4.1.0/driver-metrics-busy.json')],
  ["a driver's environment", (body) => parseEnvironment(body, '4.1.0', WHAT), GOOD_ENVIRONMENT],
  ["a driver's version", (body) => parseVersion(body, WHAT), '{"spark":"4.1.0"}'],
];
const PAGE = fixture('spark-3.5.7/master-app-page-busy.html');
const page: Parser = (body) => parseApplicationPage(body, WHAT);

/** Every place of a document that holds something, as a path. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return [here, ...placesIn(inner, here)];
  });
}

function expectMalformed(result: Result<unknown>): void {
  expect(result).to.have.property('ok', false);
  if (!result.ok) expect(result.error).to.include({ kind: 'malformed', what: WHAT });
}

const oddValue = fc.oneof(
  fc.constantFrom(null, true, '', '0', 'NaN', -1, 0.5, -0.5, 1e300, 2 ** 53, [], {}, [0], [null]),
  fc.jsonValue({ maxDepth: 2 }),
);

describe('garbled answers', () => {
  for (const [name, parse, good] of DOCUMENTS) {
    describe(`for ${name} document`, () => {
      it('are told from a good one', () => {
        valueOf(parse(good));
      });

      it('give an error for any text that is no JSON', () => {
        const noJson = fc.oneof(fc.string(), anyText()).filter((text) => !isJson(text));
        fc.assert(
          fc.property(noJson, (text) => {
            expectMalformed(parse(text));
          }),
        );
      });

      it('give an error for JSON of another kind', () => {
        fc.assert(
          fc.property(fc.json(), (text) => {
            expectMalformed(parse(text));
          }),
        );
      });

      it('give an error wherever the text is cut off', () => {
        const whole = good.trimEnd();
        fc.assert(
          fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
            expectMalformed(parse(whole.slice(0, length)));
          }),
        );
      });

      it('never make it throw, wherever one value is another one', () => {
        const places = placesIn(JSON.parse(good));
        fc.assert(
          fc.property(fc.constantFrom(...places), oddValue, (path, value) => {
            const result = parse(changed(good, path, value));
            if (!result.ok) expect(result.error).to.include({ kind: 'malformed', what: WHAT });
            else expectNoOddNumber(result.value);
          }),
          { numRuns: 500 },
        );
      });

      it('never make it throw, nor tell more than a line, wherever one character is another one', () => {
        fc.assert(
          fc.property(fc.nat({ max: good.length - 1 }), anyText(2), (at, text) => {
            const result = parse(good.slice(0, at) + text + good.slice(at + 1));
            if (result.ok) expectNoOddNumber(result.value);
            else expect(result.error.detail).to.match(/^[^\p{Cc}]{1,200}$/u);
          }),
          { numRuns: 300 },
        );
      });
    });
  }

  describe("for the master's page of an application", () => {
    it('give an error for any text without its labels', () => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.json(), anyText()), (text) => {
          fc.pre(!text.includes('ID:'));
          expectMalformed(page(text));
        }),
      );
    });

    it('never make it throw, and give no number that the page does not say, wherever it is cut or spoilt', () => {
      const whole = valueOf(parseApplicationPage(PAGE, WHAT));
      fc.assert(
        fc.property(fc.nat({ max: PAGE.length }), (length) => {
          const result = parseApplicationPage(PAGE.slice(0, length), WHAT);
          if (!result.ok) return;
          const { executorLimit, grantedExecutors, coresMax, executors } = result.value;
          expect([undefined, whole.executorLimit]).to.include(executorLimit);
          expect([undefined, whole.grantedExecutors]).to.include(grantedExecutors);
          expect([undefined, whole.coresMax]).to.include(coresMax);
          for (const one of executors) expect([2, 1024]).to.include.members([one.cores, one.memoryMiB]);
        }),
        { numRuns: 200 },
      );
      fc.assert(
        fc.property(
          fc.nat({ max: PAGE.length - 1 }),
          fc.constantFrom('<', '>', '"', '-', '</table>', '<td>', '\0'),
          (at, text) => {
            const result = page(PAGE.slice(0, at) + text + PAGE.slice(at + 1));
            if (result.ok) expectNoOddNumber(result.value);
          },
        ),
        { numRuns: 200 },
      );
    });
  });
});

/** No number that is no count, anywhere in what a parser made. */
function expectNoOddNumber(value: unknown): void {
  if (typeof value === 'number') expect(Number.isSafeInteger(value) && value >= 0, String(value)).to.equal(true);
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectNoOddNumber);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
