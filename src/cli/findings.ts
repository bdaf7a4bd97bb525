/** The lines of `check`: a mark, a subject, a sentence. */
import { describeError, type OperatingError } from '../core/result.ts';
import { plain } from '../status/plain.ts';
import type { Print } from './print.ts';

type Mark = 'ok' | 'warn' | 'FAIL';

export class Findings {
  readonly #print: Print;
  failed = false;

  constructor(print: Print) {
    this.#print = print;
  }

  /** One line each: workers and applications choose the names in it. */
  add(mark: Mark, subject: string, text: string): void {
    if (mark === 'FAIL') this.failed = true;
    this.#print(`${mark.padEnd(4)}  ${subject.padEnd(12)}  ${plain(text)}\n`);
  }

  error(subject: string, error: OperatingError, mark: Mark = 'FAIL'): void {
    this.add(mark, subject, describeError(error));
  }
}
