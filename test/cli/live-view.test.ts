import { expect } from 'chai';
import cron from 'node-cron';
import { LiveSettings, type OriginalDaemon } from '../../src/cli/live-view.ts';
import type { LiveView } from '../../src/daemon/cycle.ts';
import type { ConfigReading } from '../../src/daemon/observer.ts';
import { configOf } from '../config/environments.ts';

/** A Monday at eight. */
const MONDAY_MS = Date.UTC(2026, 10, 23, 8);
const nowEpochMs = (): number => MONDAY_MS;

const ENV = { ELASTIC_WORKER_CLUSTER: 'demo', ELASTIC_WORKER_CONFIG_MAP: 'demo-config' };
const NOBODY: OriginalDaemon = { known: true, container: undefined };
const THERE: OriginalDaemon = { known: true, container: 'demo-m-stare' };
const UNSEEN: OriginalDaemon = { known: false, why: 'its own pod has not been read yet' };

type Data = Readonly<Record<string, string>>;

function reading(value: Data | undefined): ConfigReading {
  return { known: true, value, takenAtMs: 0, source: 'cluster-config', periodMs: 1000 };
}

function unreadable(reason = 'configmap/demo-config: timeout'): ConfigReading {
  return { known: false, reason };
}

function liveOf(more: Readonly<Record<string, string>> = {}, original: OriginalDaemon = NOBODY): LiveSettings {
  return new LiveSettings(configOf({ ...ENV, ...more }), () => original, nowEpochMs);
}

const OWN: Data = { 'elasticWorker.enable': 'true' };
const ALIAS: Data = { 'scorpionstare.enable': 'true' };

describe('live view: the flag', () => {
  const table: readonly (readonly [string, Data | undefined, string | undefined])[] = [
    ['our flag', OWN, undefined],
    ["the original's flag, with nobody else in the pod", ALIAS, undefined],
    ['with a newline at its end, as out of a file', { 'elasticWorker.enable': 'true\n' }, undefined],
    ['false', { 'elasticWorker.enable': 'false' }, 'disabled'],
    ['absent', {}, 'disabled'],
    ['no such ConfigMap', undefined, 'disabled'],
    ['R11: a word that is none', { 'elasticWorker.enable': 'yes' }, 'flag-unreadable'],
    ['R11: empty', { 'elasticWorker.enable': '' }, 'flag-unreadable'],
    ['ours is off, the alias on', { ...ALIAS, 'elasticWorker.enable': 'false' }, 'disabled'],
  ];
  for (const [what, data, code] of table) {
    it(`${what}: ${code === undefined ? 'acts' : `stands by (${code})`}`, () => {
      expect(liveOf().view(reading(data)).standby?.code).to.equal(code);
    });
  }

  it('R11: what cannot be read is never "on", also right after it was on', () => {
    const live = liveOf();
    expect(live.view(reading(OWN)).standby).to.equal(undefined);
    const view = live.view(unreadable());
    expect(view.standby).to.deep.equal({
      code: 'flag-unreadable',
      why: "the cluster's ConfigMap cannot be read: configmap/demo-config: timeout",
    });
    expect(live.view(reading(OWN)).standby).to.equal(undefined);
  });

  it('R11: before the first reading it stands by', () => {
    expect(liveOf().view(unreadable('cluster-config not read yet')).standby?.code).to.equal('flag-unreadable');
  });

  it('the problem stays the same while the last reading grows older, so that it is told once', () => {
    const live = liveOf();
    const problems = [3000, 4000].map((ageMs) => live.view(unreadable(`stale: ${ageMs} ms old`)).problems);
    expect(problems[0]).to.have.length(1);
    expect(problems[1]).to.deep.equal(problems[0]);
  });

  it('without a ConfigMap the environment decides', () => {
    const { ELASTIC_WORKER_CLUSTER } = ENV;
    const view = (enable: string) =>
      new LiveSettings(
        configOf({ ELASTIC_WORKER_CLUSTER, ELASTIC_WORKER_ENABLE: enable }),
        () => UNSEEN,
        nowEpochMs,
      ).view(undefined);
    expect(view('true').standby).to.equal(undefined);
    expect(view('false').standby?.code).to.equal('disabled');
  });
});

