/** A small Kubernetes API client for tests: plain HTTPS with a bearer token, independent of the client under test. */
import { Agent, request as httpsRequest } from 'node:https';
import * as v from 'valibot';
import { waitFor } from './support/wait.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface KubeResponse {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

/** How a PATCH body is meant. */
export type PatchType = 'merge' | 'strategic-merge' | 'json';

export interface KubeApi {
  readonly url: string;
  /** One request. Resolves with any status; rejects only when there is no answer within 10 s. */
  send(method: string, path: string, body?: Json, contentType?: string): Promise<KubeResponse>;
  /** As `send`, but rejects on a status of 300 and more (with the API's message) and returns the body. */
  get(path: string): Promise<unknown>;
  create(path: string, body: Json): Promise<unknown>;
  replace(path: string, body: Json): Promise<unknown>;
  patch(path: string, body: Json, type?: PatchType): Promise<unknown>;
  /** Deletes; options like gracePeriodSeconds or preconditions go into `body`. A missing object is no error. */
  remove(path: string, body?: Json): Promise<void>;
  /** Ends the connections kept open. */
  close(): void;
}

const PATCH_CONTENT_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  'strategic-merge': 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

/** An API client of its own set of connections. `ca` is the PEM text of the server's authority. */
export function kubeApi(url: string, token: string, ca: string): KubeApi {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 8 });

  async function send(
    method: string,
    path: string,
    body?: Json,
    contentType = 'application/json',
  ): Promise<KubeResponse> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(payload !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
    };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(10_000);
      const request = httpsRequest(new URL(path, url), { method, headers, agent, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(text) });
        });
      });
      request.once('error', reject);
      request.end(payload);
    });
  }

  async function must(method: string, path: string, body?: Json, contentType?: string): Promise<unknown> {
    const response = await send(method, path, body, contentType);
    if (response.status >= 300) throw new KubeError(method, path, response);
    return response.body;
  }

  return {
    url,
    send,
    get: (path) => must('GET', path),
    create: (path, body) => must('POST', path, body),
    replace: (path, body) => must('PUT', path, body),
    patch: (path, body, type = 'merge') => must('PATCH', path, body, PATCH_CONTENT_TYPES[type]),
    remove: async (path, body) => {
      const response = await send('DELETE', path, body);
      if (response.status >= 300 && response.status !== 404) throw new KubeError('DELETE', path, response);
    },
    close: () => {
      agent.destroy();
    },
  };
}

/** The API server said no. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;

  constructor(method: string, path: string, response: KubeResponse) {
    const reason = v.safeParse(v.object({ message: v.string() }), response.body);
    super(`${method} ${path}: ${response.status} ${reason.success ? reason.output.message : ''}`);
    this.status = response.status;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Creates a namespace and waits for its default service account, without which no pod is admitted.
 * Labels are for Pod Security: `{'pod-security.kubernetes.io/enforce': 'restricted'}`.
 */
export async function createNamespace(api: KubeApi, name: string, labels: Record<string, string> = {}): Promise<void> {
  await api.create('/api/v1/namespaces', { metadata: { name, labels } });
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await waitFor(`service account default in ${name}`, async () => (await api.send('GET', account)).status === 200);
}

const ControllerState = v.object({
  spec: v.object({ replicas: v.number() }),
  status: v.object({ replicas: v.number(), readyReplicas: v.optional(v.number(), 0) }),
});

export interface ReplicaCounts {
  /** spec.replicas */
  readonly planned: number;
  /** status.replicas: pods that exist and are not going. */
  readonly existing: number;
  readonly ready: number;
}

/** Path of a ReplicationController. */
export function controllerPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/replicationcontrollers/${name}`;
}

/** Reads the counts of the ReplicationController (or anything with the same fields) at `path`. */
export async function readReplicas(api: KubeApi, path: string): Promise<ReplicaCounts> {
  const { spec, status } = v.parse(ControllerState, await api.get(path));
  return { planned: spec.replicas, existing: status.replicas, ready: status.readyReplicas };
}

/** Sets the count through the scale subresource. */
export async function scale(api: KubeApi, path: string, replicas: number): Promise<void> {
  await api.patch(`${path}/scale`, { spec: { replicas } });
}

/** What a worker pod of the harness says: resources in `env`, which the node agent hands to the real worker. */
export interface WorkerControllerOptions {
  readonly name: string;
  readonly replicas: number;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Labels of the pods and the selector. */
  readonly labels: Record<string, string>;
  /** Default 30. */
  readonly terminationGracePeriodSeconds?: number;
  readonly annotations?: Record<string, string>;
}

/** A ReplicationController of Spark workers that the Pod Security level "restricted" admits. */
export function workerController(options: WorkerControllerOptions): Json {
  const { name, replicas, cores, memoryMiB, labels, terminationGracePeriodSeconds = 30, annotations = {} } = options;
  const container = {
    name: 'worker',
    image: 'spark-worker:test',
    env: [
      { name: 'SPARK_WORKER_CORES', value: String(cores) },
      { name: 'SPARK_WORKER_MEMORY', value: `${memoryMiB}m` },
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: labels,
      template: {
        metadata: { labels, annotations },
        spec: { terminationGracePeriodSeconds, automountServiceAccountToken: false, containers: [container] },
      },
    },
  };
}
