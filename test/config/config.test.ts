/** From the environment to the configuration: defaults, every setting, and back again for people. */
import { expect } from 'chai';
import { describeConfig } from '../../src/config/describe.ts';
import { looksLikeServiceVariable } from '../../src/config/service-variables.ts';
import { GROUPS, PREFIX } from '../../src/config/setting.ts';
import { SETTING_IDS, SETTINGS } from '../../src/config/settings.ts';
import { NOTHING_LEARNED, PROFILES } from '../../src/core/profiles.ts';
import { CLUSTER, configOf, envOf, variables } from './environments.ts';
import { SOURCE_CASES, SOURCE_COMPANIONS, type SettingCase } from './source-cases.ts';

describe('parseConfig: defaults', () => {
  const config = configOf(CLUSTER);

  it('make a daemon that stands by', () => {
    expect(config.enabled).to.equal(false);
    expect(config.dryRun).to.equal(false);
    expect(config.configMap).to.equal(undefined);
    expect(config.namespace).to.equal(undefined);
  });

  it('are the rules that were studied', () => {
    expect(config.rules).to.deep.equal({
      minWorkers: 1,
      maxWorkers: 10,
      holdMs: 60_000,
      learnsHold: true,
      skipsLate: true,
      dropsUnused: true,
      waitWorth: 300,
      floorShare: 0.65,
      stepsAhead: true,
      burstMs: 1000,
      growStepWorkers: 0,
      deadBandWorkers: 0,
      headroomWorkers: 0,
      reversalsPerHour: 20,
      policy: 'hysteresis',
      placement: 'spread',
      removalMode: 'auto',
      moveCachedBlocks: false,
      pinAgeLimitMs: 0,
      externalShuffleService: true,
      drainDeadlineMs: 600_000,
      onDrainDeadline: 'wait',
      maxDrainingWorkers: 20,
      quietMs: 30_000,
      settleMs: 2000,
      heartbeatFreshMs: 35_000,
      paused: false,
      workerShape: undefined,
    });
  });

  it('lean to what the profile says, and take a hold that is set as it is', () => {
    for (const profile of ['saving', 'balanced', 'speed'] as const) {
      const { rules } = configOf(envOf({ PROFILE: profile }));
      expect(rules).to.include({ ...PROFILES[profile], holdMs: 60_000 });
      const held = configOf(envOf({ PROFILE: profile, HOLD: '90s' })).rules;
      expect(held).to.include({ ...NOTHING_LEARNED, holdMs: 90_000 });
    }
    expect(configOf(envOf({ HOLD: 'auto' })).rules).to.deep.equal(config.rules);
  });

  it('find workers and Lease by the name of the cluster', () => {
    expect(config.target).to.deep.equal({
      by: 'labels',
      selectors: [
        'oshinko-cluster=demo,oshinko-type=worker',
        'radanalytics.io/SparkCluster=demo,radanalytics.io/podType=worker',
        'radanalytics.io/SparkCluster=demo,radanalytics.io/rcType=worker',
        'spark.operator/spark-cluster-name=demo,spark-role=worker',
      ],
    });
    expect(config.kube.leaseName).to.equal('elastic-worker-demo');
  });

  it('listen on every address, read the master beside them, and trust private networks only (R26)', () => {
    expect(config.http).to.deep.equal({ host: undefined, port: 9404 });
    expect(config.spark.masterUrl).to.equal('http://127.0.0.1:8080');
    expect(config.spark.useProxy).to.equal('auto');
    expect(config.spark.allowedNetworks).to.include('100.64.0.0/10').and.not.include('127.0.0.0/8');
    expect(config.pollMs).to.equal(1000);
    expect(config.beatBudgetMs).to.be.below(config.pollMs);
  });
});

