import { createServer } from 'node:net';
import { expect } from 'chai';
import { renderSettingsText } from '../../src/config/settings-text.ts';
import { commandLine, startBench, type Finished, type Variables } from './support.ts';

/** Enough to be valid; the process would go on to look for a Kubernetes API, and find none. */
const VALID: Variables = { ELASTIC_WORKER_TARGET: 'spark-worker' };

interface Expected {
  readonly code: number;
  readonly output?: RegExp;
  readonly errorText?: RegExp;
}

const NOTHING = /^$/;
const COMMANDS = ['run', 'check', 'explain', 'help'];

const TABLE: readonly (readonly [string, readonly string[], Variables, Expected])[] = [
  ['--version says the version', ['--version'], {}, { code: 0, output: /^development\n$/, errorText: NOTHING }],
  [
    '--help names every command, and where the settings are',
    ['--help'],
    {},
    {
      code: 0,
      output: new RegExp(
        `^Usage: elastic-worker .*${COMMANDS.map((one) => `\\n +${one} .*`).join('')}help settings\\n`,
        's',
      ),
      errorText: NOTHING,
    },
  ],
  ['help is the same as --help', ['help'], {}, { code: 0, output: /^Usage: elastic-worker .*help settings\n/s }],
  ['help of a command is its own', ['help', 'check'], {}, { code: 0, output: /^Usage: elastic-worker check/ }],
  [
    'help for what is not there is wrong usage, and says what there is',
    ['help', 'settigns'],
    {},
    {
      code: 2,
      output: NOTHING,
      errorText: /no help for 'settigns', only for settings, run, check, explain, simulate, help\n/,
    },
  ],
  [
    'an unknown command is wrong usage, with the nearest one',
    ['chekc'],
    VALID,
    { code: 2, output: NOTHING, errorText: /unknown command 'chekc'\n\(Did you mean check\?\)/ },
  ],
  [
    'an unknown flag is wrong usage, with the nearest one',
    ['--hlep'],
    VALID,
    { code: 2, output: NOTHING, errorText: /unknown option '--hlep'\n\(Did you mean --help\?\)/ },
  ],
  [
    'so is a word too many',
    ['explain', 'everything'],
    VALID,
    { code: 2, output: NOTHING, errorText: /too many arguments for 'explain'/ },
  ],
  [
    'without a command it runs',
    [],
    VALID,
    { code: 1, output: /"level":"error","message":"cannot start","problem":"no way to reach the Kubernetes API/ },
  ],
  ['so it does by name', ['run'], VALID, { code: 1, output: /"message":"cannot start"/ }],
  [
    'check without a Kubernetes API fails in one line',
    ['check'],
    VALID,
    { code: 1, output: /^ok {4}settings .*\nFAIL {2}credentials +no way to reach the Kubernetes API.*\n$/ },
  ],
  [
    'explain without a Kubernetes API fails, and prints no half of an explanation',
    ['explain'],
    VALID,
    { code: 1, output: NOTHING, errorText: /^no way to reach the Kubernetes API/ },
  ],
];

describe('command line', function () {
  // Each is a process of its own, which takes half a second of CPU to start.
  this.timeout(120_000);
  const finished = new Map<string, Finished>();

  before(async () => {
    for (let index = 0; index < TABLE.length; index += 4) {
      await Promise.all(
        TABLE.slice(index, index + 4).map(async ([title, args, variables]) => {
          finished.set(title, await commandLine(args, variables));
        }),
      );
    }
  });

  for (const [title, , , { code, output, errorText }] of TABLE) {
    it(title, () => {
      const found = finished.get(title);
      expect(found?.code, found?.errorText).to.equal(code);
      if (output !== undefined) expect(found?.output).to.match(output);
      if (errorText !== undefined) expect(found?.errorText).to.match(errorText);
    });
  }

  it('help settings prints the table of settings', async () => {
    expect(await commandLine(['help', 'settings'])).to.deep.equal({
      code: 0,
      output: renderSettingsText(),
      errorText: '',
    });
  });

  it('problems with the settings are told all at once, with 2, before anything starts', async () => {
    let connections = 0;
    const server = createServer(() => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, output, errorText } = await commandLine([], {
      ...VALID,
      ELASTIC_WORKER_MASTER_URL: `http://127.0.0.1:${port}`,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
      ELASTIC_WORKER_POLL: '3',
      ELASTIC_WORKER_MIN: '5',
      ELASTIC_WORKER_MAX: '4',
      ELASTIC_WORKER_HODL: '60s',
    });
    await new Promise((resolve) => server.close(resolve));
    expect(code).to.equal(2);
    expect(output).to.equal('');
    expect(errorText).to.match(/^3 problems with the settings:\n/);
    expect(errorText).to.match(/ELASTIC_WORKER_POLL=3: .*add a unit/);
    expect(errorText).to.match(/ELASTIC_WORKER_M(IN|AX)=/);
    expect(errorText).to.match(/ELASTIC_WORKER_HODL.*did you mean ELASTIC_WORKER_HOLD\?/);
    expect(errorText).to.match(/\nAll settings: elastic-worker help settings\n$/);
    expect(connections).to.equal(0);
  });

  it('one problem is one problem', async () => {
    const { code, errorText } = await commandLine(['run'], { ELASTIC_WORKER_TARGET: 'x', ELASTIC_WORKER_MIN: '-1' });
    expect(code).to.equal(2);
    expect(errorText).to.match(/^1 problem with the settings:\n/);
  });

  it('run ends with 1 and says so where its address is taken', async () => {
    const bench = await startBench();
    try {
      const { code, output } = await commandLine(['run'], {
        ...bench.env,
        ELASTIC_WORKER_LISTEN: new URL(bench.standin.apiUrl).host,
      });
      expect(code).to.equal(1);
      expect(output).to.match(/"level":"error","message":"cannot start".*EADDRINUSE|EADDRINUSE.*"cannot start"/);
      expect(output).to.contain('ELASTIC_WORKER_LISTEN').and.not.contain('a bug');
      expect(bench.writes()).to.deep.equal([]);
    } finally {
      await bench.stop();
    }
  });
});
