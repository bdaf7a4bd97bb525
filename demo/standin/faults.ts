/** What can be broken from outside while the stand-in runs. Plain switches: set a field, and set it back. */
import { plainText, type Answer } from './http.ts';

/**
 * How a server misbehaves: `error` is a 500, `hang` never answers, `drop` closes the connection at once (to a client
 * the same as unreachable), `garbage` is a 200 with an HTML page, `empty` a 200 without a body.
 */
export type Fault = 'none' | 'error' | 'hang' | 'drop' | 'garbage' | 'empty';

/** A right that is refused: to the access review, and with 403 to the call itself. */
export interface Denial {
  readonly verb: string;
  /** Plural, with its subresource: "replicationcontrollers/scale". */
  readonly resource: string;
  /** Only the object of this name; left out: all of them. */
  readonly name?: string;
}

export interface FailedWrite {
  /** Plural, with its subresource. */
  readonly resource: string;
  readonly fault: 'error' | 'too-many-requests';
}

export interface Faults {
  /** All drivers' endpoints, also through the master's proxy. */
  metrics: Fault;
  /** One application's driver, by application id; stronger than `metrics`. */
  readonly metricsOf: Map<string, Fault>;
  /** The master's whole web UI. Its status is the world's `spark.status`. */
  master: Fault;
  /** The master's pages of applications alone; its `/json/` goes on. */
  appPages: Fault;
  /** All workers' own UIs. */
  workerUis: Fault;
  /** The Kubernetes API; `too-many-requests` is the plain-text 429 of its flow control. */
  api: Fault | 'too-many-requests';
  /** Whole seconds sent as Retry-After with a 429. */
  retryAfterSec: number;
  /** Resources whose next write answers 409, each used up once: ["replicationcontrollers/scale"]. */
  readonly conflicts: string[];
  /** Writes that fail once each, in this order for each resource; a 429 has `retryAfterSec`, an error is a 500. */
  readonly failedWrites: FailedWrite[];
  readonly denials: Denial[];
  /** Milliseconds by which pods created from now on are slower. */
  extraPodStartMs: number;
  /** Pods created while this is set never become Ready and bring no worker. */
  podsNeverReady: boolean;
  /** Most pods the namespace may hold; the controller creates none above it. */
  podQuota: number;
}

export function noFaults(): Faults {
  return {
    metrics: 'none',
    metricsOf: new Map(),
    master: 'none',
    appPages: 'none',
    workerUis: 'none',
    api: 'none',
    retryAfterSec: 1,
    conflicts: [],
    failedWrites: [],
    denials: [],
    extraPodStartMs: 0,
    podsNeverReady: false,
    podQuota: Infinity,
  };
}

/** What a broken server answers; undefined where it is not broken. */
export function brokenAnswer(fault: Fault): Answer | undefined {
  switch (fault) {
    case 'none':
      return undefined;
    case 'error':
      return plainText(500, 'Server Error');
    case 'hang':
      return { kind: 'hang' };
    case 'drop':
      return { kind: 'drop' };
    case 'garbage':
      return {
        kind: 'reply',
        status: 200,
        type: 'text/html;charset=utf-8',
        body: '<html><body>please log in</body></html>',
      };
    case 'empty':
      return plainText(200, '');
  }
}
