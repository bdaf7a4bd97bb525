/** R24: which nodes are about to go. */
import { AssertionError, expect } from 'chai';
import { nodeSource } from '../../src/kube/nodes.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';

const LIST = '/api/v1/nodes';

function node(name: string, spec: Record<string, unknown>): Record<string, unknown> {
  return { metadata: { name }, spec };
}

function listOf(items: Record<string, unknown>[], more = ''): Record<string, unknown> {
  return { kind: 'NodeList', apiVersion: 'v1', metadata: { continue: more }, items };
}

const tainted = (key: string): Record<string, unknown> => ({ taints: [{ key, effect: 'NoSchedule' }] });

async function leaving(): Promise<Record<string, string>> {
  const result = await nodeSource(testClient()).read(never);
  if (!result.ok) throw new AssertionError(result.error.detail);
  return Object.fromEntries(result.value);
}

describe('nodeSource', () => {
  afterEach(allStubsUsed);

  it('R24: names the nodes that are cordoned or about to be taken, over all pages', async () => {
    const first = [
      node('a', {}),
      node('b', { unschedulable: true }),
      node('c', { unschedulable: true, ...tainted('ToBeDeletedByClusterAutoscaler') }),
    ];
    const second = [
      node('d', tainted('karpenter.sh/disrupted')),
      node('e', tainted('aws-node-termination-handler/spot-itn')),
      node('f', tainted('cloud.google.com/impending-node-termination')),
      node('g', tainted('nvidia.com/gpu')),
      node('h', { unschedulable: false }),
    ];
    api().get(LIST).query({ resourceVersion: '0' }).reply(200, listOf(first, 'next'));
    api().get(LIST).query({ continue: 'next' }).reply(200, listOf(second));
    expect(await leaving()).to.deep.equal({
      b: 'its node b is cordoned',
      c: 'its node c is tainted ToBeDeletedByClusterAutoscaler',
      d: 'its node d is tainted karpenter.sh/disrupted',
      e: 'its node e is tainted aws-node-termination-handler/spot-itn',
      f: 'its node f is tainted cloud.google.com/impending-node-termination',
    });
  });

  it('tells that the right is missing, and takes nothing else for a list', async () => {
    api()
      .get(LIST)
      .query(true)
      .reply(403, status(403, 'Forbidden', 'nodes is forbidden'));
    const forbidden = await nodeSource(testClient()).read(never);
    expect(forbidden.ok).to.equal(false);
    api().get(LIST).query(true).reply(200, { kind: 'NodeList', apiVersion: 'v1' });
    const garbled = await nodeSource(testClient()).read(never);
    expect(garbled.ok || garbled.error.kind).to.equal('malformed');
  });
});
