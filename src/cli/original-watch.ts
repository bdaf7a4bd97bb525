/** Whether the original daemon runs in the same pod (R15): looked up until that succeeds once, for a pod's containers never change. */
import { describeError } from '../core/result.ts';
import type { KubeClient } from '../kube/client.ts';
import { readOwnPod } from '../kube/pod-self.ts';
import type { OriginalDaemon } from './live-view.ts';

export class OriginalWatch {
  readonly #client: KubeClient;
  readonly #ownPod: string | undefined;
  readonly #signal: AbortSignal;
  #found: OriginalDaemon;
  #looking: Promise<void> | undefined;

  /** @param ownPod name of the pod this process runs in; undefined outside a cluster, where nobody else can be in it. */
  constructor(client: KubeClient, ownPod: string | undefined, signal: AbortSignal) {
    this.#client = client;
    this.#ownPod = ownPod;
    this.#signal = signal;
    this.#found =
      ownPod === undefined
        ? { known: true, container: undefined }
        : { known: false, why: 'its own pod has not been read yet' };
  }

  /** What is known now; begins to look where nothing is. */
  readonly current = (): OriginalDaemon => {
    void this.look();
    return this.#found;
  };

  /** Looks, unless it is known; a look that is under way is joined. Never rejects for an expected failure. */
  look(): Promise<void> {
    if (this.#found.known || this.#ownPod === undefined) return Promise.resolve();
    this.#looking ??= this.#read(this.#ownPod).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(name: string): Promise<void> {
    const pod = await readOwnPod(this.#client, name, this.#signal);
    this.#found = pod.ok
      ? { known: true, container: pod.value.originalDaemon }
      : { known: false, why: describeError(pod.error) };
  }
}
