/** Names of series in every spelling in which they travel. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { GAUGE_NAMES } from '../../src/core/spark-view.ts';
import { LONGEST_NAME, parseSeriesName } from '../../src/sources/series-name.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

const DOTTED = 'driver.ExecutorAllocationManager.executors';
const UNDERSCORED = 'driver_ExecutorAllocationManager_executors';

describe('names of series', () => {
  const table: readonly [what: string, name: string, owner: string, gauge: string][] = [
    ['as registered', `app-20260101120000-0000.${DOTTED}.numberTargetExecutors`, 'app-20260101120000-0000', 'T'],
    ['behind a prefix of the sink', `prod.spark.app-1.${DOTTED}.numberTargetExecutors`, 'prod.spark.app-1', 'T'],
    ['a namespace with dots', `my.etl.job.${DOTTED}.numberMaxNeededExecutors`, 'my.etl.job', 'N'],
    ['a namespace with the very words', `driver.x.${DOTTED}.numberTargetExecutors`, 'driver.x', 'T'],
    ['nothing in front', `${DOTTED}.numberTargetExecutors`, '', 'T'],
    ['the servlet of 3.5 and 4.x', `metrics_app_1_${UNDERSCORED}_numberTargetExecutors_Value`, 'app_1', 'T'],
    ['the servlet of the first 3.0', `metrics_app_1_${UNDERSCORED}_numberTargetExecutors`, 'app_1', 'T'],
    ['an exporter fed by Graphite', `app_1_${UNDERSCORED}_numberMaxNeededExecutors`, 'app_1', 'N'],
    [
      'an exporter in lower case',
      `metrics_app_1_${UNDERSCORED}_numberTargetExecutors_Value`.toLowerCase(),
      'app_1',
      'T',
    ],
    ['spaces and other odd characters', `my job (1)/ä.${DOTTED}.numberTargetExecutors`, 'my job (1)/ä', 'T'],
  ];
  for (const [what, name, owner, short] of table) {
    it(`reads ${what}`, () => {
      const gauge = short === 'T' ? 'numberTargetExecutors' : 'numberMaxNeededExecutors';
      expect(parseSeriesName(name)).to.deep.equal({ owner, gauge });
    });
  }

  const others = [
    `metrics_app_1_${UNDERSCORED}_numberTargetExecutors_Number`,
    `app-1.${DOTTED}.numberExecutorsToAdd`,
    `app-1.${DOTTED}.numberTargetExecutors.count`,
    `app-1.${DOTTED}.numberTargetExecutors_`,
    `app-1.${DOTTED}.`,
    'app-1.driver.BlockManager.memory.memUsed_MB',
    `app-1.${DOTTED}numberTargetExecutors`,
    'numberTargetExecutors',
    '',
    `${'x'.repeat(LONGEST_NAME)}.${DOTTED}.numberTargetExecutors`,
  ];
  for (const name of others) {
    it(`leaves alone: ${name.slice(0, 90)}`, () => {
      expect(parseSeriesName(name)).to.equal(undefined);
    });
  }

  for (const version of ['3.5.7', '4.1.0']) {
    it(`finds all five gauges, each once, in what the servlet of a real ${version} answers`, () => {
      const names = fixture(`spark-${version}/driver-metrics-busy.prom`)
        .split('\n')
        .map((line) => line.replace(/\{.*$/, ''));
      const found = names.flatMap((name) => parseSeriesName(name) ?? []);
      expect(found.map(({ gauge }) => gauge)).to.have.members([...GAUGE_NAMES]);
      expect(new Set(found.map(({ owner }) => owner)).size).to.equal(1);
    });
  }

  it('finds all five gauges in what a real driver sends to Graphite', () => {
    const lines = fixture('spark-3.5.7/graphite-driver-one-period.txt').split('\n');
    const found = lines.flatMap((line) => parseSeriesName(line.split(' ')[0] ?? '') ?? []);
    expect(found.map(({ gauge }) => gauge)).to.have.members([...GAUGE_NAMES]);
    expect(found[0]?.owner).to.equal('app-20261123004442-0000');
  });

  it('whatever stands in front is the owner, unchanged', () => {
    const owners = fc.string({ minLength: 1, maxLength: 200 }).filter((owner) => !owner.includes('\n'));
    fc.assert(
      fc.property(owners, fc.constantFrom(...GAUGE_NAMES), (owner, gauge) => {
        expect(parseSeriesName(`${owner}.${DOTTED}.${gauge}`)).to.deep.equal({ owner, gauge });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2 * LONGEST_NAME }), (name) => {
        parseSeriesName(name);
      }),
    );
  });
});
