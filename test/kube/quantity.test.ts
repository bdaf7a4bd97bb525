import { expect } from 'chai';
import { parseQuantity, parseSparkMemoryMiB } from '../../src/kube/quantity.ts';

describe('parseQuantity', () => {
  const cases: readonly [string, number | undefined][] = [
    ['4', 4],
    ['500m', 0.5],
    ['1.5', 1.5],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['8Gi', 8 * 2 ** 30],
    ['1500M', 1.5e9],
    ['1e3', 1000],
    ['128974848', 128_974_848],
    ['100n', 1e-7],
    ['2E', 2e18],
    ['', undefined],
    ['-1', undefined],
    ['8GiB', undefined],
    ['four', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads "${text}" as ${expected ?? 'nothing'}`, () => {
      const value = parseQuantity(text);
      if (expected === undefined) expect(value).to.equal(undefined);
      else expect(value).to.be.closeTo(expected, expected * 1e-9);
    });
  }
});

describe('parseSparkMemoryMiB', () => {
  const cases: readonly [string, number | undefined][] = [
    ['1g', 1024],
    ['512m', 512],
    ['2GB', 2048],
    ['1T', 1_048_576],
    ['1048576k', 1024],
    ['8589934592', 8192],
    ['1023k', 0],
    ['1.5g', undefined],
    ['8Gi', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads "${text}" as ${expected ?? 'nothing'} MiB`, () => {
      expect(parseSparkMemoryMiB(text)).to.equal(expected);
    });
  }
});
