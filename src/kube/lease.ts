/** One daemon acts at a time, and remembers: a Lease of our own, taken as client-go's leader election takes one (R25). */
import { V1Lease } from '@kubernetes/client-node';
import { err, ok, type Result } from '../core/result.ts';
import { STATE } from './annotations.ts';
import { FIELD_MANAGER, type KubeClient } from './client.ts';
import { malformed, type KubeCall } from './errors.ts';
import { microTime, recordOf, type LeaseRecord } from './lease-record.ts';
import type { Tenure, TenureView } from './ports.ts';

export interface LeaseOptions {
  readonly name: string;
  /** Of this process alone: a restarted container is another one. */
  readonly identity: string;
  /**
   * A holder whose identity begins so is an earlier process of this very container, which is surely gone: its Lease is
   * taken at once. Pod name and UID make a good one.
   */
  readonly predecessorPrefix?: string;
  /** Whole seconds. How long a holder that went silent is waited for. Default 15. */
  readonly durationSec?: number;
  /** A Lease that another holds is looked at this often, however often `renew` is called. Default 2000. */
  readonly lookEveryMs?: number;
  /** Monotonic milliseconds: expiry is judged by how long we have seen no change, never by another's clock. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch; only written for people to read. */
  readonly nowEpochMs: () => number;
}

/** Others wait for the whole duration; the rest of it is for what we have under way when renewing fails. */
const HELD_SHARE = 2 / 3;

/** The API keeps all annotations of an object below 256 KiB. */
const LONGEST_STATE_BYTES = 200_000;

/** A Tenure kept in the Lease `options.name` of the client's namespace. */
export function leaseTenure(client: KubeClient, options: LeaseOptions): Tenure {
  const lease = new HeldLease(client, options);
  return {
    renew: (signal) => lease.renew(signal),
    save: (state, signal) => lease.save(state, signal),
    release: (signal) => lease.release(signal),
  };
}

class HeldLease {
  readonly #client: KubeClient;
  readonly #options: LeaseOptions;
  readonly #durationSec: number;
  readonly #what: string;
  #seen: LeaseRecord | undefined;
  /** Whether `#seen` is what the server holds, as far as we know. */
  #current = false;
  #changedAtMs = 0;
  #lookedAtMs = -Infinity;
  #renewedAtMs = -Infinity;

  constructor(client: KubeClient, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
    this.#durationSec = options.durationSec ?? 15;
    this.#what = `lease/${options.name}`;
  }

