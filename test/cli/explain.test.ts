import { expect } from 'chai';
import { explain } from '../../src/cli/explain.ts';
import { putConfigMap } from '../../demo/standin/world.ts';
import { CONFIG_MAP, startBench, type Bench } from './support.ts';

describe('explain', function () {
  // Two looks, a poll of a second apart.
  this.timeout(10_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await startBench();
  });

  afterEach(() => bench.stop());

  async function busyApplication(executors: number, backlogTimeoutMs = 100): Promise<string> {
    const app = await bench.standin.startApplication({
      name: 'busy',
      executorCores: 4,
      executorMemoryMiB: 1024,
      dynamicAllocation: true,
      backlogTimeoutMs,
    });
    bench.standin.submitJob(app, { stages: [{ tasks: executors * 4, taskMs: 600_000 }] });
    await bench.standin.advance(bench.standin.world.nowMs + 1000);
    return app;
  }

  it('makes one pass and prints the whole trace of its decision, without writing', async () => {
    const app = await busyApplication(5);
    const { code, lines } = await bench.run(explain);
    expect(code).to.equal(0);
    expect(lines[0]).to.equal('wanted 5, desired 5, planned 2, observed 2 workers');
    expect(lines[1]).to.match(/^verdict: demand: demand needs 5 workers, 2 serve; the count goes from 2 to 5$/);
    expect(lines[2]).to.match(/^hold: \d+ s; no worker was seen to start yet$/);
    expect(lines[3]).to.equal('action: resize');
    const stages = lines.slice(4).flatMap((line) => /^(\w+) /.exec(line)?.[1] ?? []);
    expect(stages).to.include.members(['observe', 'demand', 'packing', 'policy', 'action']);
    expect(lines.find((line) => line.startsWith('demand'))).to.contain(app);
    expect(bench.writes()).to.deep.equal([]);
    expect(bench.standin.world.sparkUsage.requests.has('master /workers')).to.equal(false);
  });

  it('standing by: says so, and explains what it would do', async () => {
    putConfigMap(bench.standin.world, CONFIG_MAP, { 'elasticWorker.enable': 'false' });
    await busyApplication(5);
    const { lines } = await bench.run(explain);
    expect(lines[3]).to.match(/^action: resize, but it stands by: elasticWorker\.enable .* is false$/);
  });

  it("R15: with the original's flag it has looked who is in its pod", async () => {
    putConfigMap(bench.standin.world, CONFIG_MAP, { 'scorpionstare.enable': 'true' });
    const [pod] = bench.standin.world.kube.pods.values();
    const { lines } = await bench.run(explain, { POD_NAME: pod?.name ?? '' });
    expect(lines[3]).to.equal('action: none');
  });

  it('explains with the live values, not those of the environment', async () => {
    putConfigMap(bench.standin.world, CONFIG_MAP, { 'elasticWorker.enable': 'true', 'elasticWorker.max': '3' });
    await busyApplication(5);
    const { lines } = await bench.run(explain);
    expect(lines[0]).to.equal('wanted 5, desired 3, planned 2, observed 2 workers');
  });

  it('tells of the calendar, of which the window was open before it looked', async () => {
    const { lines } = await bench.run(explain, { ELASTIC_WORKER_CALENDAR: '4 for 2m at * * * * *' });
    expect(lines[0]).to.equal('wanted 0, desired 4, planned 2, observed 2 workers');
    expect(lines[1]).to.match(
      /^verdict: calendar: the calendar keeps 4 workers until .* UTC \(4 for 2m at \* \* \* \* \*\), 2 serve; /,
    );
    expect(lines.find((line) => line.startsWith('calendar'))).to.match(
      /^calendar {2}the calendar keeps 4 workers until /,
    );
  });

  it('demand that its driver has not asked for yet counts once it lasts from one look to the other', async () => {
    await busyApplication(5, 600_000);
    const { lines } = await bench.run(explain, { ELASTIC_WORKER_BURST: '500ms' });
    expect(lines[0]).to.match(/^wanted 5,/);
  });

  it('what cannot be seen is unknown, and why is told', async () => {
    bench.standin.world.faults.master = 'drop';
    const { code, lines } = await bench.run(explain);
    expect(code).to.equal(0);
    expect(lines[0]).to.match(/^wanted unknown, .* planned 2, observed unknown workers$/);
    expect(lines[1]).to.match(/^verdict: master-unknown: .*unreachable/);
  });
});