describe('live view: values', () => {
  it('a live value wins over the environment, and its absence gives that back', () => {
    const live = liveOf({ ELASTIC_WORKER_MAX: '7' });
    expect(live.view(reading({ ...OWN, 'elasticWorker.max': '12' })).rules.maxWorkers).to.equal(12);
    expect(live.values().maxWorkers).to.equal(12);
    expect(live.view(reading(OWN)).rules.maxWorkers).to.equal(7);
  });

  it('a value that cannot be read leaves the last good one, and says so', () => {
    const live = liveOf();
    live.view(reading({ ...OWN, 'elasticWorker.max': '12' }));
    const view = live.view(reading({ ...OWN, 'elasticWorker.max': 'lots' }));
    expect(view.standby).to.equal(undefined);
    expect(view.rules.maxWorkers).to.equal(12);
    expect(view.problems).to.have.length(1);
    expect(view.problems[0]).to.match(/^elasticWorker\.max=lots: allowed is /);
  });

  it('R11: a value that was never good since the start means standing by', () => {
    const { standby } = liveOf().view(reading({ ...OWN, 'elasticWorker.max': 'lots' }));
    expect(standby?.code).to.equal('flag-unreadable');
  });

  it('while the ConfigMap cannot be read, the rules are the last ones', () => {
    const live = liveOf();
    live.view(reading({ ...OWN, 'elasticWorker.max': '12' }));
    expect(live.view(unreadable()).rules.maxWorkers).to.equal(12);
    expect(live.values().maxWorkers).to.equal(12);
  });
});

describe('live view: two autoscalers never act', () => {
  it("R15: with the original's flag alone and its container in the pod, it stands by and says what to do", () => {
    expect(liveOf({}, THERE).view(reading(ALIAS)).standby).to.deep.equal({
      code: 'original-present',
      why:
        'scorpionstare.enable is set and the original daemon runs in container demo-m-stare; ' +
        'set elasticWorker.enable to have this one act',
    });
  });

  it('R15: our flag decides over the alias, whoever else is in the pod', () => {
    for (const original of [THERE, UNSEEN]) {
      const live = liveOf({}, original);
      expect(live.view(reading({ ...ALIAS, ...OWN })).standby).to.equal(undefined);
      expect(live.view(reading({ ...ALIAS, 'elasticWorker.enable': 'false' })).standby?.code).to.equal('disabled');
    }
  });

  it('R15: while it does not know who is in its pod, it stands by with the alias, and acts once it knows', () => {
    let original: OriginalDaemon = UNSEEN;
    const live = new LiveSettings(configOf(ENV), () => original, nowEpochMs);
    expect(live.view(reading(ALIAS)).standby).to.deep.equal({
      code: 'original-present',
      why: 'the original daemon may be in this pod: its own pod has not been read yet',
    });
    original = NOBODY;
    expect(live.view(reading(ALIAS)).standby).to.equal(undefined);
  });

  it('R15: who is in the pod is asked only where it matters', () => {
    let asked = 0;
    const watch = (): OriginalDaemon => {
      asked += 1;
      return NOBODY;
    };
    const live = new LiveSettings(configOf(ENV), watch, nowEpochMs);
    for (const data of [OWN, {}, { 'scorpionstare.enable': 'false' }, { ...ALIAS, ...OWN }]) live.view(reading(data));
    expect(asked).to.equal(0);
    live.view(reading(ALIAS));
    expect(asked).to.equal(1);
  });
});

describe('live view: a dry run', () => {
  const DRY = { ELASTIC_WORKER_DRY_RUN: 'true' };

  it('stands by though it is switched on', () => {
    expect(liveOf(DRY).view(reading(OWN)).standby?.code).to.equal('dry-run');
  });

  it('a stronger reason to stand by is told first', () => {
    expect(liveOf(DRY).view(reading({})).standby?.code).to.equal('disabled');
    expect(liveOf(DRY).view(unreadable()).standby?.code).to.equal('flag-unreadable');
    expect(liveOf(DRY, THERE).view(reading(ALIAS)).standby?.code).to.equal('original-present');
  });
});