  async renew(signal: AbortSignal): Promise<Result<TenureView>> {
    const { lookEveryMs = 2000, nowMs } = this.#options;
    if (this.#current && this.#seen !== undefined && this.#isHeld()) {
      const renewed = await this.#write(this.#seen, this.#claim(this.#seen), undefined, signal);
      if (renewed.ok) return ok(this.#view());
      if (renewed.error.kind !== 'conflict') return renewed;
    } else if (this.#current && nowMs() - this.#lookedAtMs < lookEveryMs) return ok(this.#view());
    const looked = await this.#look(signal);
    if (!looked.ok) return looked;
    if (!this.#mayTake(looked.value)) return ok(this.#view());
    const taken = await this.#write(looked.value, this.#claim(looked.value), undefined, signal);
    // Somebody was faster: that is an answer.
    return taken.ok || taken.error.kind === 'conflict' ? ok(this.#view()) : taken;
  }

  async save(state: string, signal: AbortSignal): Promise<Result<void>> {
    const what = this.#what;
    const bytes = Buffer.byteLength(state);
    if (bytes > LONGEST_STATE_BYTES)
      return err({ kind: 'refused', what, detail: `a state of ${bytes} bytes is too long to keep` });
    const notHeld = err({ kind: 'conflict' as const, what, detail: 'not held, so nothing is saved' });
    if (!this.#isHeld()) return notHeld;
    const lease = await this.#newest(signal);
    if (!lease.ok) return lease;
    return this.#isHeld() ? this.#write(lease.value, this.#claim(lease.value), state, signal) : notHeld;
  }

  async release(signal: AbortSignal): Promise<Result<void>> {
    const lease = await this.#newest(signal);
    if (!lease.ok) return lease;
    if (lease.value.holder !== this.#options.identity) return ok(undefined);
    const renewTime = microTime(this.#options.nowEpochMs());
    const spec = { holderIdentity: null, leaseDurationSeconds: 1, renewTime };
    return this.#write(lease.value, spec, undefined, signal);
  }

  #isHeld(): boolean {
    const agedMs = this.#options.nowMs() - this.#renewedAtMs;
    return this.#seen?.holder === this.#options.identity && agedMs < this.#durationSec * 1000 * HELD_SHARE;
  }

  #view(): TenureView {
    return { held: this.#isHeld(), holder: this.#seen?.holder ?? '', saved: this.#seen?.saved };
  }

  #mayTake({ holder, durationMs }: LeaseRecord): boolean {
    const { identity, predecessorPrefix, nowMs } = this.#options;
    if (holder === '' || holder === identity) return true;
    if (predecessorPrefix !== undefined && holder.startsWith(predecessorPrefix)) return true;
    return nowMs() - this.#changedAtMs >= durationMs;
  }

  /** The spec that makes us the holder, or keeps us so. */
  #claim({ holder, transitions }: LeaseRecord): object {
    const { identity, nowEpochMs } = this.#options;
    const now = microTime(nowEpochMs());
    const renewed = { leaseDurationSeconds: this.#durationSec, renewTime: now };
    if (holder === identity) return renewed;
    return { ...renewed, holderIdentity: identity, acquireTime: now, leaseTransitions: transitions + 1 };
  }

  #notice(lease: V1Lease): Result<LeaseRecord> {
    const record = recordOf(lease);
    if (record === undefined) return err(malformed(this.#what, 'metadata.resourceVersion'));
    if (record.text !== this.#seen?.text) this.#changedAtMs = this.#options.nowMs();
    this.#seen = record;
    this.#current = true;
    this.#lookedAtMs = this.#options.nowMs();
    return ok(record);
  }

  #newest(signal: AbortSignal): Promise<Result<LeaseRecord>> {
    return this.#current && this.#seen !== undefined ? Promise.resolve(ok(this.#seen)) : this.#look(signal);
  }

  async #look(signal: AbortSignal): Promise<Result<LeaseRecord>> {
    const { name } = this.#options;
    const { coordination, namespace } = this.#client;
    const result = await this.#client.call(this.#call('get'), signal, (options) =>
      coordination.readNamespacedLease({ name, namespace }, options),
    );
    if (result.ok) return this.#notice(result.value);
    return result.error.kind === 'not-found' ? this.#create(signal) : result;
  }

  /** Makes an empty Lease. Who gets it is decided by the write that follows, as it is for every other. */
  async #create(signal: AbortSignal): Promise<Result<LeaseRecord>> {
    const { name } = this.#options;
    const { coordination, namespace } = this.#client;
    const body = Object.assign(new V1Lease(), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
    });
    const result = await this.#client.call(this.#call('create'), signal, (options) =>
      coordination.createNamespacedLease({ namespace, body, fieldManager: FIELD_MANAGER }, options),
    );
    if (result.ok) return this.#notice(result.value);
    if (result.error.kind !== 'unauthorized') return result;
    const detail = `there is no Lease ${name}, and ${result.error.detail}; or create it once (manifests/add-sidecar/lease.yaml)`;
    return err({ ...result.error, detail });
  }

  /** Writes on top of `lease`. After a failure of any kind the server is asked before anything is believed. */
  async #write(
    lease: LeaseRecord,
    spec: object,
    state: string | undefined,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { name, nowMs } = this.#options;
    const { coordination, namespace } = this.#client;
    const startedMs = nowMs(); // others count from the change, which is not before this
    const { resourceVersion } = lease;
    const metadata = state === undefined ? { resourceVersion } : { resourceVersion, annotations: { [STATE]: state } };
    const result = await this.#client.call(this.#call('patch'), signal, (options) =>
      coordination.patchNamespacedLease(
        { name, namespace, body: { metadata, spec }, fieldManager: FIELD_MANAGER },
        options,
      ),
    );
    if (!result.ok) {
      this.#current = false;
      return result;
    }
    const noticed = this.#notice(result.value);
    if (!noticed.ok) return noticed;
    this.#renewedAtMs = startedMs;
    return ok(undefined);
  }

  #call(verb: KubeCall['verb']): KubeCall {
    const { namespace } = this.#client;
    return { verb, group: 'coordination.k8s.io', resource: 'leases', what: this.#what, namespace };
  }
}

/** A Tenure without a Lease, for watching only: always held, remembers until the process ends. */
export function memoryTenure(identity: string): Tenure {
  let saved: string | undefined;
  return {
    renew: () => Promise.resolve(ok({ held: true, holder: identity, saved })),
    save: (state) => {
      saved = state;
      return Promise.resolve(ok(undefined));
    },
    release: () => Promise.resolve(ok(undefined)),
  };
}
