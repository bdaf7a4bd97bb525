/** Settings that do not go together. */
import { expect } from 'chai';
import { RELATIONS } from '../../src/config/relations.ts';
import { PREFIX } from '../../src/config/setting.ts';
import { configOf, envOf, problemsOf } from './environments.ts';
import { BROKEN_SOURCES, type BrokenCase } from './source-relations-cases.ts';

describe('parseConfig: relations', () => {
  const broken: readonly BrokenCase[] = [
    ...BROKEN_SOURCES,
    ['MIN ≤ MAX', { MIN: '11' }, 'MIN', '11', 'lower ELASTIC_WORKER_MIN or raise ELASTIC_WORKER_MAX'],
    ['HOLD ≥ POLL', { HOLD: '1s', POLL: '2s' }, 'HOLD', '1s', 'raise ELASTIC_WORKER_HOLD or lower ELASTIC_WORKER_POLL'],
    [
      'HEADROOM < MAX',
      { HEADROOM: '10' },
      'HEADROOM',
      '10',
      'lower ELASTIC_WORKER_HEADROOM or raise ELASTIC_WORKER_MAX',
    ],
    [
      'workers of CALENDAR ≤ MAX',
      { CALENDAR: '4 for 1h at 0 7 * * *; 11 for 1h at 0 9 * * *' },
      'CALENDAR',
      '4 for 1h at 0 7 * * *; 11 for 1h at 0 9 * * *',
      'lower the workers in ELASTIC_WORKER_CALENDAR or raise ELASTIC_WORKER_MAX',
    ],
    [
      'GROW_STEP ≤ MAX',
      { GROW_STEP: '11' },
      'GROW_STEP',
      '11',
      'lower ELASTIC_WORKER_GROW_STEP or raise ELASTIC_WORKER_MAX',
    ],
    [
      'DEAD_BAND = 0 or DEAD_BAND < MAX - MIN',
      { DEAD_BAND: '9' },
      'DEAD_BAND',
      '9',
      'lower ELASTIC_WORKER_DEAD_BAND or raise ELASTIC_WORKER_MAX',
    ],
    [
      'REQUEST_TIMEOUT < POLL',
      { REQUEST_TIMEOUT: '1s' },
      'REQUEST_TIMEOUT',
      '1s',
      'lower ELASTIC_WORKER_REQUEST_TIMEOUT or raise ELASTIC_WORKER_POLL',
    ],
    [
      'LEASE_DURATION ≥ 3 × POLL',
      { POLL: '6s' },
      'LEASE_DURATION',
      '15s',
      'raise ELASTIC_WORKER_LEASE_DURATION or lower ELASTIC_WORKER_POLL',
    ],
    [
      'LEASE_DURATION ≥ 3 × KUBE_TIMEOUT',
      { KUBE_TIMEOUT: '5s1ms' },
      'LEASE_DURATION',
      '15s',
      'raise ELASTIC_WORKER_LEASE_DURATION or lower ELASTIC_WORKER_KUBE_TIMEOUT',
    ],
    [
      'not both TARGET and TARGET_SELECTOR',
      { TARGET: 'a', TARGET_SELECTOR: 'a=b' },
      'TARGET_SELECTOR',
      'a=b',
      'remove ELASTIC_WORKER_TARGET_SELECTOR or ELASTIC_WORKER_TARGET',
    ],
    [
      'WORKER_CORES and WORKER_MEMORY together',
      { WORKER_CORES: '2' },
      'WORKER_MEMORY',
      '(not set)',
      'set ELASTIC_WORKER_WORKER_MEMORY as well, or remove ELASTIC_WORKER_WORKER_CORES',
    ],
    [
      'SPARK_CERT_FILE and SPARK_KEY_FILE together',
      { SPARK_KEY_FILE: '/k' },
      'SPARK_CERT_FILE',
      '(not set)',
      'set ELASTIC_WORKER_SPARK_CERT_FILE as well, or remove ELASTIC_WORKER_SPARK_KEY_FILE',
    ],
    [
      'SPARK_USERNAME and SPARK_PASSWORD_FILE together',
      { SPARK_USERNAME: 'me' },
      'SPARK_PASSWORD_FILE',
      '(not set)',
      'set ELASTIC_WORKER_SPARK_PASSWORD_FILE as well, or remove ELASTIC_WORKER_SPARK_USERNAME',
    ],
    [
      'not both SPARK_USERNAME and SPARK_TOKEN_FILE',
      { SPARK_USERNAME: 'me', SPARK_PASSWORD_FILE: '/p', SPARK_TOKEN_FILE: '/t' },
      'SPARK_TOKEN_FILE',
      '/t',
      'remove ELASTIC_WORKER_SPARK_TOKEN_FILE or ELASTIC_WORKER_SPARK_USERNAME',
    ],
    [
      'DRIVER_USERNAME and DRIVER_PASSWORD_FILE together',
      { DRIVER_PASSWORD_FILE: '/p' },
      'DRIVER_USERNAME',
      '(not set)',
      'set ELASTIC_WORKER_DRIVER_USERNAME as well, or remove ELASTIC_WORKER_DRIVER_PASSWORD_FILE',
    ],
    [
      'not both DRIVER_USERNAME and DRIVER_TOKEN_FILE',
      { DRIVER_USERNAME: 'me', DRIVER_PASSWORD_FILE: '/p', DRIVER_TOKEN_FILE: '/t' },
      'DRIVER_TOKEN_FILE',
      '/t',
      'remove ELASTIC_WORKER_DRIVER_TOKEN_FILE or ELASTIC_WORKER_DRIVER_USERNAME',
    ],
  ];
  for (const [formula, settings, name, value, mend] of broken) {
    it(`broken: ${formula}`, () => {
      const problems = problemsOf(envOf(settings));
      expect(problems.map(({ name, value, mend }) => ({ name, value, mend }))).to.deep.equal([
        { name: PREFIX + name, value, mend },
      ]);
    });
  }

  it('broken: nothing says whose workers', () => {
    const [problem, ...rest] = problemsOf({});
    expect(rest).to.deep.equal([]);
    expect(problem?.name).to.equal('ELASTIC_WORKER_TARGET');
    expect(problem?.mend).to.contain('ELASTIC_WORKER_TARGET_SELECTOR').and.contain('OSHINKO_SPARK_CLUSTER');
  });

  it('all have a case above', () => {
    const whose = 'TARGET, TARGET_SELECTOR or CLUSTER is set';
    expect([...new Set(broken.map(([formula]) => formula)), whose]).to.have.members(
      RELATIONS.map(({ formula }) => formula),
    );
  });

  it('hold at their very edges', () => {
    const edges = { MIN: '10', HOLD: '5s', POLL: '5s', HEADROOM: '9', GROW_STEP: '10', REQUEST_TIMEOUT: '4s999ms' };
    expect(problemsOf(envOf(edges))).to.deep.equal([]);
    expect(problemsOf(envOf({ DEAD_BAND: '8' }))).to.deep.equal([]);
  });

  it('any one of target, selector and cluster will do', () => {
    for (const name of ['TARGET', 'CLUSTER']) expect(problemsOf({ [PREFIX + name]: 'a' })).to.deep.equal([]);
    expect(problemsOf({ ELASTIC_WORKER_TARGET_SELECTOR: 'a=b' })).to.deep.equal([]);
    expect(configOf({ ELASTIC_WORKER_TARGET_SELECTOR: 'a=b' }).kube.leaseName).to.equal('elastic-worker');
    expect(configOf({ ELASTIC_WORKER_TARGET: 'w' }).kube.leaseName).to.equal('elastic-worker-w');
  });
});
