/** Everything the daemon's `/status` ever said of changed replicas, kept across restarts of the daemon. */
import * as v from 'valibot';
import { getJson } from '../support/wait.ts';

const EVERY_MS = 400;

const Change = v.object({ from: v.number(), to: v.number(), victims: v.array(v.string()) });
const Count = v.nullish(v.number());
const Counts = v.object({ wanted: Count, planned: Count, observed: Count, floor: Count });
const Decision = v.looseObject({
  sequence: v.number(),
  atEpochMs: v.number(),
  change: v.nullish(Change),
  reason: v.optional(v.string(), ''),
  sentence: v.optional(v.string(), ''),
  counts: v.optional(Counts, {}),
});
const Status = v.looseObject({
  decisions: v.array(Decision),
});

export interface ReplicaChange {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly victims: readonly string[];
}

/** One pass, as far as it was seen: steady ones between two looks may be missing. */
export interface Pass {
  readonly atMs: number;
  /** Why the count is as it is: "surplus", "steady", … */
  readonly reason: string;
  /** The same for a person. */
  readonly sentence: string;
  /** Workers; null or undefined where they were not known. */
  readonly counts: v.InferOutput<typeof Counts>;
}

export type StatusDocument = v.InferOutput<typeof Status>;

export class StatusLog {
  readonly #url: string;
  readonly #changes = new Map<string, ReplicaChange>();
  readonly #passes = new Map<string, Pass>();
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | undefined;

  constructor(statusUrl: string) {
    this.#url = statusUrl;
    this.#timer = setInterval(() => {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
    }, EVERY_MS);
  }

  /** The newest document. Rejects while the daemon does not answer. */
  async now(): Promise<StatusDocument> {
    return v.parse(Status, await getJson(`${this.#url}/status`));
  }

  async healthy(): Promise<boolean> {
    await getJson(`${this.#url}/status`);
    return true;
  }

  /** Changes that were carried out, oldest first, after one more look. */
  async changes(): Promise<readonly ReplicaChange[]> {
    await this.#reading;
    await this.#read();
    return [...this.#changes.values()].sort((a, b) => a.atMs - b.atMs);
  }

  /** Passes seen so far, oldest first. */
  passes(): readonly Pass[] {
    return [...this.#passes.values()].sort((a, b) => a.atMs - b.atMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    // A daemon that was killed does not answer; what it said before stays.
    const document = await this.now().catch(() => undefined);
    for (const { sequence, atEpochMs, change, reason, sentence, counts } of document?.decisions ?? []) {
      this.#passes.set(`${atEpochMs}/${sequence}`, { atMs: atEpochMs, reason, sentence, counts });
      if (change == null) continue;
      this.#changes.set(`${atEpochMs}/${sequence}`, { atMs: atEpochMs, ...change });
    }
  }
}
