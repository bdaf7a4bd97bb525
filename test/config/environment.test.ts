/** What is wrong with an environment, and what is none of our business: every problem is listed, nothing is thrown. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describeProblem, printable } from '../../src/config/problem.ts';
import { isServiceVariable } from '../../src/config/service-variables.ts';
import { PREFIX } from '../../src/config/setting.ts';
import { CLUSTER, configOf, envOf, problemsOf, variables } from './environments.ts';

describe('parseConfig: problems', () => {
  it('are all listed at once, with name, value, what is allowed and how to mend it', () => {
    const problems = problemsOf(envOf({ POLL: '5', MAX: 'many', LOG_LEVEL: 'loud', POLICE: 'original' }));
    expect(problems.map(describeProblem)).to.deep.equal([
      'ELASTIC_WORKER_MAX=many: allowed is a whole number from 1 to 10000; write a whole number from 1 to 10000, or remove it to have 10',
      'ELASTIC_WORKER_POLL=5: allowed is a duration from 1s to 1m in whole seconds; add a unit: for example 5s, or remove it to have 1s',
      'ELASTIC_WORKER_LOG_LEVEL=loud: allowed is one of error, warn, info, debug; write one of error, warn, info, debug, or remove it to have info',
      'ELASTIC_WORKER_POLICE=(not shown): allowed is no variable of this name; did you mean ELASTIC_WORKER_POLICY? See elastic-worker help settings',
    ]);
  });

  it('an empty value is one: a lost template value must not become a default', () => {
    for (const empty of ['', ' ', '\n']) {
      const [problem, ...rest] = problemsOf(envOf({ MAX: empty }));
      expect(rest).to.deep.equal([]);
      expect(problem).to.include({ name: 'ELASTIC_WORKER_MAX', value: '' });
      expect(problem?.mend).to.contain('it is empty');
    }
  });

  it('a refused value is not complained about a second time in a relation', () => {
    expect(problemsOf(envOf({ MIN: '20', MAX: 'x' })).map(({ name }) => name)).to.deep.equal(['ELASTIC_WORKER_MAX']);
  });

  it('show neither a secret given in place of its file nor the value of an unknown name', () => {
    const secret = 'eyJhbGciOiJIUzI1NiJ9.s3cr3t';
    const problems = problemsOf(
      envOf({
        SPARK_TOKEN_FILE: secret,
        SPARK_PASSWORD_FILE: secret,
        DRIVER_TOKEN_FILE: secret,
        DRIVER_PASSWORD_FILE: secret,
        SPARK_KEY_FILE: secret,
        SPARK_HEADERS_FILE: secret,
        SPARK_TOKEN: secret,
        SPARK_USERNAME: `me:${secret}`,
        MASTER_URL: `http://me:${secret}@master:8080`,
      }),
    );
    expect(problems.length).to.be.at.least(9);
    expect(problems.map(describeProblem).join('\n')).to.not.contain('s3cr3t');
  });

  const suggestions: readonly [wrong: string, right: string][] = [
    ['MAXX', 'MAX'],
    ['ENABLED', 'ENABLE'],
    ['HOLD_TIME', 'HOLD'],
    ['MASTER_URI', 'MASTER_URL'],
    ['max', 'MAX'],
  ];
  for (const [wrong, right] of suggestions) {
    it(`an unknown name is one: ${PREFIX}${wrong} meant ${right}`, () => {
      const problems = problemsOf(envOf({ [wrong]: '1' }));
      expect(problems.map(({ name }) => name)).to.deep.equal([PREFIX + wrong]);
      expect(problems[0]?.mend).to.contain(`did you mean ${PREFIX}${right}?`);
    });
  }

  it('names that do not begin like ours are of no matter', () => {
    expect(
      problemsOf({ ...CLUSTER, ELASTIC: '1', elastic_worker_max: 'x', PATH: '', OSHINKO_REST_HOST: 'h' }),
    ).to.deep.equal([]);
  });
});

describe("parseConfig: the original daemon's variables", () => {
  const original = { OSHINKO_SPARK_CLUSTER: 'demo', SPARK_WORKER_CORES: '1', SPARK_WORKER_MEMORY: '1g' };

  it('are enough', () => {
    const config = configOf(original);
    expect(config.cluster).to.equal('demo');
    expect(config.target).to.have.property('by', 'labels');
    expect(config.values.targetSelector).to.equal('oshinko-cluster=demo,oshinko-type=worker');
    expect(config.rules.workerShape).to.deep.equal({ cores: 1, memoryMiB: 1024, custom: {} });
    expect(config.configMap).to.equal(undefined);
  });

  it('give way to ours, and are then not even judged', () => {
    const config = configOf({ ...original, SPARK_WORKER_CORES: 'x', ...envOf({ CLUSTER: 'mine', WORKER_CORES: '4' }) });
    expect(config.cluster).to.equal('mine');
    expect(config.rules.workerShape).to.deep.equal({ cores: 4, memoryMiB: 1024, custom: {} });
  });

  it('may be empty, and half a size of theirs is no mistake', () => {
    const config = configOf({
      ...CLUSTER,
      OSHINKO_SPARK_CLUSTER: '',
      SPARK_WORKER_CORES: ' ',
      SPARK_WORKER_MEMORY: '1g',
    });
    expect(config.cluster).to.equal('demo');
    expect(config.rules.workerShape).to.equal(undefined);
  });

  it('are named in their problems', () => {
    const problems = problemsOf({ OSHINKO_SPARK_CLUSTER: 'a/b', SPARK_WORKER_CORES: '0', SPARK_WORKER_MEMORY: '1024' });
    expect(problems.map(({ name }) => name)).to.deep.equal(Object.keys(original));
  });
});

describe("parseConfig: Kubernetes' variables for Services", () => {
  const injected: readonly [name: string, value: string][] = [
    ['ELASTIC_WORKER_PORT', 'tcp://10.96.0.7:9404'],
    ['ELASTIC_WORKER_SERVICE_HOST', '10.96.0.7'],
    ['ELASTIC_WORKER_SERVICE_PORT', '9404'],
    ['ELASTIC_WORKER_SERVICE_PORT_HTTP_METRICS', '9404'],
    ['ELASTIC_WORKER_PORT_9404_TCP', 'tcp://10.96.0.7:9404'],
    ['ELASTIC_WORKER_PORT_9404_TCP_PROTO', 'tcp'],
    ['ELASTIC_WORKER_PORT_9404_TCP_PORT', '9404'],
    ['ELASTIC_WORKER_PORT_9404_TCP_ADDR', '10.96.0.7'],
    ['ELASTIC_WORKER_METRICS_SERVICE_HOST', 'fd00::7'],
    ['ELASTIC_WORKER_METRICS_PORT', 'tcp://[fd00::7]:9404'],
    ['ELASTIC_WORKER_DNS_PORT_53_UDP', 'udp://10.96.0.7:53'],
    ['ELASTIC_WORKER_DNS_PORT_53_UDP_PROTO', 'udp'],
  ];

  it('are ignored', () => {
    expect(problemsOf({ ...CLUSTER, ...Object.fromEntries(injected) })).to.deep.equal([]);
  });

  for (const [name, value] of injected) {
    it(`${name} is one, with a value such as ${value} and with no other`, () => {
      expect(isServiceVariable(name, value)).to.equal(true);
      expect(isServiceVariable(name, 'something')).to.equal(false);
      expect(isServiceVariable(`X${name}`, value)).to.equal(false);
    });
  }

  it('do not cover a slip in the name of a setting', () => {
    const [problem] = problemsOf(envOf({ HTTP_PORT: '9404' }));
    expect(problem?.name).to.equal('ELASTIC_WORKER_HTTP_PORT');
  });
});

describe('parseConfig: any environment', () => {
  const name = fc.oneof(
    fc.constantFrom(...variables(), 'OSHINKO_SPARK_CLUSTER', 'SPARK_WORKER_CORES', 'SPARK_WORKER_MEMORY'),
    fc.string({ unit: 'binary', maxLength: 12 }).map((text) => PREFIX + text),
    fc.string({ maxLength: 12 }),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.constantFrom('', '0', '1', '5s', 'true', 'a=b', '/x', '10.0.0.0/8', 'http://a', '__proto__', '1g', 'off', '1h'),
    fc.integer().map(String),
  );
  const env = fc.dictionary(name, fc.option(value, { nil: undefined }));

  it('never throws, and every problem names a variable that is set or can be set', () => {
    fc.assert(
      fc.property(env, (given) => {
        const names = [...variables(), ...Object.keys(given).map(printable)];
        for (const problem of problemsOf(given)) {
          expect(names).to.include(problem.name);
          expect(problem.mend).to.not.equal('');
          expect(problem.allowed).to.not.equal('');
          expect(describeProblem(problem)).to.not.match(/[\p{Cc}\p{Cf}]/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('each of its problems about a value goes when that variable is taken out', () => {
    fc.assert(
      fc.property(env, (given) => {
        for (const { name } of problemsOf(given).filter(({ name }) => name in given)) {
          const rest = { ...given, [name]: undefined };
          const still = problemsOf(rest).filter((problem) => problem.name === name && problem.value !== '(not set)');
          // A default can still break a relation with what is left, such as a MIN above the default MAX.
          for (const { mend } of still) expect(mend).to.match(/^(?:lower|raise) /);
        }
      }),
      { numRuns: 200 },
    );
  });
});
