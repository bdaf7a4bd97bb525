/**
 * Jolokia agents in drivers: one bulk read of the allocation MBeans for each.
 *
 * The agent's address is made of the host that the application named for its own page, so it is as hostile as that: the
 * same networks are allowed, and the same are forbidden (R26).
 */
import * as v from 'valibot';
import { err, ok, type OperatingError, type Result } from '../core/result.ts';
import type { AllocationGauges, ApplicationView } from '../core/spark-view.ts';
import type { AddressGuard } from '../spark/address-guard.ts';
import { inTurns, type TurnOptions } from '../spark/in-turns.ts';
import { dictionary, parseJson } from '../spark/json-text.ts';
import type { Census, GaugeSample, GaugeSource, SparkMaster } from '../spark/ports.ts';
import { shown } from '../spark/plain-text.ts';
import { isOwn } from './one-owner.ts';
import type { OwnerRules } from './owners.ts';
import { parseSeriesName, type GaugeName } from './series-name.ts';
import type { SendToServer } from './server-http.ts';

export interface JolokiaOptions extends TurnOptions {
  /** With `${host}`, `${spark.app.id}`, `${spark.app.name}`. */
  readonly url: string;
}

export interface JolokiaParts {
  readonly send: SendToServer;
  readonly guard: Pick<AddressGuard, 'checkUrl'>;
  readonly master: Pick<SparkMaster, 'readApplicationPage'>;
  readonly rules: OwnerRules;
}

/** Names with `, = : " * ?` in them are quoted, and a pattern is quoted as they are. Before Spark 3.0 there is no type. */
const PATTERNS = [
  'metrics:name=*driver.ExecutorAllocationManager.executors.number*Executors,*',
  'metrics:name="*driver.ExecutorAllocationManager.executors.number*Executors",*',
];
const REQUEST = PATTERNS.map((mbean) => ({ type: 'read', mbean, attribute: 'Value', config: { ignoreErrors: true } }));

const Item = v.object({
  status: v.number(),
  value: v.optional(v.unknown()),
  error_type: v.optional(v.string()),
});
const Items = v.pipe(v.array(Item), v.length(PATTERNS.length));
const Beans = dictionary(v.object({ Value: v.unknown() }));

interface Found {
  readonly owner: string;
  readonly gauges: AllocationGauges;
}

/** Builds the source. */
export function jolokia(options: JolokiaOptions, parts: JolokiaParts): GaugeSource {
  const hosts = new Map<string, string>();

  async function readOne(
    application: ApplicationView,
    signal: AbortSignal,
    census: Census,
  ): Promise<Result<GaugeSample>> {
    const what = `Jolokia agent of ${shown(application.id)}`;
    const url = await addressOf(application, what, signal);
    if (!url.ok) return url;
    const answer = await parts.send({ what, url: `${url.value}/`, json: REQUEST }, signal);
    const body = answer.ok ? bodyOf(answer.value.status, answer.value.body, what) : answer;
    const found = body.ok ? parseBeans(body.value, what) : body;
    if (!found.ok) {
      hosts.delete(application.id);
      return found;
    }
    if (found.value === undefined) return ok({ answer: { kind: 'absent' }, ageMs: 0 });
    const own = isOwn(application, found.value.owner, what, census, parts.rules);
    return own.ok ? ok({ answer: { kind: 'gauges', gauges: found.value.gauges }, ageMs: 0 }) : own;
  }

  async function addressOf(application: ApplicationView, what: string, signal: AbortSignal): Promise<Result<string>> {
    const host = options.url.includes('${host}') ? await hostOf(application, what, signal) : ok('');
    if (!host.ok) return host;
    const { id, name } = application;
    const places: readonly (readonly [string, string])[] = [
      ['${host}', host.value],
      ['${spark.app.id}', id],
      ['${spark.app.name}', name],
    ];
    let url = options.url;
    for (const [place, value] of places) {
      if (!url.includes(place)) continue;
      // Anything else in it could lead to another host, or to another page of it.
      if (place !== '${host}' && !/^[A-Za-z0-9.-]{1,200}$/.test(value)) {
        return err({ kind: 'blocked', what, detail: `${place} is no part of an address: ${shown(value)}` });
      }
      url = url.replaceAll(place, () => value);
    }
    const checked = parts.guard.checkUrl(url);
    if (!checked.ok) return err({ ...checked.error, what });
    return ok(`${checked.value.origin}${checked.value.pathname.replace(/\/{1,64}$/, '')}`);
  }

  async function hostOf({ id }: ApplicationView, what: string, signal: AbortSignal): Promise<Result<string>> {
    const known = hosts.get(id);
    if (known !== undefined) return ok(known);
    const page = await parts.master.readApplicationPage(id, signal);
    if (!page.ok) return page;
    const host = URL.parse(page.value.uiAddress ?? '')?.hostname;
    if (host === undefined || host === '') return err({ kind: 'not-found', what, detail: NO_HOST });
    hosts.set(id, host);
    return ok(host);
  }

  return inTurns(options, {
    name: 'jolokia',
    readOne,
    keep: (ids) => {
      for (const id of hosts.keys()) if (!ids.has(id)) hosts.delete(id);
    },
  });
}

