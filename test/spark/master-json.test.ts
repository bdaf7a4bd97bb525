import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import type { MasterView } from '../../src/core/spark-view.ts';
import { parseMaster } from '../../src/spark/master-json.ts';
import { changed, errorOf, fixture, valueOf } from './support.ts';

const RUNNING = fixture('spark-3.5.7/master-running.json');
const WAITING = fixture('spark-4.1.0/master-waiting.json');

function parsed(body: string): MasterView {
  return valueOf(parseMaster(body, 'master /json/'));
}

/** A driver of cluster mode, as spark.md 3.2 has it. */
function driver(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'driver-20261123005720-0000',
    starttime: '1795395440485',
    state: 'SUBMITTED',
    cores: 1,
    memory: 1024,
    resources: {},
    submitdate: 'Mon Nov 23 00:57:20 UTC 2026',
    worker: 'None',
    mainclass: 'org.example.Job',
    ...more,
  };
}

describe("the master's /json/, as captured", () => {
  it('reads a running 3.5.7: workers, what they have booked, and one application', () => {
    const view = parsed(RUNNING);
    expect(view).to.include({ url: 'spark://127.0.0.1:7077', status: 'ALIVE' });
    expect(view.workers).to.have.length(2);
    expect(view.workers[0]).to.deep.include({
      id: 'worker-20261123000424-127.0.1.1-7078',
      host: '127.0.1.1',
      port: 7078,
      webUiAddress: 'http://127.0.1.1:8081',
      state: 'ALIVE',
      total: resources(2, 2048),
      used: resources(2, 1024),
    });
    expect(view.applications).to.have.length(1);
    expect(view.applications[0]).to.deep.include({
      state: 'RUNNING',
      grantedCores: 4,
      memoryPerExecutorMiB: 1024,
      customPerExecutor: {},
    });
    expect(view.drivers).to.deep.equal([]);
  });

  it('reads an idle 3.5.7: everything free, nobody there', () => {
    const view = parsed(fixture('spark-3.5.7/master-idle.json'));
    expect(view.workers.map(({ used }) => used)).to.deep.equal([resources(0, 0), resources(0, 0)]);
    expect(view.applications).to.deep.equal([]);
  });

  it('keeps what a decommissioned worker has booked as the master says it, frozen or not', () => {
    const view = parsed(fixture('spark-3.5.7/master-decommissioned-frozen.json'));
    expect(view.workers.map(({ state }) => state)).to.deep.equal(['ALIVE', 'DECOMMISSIONED']);
    expect(view.workers[1]?.used).to.deep.equal(resources(2, 1024));
    expect(view.completedApplicationIds).to.deep.equal(['app-20261123004442-0000']);
  });

  it('reads a waiting application of 4.1.0', () => {
    const view = parsed(WAITING);
    expect(view.workers).to.have.length(3);
    expect(view.applications[0]).to.include({ state: 'WAITING', grantedCores: 0, memoryPerExecutorMiB: 1024 });
  });

  it('reads a 4.1.0 after its applications, with their ids in order', () => {
    const view = parsed(fixture('spark-4.1.0/master-after.json'));
    expect(view.applications).to.deep.equal([]);
    expect(view.completedApplicationIds).to.deep.equal([
      'app-20261123005720-0000',
      'app-20261123005858-0001',
      'app-20261123010016-0002',
      'app-20261123010205-0003',
      'app-20261123010205-0004',
    ]);
  });
});

