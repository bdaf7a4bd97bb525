/** Calls to the API server: each with a deadline, an outcome that is counted, and an operating error if it fails. */
import {
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  CustomObjectsApi,
  Observable,
  PatchStrategy,
  ServerConfiguration,
  type ConfigurationOptions,
  type RequestContext,
} from '@kubernetes/client-node';
import { err, ok, type OperatingErrorKind, type Result } from '../core/result.ts';
import type { KubeCredentials } from './credentials.ts';
import { CredentialError, toOperatingError, type KubeCall } from './errors.ts';
import { kubeTransport } from './transport.ts';

/** Writes of ours carry this name in `managedFields`. */
export const FIELD_MANAGER = 'elastic-worker';

/** Told after each call: "patch replicationcontrollers/scale", how it ended, how long it took in milliseconds. */
export type CallHook = (verbResource: string, outcome: 'ok' | OperatingErrorKind, ms: number) => void;

export interface KubeClientOptions {
  readonly credentials: KubeCredentials;
  readonly namespace: string;
  /** Deadline of one call in milliseconds, whatever the caller's signal does. Default 5000. */
  readonly timeoutMs?: number;
  readonly onCall?: CallHook;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch, for answers that name a time to come back. */
  readonly nowEpochMs: () => number;
  /** Sent as User-Agent. */
  readonly userAgent?: string;
}

export interface KubeClient {
  readonly namespace: string;
  readonly core: CoreV1Api;
  /** Objects of every named group, as plain JSON. */
  readonly objects: CustomObjectsApi;
  readonly coordination: CoordinationV1Api;
  readonly authorization: AuthorizationV1Api;
  /**
   * Makes one call. `send` does nothing but call the library with the options it is given; a `patch` goes out as a merge
   * patch, unless the call says otherwise. A 401 is tried once more if the credential has been replaced since: nothing was done the first time.
   */
  call<T>(call: KubeCall, signal: AbortSignal, send: (options: ConfigurationOptions) => Promise<T>): Promise<Result<T>>;
  close(): void;
}

/** A client for one namespace. Whoever makes it closes it. */
export function kubeClient(options: KubeClientOptions): KubeClient {
  const { credentials, nowMs, nowEpochMs, onCall, timeoutMs = 5000 } = options;
  const userAgent = options.userAgent ?? FIELD_MANAGER;
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(credentials.server, {}),
    httpApi: kubeTransport(() => credentials.login()),
  });

  async function attempt<T>(
    call: KubeCall,
    deadline: Deadline,
    send: (options: ConfigurationOptions) => Promise<T>,
  ): Promise<Result<T>> {
    try {
      const answer = send(requestOptions(call, deadline.signal, userAgent));
      // The signal ends the request; the race also ends a credential plug-in that hangs.
      return ok(await Promise.race([answer, deadline.ended]));
    } catch (cause) {
      const ended = deadline.reason();
      if (ended !== undefined) return err({ kind: 'timeout', what: call.what, detail: ended });
      return err(toOperatingError(cause, call, nowEpochMs()));
    }
  }

  async function call<T>(
    description: KubeCall,
    signal: AbortSignal,
    send: (options: ConfigurationOptions) => Promise<T>,
  ): Promise<Result<T>> {
    const startedMs = nowMs();
    const deadline = startDeadline(signal, timeoutMs);
    let result: Result<T>;
    try {
      result = await attempt(description, deadline, send);
      if (!result.ok && result.error.status === 401 && (await replaced(credentials, deadline))) {
        result = await attempt(description, deadline, send);
      }
    } finally {
      deadline.clear();
    }
    const outcome = result.ok ? 'ok' : result.error.kind;
    onCall?.(`${description.verb} ${description.resource}`, outcome, nowMs() - startedMs);
    return result;
  }

  return {
    namespace: options.namespace,
    core: new CoreV1Api(configuration),
    objects: new CustomObjectsApi(configuration),
    coordination: new CoordinationV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    call,
    close: () => {
      credentials.close();
    },
  };
}

async function replaced(credentials: KubeCredentials, deadline: Deadline): Promise<boolean> {
  try {
    return await Promise.race([credentials.refresh(), deadline.ended]);
  } catch (error) {
    if (error instanceof CredentialError || deadline.reason() !== undefined) return false;
    throw error;
  }
}

function requestOptions(call: KubeCall, signal: AbortSignal, userAgent: string): ConfigurationOptions {
  return {
    middlewareMergeStrategy: 'append',
    middleware: [
      {
        pre: (request: RequestContext) => {
          request.setSignal(signal);
          request.setHeaderParam('User-Agent', userAgent);
          // The library's own choice is JSON Patch, whatever the body is.
          const patch = call.patch === 'json' ? PatchStrategy.JsonPatch : PatchStrategy.MergePatch;
          if (call.verb === 'patch') request.setHeaderParam('Content-Type', patch);
          return new Observable(Promise.resolve(request));
        },
        post: (response) => new Observable(Promise.resolve(response)),
      },
    ],
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Rejects at the deadline or when the caller gives up; never resolves. */
  readonly ended: Promise<never>;
  /** Why it ended; undefined while it has not. */
  reason(): string | undefined;
  clear(): void;
}

function startDeadline(caller: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => undefined); // nobody may be waiting any more
  let reason: string | undefined;
  const end = (why: string): void => {
    reason ??= why;
    controller.abort();
    reject(new Error(why));
  };
  const giveUp = (): void => {
    end('given up by the caller before the answer came');
  };
  const timer = setTimeout(end, timeoutMs, `no complete answer within ${timeoutMs} ms`);
  if (caller.aborted) giveUp();
  else caller.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    ended,
    reason: () => reason,
    clear: () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', giveUp);
    },
  };
}
