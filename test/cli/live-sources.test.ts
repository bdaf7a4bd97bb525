import { expect } from 'chai';
import { LiveSources } from '../../src/cli/live-sources.ts';
import type { Config } from '../../src/config/config.ts';
import type { Values } from '../../src/config/settings.ts';
import { systemClock } from '../../src/daemon/clock.ts';
import { sparkAdapters } from '../../src/spark/adapters.ts';
import { configOf } from '../config/environments.ts';

async function opened(env: Readonly<Record<string, string>> = {}): Promise<{ config: Config; sources: LiveSources }> {
  const config = configOf({ ELASTIC_WORKER_CLUSTER: 'demo', ...env });
  const spark = await sparkAdapters({
    ...config.spark,
    pollMs: config.pollMs,
    deniedAddresses: [],
    learntNetworks: () => [],
    now: systemClock.nowMs,
  });
  if (!spark.ok) throw new Error(spark.error.join());
  const sources = await LiveSources.open({ config, spark: spark.value, clock: systemClock });
  if (!sources.ok) throw new Error(sources.error.join());
  return { config, sources: sources.value };
}

describe('live sources', () => {
  const names = (sources: LiveSources): readonly string[] => sources.list().map(({ name }) => name);
  const graphite = (values: Values, url = 'http://demo-metrics:8000'): Values => ({
    ...values,
    sources: ['driver', 'graphite'],
    graphiteUrl: url,
  });

  it('are those of the settings', async () => {
    const { config, sources } = await opened({ ELASTIC_WORKER_SOURCES: 'statsd,driver' });
    expect(names(sources)).to.deep.equal(['statsd', 'driver']);
    const before = sources.list();
    await sources.follow(config.values);
    expect(sources.list()).to.deep.equal(before);
  });

  it('come and go with the values in force, and those that stay are the same ones', async () => {
    const { config, sources } = await opened();
    const [driver] = sources.list();
    await sources.follow(graphite(config.values));
    expect(names(sources)).to.deep.equal(['driver', 'graphite']);
    const [again, first] = sources.list();
    expect(again).to.equal(driver);
    await sources.follow(graphite(config.values));
    expect(sources.list()[1]).to.equal(first);
    await sources.follow(graphite(config.values, 'http://elsewhere'));
    expect(sources.list()[0]).to.equal(driver);
    expect(sources.list()[1]).to.not.equal(first);
    await sources.follow(config.values);
    expect(sources.list()).to.deep.equal([driver]);
  });

  it('one that cannot be built is told, and the others go on', async () => {
    const { config, sources } = await opened({ ELASTIC_WORKER_GRAPHITE_CA_FILE: '/not/there.pem' });
    const [driver] = sources.list();
    await sources.follow(graphite(config.values));
    expect(sources.list()).to.deep.equal([driver]);
    expect(sources.problems().join()).to.match(/ELASTIC_WORKER_GRAPHITE_CA_FILE/);
    await sources.follow(config.values);
    expect(sources.problems()).to.deep.equal([]);
  });
});