describe("the master's /json/, by hand", () => {
  for (const status of ['ALIVE', 'STANDBY', 'RECOVERING', 'COMPLETING_RECOVERY']) {
    it(`knows the status ${status}`, () => {
      expect(parsed(changed(RUNNING, ['status'], status)).status).to.equal(status);
    });
  }

  for (const status of ['alive', '', 'DRAINING', '__proto__']) {
    it(`takes the status "${status}" for one it does not know, and not for ALIVE`, () => {
      expect(parsed(changed(RUNNING, ['status'], status)).status).to.equal('UNKNOWN');
    });
  }

  for (const [said, state] of [
    ['ALIVE', 'ALIVE'],
    ['DEAD', 'DEAD'],
    ['DECOMMISSIONED', 'DECOMMISSIONED'],
    ['UNKNOWN', 'UNKNOWN'],
    ['RESTING', 'UNKNOWN'],
  ] as const) {
    it(`takes a worker that is ${said} for ${state}`, () => {
      expect(parsed(changed(RUNNING, ['workers', 0, 'state'], said)).workers[0]?.state).to.equal(state);
    });
  }

  it('counts memory in MiB, as it stands there', () => {
    const body = changed(changed(RUNNING, ['workers', 0, 'memory'], 131_072), ['workers', 0, 'memoryused'], 65_536);
    const [worker] = parsed(body).workers;
    expect([worker?.total.memoryMiB, worker?.used.memoryMiB]).to.deep.equal([131_072, 65_536]);
  });

  it("reads Spark 2.4, which has neither resources nor the executor's newer name", () => {
    let body = RUNNING;
    for (const key of ['resources', 'resourcesused', 'resourcesfree'])
      for (const index of [0, 1]) body = changed(body, ['workers', index, key], undefined);
    for (const key of ['memoryperexecutor', 'resourcesperexecutor', 'resourcesperslave'])
      body = changed(body, ['activeapps', 0, key], undefined);
    const view = parsed(changed(body, ['activeapps', 0, 'memoryperslave'], 512));
    expect(view.applications[0]).to.deep.include({ memoryPerExecutorMiB: 512, customPerExecutor: {} });
    expect(view.workers[0]?.total).to.deep.equal(resources(2, 2048));
  });

  it('does without the older names', () => {
    let body = changed(RUNNING, ['activeapps', 0, 'memoryperexecutor'], 768);
    for (const key of ['memoryperslave', 'resourcesperslave']) body = changed(body, ['activeapps', 0, key], undefined);
    expect(parsed(body).applications[0]).to.include({ memoryPerExecutorMiB: 768 });
  });

  it('prefers the newer name where both stand there', () => {
    const body = changed(RUNNING, ['activeapps', 0, 'memoryperslave'], 7);
    expect(parsed(body).applications[0]?.memoryPerExecutorMiB).to.equal(1024);
  });

  it('R7: counts GPUs and other custom resources of workers and executors, under either name', () => {
    let body = changed(RUNNING, ['workers', 0, 'resources'], {
      gpu: { name: 'gpu', addresses: ['0', '1', '2'] },
      'vendor.com/fpga': { name: 'vendor.com/fpga', addresses: [] },
    });
    body = changed(body, ['workers', 0, 'resourcesused'], { gpu: { name: 'gpu', addresses: ['2'] } });
    const newer = changed(body, ['activeapps', 0, 'resourcesperexecutor'], [{ name: 'gpu', amount: 2 }]);
    const older = changed(
      changed(body, ['activeapps', 0, 'resourcesperexecutor'], undefined),
      ['activeapps', 0, 'resourcesperslave'],
      [{ name: 'gpu', amount: 2 }],
    );
    for (const one of [newer, older]) {
      const view = parsed(one);
      expect(view.workers[0]?.total.custom).to.deep.equal({ gpu: 3, 'vendor.com/fpga': 0 });
      expect(view.workers[0]?.used.custom).to.deep.equal({ gpu: 1 });
      expect(view.applications[0]?.customPerExecutor).to.deep.equal({ gpu: 2 });
    }
  });

  it('reads a driver that waits and one that has a worker, with resources as a list or as addresses', () => {
    const body = changed(
      RUNNING,
      ['activedrivers'],
      [
        driver(),
        driver({ id: 'driver-1', state: 'RUNNING', worker: 'worker-1', cores: 3, memory: 512 }),
        driver({ resources: [{ name: 'gpu', amount: 2 }] }),
        driver({ resources: { gpu: { name: 'gpu', addresses: ['0'] } } }),
        driver({ resources: undefined }),
      ],
    );
    const { drivers } = parsed(body);
    expect(drivers[0]).to.deep.equal({
      id: 'driver-20261123005720-0000',
      state: 'SUBMITTED',
      needs: resources(1, 1024),
      workerId: undefined,
    });
    expect(drivers[1]).to.deep.include({ state: 'RUNNING', workerId: 'worker-1', needs: resources(3, 512) });
    expect(drivers.slice(2).map(({ needs }) => needs.custom)).to.deep.equal([{ gpu: 2 }, { gpu: 1 }, {}]);
  });

  it('keeps the order of applications, which is the order they are scheduled in', () => {
    const [one] = (JSON.parse(RUNNING) as { activeapps: object[] }).activeapps;
    const ids = ['app-9', 'app-1', 'app-5'];
    const body = changed(
      RUNNING,
      ['activeapps'],
      ids.map((id) => ({ ...one, id })),
    );
    expect(parsed(body).applications.map(({ id }) => id)).to.deep.equal(ids);
  });

  const odd = ['../..', 'a/b?c#d', 'é日本\u202e', '\u0000\n"\'', '\ud800', '__proto__', 'x'.repeat(10_000)];
  for (const text of odd) {
    it(`keeps ids and names as they are: ${JSON.stringify(text.slice(0, 20))}`, () => {
      const body = changed(changed(RUNNING, ['activeapps', 0, 'id'], text), ['activeapps', 0, 'name'], text);
      expect(parsed(changed(body, ['workers', 0, 'id'], text)).applications[0]).to.include({ id: text, name: text });
    });
  }

  it('ignores what it does not know', () => {
    expect(parsed(changed(RUNNING, ['brandNew'], { deep: [1] }))).to.deep.equal(parsed(RUNNING));
  });
});

