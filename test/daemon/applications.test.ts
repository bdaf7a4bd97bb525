import { expect } from 'chai';
import { ok, type OperatingError, type Result } from '../../src/core/result.ts';
import { freshAt } from '../../src/core/reading.ts';
import type { ApplicationPage, ApplicationSettings, ApplicationView } from '../../src/core/spark-view.ts';
import { Applications } from '../../src/daemon/applications.ts';
import type { GaugeSample, GaugeSource } from '../../src/spark/ports.ts';
import { FakeClock } from './support/clock.ts';
import { failed, failure, gate, never, settled } from './support/results.ts';
import { application, EMPTY_PAGE, gaugesOf, SETTINGS } from './support/things.ts';

const POLL_MS = 1_000;

class FakeSource implements GaugeSource {
  readonly name: string;
  answer: (id: string) => Result<GaugeSample> | undefined = () => undefined;
  until: Promise<void> = Promise.resolve();
  reads = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Ten applications a poll. */
  periodMs(count: number): number {
    return POLL_MS * Math.max(1, Math.ceil(count / 10));
  }

  async read(applications: readonly ApplicationView[]): Promise<ReadonlyMap<string, Result<GaugeSample>>> {
    this.reads += 1;
    await this.until;
    return new Map(
      applications.flatMap(({ id }) => {
        const result = this.answer(id);
        return result === undefined ? [] : [[id, result] as const];
      }),
    );
  }
}

