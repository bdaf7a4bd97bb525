/** Arithmetic on cores, memory and custom resources. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  add,
  describeBytes,
  describeResources,
  dominantShare,
  fitCount,
  isNothing,
  largest,
  resources,
  isEqual,
  resourcesKey,
  subtract,
  times,
  type Resources,
} from '../../src/core/resources.ts';
import { amounts } from './support/arbitraries.ts';

const GPU_WORKER = resources(8, 16_384, { gpu: 2 });

describe('Resources', () => {
  it('are built without custom ones where none are named', () => {
    expect(resources(4, 8192)).to.deep.equal({ cores: 4, memoryMiB: 8192, custom: {} });
  });

  const nothing: [string, Resources, boolean][] = [
    ['nothing at all', resources(0, 0), true],
    ['a custom resource of amount 0', resources(0, 0, { gpu: 0 }), true],
    ['a core', resources(1, 0), false],
    ['memory only', resources(0, 1), false],
    ['a GPU only', resources(0, 0, { gpu: 1 }), false],
  ];
  for (const [title, amount, expected] of nothing) {
    it(`say of ${title} that it is ${expected ? 'nothing' : 'something'}`, () => {
      expect(isNothing(amount)).to.equal(expected);
    });
  }

  it('are added, multiplied and compared resource by resource', () => {
    const a = resources(1, 100, { gpu: 1 });
    const b = resources(2, 50, { fpga: 3 });
    expect(add(a, b)).to.deep.equal(resources(3, 150, { gpu: 1, fpga: 3 }));
    expect(times(a, 3)).to.deep.equal(resources(3, 300, { gpu: 3 }));
    expect(largest(a, b)).to.deep.equal(resources(2, 100, { gpu: 1, fpga: 3 }));
  });

  it('never fall below 0 by subtraction', () => {
    expect(subtract(resources(1, 100, { gpu: 1 }), resources(2, 200, { gpu: 2, fpga: 1 }))).to.deep.equal(
      resources(0, 0, { gpu: 0, fpga: 0 }),
    );
  });

  it('are told to people with all their parts', () => {
    expect(describeResources(resources(4, 8192))).to.equal('4 cores, 8192 MiB');
    expect(describeResources(GPU_WORKER)).to.equal('8 cores, 16384 MiB, 2 gpu');
  });
});

describe('How many items fit', () => {
  const cases: { title: string; item: Resources; free: Resources; fit: number }[] = [
    { title: 'cores decide where they are scarcest', item: resources(3, 1), free: resources(8, 16_384), fit: 2 },
    { title: 'memory decides where it is scarcest', item: resources(1, 7_168), free: resources(8, 16_384), fit: 2 },
    { title: 'an item as large as the room fits once', item: resources(8, 16_384), free: resources(8, 16_384), fit: 1 },
    { title: 'an item larger by one core fits never', item: resources(9, 1), free: resources(8, 16_384), fit: 0 },
    { title: 'an item larger by one MiB fits never', item: resources(1, 16_385), free: resources(8, 16_384), fit: 0 },
    {
      title: 'an item without cores is counted by memory',
      item: resources(0, 8_192),
      free: resources(8, 16_384),
      fit: 2,
    },
    {
      title: 'an item that needs nothing fits without end',
      item: resources(0, 0),
      free: resources(8, 16_384),
      fit: Infinity,
    },
    {
      title: 'a custom amount of 0 asks for nothing',
      item: resources(4, 1, { gpu: 0 }),
      free: resources(8, 2),
      fit: 2,
    },
  ];
  for (const { title, item, free, fit } of cases) {
    it(title, () => {
      expect(fitCount(item, free)).to.equal(fit);
    });
  }
});

describe('R7: all resources count:', () => {
  it('R7: the scarcest one decides how many fit, a GPU like any other', () => {
    expect(fitCount(resources(1, 1_024, { gpu: 1 }), GPU_WORKER)).to.equal(2);
    expect(fitCount(resources(1, 1_024, { gpu: 2 }), GPU_WORKER)).to.equal(1);
    expect(fitCount(resources(1, 1_024, { gpu: 3 }), GPU_WORKER)).to.equal(0);
  });

  it('R7: what a worker does not offer fits never', () => {
    expect(fitCount(resources(1, 1_024, { gpu: 1 }), resources(8, 16_384))).to.equal(0);
    expect(fitCount(resources(1, 1_024, { fpga: 1 }), GPU_WORKER)).to.equal(0);
    expect(dominantShare(resources(1, 1_024, { fpga: 1 }), GPU_WORKER)).to.equal(Infinity);
  });

  it('R7: a name that every object inherits is not an amount', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const item = resources(1, 1, Object.fromEntries([[name, 1]]));
      expect(fitCount(item, GPU_WORKER), name).to.equal(0);
      expect(fitCount(item, add(GPU_WORKER, item)), name).to.equal(1);
      expect(isNothing(subtract(item, resources(1, 1))), name).to.equal(false);
      expect(resourcesKey(item), name).not.to.equal(resourcesKey(resources(1, 1)));
    }
  });
});

describe('The dominant share', () => {
  const whole = GPU_WORKER;
  const cases: [string, Resources, Resources, number][] = [
    ['is that of the cores', resources(4, 1_638, { gpu: 0 }), whole, 0.5],
    ['is that of the memory', resources(1, 8_192), whole, 0.5],
    ['is that of a custom resource', resources(1, 1_024, { gpu: 2 }), whole, 1],
    ['is 0 of nothing', resources(0, 0), whole, 0],
    ['is 0 of nothing in nothing', resources(0, 0), resources(0, 0), 0],
    ['is without end where the whole has no cores', resources(1, 0), resources(0, 1), Infinity],
  ];
  for (const [title, part, of, share] of cases) {
    it(title, () => {
      expect(dominantShare(part, of)).to.equal(share);
    });
  }
});

describe('The key for grouping', () => {
  it('does not see the order of custom resources, nor amounts of 0', () => {
    const key = resourcesKey(resources(1, 2, { a: 1, b: 2 }));
    expect(resourcesKey(resources(1, 2, { b: 2, a: 1 }))).to.equal(key);
    expect(resourcesKey(resources(1, 2, { b: 2, c: 0, a: 1 }))).to.equal(key);
    expect(resourcesKey(resources(1, 2, { c: 0 }))).to.equal(resourcesKey(resources(1, 2)));
  });

  it('tells apart what differs in one resource, and odd names', () => {
    const different = [
      resources(1, 2),
      resources(2, 1),
      resources(12, 0),
      resources(1, 2, { gpu: 1 }),
      resources(1, 2, { gpu: 2 }),
      resources(1, 2, { 'gpu",1],["x': 1 }),
      resources(1, 2, { 'gpu,1,x': 1 }),
      resources(1, 2, { gpu: 1, x: 1 }),
    ];
    expect(new Set(different.map(resourcesKey)).size).to.equal(different.length);
  });
});

describe('Equal amounts', () => {
  it('are equal in cores, in memory and in custom resources, of which none is as good as 0', () => {
    const one = resources(1, 2, { gpu: 1 });
    for (const [other, equal] of [
      [one, true],
      [resources(1, 2, { gpu: 1, fpga: 0 }), true],
      [resources(2, 2, { gpu: 1 }), false],
      [resources(1, 3, { gpu: 1 }), false],
      [resources(1, 2, { gpu: 2 }), false],
      [resources(1, 2), false],
    ] as const) {
      expect(isEqual(one, other), JSON.stringify(other)).to.equal(equal);
    }
  });
});

describe('Resources, for any amounts,', () => {
  it('fit as often as fitCount says, and not once more', () => {
    fc.assert(
      fc.property(amounts(8), amounts(40), (item, free) => {
        fc.pre(!isNothing(item));
        const fit = fitCount(item, free);
        const within = (count: number): boolean => dominantShare(times(item, count), free) <= 1;
        expect(within(fit)).to.equal(true);
        expect(within(fit + 1)).to.equal(false);
      }),
    );
  });

  it('come back where the same is added and taken away', () => {
    fc.assert(
      fc.property(amounts(20), amounts(20), (a, b) => {
        expect(resourcesKey(subtract(add(a, b), b))).to.equal(resourcesKey(a));
      }),
    );
  });

  it('have the same key exactly where neither needs more than the other', () => {
    fc.assert(
      fc.property(amounts(2), amounts(2), (a, b) => {
        const equal = isNothing(subtract(a, b)) && isNothing(subtract(b, a));
        expect(resourcesKey(a) === resourcesKey(b)).to.equal(equal);
      }),
    );
  });
});

describe('bytes in words', () => {
  const cases: readonly [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [20 * 2 ** 20, '20 MiB'],
    [5 * 2 ** 40, '5 TiB'],
    [5000 * 2 ** 40, '5000 TiB'],
  ];
  for (const [bytes, text] of cases) it(text, () => expect(describeBytes(bytes)).to.equal(text));
});
