/** A gauge source that is sent its values: doors that listen, and a store of what came through them. */
import { STALE_AFTER_PERIODS } from '../core/reading.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import { shown } from '../spark/plain-text.ts';
import type { Census, GaugeSample, GaugeSource, Strangers } from '../spark/ports.ts';
import type { Listener } from './carbon-listener.ts';
import type { Door } from './door.ts';
import type { GaugeStore, OwnerReading } from './gauge-store.ts';
import { ownerMatcher, strangersAmong, type OwnerMatch, type OwnerRules } from './owners.ts';

export interface PushSourceOptions {
  readonly name: string;
  readonly store: GaugeStore;
  readonly listener: Listener;
  readonly rules: OwnerRules;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Builds it; nothing listens before it is started. */
export function pushSource({ name, store, listener, rules, nowMs }: PushSourceOptions): GaugeSource {
  let followed = '';
  let matchOwner: (owner: string) => OwnerMatch = ownerMatcher([], NOBODY, rules);

  /** Only a change of applications changes whose series are whose. */
  function follow(applications: readonly ApplicationView[], census: Census): void {
    const names = applications.map(({ id, name: text }) => [id, text, census.settingsOf(id)?.metricsNamespace]);
    const key = JSON.stringify([names, census.endedIds]);
    if (key === followed) return;
    followed = key;
    matchOwner = ownerMatcher(applications, census, rules);
    store.follow((owner) => {
      const found = matchOwner(owner);
      return found.kind === 'application' ? found.id : undefined;
    });
  }

  function sampleOf(application: ApplicationView, census: Census): Result<GaugeSample> {
    // What is older than the application is of a predecessor with the same name.
    const runsForMs = census.nowEpochMs - application.startedAtEpochMs;
    const own = store.readingsOf(application.id, nowMs()).filter(({ ageMs }) => ageMs <= runsForMs);
    const what = `${name}: ${shown(application.id)}`;
    const fresh = own.filter(({ ageMs, periodMs }) => ageMs <= STALE_AFTER_PERIODS * periodMs);
    if (fresh.length > 1) {
      const names = fresh.slice(0, 2).map(({ owner }) => shown(owner));
      const detail = `series under ${fresh.length} names lead to it, ${names.join(' and ')}`;
      return err({ kind: 'malformed', what, detail });
    }
    const [reading] = fresh.length > 0 ? fresh : own;
    if (reading !== undefined)
      return isLate(reading) ? err({ kind: 'malformed', what, detail: lateText(reading) }) : ok(sample(reading));
    if (store.isFull()) return err({ kind: 'refused', what, detail: NO_PLACE });
    return ok({ answer: { kind: 'absent' }, ageMs: 0 });
  }

  return {
    name,
    // Each sample says its own, which is as long or longer.
    periodMs: () => store.shortestPeriodMs(),
    read(applications, _signal, census) {
      follow(applications, census);
      return Promise.resolve(new Map(applications.map((one) => [one.id, sampleOf(one, census)])));
    },
    strangers: (): Strangers => strangersAmong(store.strangers(nowMs()), matchOwner),
    traffic: () => listener.traffic(),
    start: () => startAll(name, listener.doors),
    async stop() {
      await Promise.all(listener.doors.map((door) => door.close()));
    },
  };
}

const NOBODY: Census = { endedIds: [], nowEpochMs: 0, settingsOf: () => undefined };
const NO_PLACE = 'there is no place for more applications; raise ELASTIC_WORKER_LISTENER_MAX_OWNERS';

function sample({ gauges, ageMs, periodMs }: OwnerReading): GaugeSample {
  return { answer: { kind: 'gauges', gauges }, ageMs, periodMs };
}

function isLate({ lateMs, periodMs }: OwnerReading): boolean {
  return lateMs > STALE_AFTER_PERIODS * periodMs;
}

function lateText({ lateMs, owner }: OwnerReading): string {
  const lateSec = Math.round(lateMs / 1000);
  return `what ${shown(owner)} sends comes ${lateSec} s later than it did: its clock was set back, or something on the way holds it up`;
}

/** One after the other; where one cannot, those before it are closed again. */
async function startAll(name: string, doors: readonly Door[]): Promise<Result<void, string>> {
  for (const door of doors) {
    try {
      await door.listen();
    } catch (cause) {
      await Promise.all(doors.map((one) => one.close()));
      const { host = '', port } = door.address;
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      return err(
        `${name} cannot listen on ${host}:${port} (${why}); set ${door.setting} to an address that is free here`,
      );
    }
  }
  return ok(undefined);
}
