/** Live values: flags (R11, R15), last good values, relations over the combined result, unknown keys. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { describeConfig } from '../../src/config/describe.ts';
import { LIVE_KEYS } from '../../src/config/live-keys.ts';
import { applyLive, initialLive, type LiveState } from '../../src/config/live.ts';
import { NOTHING_LEARNED, PROFILES } from '../../src/core/profiles.ts';

function configOf(env: Record<string, string> = {}): Config {
  const result = parseConfig({ ELASTIC_WORKER_CLUSTER: 'demo', ELASTIC_WORKER_CONFIG_MAP: 'settings', ...env });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

/** What is in force after these readings, one after the other. */
function after(config: Config, ...readings: readonly (Record<string, string> | undefined)[]): LiveState {
  return readings.reduce((state, data) => applyLive(config, state, data), initialLive(config));
}

const ON = { 'elasticWorker.enable': 'true' };
const config = configOf();

describe('applyLive: the flag', () => {
  const cases: readonly [
    name: string,
    data: Record<string, string> | undefined,
    source: LiveState['flagSource'],
    standby: string | undefined,
    problems: readonly string[],
  ][] = [
    ['on', ON, 'elasticWorker.enable', undefined, []],
    ['on, with a newline at its end', { 'elasticWorker.enable': 'True\n' }, 'elasticWorker.enable', undefined, []],
    ['off', { 'elasticWorker.enable': 'F' }, 'elasticWorker.enable', 'disabled', []],
    ['absent', {}, 'absent', 'disabled', []],
    ['no ConfigMap', undefined, 'absent', 'disabled', ['ELASTIC_WORKER_CONFIG_MAP']],
    [
      'a bad word (R11)',
      { 'elasticWorker.enable': 'yes' },
      'elasticWorker.enable',
      'flag-unreadable',
      ['elasticWorker.enable'],
    ],
    [
      'empty (R11)',
      { 'elasticWorker.enable': '' },
      'elasticWorker.enable',
      'flag-unreadable',
      ['elasticWorker.enable'],
    ],
    [
      'white space before the word (R11)',
      { 'elasticWorker.enable': ' true' },
      'elasticWorker.enable',
      'flag-unreadable',
      ['elasticWorker.enable'],
    ],
    ['the alias on', { 'scorpionstare.enable': '1' }, 'scorpionstare.enable', undefined, []],
    ['the alias off', { 'scorpionstare.enable': '0' }, 'scorpionstare.enable', 'disabled', []],
    [
      'a bad word in the alias (R11)',
      { 'scorpionstare.enable': 'on' },
      'scorpionstare.enable',
      'flag-unreadable',
      ['scorpionstare.enable'],
    ],
    [
      'ours off, the alias on (R15)',
      { 'elasticWorker.enable': 'false', 'scorpionstare.enable': 'true' },
      'elasticWorker.enable',
      'disabled',
      [],
    ],
    ['ours on, the alias off (R15)', { ...ON, 'scorpionstare.enable': 'false' }, 'elasticWorker.enable', undefined, []],
    [
      'ours unreadable, the alias on (R11, R15)',
      { 'elasticWorker.enable': 'tru', 'scorpionstare.enable': 'true' },
      'elasticWorker.enable',
      'flag-unreadable',
      ['elasticWorker.enable'],
    ],
    [
      "the original's other keys",
      { ...ON, workercount: '3\n', 'scorpionstare.image': 'x' },
      'elasticWorker.enable',
      undefined,
      [],
    ],
  ];
  for (const [name, data, source, standby, problems] of cases) {
    it(name, () => {
      const state = after(config, data);
      expect(state.flagSource).to.equal(source);
      expect(state.standby?.code).to.equal(standby);
      expect(state.enabled).to.equal(standby === undefined);
      expect(state.problems.map((problem) => problem.name)).to.deep.equal(problems);
    });
  }

  it('of the variable counts where no ConfigMap is configured, and only there', () => {
    const on = parseConfig({ ELASTIC_WORKER_CLUSTER: 'demo', ELASTIC_WORKER_ENABLE: 'true' });
    const off = parseConfig({ ELASTIC_WORKER_CLUSTER: 'demo' });
    if (!on.ok || !off.ok) throw new Error('both are good');
    expect(after(on.config, undefined)).to.include({ enabled: true, flagSource: 'environment' });
    expect(after(off.config, ON)).to.include({ enabled: false, flagSource: 'environment' });
    expect(after(configOf({ ELASTIC_WORKER_ENABLE: 'true' }), {})).to.include({ enabled: false, flagSource: 'absent' });
    expect(after(configOf({ ELASTIC_WORKER_ENABLE: 'false' }), ON)).to.include({ enabled: true });
  });

  it('is not on before the ConfigMap was read', () => {
    expect(after(configOf({ ELASTIC_WORKER_ENABLE: 'true' })).standby?.why).to.equal(
      'ConfigMap settings was not read yet',
    );
  });
});