describe('parseConfig: every setting', () => {
  /** For each setting a text that is not its default, and where the value must turn up. */
  const cases: Readonly<Record<string, SettingCase>> = {
    ...SOURCE_CASES,
    CLUSTER: ['Other_1', (c) => [c.cluster, c.kube.leaseName], ['Other_1', 'elastic-worker-other-1']],
    NAMESPACE: ['spark', (c) => c.namespace, 'spark'],
    TARGET: [
      'spark-w',
      (c) => c.target,
      { by: 'reference', reference: { kind: 'replicationcontroller', name: 'spark-w' } },
    ],
    TARGET_SELECTOR: ['app=w', (c) => c.target, { by: 'labels', selectors: ['app=w'] }],
    CONFIG_MAP: ['settings', (c) => c.configMap, 'settings'],
    WORKER_CORES: ['4', (c) => c.rules.workerShape, { cores: 4, memoryMiB: 1024, custom: {} }],
    WORKER_MEMORY: ['2g', (c) => c.rules.workerShape, { cores: 1, memoryMiB: 2048, custom: {} }],
    ENABLE: ['True', (c) => c.enabled, true],
    PAUSE: ['1', (c) => c.rules.paused, true],
    DRY_RUN: ['t', (c) => c.dryRun, true],
    PROFILE: ['saving', (c) => c.rules.floorShare, 0],
    POLICY: ['original', (c) => c.rules.policy, 'original'],
    MIN: ['0', (c) => c.rules.minWorkers, 0],
    MAX: ['30', (c) => c.rules.maxWorkers, 30],
    HEADROOM: ['2', (c) => c.rules.headroomWorkers, 2],
    CALENDAR: [
      '2 for 1h at 0 7 * * *',
      (c) => c.values.calendar,
      [{ workers: 2, lengthMs: 3_600_000, cron: '0 7 * * *', text: '2 for 1h at 0 7 * * *' }],
    ],
    TIME_ZONE: ['Europe/Berlin', (c) => c.values.timeZone, 'Europe/Berlin'],
    HOLD: ['1m30s', (c) => c.rules.holdMs, 90_000],
    BURST: ['0s', (c) => c.rules.burstMs, 0],
    GROW_STEP: ['3', (c) => c.rules.growStepWorkers, 3],
    DEAD_BAND: ['1', (c) => c.rules.deadBandWorkers, 1],
    REVERSALS_PER_HOUR: ['12', (c) => c.rules.reversalsPerHour, 12],
    PLACEMENT: ['packed', (c) => c.rules.placement, 'packed'],
    REMOVAL_MODE: ['off', (c) => c.rules.removalMode, 'off'],
    DRAIN_CACHED: ['true', (c) => c.rules.moveCachedBlocks, true],
    SHUFFLE_SERVICE: ['off', (c) => c.rules.externalShuffleService, false],
    PIN_AGE_LIMIT: ['2h', (c) => c.rules.pinAgeLimitMs, 7_200_000],
    WATCH_NODES: ['true', (c) => c.kube.watchNodes, true],
    DRAIN_DEADLINE: ['30s', (c) => c.rules.drainDeadlineMs, 30_000],
    DRAIN_LATE: ['remove', (c) => c.rules.onDrainDeadline, 'remove'],
    MAX_DRAINING: ['1', (c) => c.rules.maxDrainingWorkers, 1],
    QUIET: ['45s', (c) => c.rules.quietMs, 45_000],
    SETTLE: ['500ms', (c) => c.rules.settleMs, 500],
    HEARTBEAT_FRESH: ['50s', (c) => c.rules.heartbeatFreshMs, 50_000],
    POLL: ['2s', (c) => c.pollMs, 2000],
    REQUEST_TIMEOUT: ['999ms', (c) => c.spark.requestTimeoutMs, 999],
    MASTER_TIMEOUT: ['20s', (c) => c.spark.masterTimeoutMs, 20_000],
    MASTER_URL: ['https://m:8480/ui/', (c) => c.spark.masterUrl, 'https://m:8480/ui'],
    SPARK_CA_FILE: ['/ca', (c) => c.spark.caFile, '/ca'],
    SPARK_CERT_FILE: ['/cert', (c) => c.spark.certFile, '/cert'],
    SPARK_KEY_FILE: ['/key', (c) => c.spark.keyFile, '/key'],
    SPARK_USERNAME: ['me', (c) => c.spark.username, 'me'],
    SPARK_PASSWORD_FILE: ['/password', (c) => c.spark.passwordFile, '/password'],
    SPARK_TOKEN_FILE: ['/token', (c) => c.spark.tokenFile, '/token'],
    SPARK_HEADERS_FILE: ['/headers', (c) => c.spark.headersFile, '/headers'],
    MAX_CONCURRENT_REQUESTS: ['3', (c) => c.spark.maxConcurrentRequests, 3],
    MAX_BODY_MIB: ['9', (c) => c.spark.maxBodyMiB, 9],
    DRIVER_PROXY: ['never', (c) => c.spark.useProxy, 'never'],
    ALLOWED_NETWORKS: ['10.2.0.0/16', (c) => c.spark.allowedNetworks, ['10.2.0.0/16']],
    DRIVER_REQUESTS_PER_SECOND: ['5', (c) => c.spark.driverRequestsPerSecond, 5],
    DRIVER_USERNAME: ['you', (c) => c.spark.driverUsername, 'you'],
    DRIVER_PASSWORD_FILE: ['/p2', (c) => c.spark.driverPasswordFile, '/p2'],
    DRIVER_TOKEN_FILE: ['/t2', (c) => c.spark.driverTokenFile, '/t2'],
    KUBECONFIG: ['/kube', (c) => c.kube.kubeconfig, '/kube'],
    KUBE_TIMEOUT: ['4s', (c) => c.kube.timeoutMs, 4000],
    TARGET_PERIOD: ['3s', (c) => c.kube.targetPeriodMs, 3000],
    PODS_PERIOD: ['6s', (c) => c.kube.podsPeriodMs, 6000],
    CONFIG_PERIOD: ['7s', (c) => c.kube.configPeriodMs, 7000],
    LEASE: ['mine', (c) => c.kube.leaseName, 'mine'],
    LEASE_DURATION: ['20s', (c) => c.kube.leaseDurationMs, 20_000],
    EVENTS: ['0', (c) => c.kube.events, false],
    LISTEN: ['127.0.0.1:1234', (c) => c.http, { host: '127.0.0.1', port: 1234 }],
    LOG_LEVEL: ['debug', (c) => c.log.level, 'debug'],
    LOG_FORMAT: ['text', (c) => c.log.format, 'text'],
  };
  const companions: Readonly<Record<string, Record<string, string>>> = {
    ...SOURCE_COMPANIONS,
    WORKER_CORES: { WORKER_MEMORY: '1g' },
    WORKER_MEMORY: { WORKER_CORES: '1' },
    SPARK_CERT_FILE: { SPARK_KEY_FILE: '/key' },
    SPARK_KEY_FILE: { SPARK_CERT_FILE: '/cert' },
    SPARK_USERNAME: { SPARK_PASSWORD_FILE: '/password' },
    SPARK_PASSWORD_FILE: { SPARK_USERNAME: 'me' },
    DRIVER_USERNAME: { DRIVER_PASSWORD_FILE: '/p2' },
    DRIVER_PASSWORD_FILE: { DRIVER_USERNAME: 'you' },
  };

  for (const [name, [text, of, value]] of Object.entries(cases)) {
    it(`${name}=${text} reaches the configuration, also with a newline at its end`, () => {
      expect(of(configOf(envOf({ ...companions[name], [name]: text })))).to.deep.equal(value);
      expect(of(configOf(envOf({ ...companions[name], [name]: `${text} \r\n` })))).to.deep.equal(value);
      expect(of(configOf(CLUSTER))).to.not.deep.equal(value);
    });
  }

  it('has a case above', () => {
    expect(Object.keys(cases).map((name) => PREFIX + name)).to.have.members(variables());
  });

  it('is in a group with a heading, under a name of its own that no Service can take', () => {
    const known = GROUPS.map(([group]) => group);
    expect(new Set(variables()).size).to.equal(variables().length);
    for (const id of SETTING_IDS) {
      expect(known).to.include(SETTINGS[id].group);
      expect(SETTINGS[id].variable).to.match(/^ELASTIC_WORKER_[A-Z]+(?:_[A-Z]+)*$/);
      expect(looksLikeServiceVariable(SETTINGS[id].variable), SETTINGS[id].variable).to.equal(false);
    }
  });
});

