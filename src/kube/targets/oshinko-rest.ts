/**
 * A cluster of the original's REST service, which sets the number of workers itself.
 *
 * Its limits: there is no revision and no precondition. The count is read again right before it is set, so that the time
 * in which another's change can be lost is that between two requests; and each PUT states the whole count.
 */
import axios, { AxiosError, type AxiosInstance } from 'axios';
import * as v from 'valibot';
import { err, ok, type OperatingError, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { malformed } from '../errors.ts';
import { objectName, viewOf, type TargetAdapter, type TargetReading } from './adapter.ts';
import { active, rolloutsOf } from './deployment.ts';
import { shortName, type TargetReference } from './reference.ts';
import { parseAs } from './workload.ts';

export type OshinkoReference = Extract<TargetReference, { readonly kind: 'oshinko-rest' }>;

const MIB = 1024 * 1024;
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Later versions have the counts under `config`, the first ones beside the name. */
const Answer = v.object({
  cluster: v.union([
    v.object({ config: v.object({ workerCount: Count }) }),
    v.object({ workerCount: Count, masterCount: v.optional(Count, 1) }),
  ]),
});
type Cluster = v.InferOutput<typeof Answer>['cluster'];

/** The adapter of one cluster. `timeoutMs` is the deadline of one request to the service. */
export function oshinkoRestTarget(client: KubeClient, reference: OshinkoReference, timeoutMs: number): TargetAdapter {
  const target = shortName(reference);
  const selector = `oshinko-cluster=${reference.name},oshinko-type=worker`;
  const http = axios.create({
    proxy: false,
    maxRedirects: 0,
    validateStatus: null,
    responseType: 'text',
    transformResponse: [(body: unknown) => body],
    maxContentLength: MIB,
  });
  const service: Service = { http, url: reference.url, target, timeoutMs };

  async function read(signal: AbortSignal): Promise<Result<TargetReading>> {
    const cluster = await readCluster(service, signal);
    if (!cluster.ok) return cluster;
    const rollouts = await rolloutsOf(client, 'replicationcontroller', selector, `workers of ${target}`, signal);
    if (!rollouts.ok) return rollouts;
    const planned = workerCount(cluster.value);
    const [current, ...others] = active(rollouts.value);
    const newest = current ?? rollouts.value.at(-1);
    if (newest === undefined) return err(noControllers(target, selector, client.namespace));
    const { length: count } = [current, ...others].filter((one) => one !== undefined);
    const view = viewOf(target, newest, {
      plannedWorkers: planned,
      revision: revisionOf(planned),
      podOwnerUids: rollouts.value.map(({ metadata }) => metadata.uid),
      removal: 'by-cost',
      unsettled: count > 1 ? `a rollout of ${target} is under way: pods of ${count} rollouts come and go` : undefined,
    });
    const below = rollouts.value.map(({ metadata }) => objectName('replicationcontroller', metadata.name));
    const { name, uid } = newest.metadata;
    return ok({ view, identity: { ...objectName('replicationcontroller', name), uid, podSelector: selector, below } });
  }

  async function resize(
    workers: number,
    revision: string,
    signal: AbortSignal,
  ): Promise<Result<{ readonly revision: string }>> {
    const now = await readCluster(service, signal);
    if (!now.ok) return now;
    const count = workerCount(now.value);
    if (revisionOf(count) !== revision) {
      return err({ kind: 'conflict', what: target, detail: `its count is ${count} by now` });
    }
    const sent = await send(service, 'PUT', bodyFor(now.value, reference.name, workers), signal);
    return sent.ok ? ok({ revision: revisionOf(workers) }) : sent;
  }

  return { read, resize: (workers, revision, _, signal) => resize(workers, revision, signal) };
}

function revisionOf(workers: number): string {
  return `${workers} workers`;
}

function workerCount(cluster: Cluster): number {
  return 'config' in cluster ? cluster.config.workerCount : cluster.workerCount;
}

function bodyFor(cluster: Cluster, name: string, workers: number): object {
  if ('config' in cluster) return { name, config: { workerCount: workers } };
  return { name, masterCount: cluster.masterCount, workerCount: workers };
}

function noControllers(target: string, selector: string, namespace: string): OperatingError {
  const detail =
    `no ReplicationController in namespace ${namespace} has the labels ${selector}, so its pods are not known; ` +
    'set ELASTIC_WORKER_NAMESPACE to that of the cluster';
  return { kind: 'not-found', what: target, detail };
}

interface Service {
  readonly http: AxiosInstance;
  readonly url: string;
  readonly target: string;
  readonly timeoutMs: number;
}

async function readCluster(service: Service, signal: AbortSignal): Promise<Result<Cluster>> {
  const answer = await send(service, 'GET', undefined, signal);
  if (!answer.ok) return answer;
  const parsed = parseAs(Answer, jsonOf(answer.value), service.target);
  if (parsed.ok) return ok(parsed.value.cluster);
  return err({
    ...malformed(service.target, 'workerCount'),
    detail: 'the answer has no workerCount: is this oshinko-rest?',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function send(
  { http, url, target, timeoutMs }: Service,
  method: 'GET' | 'PUT',
  body: object | undefined,
  signal: AbortSignal,
): Promise<Result<string>> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const what = `${method} ${target}`;
  try {
    const { status, data } = await http.request<string>({
      url,
      method,
      ...(body !== undefined && { data: body }),
      headers: { Accept: 'application/json' },
      signal: AbortSignal.any([signal, deadline]),
    });
    if (status >= 200 && status < 300) return ok(data);
    return err(refusal(status, what));
  } catch (cause) {
    if (deadline.aborted) return err({ kind: 'timeout', what, detail: `no complete answer within ${timeoutMs} ms` });
    if (signal.aborted) return err({ kind: 'timeout', what, detail: 'given up by the caller before the answer came' });
    if (!(cause instanceof AxiosError)) throw cause;
    const detail = `${cause.code ?? 'error'}: ${cause.message.split('\n')[0] ?? ''}`;
    return err({ kind: cause.message.startsWith('maxContentLength') ? 'malformed' : 'unreachable', what, detail });
  }
}

function refusal(status: number, what: string): OperatingError {
  if (status === 401 || status === 403) {
    return { kind: 'unauthorized', what, status, detail: 'the service wants a login, and no credential is sent to it' };
  }
  if (status === 404) {
    const detail =
      'the service knows no such cluster; set ELASTIC_WORKER_TARGET to http://host:port/clusters/name of one';
    return { kind: 'not-found', what, status, detail };
  }
  return { kind: status === 409 ? 'conflict' : 'refused', what, status, detail: `the service answered ${status}` };
}
