import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Command } from 'commander';
import { addSimulateCommand, type SimulateOptions } from '../../src/cli/simulate-command.ts';
import { simulateCommand } from '../../src/cli/simulate.ts';
import { FAMILIES } from '../../src/lab/families/families.ts';
import { POLICIES } from '../../src/lab/study/policies.ts';

const BURST = join(import.meta.dirname, '../fixtures/spark-3.5.7/event-log-burst.json.gz');

/** What commander makes of these words, without running anything. */
function parsed(words: readonly string[]): SimulateOptions {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addSimulateCommand(program);
  const command = program.commands[0]?.action(() => undefined);
  program.parse(['simulate', ...words], { from: 'user' });
  if (command === undefined) throw new Error('no command');
  return command.opts();
}

interface Called {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function called(...words: string[]): Promise<Called> {
  const text = { out: '', err: '' };
  const exit = await simulateCommand(parsed(words), {
    out: (more) => (text.out += more),
    err: (more) => (text.err += more),
    showProgress: false,
  });
  return { exit, ...text };
}

const QUICK = ['--seeds', '2', '--no-bounds', '--policies', 'static-max,ours'];

describe('simulate', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'simulate-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lists workloads and policies', async () => {
    const { exit, out } = await called('--list');
    expect(exit).to.equal(0);
    for (const { name } of [...FAMILIES, ...POLICIES]) expect(out).to.contain(`  ${name} `);
  });

  it('a built-in workload: a table', async () => {
    const { exit, out, err } = await called('--workload', 'step', ...QUICK);
    expect(exit, err).to.equal(0);
    expect(out).to.contain('step (batch), 2 seeds').and.contain('│ ours ').and.contain('│ static-max ');
    expect(out).to.not.contain('kuberay');
  });

  it('an event log: what was read, then the table; and a page', async () => {
    const page = join(folder, 'page.html');
    const { exit, out, err } = await called('--event-log', BURST, '--html', page, ...QUICK);
    expect(exit, err).to.equal(0);
    expect(out).to.contain('app-20261123004442-0000, Spark 3.5.7: 2 jobs, 3 stages, 67 tasks\n');
    expect(await readFile(page, 'utf8'))
      .to.contain('<h2>What was read</h2>')
      .and.contain('--no-bounds');
  });

  it('JSON alone is on standard output', async () => {
    const { out } = await called('--event-log', BURST, '--json', ...QUICK);
    const body = JSON.parse(out) as {
      readonly policies: readonly { readonly policy: string }[];
      readonly logs: unknown;
    };
    expect(body.policies.map(({ policy }) => policy)).to.deep.equal(['static-max', 'ours']);
    expect(body.logs).to.have.length(1);
  });

  const wrong: readonly [title: string, words: readonly string[], exit: number, err: string][] = [
    ['no workload', [], 2, 'say --workload NAME or --event-log PATH'],
    ['an unknown workload', ['--workload', 'stepp'], 2, "there is no workload 'stepp', only step, ramp"],
    ['an unknown policy', ['--workload', 'step', '--policies', 'ours,mine'], 2, "there is no policy 'mine'"],
    ['min above max', ['--workload', 'step', '--min-workers', '30'], 2, '--min-workers is above --max-workers'],
    ['no such log', ['--event-log', '/no/such/log'], 1, 'ENOENT'],
    ['a log without jobs', ['--event-log', import.meta.filename], 1, 'no job could be read'],
    ['executors that fit nowhere', ['--workload', 'step', '--worker-cores', '2'], 1, 'needs 4 cores and 4096 MiB'],
    ['a page nowhere', ['--workload', 'step', ...QUICK, '--html', '/no/such/folder/page.html'], 1, 'ENOENT'],
  ];
  for (const [title, words, exit, err] of wrong) {
    it(`${title}: exit code ${exit}, and why`, async () => {
      const result = await called(...words);
      expect(result.exit).to.equal(exit);
      expect(result.err).to.contain(err);
    });
  }

  it('prints no control characters of a log', async () => {
    const path = join(folder, 'app');
    const start = { Event: 'SparkListenerApplicationStart', 'App ID': 'app\u001b[2J', Timestamp: 1 };
    await writeFile(path, `${JSON.stringify(start)}\n{"x"\n`);
    const { err } = await called('--event-log', path);
    expect(err).to.equal(
      'error: no job could be read\napp: app\\u001b[2J, Spark : 0 jobs, 0 stages, 0 tasks, not ended\n' +
        '  1 lines that are no event of Spark\n',
    );
  });

  for (const words of [['--seeds', '0'], ['--seeds', 'ten'], ['--max-workers', '1.5'], ['--nothing']]) {
    it(`refuses ${words.join(' ')}`, () => {
      expect(() => parsed(words)).to.throw();
    });
  }

  it('refuses a workload beside a log', () => {
    expect(() => parsed(['--workload', 'step', '--event-log', BURST])).to.throw(/cannot be used with/);
  });
});
