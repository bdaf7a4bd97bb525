/** KEDA's two loops against the table, golden vectors and traps of the policies' facts. */
import { expect } from 'chai';
import {
  fallbackValue,
  keda,
  KEDA_DEFAULTS,
  kedaTick,
  type KedaParameters,
  type KedaState,
} from '../../../src/lab/peers/keda.ts';
import { NEW_HPA_MEMORY } from '../../../src/lab/peers/hpa-behavior.ts';
import { demand, play, ROOM } from '../support/peers.ts';

const state = (changes: Partial<KedaState> = {}): KedaState => ({
  bounds: ROOM,
  hpa: NEW_HPA_MEMORY,
  createdAtMs: 0,
  lastActiveMs: undefined,
  nextPollMs: 0,
  failures: 0,
  ...changes,
});
const SECOND = 1000;

describe("lab: KEDA's own loop", () => {
  const twoWorkers = { minWorkers: 2, maxWorkers: 9 };
  const fallback = { failureThreshold: 3, behavior: 'static' } as const;
  const cases: {
    title: string;
    current: number;
    reading: number | undefined;
    before?: Partial<KedaState>;
    parameters?: Partial<KedaParameters>;
    expected: number;
  }[] = [
    {
      title: 'golden: 5 to 0 in one write, 301 s after the last activity',
      current: 5,
      reading: 0,
      before: { lastActiveMs: 699 * SECOND },
      expected: 0,
    },
    { title: 'keeps 5 at 300 s sharp', current: 5, reading: 0, before: { lastActiveMs: 700 * SECOND }, expected: 5 },
    { title: 'wakes from 0 to 1', current: 0, reading: 7, expected: 1 },
    { title: 'wakes from 0 to min', current: 0, reading: 7, before: { bounds: twoWorkers }, expected: 2 },
    { title: 'leaves the rest to the HPA', current: 3, reading: 7, expected: 3 },
    {
      title: 'sleeps on at its activation threshold',
      current: 0,
      reading: 2,
      parameters: { activationThreshold: 2 },
      expected: 0,
    },
    { title: 'writes nothing on an error', current: 5, reading: undefined, before: { lastActiveMs: 0 }, expected: 5 },
    {
      title: 'writes nothing on an error with a fallback',
      current: 5,
      reading: undefined,
      before: { lastActiveMs: 0 },
      parameters: { fallback: { ...fallback, replicas: 6 } },
      expected: 5,
    },
    {
      title: 'the trap: a fallback of 0 replicas and an error goes to 0',
      current: 5,
      reading: undefined,
      before: { lastActiveMs: 0 },
      parameters: { fallback: { ...fallback, replicas: 0 } },
      expected: 0,
    },
    { title: 'goes to 0 at once where it was never active', current: 5, reading: 0, expected: 0 },
    {
      title: 'waits for the initial cooldown where it was never active',
      current: 5,
      reading: 0,
      parameters: { initialCooldownMs: 1000 * SECOND },
      expected: 5,
    },
    {
      title: 'never goes below min',
      current: 5,
      reading: 0,
      before: { bounds: twoWorkers, lastActiveMs: 0 },
      expected: 5,
    },
    { title: 'comes up to min', current: 1, reading: 0, before: { bounds: twoWorkers, lastActiveMs: 0 }, expected: 2 },
  ];
  for (const { title, current, reading, before, parameters, expected } of cases) {
    it(title, () => {
      const poll = { nowMs: 1000 * SECOND, current, reading };
      expect(kedaTick(poll, state(before), { ...KEDA_DEFAULTS, ...parameters }).desired).to.equal(expected);
    });
  }

  it('remembers activity from active polls only', () => {
    const at = (reading: number | undefined) =>
      kedaTick({ nowMs: 5000, current: 3, reading }, state(), KEDA_DEFAULTS).state.lastActiveMs;
    expect([at(1), at(0), at(undefined)]).to.deep.equal([5000, undefined, undefined]);
  });
});

describe("lab: KEDA's fallback", () => {
  const rows = [
    ['static', 9, 6],
    ['currentReplicas', 9, 9],
    ['currentReplicasIfHigher', 9, 9],
    ['currentReplicasIfHigher', 4, 6],
    ['currentReplicasIfLower', 9, 6],
    ['currentReplicasIfLower', 4, 4],
  ] as const;
  for (const [behavior, current, expected] of rows) {
    it(`golden: the 4th failure makes it ${expected} for ${behavior}, 6 replicas and a current ${current}`, () => {
      const fallback = { failureThreshold: 3, replicas: 6, behavior };
      expect(fallbackValue(4, current, fallback)).to.equal(expected);
      expect(fallbackValue(3, current, fallback)).to.equal(undefined);
    });
  }
  it('passes errors on where there is none', () => {
    expect(fallbackValue(99, 5, undefined)).to.equal(undefined);
  });
});

describe('lab: KEDA over time', () => {
  it('wakes with 1 and then grows as an HPA does', () => {
    const { writes } = play(keda(KEDA_DEFAULTS), ROOM, 0, 90, () => demand(20));
    expect(writes.map(({ workers }) => workers)).to.deep.equal([1, 5, 10, 20]);
  });

  it('takes a source that is gone for no demand, and goes to 0 after the cooldown', () => {
    const gone = (seconds: number) => (seconds < 60 ? demand(4) : { sourceFailed: true });
    const { writes } = play(keda(KEDA_DEFAULTS), ROOM, 4, 600, gone);
    // The HPA's window lets it go a moment before.
    expect(writes.at(-1)).to.deep.equal({ atSeconds: 360, workers: 0 });
  });

  it('freezes instead where missing values are errors', () => {
    const gone = (seconds: number) => (seconds < 60 ? demand(4) : { sourceFailed: true });
    const { writes } = play(keda({ ...KEDA_DEFAULTS, missingIsZero: false }), ROOM, 4, 900, gone);
    expect(writes).to.deep.equal([]);
  });

  it('shows the HPA its fallback once failures last', () => {
    const fallback = { failureThreshold: 3, replicas: 6, behavior: 'static' } as const;
    const policy = keda({ ...KEDA_DEFAULTS, missingIsZero: false, fallback });
    const { writes } = play(policy, ROOM, 4, 120, () => ({ sourceFailed: true }));
    expect(writes).to.deep.equal([{ atSeconds: 45, workers: 6 }]);
  });
});