describe('applications', () => {
  let clock: FakeClock;
  let driver: FakeSource;
  let graphite: FakeSource;
  let sources: FakeSource[];
  let pages: string[];
  let settingsAsked: string[];
  let page: () => Result<ApplicationPage>;
  let settings: (id: string) => Promise<Result<ApplicationSettings>>;
  let errors: OperatingError[];
  let known: Applications;

  beforeEach(() => {
    clock = new FakeClock();
    driver = new FakeSource('driver');
    graphite = new FakeSource('graphite');
    sources = [driver, graphite];
    pages = [];
    settingsAsked = [];
    page = () => ok(EMPTY_PAGE);
    settings = () => Promise.resolve(ok(SETTINGS));
    errors = [];
    known = new Applications({
      clock,
      pollMs: POLL_MS,
      gaugeSources: () => sources,
      sourceTolerance: 1,
      onError: (error) => errors.push(error),
      master: {
        read: () => Promise.reject(new Error('not asked here')),
        decommission: () => Promise.reject(new Error('not asked here')),
        readApplicationPage: (id) => {
          pages.push(id);
          return Promise.resolve(page());
        },
      },
      settingsSource: {
        name: 'settings',
        read: ({ id }) => {
          settingsAsked.push(id);
          return settings(id);
        },
      },
    });
  });

  const apps = (count: number): ApplicationView[] =>
    Array.from({ length: count }, (_, index) => application(`app-${index + 1}`));

  async function beat(active: readonly ApplicationView[]): Promise<void> {
    clock.advance(POLL_MS);
    await known.read(active, never);
  }

  const one = (active = apps(1)) => known.observe(active)[0]!;
  const freshGauges = () => freshAt(one().gauges, clock.nowMs());

  it('prefers the first gauge source that is fresh', async () => {
    driver.answer = () => ok(gaugesOf(3));
    graphite.answer = () => ok(gaugesOf(5));
    await beat(apps(1));
    expect(one().gauges).to.include({ known: true, source: 'driver' });
    driver.answer = () => failed('unreachable');
    for (let count = 0; count < 4; count += 1) await beat(apps(1));
    expect(one().gauges).to.include({ known: true, source: 'graphite' });
  });

  describe('sources that come and go', () => {
    beforeEach(() => {
      driver.answer = () => ok(gaugesOf(3));
      graphite.answer = () => ok(gaugesOf(5));
    });

    const names = (): readonly string[] => known.choices()[0]!.sources.map(({ source }) => source);
    const reported = (): readonly string[] => known.reports().map(({ name }) => name);

    it('one that comes is read from the next round on, of applications that were there as well', async () => {
      sources = [driver];
      await beat(apps(1));
      expect(one().gauges).to.include({ source: 'driver' });
      sources = [driver, graphite];
      driver.answer = () => failed('unreachable');
      for (let count = 0; count < 4; count += 1) await beat(apps(1));
      expect(one().gauges).to.include({ known: true, source: 'graphite' });
      expect(names()).to.deep.equal(['driver', 'graphite']);
    });

    it('one that comes in front is preferred', async () => {
      sources = [driver];
      await beat(apps(1));
      sources = [graphite, driver];
      for (let count = 0; count < 4; count += 1) {
        await beat(apps(1));
        known.observe(apps(1));
      }
      expect(names()).to.deep.equal(['graphite', 'driver']);
      expect(one().gauges).to.include({ known: true, source: 'graphite' });
    });

    it('one that goes is forgotten, and what it knew alone is unknown, not zero', async () => {
      driver.answer = () => failed('unreachable');
      await beat(apps(1));
      expect(one().gauges).to.include({ known: true, source: 'graphite' });
      sources = [driver];
      await beat(apps(1));
      expect(one().gauges.known).to.equal(false);
      expect(names()).to.deep.equal(['driver']);
      expect(reported()).to.include('driver').and.not.include('graphite');
    });

    it('one that stays keeps what it said', async () => {
      await beat(apps(1));
      sources = [driver];
      driver.answer = () => failed('unreachable');
      await beat(apps(1));
      expect(one().gauges).to.include({ known: true, source: 'driver', takenAtMs: clock.nowMs() - POLL_MS });
    });
  });

  it('takes the age that the source tells off the time of the reading', async () => {
    graphite.answer = () => ok(gaugesOf(5, 400));
    await beat(apps(1));
    expect(one().gauges).to.include({ takenAtMs: clock.nowMs() - 400 });
  });

  it('R4: gauges are unknown after three of their own periods without an answer, and the reason says why', async () => {
    driver.answer = () => ok(gaugesOf(3));
    await beat(apps(1));
    driver.answer = () => failed('refused', { status: 502 });
    graphite.answer = () => undefined;
    for (let count = 0; count < 3; count += 1) await beat(apps(1));
    expect(freshGauges().known).to.equal(true);
    await beat(apps(1));
    expect(freshGauges()).to.deep.equal({ known: false, reason: 'the test: refused (HTTP 502): made refused' });
  });

  describe('times that values carry', () => {
    const stamped = (ageMs: number, stamp: number) => ok({ ...gaugesOf(5, ageMs), stamp });

    it('R4: a time that stands still makes the reading stale by our own clock, whatever age is claimed', async () => {
      graphite.answer = () => stamped(0, 17);
      for (let count = 0; count < 4; count += 1) await beat(apps(1));
      expect(one().gauges.known).to.equal(true);
      await beat(apps(1));
      expect(one().gauges)
        .to.have.property('reason')
        .that.matches(/^graphite is stale: 4000 ms old/);
      graphite.answer = () => stamped(0, 18);
      await beat(apps(1));
      expect(one().gauges.known).to.equal(true);
    });

    it('a value that never changes under new times is nothing to doubt', async () => {
      for (let count = 0; count < 20; count += 1) {
        graphite.answer = () => stamped(0, count);
        await beat(apps(1));
        expect(one().gauges.known).to.equal(true);
      }
    });

    it('a clock ahead by less than a period makes values new, by more it makes them unbelievable', async () => {
      graphite.answer = () => stamped(-900, 1);
      await beat(apps(1));
      expect(one().gauges).to.include({ known: true, takenAtMs: clock.nowMs() });
      graphite.answer = () => stamped(-1_100, 2);
      await beat(apps(1));
      expect(one().gauges)
        .to.have.property('reason')
        .that.matches(/in the future: compare the clocks$/);
    });
  });

  it('an error that applications share is counted and told once', async () => {
    const shared = failure('unreachable');
    graphite.answer = () => ({ ok: false, error: shared });
    await beat(apps(50));
    const report = known.reports().find(({ name }) => name === 'graphite');
    expect([report?.reads, report?.failures]).to.deep.equal([1, 1]);
    expect(errors.filter((error) => error === shared)).to.have.length(1);
  });

  it('tells how the sources of each application stand', async () => {
    driver.answer = () => ok(gaugesOf(3));
    await beat(apps(1));
    expect(known.observe(apps(1))).to.have.length(1);
    const [choice] = known.choices();
    expect(choice).to.deep.include({ application: 'app-1', inUse: 'driver', disagreement: undefined });
    expect(choice?.sources.map(({ source, state }) => [source, state])).to.deep.equal([
      ['driver', 'in-use'],
      ['graphite', 'unread'],
    ]);
  });

  it('does not ask the master for a page while gauges and settings are there', async () => {
    driver.answer = () => ok(gaugesOf(3));
    for (let count = 0; count < 3; count += 1) await beat(apps(1));
    expect(pages).to.deep.equal([]);
  });

  const gaps = [
    { name: 'no gauges at all', gauges: undefined },
    { name: 'a failing driver', gauges: failed('timeout') },
    { name: 'a driver that publishes none', gauges: ok({ answer: { kind: 'absent' as const }, ageMs: 0 }) },
    { name: 'gauges without the target', gauges: ok(gaugesOf(undefined)) },
  ];
  for (const { name, gauges } of gaps) {
    it(`fills the gap with the master's page: ${name}`, async () => {
      driver.answer = () => gauges;
      await beat(apps(1));
      expect(one().page).to.deep.include({ known: true, value: EMPTY_PAGE, takenAtMs: clock.nowMs() });
    });
  }

  it("fills the gap with the master's page: settings that nobody could read", async () => {
    driver.answer = () => ok(gaugesOf(3));
    settings = () => Promise.resolve(failed('unreachable'));
    await beat(apps(1));
    expect(pages).to.deep.equal(['app-1']);
  });

  it('reads settings once', async () => {
    for (let count = 0; count < 5; count += 1) await beat(apps(1));
    expect(settingsAsked).to.deep.equal(['app-1']);
    expect(one().settings).to.deep.include({ known: true, value: SETTINGS, periodMs: Infinity });
  });

  it('asks again for settings that failed after 1, 2, 4, 8, 16, 32, then 60 s', async () => {
    settings = () => Promise.resolve(failed('unreachable'));
    const askedAtSec: number[] = [];
    for (let second = 0; second <= 200; second += 1) {
      const before = settingsAsked.length;
      await beat(apps(1));
      if (settingsAsked.length > before) askedAtSec.push(second);
    }
    expect(askedAtSec).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(one().settings).to.deep.equal({ known: false, reason: 'the test: unreachable: made unreachable' });
  });

  it('reads the settings and pages of at most ten applications a beat, who waited longest first', async () => {
    for (let count = 0; count < 3; count += 1) await beat(apps(25));
    const ids = apps(25).map(({ id }) => id);
    expect(settingsAsked).to.deep.equal(ids);
    expect(pages.slice(0, 10)).to.deep.equal(ids.slice(0, 10));
    expect(pages.slice(20)).to.deep.equal([...ids.slice(20), ...ids.slice(0, 5)]);
  });

  it('R5: settings that always fail do not keep those of other applications from being read', async () => {
    settings = (id) => Promise.resolve(Number(id.slice(4)) <= 600 ? failed('unreachable') : ok(SETTINGS));
    for (let count = 0; count < 240; count += 1) await beat(apps(700));
    const read = known.observe(apps(700)).filter((each) => each.settings.known);
    expect(read).to.have.length(100);
  });

  it('R5: many applications make readings older, never unknown', async () => {
    const active = apps(1_000);
    let turn = 0;
    let due = new Set<string>();
    driver.answer = (id) => (due.has(id) ? ok(gaugesOf(1)) : undefined);
    for (let count = 0; count < 300; count += 1) {
      due = new Set(active.slice(turn, turn + 10).map(({ id }) => id));
      turn = (turn + 10) % active.length;
      await beat(active);
      if (count < 100) continue;
      const nowMs = clock.nowMs();
      const unknowns = known.observe(active).filter(({ gauges }) => !freshAt(gauges, nowMs).known);
      expect(unknowns, `beat ${count}`).to.have.length(0);
    }
  });

  it('R5: what is known stays known when a thousand more applications come', async () => {
    driver.answer = (id) => (id === 'app-1' ? ok(gaugesOf(1)) : undefined);
    page = () => ok(EMPTY_PAGE);
    settings = () => Promise.resolve(failed('unreachable'));
    await beat(apps(1));
    driver.answer = () => undefined;
    for (let count = 0; count < 20; count += 1) await beat(apps(1_001));
    expect(freshGauges().known).to.equal(true);
    expect(freshAt(one().page, clock.nowMs()).known).to.equal(true);
  });

  it('R5: settings and pages that hang do not make the gauges older', async () => {
    const held = gate();
    settings = async () => {
      await held.opened;
      return ok(SETTINGS);
    };
    driver.answer = () => ok(gaugesOf(1));
    for (let count = 0; count < 6; count += 1) {
      clock.advance(POLL_MS);
      void known.read(apps(1), never);
      await settled();
      expect(freshGauges()).to.include({ known: true, takenAtMs: clock.nowMs() });
    }
    expect(settingsAsked, 'a read under way is not doubled').to.deep.equal(['app-1']);
    held.open();
    await settled();
    expect(one().settings.known).to.equal(true);
  });

  it('drops what comes for an application that ended while its gauges were read', async () => {
    const held = gate();
    driver.until = held.opened;
    driver.answer = () => ok(gaugesOf(3));
    const late = known.read(apps(2), never);
    await settled();
    await known.read(apps(1), never);
    held.open();
    await late;
    expect(known.observe(apps(2))[1]!.gauges).to.deep.equal({ known: false, reason: 'the application is new' });
    expect(one().gauges.known).to.equal(true);
    expect(known.reports().find(({ name }) => name === 'driver')?.reads, 'only the one that is left').to.equal(1);
  });

  it('forgets an application that ended, and reads its settings again should the id come back', async () => {
    await beat(apps(2));
    await beat(apps(1));
    await beat(apps(2));
    expect(settingsAsked).to.deep.equal(['app-1', 'app-2', 'app-2']);
  });

  it('counts reads and failures per source, and hands each failure on', async () => {
    driver.answer = (id) => (id === 'app-1' ? ok(gaugesOf(1)) : failed('timeout'));
    graphite.answer = () => failed('malformed');
    page = () => failed('refused', { status: 500 });
    await beat(apps(2));
    const reports = new Map(known.reports().map((report) => [report.name, report]));
    expect(reports.get('driver')).to.deep.include({ reads: 2, failures: 1, ageMs: 0, error: failure('timeout') });
    expect(reports.get('graphite')).to.deep.include({ reads: 2, failures: 2, ageMs: undefined });
    expect(reports.get('settings')).to.deep.include({ reads: 2, failures: 0, error: undefined });
    expect(reports.get('master-page')).to.deep.include({ reads: 1, failures: 1 });
    expect(errors.map(({ kind }) => kind).sort()).to.deep.equal(['malformed', 'malformed', 'refused', 'timeout']);
  });
});
