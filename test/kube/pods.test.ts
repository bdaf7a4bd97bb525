import { AssertionError, expect } from 'chai';
import type { PodView } from '../../src/core/cluster-view.ts';
import { err, ok, type OperatingError, type Result } from '../../src/core/result.ts';
import { workerPods } from '../../src/kube/pods.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';

const LIST = '/api/v1/namespaces/team/pods';
const ONE = `${LIST}/w-1`;
const target = { identity: () => Promise.resolve(ok({ name: 'w', uid: 'rc-uid', podSelector: 'a=b' })) };

function pod(metadata: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    metadata: {
      name: 'w-1',
      uid: 'uid-1',
      resourceVersion: '7',
      creationTimestamp: '2026-11-23T07:00:00Z',
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ReplicationController', name: 'w', uid: 'rc-uid', controller: true },
      ],
      ...metadata,
    },
    spec: { nodeName: 'n1', containers: [] },
    status: {
      phase: 'Running',
      podIP: '10.1.0.5',
      podIPs: [{ ip: '10.1.0.5' }, { ip: 'fd00::5' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        { name: 'a', restartCount: 2 },
        { name: 'b', restartCount: 1 },
      ],
    },
    ...more,
  };
}

const listOf = (items: unknown[], token?: string, resourceVersion = '9'): Record<string, unknown> => ({
  kind: 'PodList',
  metadata: { resourceVersion, ...(token !== undefined && { continue: token }) },
  items,
});

const view: PodView = {
  nodeName: 'n1',
  name: 'w-1',
  uid: 'uid-1',
  revision: '7',
  ownerUid: 'rc-uid',
  addresses: ['10.1.0.5', 'fd00::5'],
  hostname: undefined,
  subdomain: undefined,
  phase: 'Running',
  ready: true,
  scheduled: true,
  terminating: false,
  createdAtEpochMs: Date.UTC(2026, 10, 23, 7),
  restarts: 3,
  chosenAtEpochMs: undefined,
  markedAtEpochMs: undefined,
  deletionCost: 0,
};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(result.error.detail);
  return result.value;
}

function errorOf(result: Result<unknown>): OperatingError {
  if (result.ok) throw new AssertionError('expected a failure');
  return result.error;
}

