import { expect } from 'chai';
import fc from 'fast-check';
import { err, type OperatingErrorKind, type Result } from '../../src/core/result.ts';
import type { ApplicationView, GaugesAnswer } from '../../src/core/spark-view.ts';
import { driverGauges, type DriverGauges } from '../../src/spark/driver-gauges.ts';
import { metricsOf } from './cluster.ts';
import { application, errorOf, never, options, valueOf } from './support.ts';

interface Source {
  readonly gauges: DriverGauges;
  /** Lets time pass. */
  readonly wait: (ms: number) => void;
  /** Reads what is due; the ids of the drivers that were asked, in order. */
  readonly round: (applications: readonly ApplicationView[]) => Promise<string[]>;
  /** The applications that the drivers' reader was told to keep, the last time. */
  readonly kept: () => readonly string[];
}

interface Given {
  readonly pollMs?: number;
  readonly driverRequestsPerSecond?: number;
  /** Why a driver fails; undefined for one that answers. */
  readonly fails?: (id: string) => OperatingErrorKind | undefined;
}

function source({ fails = () => undefined, ...more }: Given = {}): Source {
  let nowMs = 1_000_000;
  let kept: readonly string[] = [];
  const asked: string[] = [];
  const drivers = {
    keep: (ids: ReadonlySet<string>): void => {
      kept = [...ids];
    },
    read: async <T>(id: string, path: string, parse: (body: string, what: string) => Result<T>): Promise<Result<T>> => {
      expect(path).to.equal('/metrics/json/');
      asked.push(id);
      await Promise.resolve();
      const kind = fails(id);
      return kind === undefined ? parse(metricsOf(7), id) : err({ kind, what: id, detail: '' });
    },
  };
  const gauges = driverGauges(options({ ...more, now: () => nowMs }), drivers);
  return {
    gauges,
    kept: () => kept,
    wait: (ms) => {
      nowMs += ms;
    },
    async round(applications) {
      const before = asked.length;
      const answers = await gauges.read(applications, never);
      expect([...answers.keys()]).to.have.members(asked.slice(before));
      return asked.slice(before);
    },
  };
}

function applications(count: number): ApplicationView[] {
  return Array.from({ length: count }, (_, index) => application(`app-${index}`));
}

function answerOf(result: Result<{ readonly answer: GaugesAnswer }> | undefined): GaugesAnswer {
  return valueOf(result!).answer;
}

describe('the gauges of drivers', () => {
  it('R4: are worth their value at the time of asking, and have a name for the status page', async () => {
    const { gauges } = source();
    expect(gauges.name).to.equal('driver');
    expect(valueOf((await gauges.read([application('app-1')], never)).get('app-1')!).ageMs).to.equal(0);
  });

  for (const [count, pollMs, driverRequestsPerSecond, periodMs] of [
    [0, 1000, 50, 1000],
    [1, 1000, 50, 1000],
    [50, 1000, 50, 1000],
    [51, 1000, 50, 1020],
    [1000, 1000, 50, 20_000],
    [1000, 60_000, 50, 60_000],
    [10, 1000, 1, 10_000],
  ] as const) {
    it(`R4: of ${count} applications renew every ${periodMs} ms at ${driverRequestsPerSecond}/s and a poll of ${pollMs} ms`, () => {
      expect(source({ pollMs, driverRequestsPerSecond }).gauges.periodMs(count)).to.be.closeTo(periodMs, 0.001);
    });
  }

  it('are in the answer as an error where they were tried, and not at all where they were not due', async () => {
    const failing: Record<string, OperatingErrorKind> = { 'app-1': 'refused', 'app-2': 'malformed' };
    const { gauges } = source({ driverRequestsPerSecond: 3, fails: (id) => failing[id] });
    const answers = await gauges.read(applications(5), never);
    expect([...answers.keys()]).to.deep.equal(['app-0', 'app-1', 'app-2']);
    expect(answerOf(answers.get('app-0'))).to.have.nested.property('gauges.numberTargetExecutors', 7);
    expect(errorOf(answers.get('app-1')!).kind).to.equal('refused');
    expect(errorOf(answers.get('app-2')!).kind).to.equal('malformed');
  });

  it('R5: are read within the budget, who waited longest first, so that everybody has a turn in one period', async () => {
    const { gauges, round, wait } = source({ driverRequestsPerSecond: 20 });
    const all = applications(90);
    expect(gauges.periodMs(all.length)).to.equal(4500);
    const last = new Map<string, number>();
    for (let turn = 0; turn < 100; turn += 1) {
      const ids = await round(all);
      expect(ids).to.have.length(20);
      for (const id of ids) {
        expect(turn - (last.get(id) ?? -1), 'turns since the last one').to.be.at.most(5);
        last.set(id, turn);
      }
      wait(1000);
    }
    expect(last.size).to.equal(90);
  });

  it('R5: of a new application are read before those that were read already', async () => {
    const { round, wait } = source({ driverRequestsPerSecond: 2 });
    const two = applications(2);
    await round(two);
    wait(1000);
    expect((await round([...two, application('new')]))[0]).to.equal('new');
  });

  it('are read once a poll, though a poll may come a little early', async () => {
    const { round, wait } = source();
    const one = applications(1);
    expect(await round(one)).to.have.length(1);
    wait(499);
    expect(await round(one)).to.have.length(0);
    wait(1);
    expect(await round(one)).to.have.length(1);
  });

  it('are read at least one at a time, however small the budget', async () => {
    expect(await source({ driverRequestsPerSecond: 1, pollMs: 100 }).round(applications(3))).to.have.length(1);
  });

  it('are read from drivers that are there; the others are forgotten', async () => {
    const { round, kept } = source();
    await round(applications(3));
    await round(applications(1));
    expect(kept()).to.deep.equal(['app-0']);
  });

  it('R5: never ask more than the budget, nor twice in one round, whatever comes and goes', async () => {
    const kinds = fc.constantFrom(undefined, 'timeout', 'refused', 'blocked' as const);
    const ids = fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.tuple(ids, fc.nat({ max: 3000 })), { maxLength: 10 }),
        fc.array(kinds, { minLength: 1, maxLength: 31 }),
        async (driverRequestsPerSecond, rounds, fates) => {
          const fails = (id: string): OperatingErrorKind | undefined =>
            fates[Number(id.replace('app-', '')) % fates.length];
          const { round, wait } = source({ driverRequestsPerSecond, fails });
          for (const [numbers, waitMs] of rounds) {
            const wanted = numbers.map((number) => `app-${number}`);
            const read = await round(wanted.map((id) => application(id)));
            expect(read.length).to.be.at.most(driverRequestsPerSecond);
            expect(new Set(read).size).to.equal(read.length);
            expect(wanted).to.include.members(read);
            wait(waitMs);
          }
        },
      ),
    );
  });
});