describe('applyLive: values', () => {
  const good: readonly [key: string, text: string, changed: Partial<LiveState['rules']>][] = [
    ['min', '2', { minWorkers: 2 }],
    ['max', '20\n', { maxWorkers: 20 }],
    ['hold', '2m', { ...NOTHING_LEARNED, holdMs: 120_000 }],
    ['profile', 'saving', PROFILES.saving],
    ['burst', '300ms', { burstMs: 300 }],
    ['headroom', '1', { headroomWorkers: 1 }],
    ['growStep', '5', { growStepWorkers: 5 }],
    ['deadBand', '2', { deadBandWorkers: 2 }],
    ['reversalsPerHour', '3', { reversalsPerHour: 3 }],
    ['policy', 'original', { policy: 'original' }],
    ['removalMode', 'off', { removalMode: 'off' }],
    ['drainCached', 'true', { moveCachedBlocks: true }],
    ['pinAgeLimit', '2h', { pinAgeLimitMs: 7_200_000 }],
    ['drainDeadline', '1h', { drainDeadlineMs: 3_600_000 }],
    ['drainLate', 'remove', { onDrainDeadline: 'remove' }],
    ['maxDraining', '9', { maxDrainingWorkers: 9 }],
    ['quiet', '45s', { quietMs: 45_000 }],
    ['pause', 'T', { paused: true }],
  ];
  for (const [key, text, changed] of good) {
    it(`elasticWorker.${key} wins over the variable, and gives way when it is taken out`, () => {
      const state = after(config, { ...ON, [`elasticWorker.${key}`]: text });
      expect(state.rules).to.deep.equal({ ...config.rules, ...changed });
      expect(state.problems).to.deep.equal([]);
      expect(applyLive(config, state, ON).rules).to.deep.equal(config.rules);
    });
  }

  it('of the calendar win over the variables too, and are no rules: which windows are open changes by itself', () => {
    const calendar = {
      'elasticWorker.calendar': '8 for 10h at 30 7 * * 1-5',
      'elasticWorker.timeZone': 'Europe/Berlin',
    };
    const state = after(config, { ...ON, ...calendar });
    expect(state.values.calendar).to.have.nested.property('[0].workers', 8);
    expect(state.values.timeZone).to.equal('Europe/Berlin');
    expect(state.rules).to.deep.equal(config.rules);
    expect(applyLive(config, state, ON).values).to.deep.include({ calendar: [], timeZone: 'UTC' });
  });

  it('of every live key are covered above', () => {
    const keys = ['enable', 'calendar', 'timeZone', ...good.map(([key]) => key)];
    expect(keys.map((key) => `elasticWorker.${key}`)).to.have.members(LIVE_KEYS);
  });

  it('that cannot be read leave the last good one in force, and say so', () => {
    const state = after(config, { ...ON, 'elasticWorker.max': '20' }, { ...ON, 'elasticWorker.max': '2O' });
    expect(state.enabled).to.equal(true);
    expect(state.rules.maxWorkers).to.equal(20);
    expect(state.problems).to.deep.equal([
      {
        name: 'elasticWorker.max',
        value: '2O',
        allowed: 'a whole number from 1 to 10000',
        mend: 'write a whole number from 1 to 10000, or remove it to have 10',
      },
    ]);
    expect(applyLive(config, state, { ...ON, 'elasticWorker.max': '30' })).to.deep.include({ problems: [] });
  });

  it('that cannot be read, with none good since the start, make the daemon stand by until mended (R11)', () => {
    const bad = { ...ON, 'elasticWorker.hold': '60' };
    const state = after(config, bad, bad);
    expect(state.standby).to.deep.equal({
      code: 'flag-unreadable',
      why: 'no good value was seen since the start of: elasticWorker.hold',
    });
    expect(state.rules).to.deep.equal(config.rules);
    expect(applyLive(config, state, { ...ON, 'elasticWorker.hold': '60s' }).enabled).to.equal(true);
    expect(after(config, ON, bad).enabled).to.equal(true);
  });

  it('pause: a bad word is a pause, and says so', () => {
    const state = after(config, ON, { ...ON, 'elasticWorker.pause': 'no' });
    expect(state.enabled).to.equal(true);
    expect(state.rules.paused).to.equal(true);
    expect(state.problems.map(({ name }) => name)).to.deep.equal(['elasticWorker.pause']);
    expect(after(config, { ...ON, 'elasticWorker.pause': 'no' }).enabled).to.equal(true);
    expect(after(config, { ...ON, 'elasticWorker.pause': 'no' }, ON).rules.paused).to.equal(false);
  });

  it('outlive the ConfigMap, but without it the daemon stands by', () => {
    const state = after(config, { ...ON, 'elasticWorker.max': '20' }, undefined);
    expect(state.standby?.why).to.equal('there is no ConfigMap settings');
    expect(state.rules.maxWorkers).to.equal(20);
  });

  it('are what describeConfig shows when it is given them', () => {
    const { values } = after(config, { ...ON, 'elasticWorker.hold': '5m' });
    expect(describeConfig(config, values)).to.include({ ELASTIC_WORKER_HOLD: '5m', ELASTIC_WORKER_MAX: 10 });
  });
});

