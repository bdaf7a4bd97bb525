import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { commitNow } from '../../bench/policies.ts';
import type { SimulatorResult } from '../../bench/simulator.ts';

const BENCH = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

async function bench(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...args]);
  return stdout;
}

describe('npm run bench', function () {
  this.timeout(30_000);

  it('cycle --json prints one object: three cases, each with its size and times, and nothing else', async () => {
    const { cases, ...rest } = JSON.parse(await bench('cycle', '--json', '--quick')) as { cases: object[] };
    expect(rest).to.deep.equal({});
    expect(cases).to.have.lengthOf(3);
    for (const one of cases) {
      const keys = ['workers', 'applications', 'decisionMsP50', 'decisionMsP99', 'parseMsP50', 'parseMsP99'];
      expect(Object.keys(one)).to.deep.equal(keys);
      for (const value of Object.values(one)) expect(value).to.be.a('number').that.is.above(0);
    }
  });

  it('cycle prints a table for people', async () => {
    const lines = (await bench('cycle', '--quick')).split('\n');
    expect(lines.find((line) => line.includes('applications'))).to.match(
      /workers .* decision p50 .* parse p99 .* milliseconds/,
    );
    expect(lines.filter((line) => line.includes('by the clock'))).to.have.lengthOf(3);
    expect(lines.filter((line) => line.includes('on the processor'))).to.have.lengthOf(3);
  });

  it('sources --json prints one object: every source, with what a read of it costs', async () => {
    const { sources } = JSON.parse(await bench('sources', '--json', '--quick')) as {
      sources: { source: string; msP50: number; bytesPerRead: number }[];
    };
    const names = sources.map(({ source }) => source);
    const series = ['graphite', 'prometheus', 'carbon', 'statsd'];
    expect(names).to.have.members(['driver', 'prometheus-servlet', 'jolokia', ...series]);
    for (const { msP50, bytesPerRead } of sources) expect(Math.min(msP50, bytesPerRead)).to.be.above(0);
  });

  it('simulator --json prints one object: each case under both controllers, and nothing else', async () => {
    const { runs, ...rest } = JSON.parse(await bench('simulator', '--json', '--quick')) as { runs: SimulatorResult[] };
    expect(rest).to.deep.equal({});
    expect(runs.map(({ controller }) => controller)).to.deep.equal([1, 2, 3].flatMap(() => ['ours', 'follows demand']));
    for (const { tasks } of runs) expect(tasks).to.be.above(0);
    expect(await bench('simulator', '--quick')).to.match(/passes decided/);
  });

  it('--help names all benchmarks', async () => {
    expect(await bench('--help')).to.match(/^ {2}cycle .*\n(?:.*\n)* {2}footprint (?:.*\n)* {2}simulator /m);
  });

  it('policies names no commit where the source is not a clone of its own: unpacked alone, or inside another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'archive-'));
    try {
      expect(commitNow(folder)).to.equal('unknown');
      const git = (...words: string[]): unknown => execFileSync('git', words, { cwd: folder, stdio: 'ignore' });
      git('init');
      git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--allow-empty', '-m', 'first');
      expect(commitNow(folder)).to.match(/^[0-9a-f]{10}$/);
      await mkdir(join(folder, 'src'));
      expect(commitNow(join(folder, 'src'))).to.equal('unknown');
      await writeFile(join(folder, 'src', 'new.ts'), '');
      expect(commitNow(folder)).to.match(/^[0-9a-f]{10}\+$/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('policies writes a page with a table and a picture of each family, its command and its commit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policies-'));
    try {
      await bench('policies', '--seeds', '2', '--families', 'step', '--folder', folder);
      const page = await readFile(join(folder, 'policies.md'), 'utf8');
      expect(page).to.include('bench -- policies --seeds 2 --families step');
      expect(page).to.match(/^Commit (?:[0-9a-f]{10}|unknown)/m);
      for (const row of ['static-max', 'ours', 'keda', 'keda tuned'])
        expect(page).to.match(new RegExp(`^\\| ${row} `, 'm'));
      expect(await readFile(join(folder, 'policies', 'step.svg'), 'utf8')).to.match(/^<svg/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