const NO_HOST =
  "the master's page links no address of the driver (it does not with spark.ui.reverseProxy): set " +
  'ELASTIC_WORKER_JOLOKIA_URL with ${spark.app.id} or ${spark.app.name} in place of ${host}';

function bodyOf(status: number, body: string, what: string): Result<string> {
  if (status === 200) return ok(body);
  const detail = 'the answer is no 200: see ELASTIC_WORKER_JOLOKIA_URL';
  return err({ kind: status === 404 ? 'not-found' : 'refused', what, status, detail });
}

/**
 * Parses the answers to both patterns. A pattern that nothing matches is answered by an item with status 404.
 *
 * @returns undefined where the driver has no allocation MBeans.
 */
function parseBeans(body: string, what: string): Result<Found | undefined> {
  const parsed = parseJson(Items, body, what);
  if (!parsed.ok) return parsed;
  const values = new Map<GaugeName, number>();
  const owners = new Set<string>();
  for (const item of parsed.value) {
    if (item.status === 404) continue;
    if (item.status !== 200) return err(refusedItem(item.status, item.error_type, what));
    const beans = v.safeParse(Beans, item.value);
    if (!beans.success) return err({ kind: 'malformed', what, detail: 'value: expected MBeans with a Value each' });
    for (const [bean, { Value: value }] of Object.entries(beans.output)) {
      const name = parseSeriesName(nameOf(bean));
      if (name === undefined) continue;
      owners.add(name.owner);
      values.set(name.gauge, typeof value === 'number' ? value : NaN);
    }
  }
  const [owner, ...others] = owners;
  if (owner === undefined) return ok(undefined);
  if (others.length > 0) return err({ kind: 'malformed', what, detail: 'it has gauges of several applications' });
  return ok({ owner, gauges: gaugesOf(values) });
}

function gaugesOf(values: ReadonlyMap<GaugeName, number>): AllocationGauges {
  return {
    numberTargetExecutors: values.get('numberTargetExecutors'),
    numberMaxNeededExecutors: values.get('numberMaxNeededExecutors'),
    numberAllExecutors: values.get('numberAllExecutors'),
    numberExecutorsPendingToRemove: values.get('numberExecutorsPendingToRemove'),
    numberDecommissioningExecutors: values.get('numberDecommissioningExecutors'),
  };
}

function refusedItem(status: number, errorType: string | undefined, what: string): OperatingError {
  return { kind: 'refused', what, status, detail: `it answers ${shown(errorType ?? 'an error')} to the read` };
}

/** The registry's name in an ObjectName: `metrics:name=…,type=gauges`, the name in quotes where it has odd characters. */
function nameOf(bean: string): string {
  const [, quoted, bare] = /[:,]name=(?:"((?:[^"\\]|\\.)*)"|([^,]*))/.exec(bean) ?? [];
  return quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
}