describe('live view: the calendar', () => {
  const OFFICE = '8 for 10h at 30 7 * * 1-5';
  const calendar = (text: string): Data => ({ ...OWN, 'elasticWorker.calendar': text });
  const kept = (view: LiveView): unknown => view.calendar?.map(({ workers, until }) => [workers, until]);

  it('without one there are no windows at all', () => {
    expect(liveOf().view(reading(OWN))).not.to.have.property('calendar');
  });

  it('a window that was open before the daemon started counts', () => {
    const view = liveOf({ ELASTIC_WORKER_CALENDAR: OFFICE }).view(reading(OWN));
    expect(kept(view)).to.deep.equal([[8, '2026-11-23 17:30 UTC']]);
  });

  it('may be changed live, and its removal gives back that of the environment', () => {
    const live = liveOf({ ELASTIC_WORKER_CALENDAR: OFFICE });
    expect(kept(live.view(reading(calendar('3 for 2h at 0 7 * * *\n4 for 2h at 0 6 * * *\n'))))).to.deep.equal([
      [3, '2026-11-23 09:00 UTC'],
    ]);
    expect(live.view(reading(calendar('none')))).not.to.have.property('calendar');
    expect(kept(live.view(reading(OWN)))).to.deep.equal([[8, '2026-11-23 17:30 UTC']]);
  });

  it('the time zone may be changed live', () => {
    const live = liveOf();
    const at = '2 for 1h at 0 17 * * 1-5';
    expect(kept(live.view(reading(calendar(at))))).to.deep.equal([]);
    const tokyo = { ...calendar(at), 'elasticWorker.timeZone': 'Asia/Tokyo' };
    expect(kept(live.view(reading(tokyo)))).to.deep.equal([[2, '2026-11-23 18:00 Asia/Tokyo']]);
  });

  for (const [what, key, text, mend] of [
    ['expression', 'elasticWorker.calendar', '8 for 10h at 30 7 * *', 'write five fields'],
    ['duration', 'elasticWorker.calendar', '8 for ever at 30 7 * * *', 'as a duration from 1m to 168h'],
    ['time zone', 'elasticWorker.timeZone', 'Europe/Berlinn', 'such as Europe/Berlin'],
  ] as const) {
    it(`a bad ${what} leaves the last good one, and says so`, () => {
      const live = liveOf();
      const good = calendar(OFFICE);
      const before = kept(live.view(reading(good)));
      const view = live.view(reading({ ...good, [key]: text }));
      expect(kept(view)).to.deep.equal(before).and.to.have.length(1);
      expect(view.standby).to.equal(undefined);
      expect(view.problems).to.have.length(1);
      expect(view.problems[0]).to.contain(key).and.to.contain(mend);
    });
  }

  it('more workers than max are a complaint, since max may be lowered at any time; the count stays below it', () => {
    const view = liveOf().view(reading({ ...calendar(OFFICE), 'elasticWorker.max': '5' }));
    expect(kept(view)).to.have.length(1);
    expect(view.rules.maxWorkers).to.equal(5);
    expect(view.problems).to.deep.equal([
      'elasticWorker.calendar=8 for 10h at 30 7 * * 1-5: allowed is at most 5 workers in an entry (see elasticWorker.max); ' +
        'lower the workers in elasticWorker.calendar or raise elasticWorker.max',
    ]);
  });

  it('R11: while the ConfigMap cannot be read it stands by, with the calendar it had', () => {
    const live = liveOf();
    live.view(reading(calendar(OFFICE)));
    const view = live.view(unreadable());
    expect(view.standby?.code).to.equal('flag-unreadable');
    expect(kept(view)).to.have.length(1);
  });

  it('leaves no task of an old calendar behind', () => {
    const before = cron.getTasks().size;
    const live = liveOf();
    for (let hour = 0; hour < 20; hour += 1) live.view(reading(calendar(`8 for 1h at 0 ${hour} * * *`)));
    expect(cron.getTasks().size).to.equal(before + 1);
    live.view(reading(calendar('none')));
    expect(cron.getTasks().size).to.equal(before);
  });
});
