import { AssertionError, expect } from 'chai';
import type { OperatingError, Result } from '../../src/core/result.ts';
import { leaseTenure, memoryTenure, type LeaseOptions } from '../../src/kube/lease.ts';
import type { Tenure, TenureView } from '../../src/kube/ports.ts';
import { fakeLease, type FakeLease } from './fake-lease.ts';
import { fakeCredentials, never, NOW_EPOCH_MS, status, testClient } from './support.ts';

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new AssertionError(`${result.error.kind}: ${result.error.detail}`);
  return result.value;
}

function errorOf(result: Result<unknown>): OperatingError {
  if (result.ok) throw new AssertionError('expected a failure');
  return result.error;
}

describe('leaseTenure (R25)', () => {
  let lease: FakeLease;
  let nowMs: number;

  beforeEach(async () => {
    lease = await fakeLease();
    nowMs = 5_000_000;
  });
  afterEach(() => lease.close());

  function tenure(identity: string, more: Partial<LeaseOptions> = {}): Tenure {
    const client = testClient({ credentials: fakeCredentials(lease.url) });
    return leaseTenure(client, { name: 'l', identity, nowMs: () => nowMs, nowEpochMs: () => NOW_EPOCH_MS, ...more });
  }

  async function renewed(of: Tenure): Promise<TenureView> {
    return valueOf(await of.renew(never));
  }

  it('takes a Lease that nobody ever held at once, with times the API accepts', async () => {
    await lease_made();
    expect(await renewed(tenure('a'))).to.deep.equal({ held: true, holder: 'a', saved: undefined });
    expect(lease.stored?.spec).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
      acquireTime: '2026-11-23T08:00:00.000000Z',
      renewTime: '2026-11-23T08:00:00.000000Z',
    });
  });

  it('makes the Lease where there is none', async () => {
    expect((await renewed(tenure('a'))).held).to.equal(true);
    expect(lease.requests).to.deep.equal(['GET', 'POST', 'PATCH']);
  });

  it('says what to create where it may not make one', async () => {
    lease.failNext('POST', 403, JSON.stringify(status(403, 'Forbidden', '')));
    const error = errorOf(await tenure('a').renew(never));
    expect(error.kind).to.equal('unauthorized');
    expect(error.detail).to.match(/no Lease l, and .*verbs: \["create"\].*lease\.yaml/);
  });

  it('renews with a single request and keeps the time of taking', async () => {
    const a = tenure('a');
    await renewed(a);
    const acquired = lease.stored?.spec.acquireTime;
    lease.requests.length = 0;
    nowMs += 5000;
    expect((await renewed(a)).held).to.equal(true);
    expect(lease.requests).to.deep.equal(['PATCH']);
    expect(lease.stored?.spec).to.include({ acquireTime: acquired, leaseTransitions: 1 });
  });

  it('does not take what another holds until it was silent for its whole duration, on our clock', async () => {
    const a = tenure('a');
    const b = tenure('b');
    await renewed(a);
    nowMs += 100_000; // however old the Lease is when it is first seen
    expect(await renewed(b)).to.deep.equal({ held: false, holder: 'a', saved: undefined });
    nowMs += 14_999;
    expect((await renewed(b)).held).to.equal(false);
    nowMs += 2000;
    expect((await renewed(b)).held).to.equal(true);
    expect(lease.stored?.spec).to.include({ holderIdentity: 'b', leaseTransitions: 2 });
  });

  it('starts waiting again with every sign of life', async () => {
    const a = tenure('a');
    const b = tenure('b');
    for (let round = 0; round < 6; round++) {
      lease.touch({ renewTime: `2026-11-23T08:00:0${round}.000000Z` });
      await renewed(a);
      lease.touch({ renewTime: `2026-11-23T08:00:1${round}.000000Z` });
      expect((await renewed(b)).held).to.equal(false);
      nowMs += 10_000;
    }
  });

  it('looks at a foreign Lease every two seconds only', async () => {
    await renewed(tenure('a'));
    const b = tenure('b');
    await renewed(b);
    lease.requests.length = 0;
    for (let beat = 0; beat < 10; beat++) {
      nowMs += 1000;
      await renewed(b);
    }
    expect(lease.requests).to.have.length(5);
  });

  it('takes over at once from an earlier process of its own container', async () => {
    await renewed(tenure('pod-1_uid-1_aaaa'));
    const next = tenure('pod-1_uid-1_bbbb', { predecessorPrefix: 'pod-1_uid-1_' });
    expect(await renewed(next)).to.include({ held: true, holder: 'pod-1_uid-1_bbbb' });
  });

  it('lets another take over at once after a release', async () => {
    const a = tenure('a');
    await renewed(a);
    valueOf(await a.release(never));
    expect(lease.stored?.spec).to.include({ leaseDurationSeconds: 1 }).and.not.to.have.property('holderIdentity');
    expect((await renewed(tenure('b'))).held).to.equal(true);
  });

  it('releases nothing that is not its own', async () => {
    await renewed(tenure('a'));
    const b = tenure('b');
    await renewed(b);
    valueOf(await b.release(never));
    expect(lease.stored?.spec.holderIdentity).to.equal('a');
  });

  it('sees at its next renewal that it was taken over', async () => {
    const a = tenure('a');
    await renewed(a);
    lease.touch({ holderIdentity: 'b' });
    nowMs += 3000;
    expect(await renewed(a)).to.include({ held: false, holder: 'b' });
  });

  it('is not held any more well before another may take it', async () => {
    const a = tenure('a');
    await renewed(a);
    nowMs += 10_000;
    lease.failNext('GET', 500);
    expect((await a.renew(never)).ok).to.equal(false);
    expect(errorOf(await a.save('x', never))).to.include({ kind: 'conflict', detail: 'not held, so nothing is saved' });
  });

  it('loses a race for a free Lease without calling it a failure', async () => {
    await lease_made();
    lease.failNext('PATCH', 409, JSON.stringify(status(409, 'Conflict', 'modified')));
    expect((await renewed(tenure('a'))).held).to.equal(false);
  });

  it('finds out whether a write went through whose answer was lost', async () => {
    const a = tenure('a');
    await renewed(a);
    lease.loseNextAnswer('PATCH');
    expect(errorOf(await a.renew(never)).kind).to.equal('unreachable');
    lease.requests.length = 0;
    expect((await renewed(a)).held).to.equal(true);
    expect(lease.requests).to.deep.equal(['GET', 'PATCH']);
  });

  describe('what is remembered', () => {
    it('comes back to the next holder', async () => {
      const a = tenure('a');
      await renewed(a);
      valueOf(await a.save('{"hold":1}', never));
      valueOf(await a.release(never));
      expect(await renewed(tenure('b'))).to.deep.equal({ held: true, holder: 'b', saved: '{"hold":1}' });
    });

    it('is renewed by saving', async () => {
      const a = tenure('a');
      await renewed(a);
      nowMs += 9000;
      valueOf(await a.save('x', never));
      nowMs += 9000;
      valueOf(await a.save('y', never));
      expect(lease.stored?.metadata.annotations).to.deep.equal({ 'elastic-worker/state': 'y' });
    });

    it('is not saved by one that does not hold the Lease', async () => {
      await renewed(tenure('a'));
      const b = tenure('b');
      expect(errorOf(await b.save('x', never)).kind).to.equal('conflict');
      await renewed(b);
      expect(errorOf(await b.save('x', never)).kind).to.equal('conflict');
      expect(lease.stored?.metadata.annotations).to.deep.equal({});
    });

    it('is not written over a Lease that was taken meanwhile', async () => {
      const a = tenure('a');
      await renewed(a);
      lease.touch({ holderIdentity: 'b' });
      expect(errorOf(await a.save('x', never)).kind).to.equal('conflict');
      expect(errorOf(await a.save('x', never)).kind).to.equal('conflict');
      expect(lease.stored?.metadata.annotations).to.deep.equal({});
    });

    it('has a limit', async () => {
      const a = tenure('a');
      await renewed(a);
      expect(errorOf(await a.save('ä'.repeat(100_001), never)).detail).to.include('200002 bytes');
    });
  });

  async function lease_made(): Promise<void> {
    await fetch(lease.url, { method: 'POST', body: '{}' });
    lease.requests.length = 0;
  }
});

describe('memoryTenure', () => {
  it('is always held and remembers', async () => {
    const tenure = memoryTenure('a');
    expect(valueOf(await tenure.renew(never))).to.deep.equal({ held: true, holder: 'a', saved: undefined });
    await tenure.save('x', never);
    expect(valueOf(await tenure.renew(never)).saved).to.equal('x');
    expect((await tenure.release(never)).ok).to.equal(true);
  });
});
