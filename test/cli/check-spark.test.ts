/** What `check` says of settings that keep workers busy for ever. */
import { expect } from 'chai';
import { checkDrains, checkPlacement } from '../../src/cli/check-spark.ts';
import { Findings } from '../../src/cli/findings.ts';
import type { Config } from '../../src/config/config.ts';
import type { Parts } from '../../src/cli/compose.ts';
import { ok, type Result } from '../../src/core/result.ts';
import type { ApplicationSettings } from '../../src/core/spark-view.ts';
import { configOf } from '../config/environments.ts';
import { application, master, settings } from '../core/support/builders.ts';
import { errorOf } from '../status/support.ts';

const never = new AbortController().signal;

interface Spark {
  readonly properties?: Result<ReadonlyMap<string, string>> | undefined;
  readonly settings?: Result<ApplicationSettings> | undefined;
}

/** Only what these two ask for. */
function partsWith({ properties, settings: read }: Spark): Parts {
  const spark = {
    masterProperties: () => Promise.resolve(properties),
    settings: { name: 'test', read: () => Promise.resolve(read) },
  };
  return { spark } as unknown as Parts;
}

function findings(): { readonly lines: string[]; readonly to: Findings } {
  const lines: string[] = [];
  return { lines, to: new Findings((text) => lines.push(text.trimEnd().replace(/ {2,}/g, ' '))) };
}

describe('check: placement', () => {
  const config = (placement: string): Config =>
    configOf({ ELASTIC_WORKER_CLUSTER: 'c', ELASTIC_WORKER_PLACEMENT: placement });

  async function said(properties: Spark['properties'], placement: string): Promise<string> {
    const { lines, to } = findings();
    await checkPlacement(config(placement), partsWith({ properties }), to, never);
    expect(lines).to.have.length(1);
    return lines[0] ?? '';
  }
  const set = (key: string, value: string): Spark['properties'] => ok(new Map([[key, value]]));

  it('is well where the master packs and the daemon knows', async () => {
    const packs = 'ok placement the master packs executors on few workers';
    expect(await said(set('spark.deploy.spreadOut', 'false'), 'packed')).to.equal(packs);
    expect(await said(set('spark.deploy.spreadOutApps', 'False'), 'packed')).to.equal(packs);
  });

  it('warns where the master spreads, with the lines to set', async () => {
    const line = await said(set('spark.master', 'x'), 'spread');
    expect(line).to.match(/^warn placement the master spreads executors/);
    expect(line).to.contain('spark.deploy.spreadOutApps=false');
  });

  it('warns where the daemon assumes another placement than the master has', async () => {
    expect(await said(set('spark.deploy.spreadOut', 'false'), 'spread')).to.equal(
      'warn placement the master places executors packed, this daemon assumes spread: set ELASTIC_WORKER_PLACEMENT=packed',
    );
    expect(await said(set('spark.deploy.spreadOut', 'true'), 'packed')).to.match(
      /set ELASTIC_WORKER_PLACEMENT=spread$/,
    );
  });

  it('says what is assumed where the master shows nothing, as before 4.0', async () => {
    const line = await said({ ok: false, error: errorOf('not-found') }, 'spread');
    expect(line).to.match(/^ok placement this master does not show its settings; spread is assumed/);
  });
});

describe('check: drain', () => {
  async function said(read: Spark['settings']): Promise<readonly string[]> {
    const { lines, to } = findings();
    const view = master({ applications: [application('app-1')] });
    await checkDrains(partsWith({ settings: read }), view, to, never);
    return lines;
  }

  it('is well where everything is set', async () => {
    expect(await said(ok(settings()))).to.deep.equal(['ok drain app-1: its workers can be drained']);
  });

  const bad: readonly [string, Partial<ApplicationSettings>][] = [
    ['spark.dynamicAllocation.enabled=true', { dynamicAllocation: false }],
    ['spark.shuffle.service.enabled=false', { shuffleMode: 'external-service' }],
    ['spark.decommission.enabled=true', { decommission: false }],
    ['spark.storage.decommission.enabled=true', { storageDecommission: false }],
    ['spark.storage.decommission.shuffleBlocks.enabled=true', { movesShuffle: false }],
  ];
  for (const [line, change] of bad) {
    it(`names ${line}`, async () => {
      expect(await said(ok(settings(change)))).to.deep.equal([
        `warn drain app-1: keeps its workers until it ends. Set: ${line}`,
      ]);
    });
  }

  it('is silent about a driver that cannot be read: that has been said', async () => {
    expect(await said({ ok: false, error: errorOf('timeout') })).to.deep.equal([]);
  });
});
