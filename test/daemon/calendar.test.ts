/** When windows of the calendar are open: in every zone, over the nights in which clocks change, and in the daemon. */
import { expect } from 'chai';
import fc from 'fast-check';
import cron from 'node-cron';
import { calendar as calendarKind } from '../../src/config/calendar-kinds.ts';
import type { CalendarEntry } from '../../src/core/calendar.ts';
import { Calendar } from '../../src/daemon/calendar.ts';
import type { LiveView } from '../../src/daemon/cycle.ts';
import { wallMinuteIn } from '../../src/daemon/wall-clock.ts';
import { FakeClock } from './support/clock.ts';
import { daemonOver, ENABLED, type Daemon } from './support/daemon.ts';
import { RULES } from './support/things.ts';
import { World } from './support/world.ts';

const MINUTE_MS = 60_000;
const OFFICE = '8 for 10h at 30 7 * * 1-5';
const BERLIN = 'Europe/Berlin';

function entriesOf(text: string): readonly CalendarEntry[] {
  const parsed = calendarKind().parse(text);
  if (!parsed.ok) throw new Error(parsed.mend);
  return parsed.value;
}

describe('calendar windows', () => {
  const made: Calendar[] = [];

  afterEach(() => {
    for (const one of made.splice(0)) one.close();
  });

  function calendarOf(text: string, zone = 'UTC'): Calendar {
    const calendar = new Calendar(entriesOf(text), zone);
    made.push(calendar);
    return calendar;
  }

  /** Until when the windows are open, at this time, as somebody would see who has only just come. */
  function untilAt(text: string, zone: string, at: string): readonly string[] {
    return calendarOf(text, zone)
      .windows(Date.parse(at))
      .map(({ until }) => until);
  }

  const table: readonly (readonly [what: string, text: string, zone: string, at: string, until: readonly string[]])[] =
    [
      ['just before', OFFICE, 'UTC', '2026-11-23T07:29:59.999Z', []],
      ['from the first moment', OFFICE, 'UTC', '2026-11-23T07:30:00Z', ['2026-11-23 17:30 UTC']],
      ['to the last', OFFICE, 'UTC', '2026-11-23T17:29:59.999Z', ['2026-11-23 17:30 UTC']],
      ['and then it is over', OFFICE, 'UTC', '2026-11-23T17:30:00Z', []],
      ['not on a Sunday', OFFICE, 'UTC', '2026-11-22T09:00:00Z', []],
      ['into the next day', '3 for 8h at 0 22 * * *', 'UTC', '2026-11-24T05:59:00Z', ['2026-11-24 06:00 UTC']],
      ['for a week', '3 for 168h at 0 0 * * 0', 'UTC', '2026-11-28T23:59:00Z', ['2026-11-29 00:00 UTC']],
      ['always', '3 for 1m at * * * * *', 'UTC', '2026-11-28T23:59:30Z', ['2026-11-29 00:00 UTC']],
      [
        'the newest of those that overlap',
        '3 for 3h at 0 * * * *',
        'UTC',
        '2026-11-28T10:20:00Z',
        ['2026-11-28 13:00 UTC'],
      ],
      [
        'one for each entry',
        `${OFFICE}; 2 for 24h at 0 0 * * *; 9 for 1h at 0 1 * * *`,
        'UTC',
        '2026-11-23T08:00:00Z',
        ['2026-11-23 17:30 UTC', '2026-11-24 00:00 UTC'],
      ],
      [
        'by the clock of its zone, in winter',
        OFFICE,
        BERLIN,
        '2026-11-23T06:30:00Z',
        ['2026-11-23 17:30 Europe/Berlin'],
      ],
      ['and in summer', OFFICE, BERLIN, '2026-07-20T05:30:00Z', ['2026-07-20 17:30 Europe/Berlin']],
      ['not before, in summer', OFFICE, BERLIN, '2026-07-20T05:29:00Z', []],
      [
        'the weekday is that of its zone',
        OFFICE,
        'Pacific/Auckland',
        '2026-11-22T18:30:00Z',
        ['2026-11-23 17:30 Pacific/Auckland'],
      ],
      [
        'a zone of quarter hours',
        '1 for 1h at 0 0 * * *',
        'Asia/Kathmandu',
        '2026-11-22T18:15:00Z',
        ['2026-11-23 01:00 Asia/Kathmandu'],
      ],
      // Clocks go from 02:00 to 03:00, which is 01:00 in UTC.
      [
        'spring: a start that is skipped is made up for at once',
        '2 for 1h at 30 2 * * *',
        BERLIN,
        '2026-03-29T01:00:00Z',
        ['2026-03-29 04:00 Europe/Berlin'],
      ],
      ['spring: not before', '2 for 1h at 30 2 * * *', BERLIN, '2026-03-29T00:59:59Z', []],
      ['spring: it does not open again at 03:30', '2 for 20m at 30 2 * * *', BERLIN, '2026-03-29T01:30:00Z', []],
      [
        'spring: the skipped moment itself',
        '2 for 1h at 0 2 * * *',
        BERLIN,
        '2026-03-29T01:00:00Z',
        ['2026-03-29 04:00 Europe/Berlin'],
      ],
      [
        'spring: the length is real time',
        '2 for 3h at 0 1 * * *',
        BERLIN,
        '2026-03-29T02:59:00Z',
        ['2026-03-29 05:00 Europe/Berlin'],
      ],
      // Clocks go from 03:00 back to 02:00, which is 01:00 in UTC.
      [
        'autumn: the first of two starts counts',
        '2 for 20m at 30 2 * * *',
        BERLIN,
        '2026-10-25T00:30:00Z',
        ['2026-10-25 02:50 Europe/Berlin'],
      ],
      ['autumn: the second does not', '2 for 20m at 30 2 * * *', BERLIN, '2026-10-25T01:30:00Z', []],
      [
        'autumn: the length is real time',
        '2 for 3h at 0 1 * * *',
        BERLIN,
        '2026-10-25T01:59:00Z',
        ['2026-10-25 03:00 Europe/Berlin'],
      ],
      [
        'autumn: the next start is a usual one',
        '2 for 20m at 0 3 * * *',
        BERLIN,
        '2026-10-25T02:00:00Z',
        ['2026-10-25 03:20 Europe/Berlin'],
      ],
      [
        'half an hour is skipped',
        '2 for 1h at 15 2 * * *',
        'Australia/Lord_Howe',
        '2026-10-03T15:30:00Z',
        ['2026-10-04 03:30 Australia/Lord_Howe'],
      ],
    ];
  for (const [what, text, zone, at, until] of table) {
    it(`are open ${what}: ${text} at ${at} (${zone})`, () => {
      expect(untilAt(text, zone, at)).to.deep.equal(until);
    });
  }

  it('tell whose they are', () => {
    const [window] = calendarOf(OFFICE).windows(Date.parse('2026-11-23T08:00:00Z'));
    expect(window).to.deep.equal({
      workers: 8,
      untilEpochMs: Date.parse('2026-11-23T17:30:00Z'),
      until: '2026-11-23 17:30 UTC',
      entry: OFFICE,
    });
  });

  it('are those that the expression names, minute by minute', () => {
    const texts = fc.constantFrom('3 for 7m at */10 * * * *', '3 for 2h at 5 3,22 * * 1-5', '3 for 90m at 0 0 1 * *');
    const minute = fc.integer({ min: 0, max: 60 * 24 * 366 });
    fc.assert(
      fc.property(texts, minute, (text, minutes) => {
        const now = Date.UTC(2026, 0, 1) + minutes * MINUTE_MS;
        const [entry] = entriesOf(text);
        const task = cron.createTask(entry!.cron, () => undefined, { timezone: 'UTC' });
        const length = entry!.lengthMs / MINUTE_MS;
        const begun = Array.from({ length }, (_, back) => now - back * MINUTE_MS).find((at) =>
          task.match(new Date(at)),
        );
        void task.destroy();
        const expected = begun === undefined ? [] : [begun + entry!.lengthMs];
        expect(
          calendarOf(text)
            .windows(now)
            .map(({ untilEpochMs }) => untilEpochMs),
        ).to.deep.equal(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same for one who has followed them and for one who has only just come', () => {
    const starts = ['2026-03-28T22:00:00Z', '2026-10-24T22:00:00Z', '2026-11-23T00:00:00Z'];
    const texts = ['3 for 25m at */20 1-3 * * *', '4 for 2h at 30 2 * * *', '5 for 9h at 0 20 * * *'];
    const steps = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 240 }), fc.integer({ min: 240, max: 30_000 }), fc.constant(-1_000)),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.constantFrom('UTC', BERLIN), steps, (start, zone, seconds) => {
        const followed = calendarOf(texts.join('\n'), zone);
        let now = Date.parse(start);
        for (const step of seconds) {
          now += step * 1_000;
          expect(followed.windows(now)).to.deep.equal(calendarOf(texts.join(';'), zone).windows(now));
        }
      }),
      { numRuns: 40 },
    );
  });

  describe('that come', () => {
    const nextOf = (text: string, zone: string, at: string) => {
      const next = calendarOf(text, zone).next(Date.parse(at));
      return next && [next.window.workers, next.opens, next.window.until];
    };

    it('are found within a month, the first of them', () => {
      expect(nextOf(`${OFFICE}; 2 for 1h at 0 3 * * *`, BERLIN, '2026-11-20T17:00:00Z')).to.deep.equal([
        2,
        '2026-11-21 03:00 Europe/Berlin',
        '2026-11-21 04:00 Europe/Berlin',
      ]);
      expect(nextOf(OFFICE, 'UTC', '2026-11-20T07:30:00Z')).to.deep.equal([
        8,
        '2026-11-23 07:30 UTC',
        '2026-11-23 17:30 UTC',
      ]);
      expect(nextOf('1 for 1h at 0 0 29 2 *', 'UTC', '2026-11-20T07:30:00Z')).to.equal(undefined);
    });

    it('also in an hour that is skipped', () => {
      expect(nextOf('2 for 1h at 30 2 * * *', BERLIN, '2026-03-28T12:00:00Z')?.[1]).to.equal(
        '2026-03-29 03:00 Europe/Berlin',
      );
    });
  });

  it('are asked of node-cron by tasks that never run and are gone afterwards', () => {
    const before = cron.getTasks().size;
    const calendar = new Calendar(entriesOf(`${OFFICE}; ${OFFICE}`), 'UTC');
    expect([...cron.getTasks().values()].slice(before).map((task) => task.getStatus())).to.deep.equal([
      'stopped',
      'stopped',
    ]);
    calendar.close();
    expect(cron.getTasks().size).to.equal(before);
  });
});

