import { expect } from 'chai';
import { LearntNetworks } from '../../src/cli/learnt-networks.ts';
import { err, ok, type Result } from '../../src/core/result.ts';
import type { PodView } from '../../src/core/cluster-view.ts';
import type { WorkerPods } from '../../src/kube/ports.ts';
import { failure, never } from '../daemon/support/results.ts';
import { podView } from '../daemon/support/things.ts';

/** Pods that are listed so; nothing else is asked for. */
function podsListed(answer: Result<readonly PodView[]>): WorkerPods {
  const unasked = (): never => {
    throw new Error('only the list is asked for');
  };
  return { list: () => Promise.resolve(answer), choose: unasked, noteMark: unasked, release: unasked, remove: unasked };
}

async function learntFrom(...addresses: readonly string[]): Promise<readonly string[]> {
  const learnt = new LearntNetworks();
  await learnt.watch(podsListed(ok([podView('w', { addresses })]))).list(false, never);
  return learnt.list();
}

describe('learnt networks', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a private IPv4', ['10.1.2.3'], ['10.1.0.0/16']],
    ['carrier-grade NAT, as EKS and GKE use it', ['100.64.7.8'], ['100.64.0.0/16']],
    ['public IPv6', ['2a01:4f8:12:34:5:6:7:8'], ['2a01:4f8:12:34::/64']],
    ['both addresses of one pod', ['10.1.2.3', 'fd00:1:2:3::9'], ['10.1.0.0/16', 'fd00:1:2:3::/64']],
    ['IPv4 in IPv6 clothes', ['::ffff:10.1.2.3'], ['10.1.0.0/16']],
    ['two of one network', ['10.1.2.3', '10.1.200.4'], ['10.1.0.0/16']],
    ['none yet', [], []],
  ];
  for (const [what, addresses, networks] of table) {
    it(`R26: ${what}`, async () => {
      expect(await learntFrom(...addresses)).to.deep.equal(networks);
    });
  }

  for (const address of [
    ...['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '169.254.169.254', 'fe80::1', '0.0.0.0', '::'],
    ...['224.0.0.1', 'ff02::1', '255.255.255.255', '240.0.0.1', '', 'worker-1.svc', '10.1.2.3/8', '10.1.2.3:80'],
  ]) {
    it(`R26: nothing is learnt from "${address}", whatever a pod says`, async () => {
      expect(await learntFrom(address)).to.deep.equal([]);
    });
  }

  it('what was learnt stays when its pod has gone', async () => {
    const learnt = new LearntNetworks();
    await learnt.watch(podsListed(ok([podView('w', { addresses: ['10.1.2.3'] })]))).list(false, never);
    await learnt.watch(podsListed(ok([podView('w', { addresses: ['10.2.2.3'] })]))).list(true, never);
    await learnt.watch(podsListed(ok([]))).list(false, never);
    expect(learnt.list()).to.deep.equal(['10.1.0.0/16', '10.2.0.0/16']);
  });

  it('hands the list on as it is, and learns nothing from a failure', async () => {
    const learnt = new LearntNetworks();
    const good = ok([podView('w', { addresses: ['10.1.2.3'] })]);
    expect(await learnt.watch(podsListed(good)).list(false, never)).to.equal(good);
    const bad = err(failure('timeout'));
    expect(await new LearntNetworks().watch(podsListed(bad)).list(false, never)).to.equal(bad);
  });
});
