/** Watches for a second writer of the count, for as long as this daemon is the one that acts. */
import { NEW_WRITER_MEMORY, noteCount, noteOwnCount, otherWriter, type WriterMemory } from '../core/other-writer.ts';
import type { TargetView } from '../core/cluster-view.ts';
import type { Reading } from '../core/reading.ts';

export class Rivals {
  #memory: WriterMemory = NEW_WRITER_MEMORY;

  /** Takes in the newest reading of the target. */
  see(target: Reading<TargetView>): void {
    if (target.known) this.#memory = noteCount(this.#memory, target.value.plannedWorkers, target.takenAtMs);
  }

  /** Notes a count that was set; undefined where nobody knows whether it was. */
  wrote(count: number | undefined, nowMs: number): void {
    this.#memory = noteOwnCount(this.#memory, count, nowMs);
  }

  /** Another daemon acts: what it sets is no argument with us. */
  forget(): void {
    this.#memory = NEW_WRITER_MEMORY;
  }

  /** Why nothing may be written now; undefined if it may. */
  why(scalers: Reading<readonly string[]> | undefined, nowMs: number): string | undefined {
    return otherWriter(this.#memory, scalers?.known === true ? scalers.value : [], nowMs);
  }
}
