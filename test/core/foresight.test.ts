/** Looking ahead, as `decide` does it: short work, bursts that come again, and demand that climbs. */
import { expect } from 'chai';
import { decide } from '../../src/core/decide.ts';
import type { CoreMemory, Decision } from '../../src/core/decision.ts';
import type { Rules } from '../../src/core/rules.ts';
import {
  applicationAsking,
  busyWorker,
  calmMemory,
  NOW_EPOCH_MS,
  NOW_MS,
  observation,
  pods,
  reading,
  rules,
  settings,
  worker,
} from './support/builders.ts';

const RULES: Partial<Rules> = { waitWorth: 300, floorShare: 1, stepsAhead: true, maxWorkers: 20, minWorkers: 1 };

interface Moment {
  readonly atSec: number;
  /** Executors of four cores each, so that each fills a worker. */
  readonly wants: number;
  readonly holds?: number;
  readonly workers: number;
  /** Mean time of the tasks that have ended; undefined where none has. */
  readonly taskMs?: number;
}

/** One pass after the other over one application; workers take 8 s to start. */
class Days {
  memory: CoreMemory;
  readonly #rules: Rules;

  constructor(more: Partial<Rules> = {}) {
    this.#rules = rules({ ...RULES, ...more });
    const memory = calmMemory();
    this.memory = { ...memory, restart: { ...memory.restart, startsMs: [8_000], removalsMs: [8_000] } };
  }

  pass({ atSec, wants, holds = Math.min(wants, 1), workers, taskMs }: Moment): Decision {
    const nowMs = NOW_MS + atSec * 1_000;
    const now = { takenAtMs: nowMs };
    const asking = applicationAsking(wants, { grantedCores: 4 * holds }, { executorCores: 4 });
    const one = {
      ...asking,
      gauges: asking.gauges.known ? { ...asking.gauges, ...now } : asking.gauges,
      settings: reading(settings({ executorCores: 4 }), now),
      ...(taskMs === undefined
        ? {}
        : { pace: reading(new Map([[`${atSec}`, { tasks: 10, totalMs: 10 * taskMs }]]), now) }),
    };
    const list = Array.from({ length: workers }, (_, index) => (index < holds ? busyWorker : worker)(index + 1));
    const seen = observation({
      nowMs,
      nowEpochMs: NOW_EPOCH_MS + atSec * 1_000,
      workers: list.map((each) => ({ ...each, lastHeartbeatAtEpochMs: NOW_EPOCH_MS + atSec * 1_000 })),
      pods: pods(1, workers),
      planned: workers,
      applications: [one],
    });
    const fresh = <T extends { readonly known: boolean }>(of: T): T => (of.known ? { ...of, ...now } : of);
    const decided = decide(
      { ...seen, master: fresh(seen.master), target: fresh(seen.target), pods: fresh(seen.pods) },
      this.memory,
      this.#rules,
    );
    this.memory = decided.memory;
    return decided.decision;
  }
}

const told = ({ trace }: Decision): readonly string[] =>
  trace.lines.filter(({ stage }) => stage === 'foresight').map(({ text }) => text);

describe('foresight', () => {
  it('asks for no worker that would come when short work is over, and says so', () => {
    const days = new Days();
    const decision = days.pass({ atSec: 0, wants: 4, holds: 2, workers: 2, taskMs: 5_000 });
    expect(decision).to.deep.include({ action: { kind: 'none' }, wantedWorkers: 2, desiredWorkers: 2 });
    expect(told(decision)).to.deep.equal(['2 of 2 new workers would come too late to be worth it']);
  });

  it('asks for all of them where tasks take long, where nobody knows how long, and before any start was measured', () => {
    expect(new Days().pass({ atSec: 0, wants: 4, holds: 2, workers: 2, taskMs: 60_000 })).to.include({
      desiredWorkers: 4,
    });
    expect(new Days().pass({ atSec: 0, wants: 4, holds: 2, workers: 2 })).to.include({ desiredWorkers: 4 });
    const new_ = new Days();
    new_.memory = calmMemory();
    expect(new_.pass({ atSec: 0, wants: 4, holds: 2, workers: 2, taskMs: 5_000 })).to.include({ desiredWorkers: 4 });
  });

  it('asks all the same for what is not over when it was to be', () => {
    const days = new Days({ floorShare: 0 });
    const moment = { wants: 4, holds: 2, workers: 2, taskMs: 5_000 };
    for (let atSec = 0; atSec < 10; atSec += 1) expect(days.pass({ atSec, ...moment }).desiredWorkers).to.equal(2);
    expect(days.pass({ atSec: 10.5, ...moment }).desiredWorkers).to.equal(4);
  });

  it('keeps workers for the next burst, for as long as it is worth, and lets them go then', () => {
    const days = new Days();
    days.pass({ atSec: 0, wants: 10, holds: 10, workers: 10, taskMs: 4_000 });
    const after = days.pass({ atSec: 1, wants: 0, workers: 10, taskMs: 4_000 });
    expect(after).to.include({ wantedWorkers: 0, floorWorkers: 8 });
    expect(told(after)[0]).to.match(/^8 workers are kept for \d+ s after a burst of short work/);
    expect(days.pass({ atSec: 300, wants: 0, workers: 10 })).to.include({ desiredWorkers: 8, reason: 'surplus' });
    expect(days.pass({ atSec: 301, wants: 0, workers: 4 })).to.include({ desiredWorkers: 8, reason: 'floor' });
    expect(days.pass({ atSec: 500, wants: 0, workers: 8 })).to.include({ floorWorkers: 0 });
  });

  it('is a step ahead while demand climbs', () => {
    const days = new Days();
    const steps = [1, 2, 3].map((wants, index) =>
      days.pass({ atSec: 15 * index, wants, holds: wants, workers: wants, taskMs: 60_000 }),
    );
    expect(steps.map(({ desiredWorkers }) => desiredWorkers)).to.deep.equal([1, 2, 4]);
    expect(told(steps[2]!)).to.deep.equal(['demand climbs: 1 workers ahead of it']);
    expect(days.pass({ atSec: 90, wants: 3, holds: 3, workers: 4 })).to.include({ floorWorkers: 0 });
    const still = new Days({ stepsAhead: false });
    for (const wants of [1, 2, 3]) {
      const { desiredWorkers } = still.pass({ atSec: 15 * wants, wants, holds: wants, workers: wants, taskMs: 60_000 });
      expect(desiredWorkers).to.equal(wants);
    }
  });

  it('never keeps more than max', () => {
    const days = new Days({ maxWorkers: 5 });
    days.pass({ atSec: 0, wants: 5, holds: 5, workers: 5, taskMs: 9_000 });
    expect(days.pass({ atSec: 1, wants: 0, workers: 5 }).floorWorkers).to.be.at.most(5);
  });
});
