import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import { describeError } from '../../src/core/result.ts';
import { parseVersion } from '../../src/spark/version-json.ts';
import { parseWorker } from '../../src/spark/worker-json.ts';
import { changed, errorOf, fixture, valueOf } from './support.ts';

const DRAINING = fixture('spark-3.5.7/worker-decommissioned-draining.json');

describe("a worker's own /json/", () => {
  it('reads one that still drains', () => {
    expect(valueOf(parseWorker(DRAINING, 'x'))).to.deep.equal({
      id: 'worker-20261123000424-127.0.1.2-7078',
      used: resources(2, 1024),
      executorCount: 1,
    });
  });

  it('reads one that has drained: nothing is used, whatever the master still says', () => {
    expect(valueOf(parseWorker(fixture('spark-3.5.7/worker-decommissioned-drained.json'), 'x'))).to.deep.equal({
      id: 'worker-20261123000424-127.0.1.2-7078',
      used: resources(0, 0),
      executorCount: 0,
    });
  });

  it('R7: counts the custom resources in use, and does without them on Spark 2.4', () => {
    const gpus = changed(DRAINING, ['resourcesused'], { gpu: { name: 'gpu', addresses: ['0', '3'] } });
    expect(valueOf(parseWorker(gpus, 'x')).used.custom).to.deep.equal({ gpu: 2 });
    const old = changed(changed(DRAINING, ['resourcesused'], undefined), ['resources'], undefined);
    expect(valueOf(parseWorker(old, 'x')).used).to.deep.equal(resources(2, 1024));
  });

  for (const key of ['id', 'coresused', 'memoryused', 'executors']) {
    it(`R3: is an error without ${key}, never an empty worker`, () => {
      for (const value of [undefined, null, 'none', -1, true])
        if (key !== 'id' || typeof value !== 'string')
          expect(errorOf(parseWorker(changed(DRAINING, [key], value), 'x'))).to.deep.include({ kind: 'malformed' });
    });
  }

  it('R3: is an error where the custom resources in use cannot be read', () => {
    for (const bad of [null, 7, [], [{ addresses: [] }], { gpu: 1 }, { gpu: { addresses: 'all' } }])
      expect(errorOf(parseWorker(changed(DRAINING, ['resourcesused'], bad), 'x')).kind).to.equal('malformed');
  });

  it('never quotes the body, which holds launch commands, wherever it breaks', () => {
    const secret = 'SPARK_SECRET_TOKEN';
    const body = DRAINING.replaceAll('Command(', `${secret}(`).replaceAll('"appid"', `"${secret}"`);
    expect(body).to.include(secret);
    const broken = [
      body.slice(0, -2),
      `${body}}`,
      `<html>${body}`,
      `"${secret}"`,
      ...['id', 'coresused', 'memoryused', 'resourcesused', 'executors'].flatMap((key) =>
        [secret, { [secret]: secret }, [secret], null].flatMap((bad) =>
          key === 'id' && typeof bad === 'string'
            ? []
            : key === 'executors' && Array.isArray(bad)
              ? []
              : [changed(body, [key], bad)],
        ),
      ),
    ];
    for (const one of broken) {
      const error = errorOf(parseWorker(one, 'page of worker-1'));
      // The name of a custom resource may be told; the launch command is no name.
      const place = error.detail.startsWith('resourcesused.') ? error.detail.replace(secret, '') : error.detail;
      expect(describeError({ ...error, detail: place })).not.to.include(secret);
    }
    expect(JSON.stringify(valueOf(parseWorker(body, 'x')))).not.to.include(secret);
  });
});

describe("a driver's /api/v1/version", () => {
  it('is read', () => {
    expect(valueOf(parseVersion('{"spark":"4.1.0"}', 'x'))).to.equal('4.1.0');
  });

  for (const body of ['', '{}', '[]', '{"spark":4}', '{"spark":null}', '<html>', '"4.1.0"']) {
    it(`is an error where it is ${JSON.stringify(body)}`, () => {
      expect(errorOf(parseVersion(body, 'x')).kind).to.equal('malformed');
    });
  }
});