describe('workerPods', () => {
  let pods = workerPods(testClient(), target);
  beforeEach(() => {
    pods = workerPods(testClient(), target);
  });
  afterEach(allStubsUsed);

  describe('list', () => {
    it('asks for any state with the pods of the selector, and maps what it gets', async () => {
      api()
        .get(LIST)
        .query({ labelSelector: 'a=b', resourceVersion: '0' })
        .reply(200, listOf([pod()]));
      expect(valueOf(await pods.list(false, never))).to.deep.equal([view]);
    });

    it('asks for the newest state when told to', async () => {
      api().get(LIST).query({ labelSelector: 'a=b' }).reply(200, listOf([]));
      expect(valueOf(await pods.list(true, never))).to.deep.equal([]);
    });

    it('follows the pages', async () => {
      api()
        .get(LIST)
        .query({ labelSelector: 'a=b', resourceVersion: '0' })
        .reply(200, listOf([pod()], 'more'));
      api()
        .get(LIST)
        .query({ labelSelector: 'a=b', continue: 'more' })
        .reply(200, listOf([pod({ name: 'w-2' })]));
      expect(valueOf(await pods.list(false, never)).map(({ name }) => name)).to.deep.equal(['w-1', 'w-2']);
    });

    describe('R22: a state from before what was seen', () => {
      const CACHED = { labelSelector: 'a=b', resourceVersion: '0' };
      const NEWEST = { labelSelector: 'a=b' };
      const answers = (query: Record<string, string>, revision: string, name = 'w-1'): void => {
        api()
          .get(LIST)
          .query(query)
          .reply(200, listOf([pod({ name })], undefined, revision));
      };
      const names = async (consistent: boolean): Promise<string> => {
        const result = await pods.list(consistent, never);
        return result.ok ? result.value.map(({ name }) => name).join(' ') : result.error.detail;
      };

      it('in a list that lags behind an earlier one is asked for again, and consistently', async () => {
        answers(CACHED, '100');
        await pods.list(false, never);
        answers(CACHED, '99');
        answers(NEWEST, '101', 'w-2');
        expect(await names(false)).to.equal('w-2');
      });

      it('in a list that lags behind a write of ours is asked for again', async () => {
        answers(CACHED, '100');
        await pods.list(false, never);
        expectPatch({ 'elastic-worker/marked-at': '5' }, '7', '104');
        await pods.noteMark(view, 5, never);
        answers(CACHED, '103');
        answers(NEWEST, '104', 'w-2');
        expect(await names(false)).to.equal('w-2');
      });

      it('is an error where the newest state is no newer either', async () => {
        answers(NEWEST, '100');
        await pods.list(true, never);
        answers(NEWEST, '99');
        expect(await names(true)).to.match(/from before what was seen already \(99, seen 100\)/);
        answers(CACHED, '100');
        expect(await names(false)).to.equal('w-1');
      });

      it('is not looked for in versions that are no numbers', async () => {
        for (const revision of ['100', 'v1.2', '', '0']) {
          answers(CACHED, revision);
          expect(await names(false)).to.equal('w-1');
        }
      });
    });

    it('R24: tells of an eviction that the pod itself tells of, while it is true', async () => {
      const told = (is: string, reason?: string): Record<string, unknown> => ({
        ...pod(),
        status: { phase: 'Running', conditions: [{ type: 'DisruptionTarget', status: is, reason }] },
      });
      for (const [one, expected] of [
        [told('True', 'EvictionByEvictionAPI'), 'it is about to be taken: EvictionByEvictionAPI'],
        [told('True'), 'it is about to be taken: DisruptionTarget'],
        [told('False', 'PreemptionByScheduler'), undefined],
      ] as const) {
        api()
          .get(LIST)
          .query(true)
          .reply(200, listOf([one]));
        expect(valueOf(await pods.list(false, never))[0]?.disruption).to.equal(expected);
      }
    });

    it('maps a pod that has nothing yet', async () => {
      const bare = {
        metadata: { name: 'w-1', uid: 'uid-1', resourceVersion: '7', creationTimestamp: '2026-11-23T07:00:00Z' },
      };
      api()
        .get(LIST)
        .query(true)
        .reply(200, listOf([bare]));
      expect(valueOf(await pods.list(false, never))).to.deep.equal([
        {
          ...view,
          nodeName: undefined,
          ownerUid: undefined,
          addresses: [],
          phase: 'Unknown',
          ready: false,
          scheduled: false,
          restarts: 0,
        },
      ]);
    });

    it('maps what was written on a pod, its names, and that it is going', async () => {
      const annotations = {
        'elastic-worker/chosen-at': '1790000000000',
        'elastic-worker/marked-at': '1790000000001',
        'controller.kubernetes.io/pod-deletion-cost': '-1000000',
      };
      const going = pod(
        { annotations, deletionTimestamp: '2026-11-23T08:00:00Z' },
        { spec: { hostname: 'h', subdomain: 's' } },
      );
      api()
        .get(LIST)
        .query(true)
        .reply(200, listOf([going]));
      expect(valueOf(await pods.list(false, never))[0]).to.include({
        chosenAtEpochMs: 1_790_000_000_000,
        markedAtEpochMs: 1_790_000_000_001,
        deletionCost: -1_000_000,
        terminating: true,
        hostname: 'h',
        subdomain: 's',
        scheduled: false,
      });
    });

    for (const cost of ['+10', '010', '2147483648', '1.5', 'ten', '']) {
      it(`reads the deletion cost "${cost}" as 0, as the controller does`, async () => {
        const annotations = { 'controller.kubernetes.io/pod-deletion-cost': cost, 'elastic-worker/chosen-at': 'soon' };
        api()
          .get(LIST)
          .query(true)
          .reply(200, listOf([pod({ annotations })]));
        expect(valueOf(await pods.list(false, never))[0]).to.include({ deletionCost: 0, chosenAtEpochMs: undefined });
      });
    }

    const notPods: Record<string, unknown> = {
      'no items': {},
      'a pod without a UID': listOf([pod({ uid: undefined })]),
      'null items': { items: null },
    };
    for (const [name, body] of Object.entries(notPods)) {
      it(`is malformed with ${name}`, async () => {
        api().get(LIST).query(true).reply(200, JSON.stringify(body), { 'content-type': 'application/json' });
        expect(errorOf(await pods.list(false, never)).kind).to.equal('malformed');
      });
    }

    it('passes on that a page has expired', async () => {
      api()
        .get(LIST)
        .query({ labelSelector: 'a=b', resourceVersion: '0' })
        .reply(200, listOf([pod()], 'more'));
      api()
        .get(LIST)
        .query(true)
        .reply(410, status(410, 'Expired', 'too old'));
      expect(errorOf(await pods.list(false, never))).to.include({ kind: 'refused', status: 410 });
    });

    it('passes on that the target is not known', async () => {
      const error = { kind: 'not-found', what: 'rc/w', detail: 'gone' } as const;
      const lost = workerPods(testClient(), { identity: () => Promise.resolve(err(error)) });
      expect(errorOf(await lost.list(false, never))).to.equal(error);
    });
  });

  /** Expects one merge patch of the pod with these annotations, against UID and revision. */
  function expectPatch(annotations: Record<string, string | null>, resourceVersion = '7', newVersion = '8'): void {
    api()
      .patch(ONE, { metadata: { uid: 'uid-1', resourceVersion, annotations } })
      .query({ fieldManager: 'elastic-worker' })
      .matchHeader('content-type', 'application/merge-patch+json')
      .reply(200, pod({ resourceVersion: newVersion }));
  }

  describe('choose', () => {
    it('writes when, and a cost below all others', async () => {
      expectPatch({ 'elastic-worker/chosen-at': '123', 'controller.kubernetes.io/pod-deletion-cost': '-1000000' });
      expect((await pods.choose(view, 123, -1_000_000, never)).ok).to.equal(true);
    });

    it('remembers a cost that somebody else had set', async () => {
      expectPatch({
        'elastic-worker/chosen-at': '123',
        'controller.kubernetes.io/pod-deletion-cost': '-1000000',
        'elastic-worker/earlier-cost': '50',
      });
      expect((await pods.choose({ ...view, deletionCost: 50 }, 123, -1_000_000, never)).ok).to.equal(true);
    });

    it('does not take its own cost for an earlier one', async () => {
      expectPatch({ 'elastic-worker/chosen-at': '124', 'controller.kubernetes.io/pod-deletion-cost': '-1000000' });
      await pods.choose({ ...view, deletionCost: -1_000_000, chosenAtEpochMs: 123 }, 124, -1_000_000, never);
    });

    it('passes on that the pod has changed', async () => {
      api()
        .patch(ONE)
        .query(true)
        .reply(409, status(409, 'Conflict', 'modified'));
      expect(errorOf(await pods.choose(view, 123, -1_000_000, never))).to.include({
        kind: 'conflict',
        what: 'pod w-1',
      });
    });
  });

  describe('noteMark', () => {
    it('writes when the master was asked', async () => {
      expectPatch({ 'elastic-worker/marked-at': '5' });
      expect((await pods.noteMark(view, 5, never)).ok).to.equal(true);
    });

    it('takes it off again', async () => {
      expectPatch({ 'elastic-worker/marked-at': null });
      expect((await pods.noteMark(view, undefined, never)).ok).to.equal(true);
    });
  });

  describe('release', () => {
    const ours = { 'elastic-worker/chosen-at': '1', 'elastic-worker/marked-at': '2', other: 'x' };

    function holding(annotations: Record<string, string>, uid = 'uid-1'): void {
      api()
        .get(ONE)
        .reply(200, pod({ uid, resourceVersion: '8', annotations }));
    }

    it('takes our annotations and our cost off', async () => {
      holding({ ...ours, 'controller.kubernetes.io/pod-deletion-cost': '-1000000' });
      expectPatch(
        {
          'elastic-worker/chosen-at': null,
          'elastic-worker/marked-at': null,
          'controller.kubernetes.io/pod-deletion-cost': null,
        },
        '8',
      );
      expect((await pods.release(view, never)).ok).to.equal(true);
    });

    it('puts an earlier cost back', async () => {
      const cost = { 'controller.kubernetes.io/pod-deletion-cost': '-1000000', 'elastic-worker/earlier-cost': '50' };
      holding(cost);
      expectPatch({ 'elastic-worker/earlier-cost': null, 'controller.kubernetes.io/pod-deletion-cost': '50' }, '8');
      expect((await pods.release(view, never)).ok).to.equal(true);
    });

    it('leaves a cost that somebody set after us', async () => {
      holding({ 'elastic-worker/chosen-at': '1', 'controller.kubernetes.io/pod-deletion-cost': '7' });
      expectPatch({ 'elastic-worker/chosen-at': null }, '8');
      expect((await pods.release(view, never)).ok).to.equal(true);
    });

    it('writes nothing where nothing of ours is left', async () => {
      holding({ other: 'x' });
      expect((await pods.release(view, never)).ok).to.equal(true);
    });

    it('leaves a namesake alone', async () => {
      holding(ours, 'uid-2');
      expect((await pods.release(view, never)).ok).to.equal(true);
    });

    it('is done where the pod is gone', async () => {
      api()
        .get(ONE)
        .reply(404, status(404, 'NotFound', 'gone'));
      expect((await pods.release(view, never)).ok).to.equal(true);
    });
  });

  describe('remove', () => {
    it('deletes exactly this pod', async () => {
      api()
        .delete(ONE, { preconditions: { uid: 'uid-1' } })
        .reply(200, pod());
      expect((await pods.remove(view, never)).ok).to.equal(true);
    });

    it('is done where the pod is gone', async () => {
      api()
        .delete(ONE)
        .reply(404, status(404, 'NotFound', 'gone'));
      expect((await pods.remove(view, never)).ok).to.equal(true);
    });

    it('is a conflict where another pod has its name', async () => {
      api()
        .delete(ONE)
        .reply(409, status(409, 'Conflict', 'Precondition failed: UID in precondition: uid-1'));
      expect(errorOf(await pods.remove(view, never)).kind).to.equal('conflict');
    });

    it('keeps the words of an admission policy', async () => {
      api()
        .delete(ONE)
        .reply(403, status(403, 'Forbidden', 'denied request: not a worker'));
      expect(errorOf(await pods.remove(view, never)).detail).to.equal('denied request: not a worker');
    });
  });
});