describe('describeConfig', () => {
  it('has every setting by its variable, with derived ones as they are in force', () => {
    const described = describeConfig(
      configOf(envOf({ HOLD: '90s', SPARK_TOKEN_FILE: '/run/token', LISTEN: '[::1]:1' })),
    );
    expect(Object.keys(described)).to.deep.equal(variables());
    expect(described).to.include({
      ELASTIC_WORKER_HOLD: '1m30s',
      ELASTIC_WORKER_MAX: 10,
      ELASTIC_WORKER_ENABLE: false,
      ELASTIC_WORKER_TARGET: null,
      ELASTIC_WORKER_TARGET_SELECTOR: 'oshinko-cluster=demo,oshinko-type=worker',
      ELASTIC_WORKER_LEASE: 'elastic-worker-demo',
      ELASTIC_WORKER_SPARK_TOKEN_FILE: '/run/token',
      ELASTIC_WORKER_LISTEN: '[::1]:1',
    });
  });

  it('shows no selector where the target is named', () => {
    expect(describeConfig(configOf(envOf({ TARGET: 'w' })))).to.include({ ELASTIC_WORKER_TARGET_SELECTOR: null });
  });

  it('can be read back: what it shows is what was given', () => {
    const config = configOf(
      envOf({ HOLD: '90s', WORKER_CORES: '2', WORKER_MEMORY: '3g', ALLOWED_NETWORKS: '10.0.0.0/8' }),
    );
    const shown = Object.entries(describeConfig(config)).filter(([, value]) => value !== null);
    const again = configOf(Object.fromEntries(shown.map(([name, value]) => [name, String(value)])));
    // All but which of them were written down.
    expect({ ...again, given: config.given }).to.deep.equal(config);
  });
});