describe('applyLive: relations', () => {
  it('a min above max keeps the last good of both', () => {
    const before = { ...ON, 'elasticWorker.min': '2', 'elasticWorker.max': '6' };
    const state = after(config, before, { ...ON, 'elasticWorker.min': '9', 'elasticWorker.max': '8' });
    expect([state.rules.minWorkers, state.rules.maxWorkers]).to.deep.equal([2, 6]);
    expect(state.enabled).to.equal(true);
    expect(state.problems).to.deep.equal([
      {
        name: 'elasticWorker.min',
        value: '9',
        allowed: 'at most 8 (see elasticWorker.max)',
        mend: 'lower elasticWorker.min or raise elasticWorker.max',
      },
    ]);
  });

  it('are checked against variables as well', () => {
    const state = after(config, ON, { ...ON, 'elasticWorker.min': '11' });
    expect(state.rules.minWorkers).to.equal(1);
    expect(state.problems[0]?.mend).to.equal('lower elasticWorker.min or raise ELASTIC_WORKER_MAX');
    const slow = configOf({ ELASTIC_WORKER_POLL: '5s' });
    expect(after(slow, ON, { ...ON, 'elasticWorker.hold': '2s' }).rules.holdMs).to.equal(60_000);
  });

  it('broken at the first reading make the daemon stand by (R11)', () => {
    const state = after(config, { ...ON, 'elasticWorker.min': '11' });
    expect(state.standby?.why).to.equal('no good value was seen since the start of: elasticWorker.min');
  });

  it('never keep a person from lowering the maximum: advice only', () => {
    const wide = configOf({
      ELASTIC_WORKER_GROW_STEP: '5',
      ELASTIC_WORKER_DEAD_BAND: '4',
      ELASTIC_WORKER_HEADROOM: '3',
    });
    const state = after(wide, ON, { ...ON, 'elasticWorker.max': '2' });
    expect(state.rules.maxWorkers).to.equal(2);
    expect(state.problems.map(({ name }) => name)).to.deep.equal([
      'ELASTIC_WORKER_HEADROOM',
      'ELASTIC_WORKER_GROW_STEP',
      'ELASTIC_WORKER_DEAD_BAND',
    ]);
  });
});

describe('applyLive: unknown keys', () => {
  const cases: readonly [key: string, mend: string][] = [
    ['elasticWorker.maks', 'did you mean elasticWorker.max?'],
    ['elasticWorker.grow_step', 'did you mean elasticWorker.growStep?'],
    ['elasticworker.enable', 'did you mean elasticWorker.enable?'],
    ['elasticWorker.poll', 'it is read at start only: set the variable ELASTIC_WORKER_POLL'],
    ['elasticWorker.masterUrl', 'it is read at start only: set the variable ELASTIC_WORKER_MASTER_URL'],
  ];
  for (const [key, mend] of cases) {
    it(`${key}: ${mend}`, () => {
      const state = after(config, { ...ON, [key]: '3' });
      expect(state.enabled).to.equal(true);
      expect(state.rules).to.deep.equal(config.rules);
      expect(state.problems).to.deep.equal([{ name: key, value: '3', allowed: 'no key of this name', mend }]);
    });
  }

  it('of others are of no matter, and ours are reported a few at a time', () => {
    const others = { 'elasticWorkers.max': '1', max: '1', __proto__: '1', constructor: '1' };
    expect(after(config, { ...ON, ...others }).problems).to.deep.equal([]);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`elasticWorker.x${i}`, '1']));
    expect(after(config, { ...ON, ...many }).problems.length).to.equal(20);
  });
});

describe('applyLive: any ConfigMap', () => {
  const key = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...LIVE_KEYS, 'scorpionstare.enable', 'metrics.enable', 'metrics') },
    { weight: 1, arbitrary: fc.string({ maxLength: 10 }).map((text) => `elasticWorker.${text}`) },
  );
  const text = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 40 }).map(String) },
    { weight: 3, arbitrary: fc.constantFrom('true', 'false', '5s', '100ms', '2m', 'original', 'off', '') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const readings = fc.array(fc.option(fc.dictionary(key, text), { nil: undefined }), { maxLength: 6 });

  it('never throws, and what is in force is always in order', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const { rules, enabled, standby } = after(config, ...all);
        expect(rules.minWorkers).to.be.at.most(rules.maxWorkers);
        expect(rules.holdMs).to.be.at.least(config.pollMs);
        expect(enabled).to.equal(standby === undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('R11: acts only by a flag that says so in a word of ParseBool', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const newest = all.at(-1);
        const flag = newest?.['elasticWorker.enable'] ?? newest?.['scorpionstare.enable'];
        const saysSo = ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(flag?.trimEnd() ?? '');
        if (!saysSo) expect(after(config, ...all).enabled).to.equal(false);
      }),
      { numRuns: 500 },
    );
  });

  it('a value that stands in the ConfigMap and is not in force is always reported', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const { rules, problems } = after(config, ...all);
        const stated = all.at(-1)?.['elasticWorker.max'];
        if (stated !== undefined && stated.trimEnd() !== String(rules.maxWorkers) && !/^0\d/.test(stated)) {
          expect(problems.length).to.be.above(0);
        }
      }),
    );
  });
});
