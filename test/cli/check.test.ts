import { expect } from 'chai';
import { check } from '../../src/cli/check.ts';
import { putConfigMap } from '../../demo/standin/world.ts';
import { CONFIG_MAP, startBench, type Bench, type Changes } from './support.ts';

/** What one line is: its verdict, its subject, its text. */
interface Line {
  readonly mark: string;
  readonly subject: string;
  readonly text: string;
}

const LINE = /^(ok|warn|FAIL) {1,4} (\S.{11}) {2}(.+)$/;

describe('check', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await startBench();
  });

  afterEach(() => bench.stop());

  async function checked(more: Changes = {}): Promise<{ readonly code: number; readonly lines: readonly Line[] }> {
    const { code, lines } = await bench.run(check, more);
    return {
      code,
      lines: lines.map((line) => {
        const [, mark = '', subject = '', text = ''] = LINE.exec(line) ?? [];
        expect(mark, `a line is a mark, a subject and a text: ${line}`).to.not.equal('');
        return { mark, subject: subject.trim(), text };
      }),
    };
  }

  /** The lines about this. */
  function about({ lines }: { readonly lines: readonly Line[] }, subject: string): readonly string[] {
    return lines.filter((line) => line.subject === subject).map(({ mark, text }) => `${mark}: ${text}`);
  }

  const start = (name = 'job', dynamicAllocation = true): Promise<string> =>
    bench.standin.startApplication({ name, executorCores: 2, executorMemoryMiB: 1024, dynamicAllocation });

  it('says ok of everything, one line each, ends with 0, and changes nothing', async () => {
    const app = await start();
    const result = await checked();
    expect(result.lines.filter(({ mark }) => mark !== 'ok')).to.deep.equal([]);
    expect(result.code).to.equal(0);
    expect(result.lines.map(({ subject }) => subject)).to.deep.equal([
      ...['settings', 'target'],
      ...Array.from({ length: 12 }, () => 'permission'),
      ...['flag', 'master', 'decommission', 'placement', 'driver', 'drain', 'worker page'],
    ]);
    expect(about(result, 'target')).to.deep.equal(['ok: rc/spark-worker: 2 planned, 2 ready']);
    expect(about(result, 'master')[0]).to.match(/^ok: spark:\/\/.* is ALIVE: 2 workers, 1 applications$/);
    expect(about(result, 'driver')).to.deep.equal([`ok: ${app}: allocation gauges are read`]);
    expect(bench.writes()).to.deep.equal([]);
    expect([...bench.standin.world.spark.workers.values()].map(({ state }) => state)).to.deep.equal(['ALIVE', 'ALIVE']);
  });

  describe('the cluster', () => {
    it('a target that is not there fails, with what to set; the rest is checked all the same', async () => {
      const result = await checked({ ELASTIC_WORKER_TARGET: 'other' });
      expect(result.code).to.equal(1);
      expect(about(result, 'target')[0]).to.match(/^FAIL: rc\/other: not-found .*set ELASTIC_WORKER_TARGET/);
      expect(about(result, 'master')).to.have.length(1);
    });

    it('a right that is missing fails, with the rule that grants it', async () => {
      bench.standin.world.faults.denials.push({ verb: 'patch', resource: 'replicationcontrollers/scale' });
      const result = await checked();
      expect(result.code).to.equal(1);
      const failed = about(result, 'permission').filter((text) => text.startsWith('FAIL'));
      expect(failed).to.have.length(1);
      expect(failed[0]).to.match(/^FAIL: patch replicationcontrollers\/scale spark-worker: not allowed/);
      expect(failed[0]).to.contain('resources: ["replicationcontrollers/scale"]');
    });

    it('a right it can do without is a warning and no failure', async () => {
      bench.standin.world.faults.denials.push({ verb: 'create', resource: 'events' });
      const result = await checked();
      expect(result.code).to.equal(0);
      expect(about(result, 'permission').filter((text) => text.startsWith('warn'))).to.have.length(1);
    });

    it('an API that does not answer well fails', async () => {
      bench.standin.world.faults.api = 'error';
      const result = await checked();
      expect(result.code).to.equal(1);
      for (const subject of ['target', 'pods', 'permission', 'flag'])
        expect(about(result, subject)[0], subject).to.match(/^FAIL: /);
    });
  });

  describe('the flag and the live values', () => {
    const table: readonly (readonly [string, Readonly<Record<string, string>>, RegExp, number])[] = [
      ['on', { 'elasticWorker.enable': 'true' }, /^ok: switched on$/, 0],
      ['off', { 'elasticWorker.enable': 'false' }, /^warn: stands by: elasticWorker\.enable .* is false$/, 0],
      ['absent', {}, /^warn: stands by: .*set it to true/, 0],
      ['R11: unreadable', { 'elasticWorker.enable': 'yes' }, /^warn: stands by: .*cannot be read/, 1],
      ["the original's", { 'scorpionstare.enable': 'true' }, /^ok: switched on$/, 0],
    ];
    for (const [what, data, line, code] of table) {
      it(what, async () => {
        putConfigMap(bench.standin.world, CONFIG_MAP, data);
        const result = await checked();
        expect(about(result, 'flag')[0]).to.match(line);
        expect(result.code).to.equal(code);
      });
    }

    it("R15: with the original's flag alone it has looked who is in its pod before it says so", async () => {
      putConfigMap(bench.standin.world, CONFIG_MAP, { 'scorpionstare.enable': 'true' });
      const [pod] = bench.standin.world.kube.pods.values();
      const known = await checked({ POD_NAME: pod?.name ?? '' });
      expect(about(known, 'flag')).to.deep.equal(['ok: switched on']);
      const unknown = await checked({ POD_NAME: 'not-there' });
      expect(about(unknown, 'flag')[0]).to.match(/^warn: stands by: .*own pod not-there: not-found/);
    });

    it('a live value that cannot be used fails, and is named', async () => {
      putConfigMap(bench.standin.world, CONFIG_MAP, { 'elasticWorker.enable': 'true', 'elasticWorker.max': 'lots' });
      const result = await checked();
      expect(result.code).to.equal(1);
      expect(about(result, 'live value')[0]).to.match(/^FAIL: elasticWorker\.max=lots: allowed is /);
    });

    it('a ConfigMap that may not be read fails', async () => {
      bench.standin.world.faults.denials.push({ verb: 'get', resource: 'configmaps' });
      const result = await checked();
      expect(result.code).to.equal(1);
      expect(about(result, 'flag')[0]).to.match(/^FAIL: configmap\/cluster-config: unauthorized \(HTTP 403\)/);
    });

    it('without a ConfigMap the environment decides', async () => {
      const without = { ELASTIC_WORKER_CONFIG_MAP: undefined };
      const on = await checked({ ...without, ELASTIC_WORKER_ENABLE: 'true' });
      expect(about(on, 'flag')).to.deep.equal(['ok: switched on']);
      expect(about(on, 'permission').join()).to.not.contain('configmaps');
      expect(about(await checked(without), 'flag')[0]).to.match(/^warn: stands by: ELASTIC_WORKER_ENABLE is not true/);
    });
  });

  describe('Spark', () => {
    it('a master that cannot be reached fails, and nothing is said of what hangs on it', async () => {
      bench.standin.world.faults.master = 'drop';
      const result = await checked();
      expect(result.code).to.equal(1);
      expect(about(result, 'master')[0]).to.match(/^FAIL: master \/json\/: unreachable/);
      expect(result.lines.at(-1)?.subject).to.equal('master');
    });

    it('a master that is STANDBY is a warning', async () => {
      bench.standin.world.spark.status = 'STANDBY';
      const result = await checked();
      expect(about(result, 'master')[0]).to.match(/^warn: .* is STANDBY/);
      expect(result.code).to.equal(0);
    });

    it('a master that marks no workers is a warning that says what to set, and what risk is left', async () => {
      await bench.stop();
      bench = await startBench({ decommissionEnabled: false });
      const result = await checked();
      expect(about(result, 'decommission')[0]).to.match(
        /^warn: the master marks no workers \(405\); .*small risk.*spark\.decommission\.enabled=true$/,
      );
      expect(result.code).to.equal(0);
    });

    it('a driver that cannot be read is a warning: the page of the master is there', async () => {
      const app = await start();
      bench.standin.world.faults.metrics = 'error';
      const result = await checked();
      expect(about(result, 'driver')[0]).to.match(new RegExp(`^warn: ${app}: .*; the master's page is used instead$`));
      expect(result.code).to.equal(0);
    });

    it('an application without dynamic allocation is told what it gets', async () => {
      const app = await start('fixed', false);
      expect(about(await checked(), 'driver')).to.deep.equal([
        `warn: ${app}: no dynamic allocation; it wants what it holds and is owed`,
      ]);
    });

    it('of many applications as many are tried as in one pass, and it says how many are left', async () => {
      await Promise.all([start('a'), start('b'), start('c')]);
      const result = await checked({ ELASTIC_WORKER_DRIVER_REQUESTS_PER_SECOND: '2' });
      expect(about(result, 'driver')).to.have.length(3);
      expect(about(result, 'driver')[2]).to.match(/^ok: 1 more are left for later/);
    });

    it("a worker's page that cannot be read fails: no worker could ever go", async () => {
      bench.standin.world.faults.workerUis = 'error';
      const result = await checked();
      expect(about(result, 'worker page')[0]).to.match(/^FAIL: .*no worker can be proven empty, so none goes$/);
      expect(result.code).to.equal(1);
    });

    it('R26: says when the list of allowed networks blinds it', async () => {
      await bench.stop();
      // Without the master's proxy, which needs no address of an application.
      bench = await startBench({ reverseProxy: false });
      await start();
      const result = await checked({ ELASTIC_WORKER_ALLOWED_NETWORKS: 'private' });
      expect(about(result, 'driver')[0]).to.match(/^warn: .*blocked: .*ELASTIC_WORKER_ALLOWED_NETWORKS/);
      expect(about(result, 'worker page')[0]).to.match(/^FAIL: .*blocked: .*ELASTIC_WORKER_ALLOWED_NETWORKS/);
      expect(result.code).to.equal(1);
    });
  });

  it('tells what the calendar keeps and what comes next, since a wrong time zone shows there', async () => {
    const none = await checked();
    expect(about(none, 'calendar')).to.deep.equal([]);
    const always = { ELASTIC_WORKER_CALENDAR: '3 for 1m at * * * * *', ELASTIC_WORKER_TIME_ZONE: 'Asia/Tokyo' };
    const [open = '', next = '', ...rest] = about(await checked(always), 'calendar');
    const time = String.raw`20\d\d-\d\d-\d\d \d\d:\d\d Asia/Tokyo`;
    expect(open).to.match(new RegExp(`^ok: 3 workers are kept until ${time} \\(3 for 1m at \\* \\* \\* \\* \\*\\)$`));
    expect(next).to.match(new RegExp(`^ok: next: 3 workers from ${time} until ${time} \\(3 for 1m at .*\\)$`));
    expect(rest).to.deep.equal([]);
    putConfigMap(bench.standin.world, CONFIG_MAP, {
      'elasticWorker.enable': 'true',
      'elasticWorker.calendar': '1 for 1h at 0 0 1 1 7#1',
    });
    const never = await checked(always);
    expect(about(never, 'calendar')).to.deep.equal(['warn: no window opens in the next 31 days']);
    expect(never.code).to.equal(0);
  });
});