describe('the gauges of drivers that hang', () => {
  const isSilent = (id: string): boolean => Number(id.replace('app-', '')) % 3 === 0;
  const fails = (id: string): OperatingErrorKind | undefined => (isSilent(id) ? 'timeout' : undefined);

  /** The turns in which the first application was asked. */
  async function turnsOf(one: Source, all: readonly ApplicationView[], count: number): Promise<number[]> {
    const turns: number[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      if ((await one.round(all)).includes('app-0')) turns.push(turn);
      one.wait(1000);
    }
    return turns;
  }

  it('R5: are asked for less and less often, and a minute later at the latest', async () => {
    expect(await turnsOf(source({ fails }), applications(2), 250)).to.deep.equal([0, 2, 6, 14, 30, 62, 122, 182, 242]);
    const hourly = source({ fails, pollMs: 60_000 });
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await hourly.round(applications(1))).to.have.length(1);
      hourly.wait(60_000);
    }
  });

  it('R5: leave the others their turns: of many applications those that answer stay fresh', async () => {
    const one = source({ driverRequestsPerSecond: 30, fails });
    const all = applications(90);
    const last = new Map<string, number>();
    let deadlines = 0;
    for (let second = 0; second < 120; second += 1) {
      const ids = await one.round(all);
      for (const id of ids) last.set(id, second);
      if (second >= 30) deadlines += ids.filter(isSilent).length;
      for (const { id } of all)
        if (second >= 5 && !isSilent(id))
          expect((second - (last.get(id) ?? -Infinity)) * 1000, id).to.be.at.most(one.gauges.periodMs(all.length));
      one.wait(1000);
    }
    // In the last minute and a half each of the thirty silent ones has cost about two deadlines, not forty-five.
    expect(deadlines).to.be.at.most(30 * 3);
  });

  it('are asked for at every poll again once they answer', async () => {
    let isBack = false;
    const one = source({ fails: () => (isBack ? undefined : 'timeout') });
    expect(await turnsOf(one, applications(1), 14)).to.deep.equal([0, 2, 6]);
    isBack = true;
    expect(await turnsOf(one, applications(1), 4)).to.deep.equal([0, 1, 2, 3]);
  });

  for (const kind of ['refused', 'unreachable', 'malformed', 'blocked', 'unauthorized'] as const) {
    it(`are asked for as ever where a driver fails at once (${kind}): that keeps nobody waiting`, async () => {
      expect(await turnsOf(source({ fails: () => kind }), applications(1), 4)).to.deep.equal([0, 1, 2, 3]);
    });
  }

  it('start afresh with an application that went and came back', async () => {
    const one = source({ fails });
    await one.round(applications(1));
    await one.round([]);
    expect(await one.round(applications(1))).to.have.length(1);
  });
});