describe("the master's /json/, where it is wrong", () => {
  const needed: readonly (readonly (string | number)[])[] = [
    ...['url', 'workers', 'activeapps', 'completedapps', 'activedrivers', 'status'].map((key) => [key]),
    ...[
      'id',
      'host',
      'port',
      'webuiaddress',
      'cores',
      'coresused',
      'memory',
      'memoryused',
      'state',
      'lastheartbeat',
    ].map((key) => ['workers', 1, key]),
    ...['id', 'starttime', 'name', 'cores', 'state'].map((key) => ['activeapps', 0, key]),
    ...['id', 'state', 'cores', 'memory', 'worker'].map((key) => ['activedrivers', 0, key]),
    ['completedapps', 0, 'id'],
  ];
  const full = changed(fixture('spark-3.5.7/master-decommissioned-frozen.json'), ['activedrivers'], [driver()]);

  it('is right before it is made wrong', () => {
    expect(parsed(full).drivers).to.have.length(1);
  });

  for (const path of needed) {
    it(`says that ${path.join('.')} is missing, and makes nothing up`, () => {
      const error = errorOf(parseMaster(changed(full, path, undefined), 'master /json/'));
      expect(error).to.include({ kind: 'malformed', what: 'master /json/' });
      expect(error.detail).to.include(path.join('.'));
    });

    it(`does not take null for ${path.join('.')}`, () => {
      expect(errorOf(parseMaster(changed(full, path, null), 'x')).kind).to.equal('malformed');
    });
  }

  const numbers: readonly (readonly (string | number)[])[] = [
    ['workers', 0, 'cores'],
    ['workers', 0, 'coresused'],
    ['workers', 0, 'memory'],
    ['workers', 0, 'memoryused'],
    ['workers', 0, 'lastheartbeat'],
    ['activeapps', 0, 'cores'],
    ['activeapps', 0, 'memoryperexecutor'],
    ['activedrivers', 0, 'cores'],
    ['activedrivers', 0, 'memory'],
  ];
  for (const path of numbers) {
    for (const bad of [-1, 1.5, 1e300, 2 ** 53, '4', '', true, [], {}]) {
      it(`refuses ${JSON.stringify(bad)} for ${path.join('.')}`, () => {
        const error = errorOf(parseMaster(changed(full, path, bad), 'x'));
        expect(error.detail).to.include(path.join('.'));
      });
    }
  }

  it('R7: refuses a list where the custom resources of a worker stand by name', () => {
    for (const key of ['resources', 'resourcesused'])
      expect(errorOf(parseMaster(changed(full, ['workers', 0, key], []), 'x')).detail).to.include(`workers.0.${key}`);
  });

  it('refuses numbers that JavaScript would make infinite, and words that are no JSON', () => {
    for (const word of ['1e999', 'NaN', 'Infinity', '-Infinity'])
      expect(errorOf(parseMaster(RUNNING.replace('"cores": 2', `"cores": ${word}`), 'x')).kind).to.equal('malformed');
  });

  it('refuses an application without its memory under either name: 0 would fit anywhere', () => {
    let body = full;
    for (const key of ['memoryperexecutor', 'memoryperslave']) body = changed(body, ['activeapps', 0, key], undefined);
    const error = errorOf(parseMaster(body, 'x'));
    expect(error.detail).to.equal('activeapps.0: it has no memory per executor under either of its names');
  });

  for (const [what, path] of [
    ['worker', ['workers', 0, 'resources']],
    ['application', ['activeapps', 0, 'resourcesperexecutor']],
    ['driver', ['activedrivers', 0, 'resources']],
  ] as const) {
    for (const bad of [
      'gpu',
      7,
      [{ name: 'gpu' }],
      [{ name: 'gpu', amount: -1 }],
      { gpu: 2 },
      { gpu: { addresses: 2 } },
    ]) {
      it(`R7: refuses a ${what} whose resources are ${JSON.stringify(bad)}, rather than count none`, () => {
        expect(errorOf(parseMaster(changed(full, path, bad), 'x')).kind).to.equal('malformed');
      });
    }
  }

  for (const [body, said] of [
    ['', 'nothing'],
    ['<html><body>Log in</body></html>', 'an HTML page'],
    ['\n  <!DOCTYPE html>', 'an HTML page'],
    [RUNNING.slice(0, RUNNING.length / 2), 'no whole JSON'],
    ['{"url": NaN}', 'no whole JSON'],
    ['OK', 'no whole JSON'],
  ]) {
    it(`says that the answer is ${said ?? ''}: ${JSON.stringify(body?.slice(0, 20))}`, () => {
      expect(errorOf(parseMaster(body ?? '', 'x')).detail).to.equal(`the answer is ${said ?? ''}`);
    });
  }

  it('names a place that others chose in short and without control characters', () => {
    const name = `g\n\u001b[2J${'u'.repeat(500)}`;
    const error = errorOf(parseMaster(changed(full, ['workers', 0, 'resources'], { [name]: 1 }), 'x'));
    expect(error.detail).to.match(/^workers\.0\.resources\.g\?\?\[2Ju+…: expected /);
    expect(error.detail.length).to.be.below(150);
  });
});
