import { expect } from 'chai';
import { err, ok } from '../../src/core/result.ts';
import { kubeEventSink } from '../../src/kube/events.ts';
import type { ClusterEvent, EventSink } from '../../src/kube/ports.ts';
import { allStubsUsed, api, never, NOW_EPOCH_MS, status, testClient } from './support.ts';

const PATH = '/api/v1/namespaces/team/events';
const MINUTE_MS = 60_000;
const identity = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'workers',
  uid: 'rc-uid',
  podSelector: 'a=b',
  below: [],
};
const target = { identity: () => Promise.resolve(ok(identity)) };
const grown: ClusterEvent = { type: 'Normal', reason: 'SuccessfulRescale', message: 'New size: 3' };

describe('kubeEventSink', () => {
  let nowMs: number;
  let sent: Record<string, unknown>[];

  beforeEach(() => {
    nowMs = 0;
    sent = [];
  });
  afterEach(allStubsUsed);

  function sink(): EventSink {
    const clock = { nowMs: () => nowMs, nowEpochMs: () => NOW_EPOCH_MS + nowMs };
    return kubeEventSink(testClient(), target, { reportingInstance: 'master-0', ...clock });
  }

  function accept(times: number): void {
    api()
      .post(PATH, (body: Record<string, unknown>) => sent.push(body) > 0)
      .query({ fieldManager: 'elastic-worker' })
      .times(times)
      .reply(201, {});
  }

  it('describes the target so that `kubectl describe` shows it', async () => {
    accept(1);
    expect((await sink().publish(grown, never)).ok).to.equal(true);
    const { metadata, ...event } = sent[0] ?? {};
    expect(metadata)
      .to.have.property('name')
      .that.matches(/^workers\.[0-9a-f-]{13}$/);
    expect(event).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: 'workers',
        namespace: 'team',
        uid: 'rc-uid',
      },
      ...grown,
      count: 1,
      firstTimestamp: '2026-11-23T08:00:00.000Z',
      lastTimestamp: '2026-11-23T08:00:00.000Z',
      source: { component: 'elastic-worker' },
      reportingComponent: 'elastic-worker',
      reportingInstance: 'master-0',
    });
  });

  it('keeps the same back for ten minutes and then says how often', async () => {
    accept(2);
    const events = sink();
    for (const atMs of [0, 4 * MINUTE_MS, 8 * MINUTE_MS, 10 * MINUTE_MS]) {
      nowMs = atMs;
      expect((await events.publish(grown, never)).ok).to.equal(true);
    }
    expect(sent[1]).to.include({
      count: 3,
      firstTimestamp: '2026-11-23T08:04:00.000Z',
      lastTimestamp: '2026-11-23T08:10:00.000Z',
    });
  });

  it('tells another message or another reason at once', async () => {
    accept(3);
    const events = sink();
    await events.publish(grown, never);
    await events.publish({ ...grown, message: 'New size: 4' }, never);
    await events.publish({ ...grown, reason: 'FailedRescale' }, never);
    expect(sent).to.have.length(3);
  });

  it('does not take an event that failed for told', async () => {
    const events = sink();
    api()
      .post(PATH)
      .query(true)
      .reply(500, status(500, 'InternalError', 'etcd'));
    expect((await events.publish(grown, never)).ok).to.equal(false);
    accept(1);
    expect((await events.publish(grown, never)).ok).to.equal(true);
  });

  it('cuts a long message', async () => {
    accept(1);
    await sink().publish({ ...grown, message: 'x'.repeat(5000) }, never);
    expect(sent[0]?.message).to.have.length(1024);
  });

  it('forgets the oldest of many', async () => {
    accept(52);
    const events = sink();
    for (let size = 0; size <= 50; size++) await events.publish({ ...grown, message: `New size: ${size}` }, never);
    await events.publish({ ...grown, message: 'New size: 50' }, never); // remembered
    await events.publish({ ...grown, message: 'New size: 0' }, never); // forgotten
    expect(sent).to.have.length(52);
  });

  it('passes on that the target is not known', async () => {
    const error = { kind: 'not-found', what: 'rc/w', detail: 'gone' } as const;
    const lost = { identity: () => Promise.resolve(err(error)) };
    const events = kubeEventSink(testClient(), lost, { reportingInstance: 'm', nowMs: () => 0, nowEpochMs: () => 0 });
    expect(await events.publish(grown, never)).to.deep.equal({ ok: false, error });
  });
});