describe('the clock on the wall', () => {
  it('is what Intl shows, at every minute', () => {
    const zones = fc.constantFrom(
      'UTC',
      BERLIN,
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/St_Johns',
      'Africa/Casablanca',
    );
    const minute = fc.integer({ min: Date.UTC(2025, 0) / MINUTE_MS, max: Date.UTC(2031, 0) / MINUTE_MS });
    fc.assert(
      fc.property(zones, minute, (timeZone, at) => {
        const shown = new Date(wallMinuteIn(timeZone)(at) * MINUTE_MS).toISOString().slice(0, 16);
        const intl = new Date(at * MINUTE_MS).toLocaleString('sv-SE', { timeZone }).slice(0, 16);
        expect(shown.replace('T', ' ')).to.equal(intl);
      }),
    );
  });
});

/** The world's clock begins on a Monday at 08:00:10. */
describe('the daemon by the calendar', () => {
  let world: World;
  let calendar: Calendar;
  let view: LiveView;
  let daemon: Daemon;

  const live = (): LiveView => ({ ...view, calendar: calendar.windows(world.clock.nowEpochMs()) });

  function begin(text: string, workers: number): void {
    world = new World(new FakeClock(), workers);
    calendar = new Calendar(entriesOf(text), 'UTC');
    view = { ...ENABLED, rules: { ...RULES, minWorkers: 0 } };
    daemon = daemonOver(world, { live });
  }

  afterEach(() => {
    calendar.close();
  });

  it('has the workers there when the window opens, keeps them, and lets them go a hold after it', async () => {
    begin('5 for 2m at 1 8 * * *', 1);
    world.wantedExecutors = 1;
    await daemon.passes(49);
    expect(world.counts).to.deep.equal([]);
    const opened = await daemon.pass();
    expect(opened.decision.reason).to.equal('calendar');
    expect(opened.decision.sentence).to.equal(
      'the calendar keeps 5 workers until 2026-11-23 08:03 UTC (5 for 2m at 1 8 * * *), 1 serve; the count goes from 1 to 5',
    );
    expect(world.counts).to.deep.equal([5]);
    await daemon.passes(119);
    expect(world.counts).to.deep.equal([5]);
    const closed = await daemon.pass();
    expect(closed.decision).to.deep.include({ reason: 'surplus-held', calendar: undefined });
    await daemon.passes(60);
    expect(world.planned).to.equal(1);
  });

  it('counts a window that was open before it started', async () => {
    begin('4 for 10h at 30 7 * * 1-5', 2);
    await daemon.pass();
    expect(world.counts).to.deep.equal([4]);
  });

  it('R11: standing by wins: it tells what it would do, and writes nothing', async () => {
    begin('4 for 10h at 30 7 * * 1-5', 2);
    view = { ...view, standby: { code: 'disabled', why: 'off' } };
    const report = await daemon.passes(3);
    expect(report.outcome.kind).to.equal('withheld');
    expect(report.decision.calendar?.workers).to.equal(4);
    expect(world.clusterWrites()).to.deep.equal([]);
  });

  it('leaves a zero alone that somebody set, in this window and in the next', async () => {
    begin('4 for 1m at * * * * *', 2);
    await daemon.passes(3);
    world.setCount(0);
    const report = await daemon.passes(180);
    expect(report.decision.reason).to.equal('zero-by-hand');
    expect(world.planned).to.equal(0);
  });

  it('ends a zero that it set itself, also after it was started anew', async () => {
    begin('4 for 1m at 5 8 * * *', 1);
    await daemon.passes(120);
    expect(world.counts).to.deep.equal([0]);
    daemon = daemonOver(world, { live });
    await daemon.passes(160);
    expect(world.counts).to.deep.equal([0]);
    await daemon.passes(30);
    expect(world.counts).to.deep.equal([0, 4]);
  });
});
