import { mock } from 'node:test';
import { expect } from 'chai';
import { Schedule, type ScheduleDeps } from '../../src/daemon/schedule.ts';
import { gate, settled, type Gate } from './support/results.ts';

const STEP_MS = 50;
/** Not on a full second: the first pass does not wait for one. */
const START_EPOCH_MS = Date.UTC(2026, 10, 23, 8, 0, 0, 300);

describe('schedule', () => {
  let runs: number[];
  let gates: Gate[];
  let bugs: unknown[];
  let underWay: number;
  let mostUnderWay: number;
  let schedule: Schedule | undefined;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START_EPOCH_MS });
    runs = [];
    gates = [];
    bugs = [];
    underWay = 0;
    mostUnderWay = 0;
  });

  afterEach(async () => {
    await schedule?.stop();
    schedule = undefined;
    mock.timers.reset();
  });

  const nowMs = (): number => Date.now() - START_EPOCH_MS;
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

  function started(more: Partial<ScheduleDeps> = {}): Schedule {
    schedule = new Schedule({
      clock: { nowMs, nowEpochMs: () => Date.now() },
      pollMs: 1_000,
      run: async () => {
        runs.push(nowMs());
        underWay += 1;
        mostUnderWay = Math.max(mostUnderWay, underWay);
        await gates.shift()?.opened;
        underWay -= 1;
      },
      onBug: (cause) => bugs.push(cause),
      logger: quiet,
      ...more,
    });
    schedule.start();
    return schedule;
  }

  /** Lets time pass in small steps, so that whatever waits gets its turn. */
  async function pass(ms: number): Promise<void> {
    for (let gone = 0; gone < ms; gone += STEP_MS) {
      mock.timers.tick(STEP_MS);
      await settled();
    }
  }

  it('runs at once, then every second on the full second', async () => {
    started();
    expect(runs).to.deep.equal([0]);
    await pass(4_000);
    expect(runs).to.deep.equal([0, 1_700, 2_700, 3_700]);
  });

  it('runs every second tick for a poll of 2 s', async () => {
    started({ pollMs: 2_000 });
    await pass(9_000);
    expect(runs).to.deep.equal([0, 2_700, 4_700, 6_700, 8_700]);
  });

  it('runs on across the minute, where the steps of cron begin anew', async () => {
    started({ pollMs: 45_000 });
    await pass(140_000);
    expect(runs).to.deep.equal([0, 45_700, 90_700, 135_700]);
  });

  it('never runs two passes at once: one that comes too early is skipped and counted', async () => {
    gates = [gate()];
    const [long] = gates;
    const one = started();
    await pass(3_800);
    expect(runs).to.deep.equal([0]);
    expect(one.skippedPasses()).to.equal(3);
    long!.open();
    await pass(1_000);
    expect(runs).to.deep.equal([0, 4_700]);
    expect(one.skippedPasses()).to.equal(3);
    expect(mostUnderWay).to.equal(1);
  });

  it('counts passes that were skipped, not ticks', async () => {
    gates = [gate()];
    const [long] = gates;
    const one = started({ pollMs: 5_000 });
    await pass(9_000);
    expect(one.skippedPasses()).to.equal(1);
    await pass(3_000);
    expect(one.skippedPasses()).to.equal(2);
    long!.open();
    await pass(1_000);
    expect(runs, 'the next one does not wait for a whole period more').to.deep.equal([0, 12_700]);
    expect(one.skippedPasses()).to.equal(2);
  });

  it('counts a pass whose tick came too late, as after a pause of the whole process', async () => {
    const one = started();
    await pass(1_700);
    expect(runs).to.deep.equal([0, 1_700]);
    mock.timers.setTime(Date.now() + 10_000);
    await pass(STEP_MS);
    expect(runs, 'one pass, and none to make up for the others').to.deep.equal([0, 1_700, 11_750]);
    expect(one.skippedPasses()).to.equal(9);
    await pass(1_000);
    expect(runs.at(-1)).to.equal(12_700);
  });

  it('stop waits for the pass under way, and none begins after it', async () => {
    gates = [gate()];
    const [long] = gates;
    const one = started();
    let stopped = false;
    const stop = one.stop().then(() => {
      stopped = true;
    });
    await pass(3_000);
    expect(stopped).to.equal(false);
    long!.open();
    await stop;
    await pass(3_000);
    expect(runs).to.deep.equal([0]);
  });

  it('hands a bug of a pass on', async () => {
    const bug = new Error('bug');
    started({ run: () => Promise.reject(bug) });
    await settled();
    expect(bugs).to.deep.equal([bug]);
  });
});
