/**
 * Carbon's plaintext protocol: `name value seconds\n`, one line a metric.
 *
 * A driver sends some 240 lines a period, of which six matter. So the bytes are searched for the one word that all
 * allocation gauges carry, and only lines that have it become text. Of the others only the end is looked at, to count
 * what is garbage.
 */
import { asGauge, type GaugeLine } from './gauge-line.ts';
import type { FeedCounts } from './feed-counts.ts';

/** Longer lines are skipped up to their end. Spark's longest have under 200 bytes; a namespace may add some. */
export const LONGEST_LINE_BYTES = 2048;

/** All of Spark's allocation gauges have it in their names. */
export const NEEDLE = Buffer.from('ExecutorAllocationManager.executors.', 'latin1');

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const DOT = 0x2e;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const NOTHING = Buffer.alloc(0);

/** One stream of lines, cut anywhere: a connection. */
export class CarbonLines {
  readonly #counts: FeedCounts;
  readonly #onGauge: (gauge: GaugeLine) => void;
  /** A line that has begun and not ended; a copy, so that it does not keep the whole chunk alive. */
  #begun = NOTHING;
  #skipping = false;

  constructor(counts: FeedCounts, onGauge: (gauge: GaugeLine) => void) {
    this.#counts = counts;
    this.#onGauge = onGauge;
  }

  /** Whether a line has begun that has not ended yet. */
  get isInLine(): boolean {
    return this.#skipping || this.#begun.length > 0;
  }

  /**
   * Takes the next bytes. Never throws, and holds on to no more than one line of them.
   *
   * @returns whether a line ended in them.
   */
  write(chunk: Buffer): boolean {
    let from = 0;
    if (this.isInLine) {
      const end = chunk.indexOf(LINE_END);
      if (end < 0) {
        this.#keep(chunk);
        return false;
      }
      from = end + 1;
      this.#keep(chunk.subarray(0, from));
      if (!this.#skipping) this.#lines(this.#begun, 0);
      this.#begun = NOTHING;
      this.#skipping = false;
    }
    const rest = this.#lines(chunk, from);
    if (rest < chunk.length) this.#keep(chunk.subarray(rest));
    return rest > 0;
  }

  /** The stream has ended: a last line without its end may have been cut anywhere, so it counts as garbage. */
  end(): void {
    if (this.#begun.length > 0) {
      this.#counts.lines += 1;
      this.#counts.garbage += 1;
    }
    this.#begun = NOTHING;
    this.#skipping = false;
  }

  /** A whole datagram: its last line need not have an end. */
  datagram(message: Buffer): void {
    const rest = this.#lines(message, 0);
    if (rest < message.length) this.#line(message, rest, message.length, message.includes(NEEDLE, rest));
  }

  #keep(part: Buffer): void {
    if (this.#skipping) return;
    if (this.#begun.length + part.length > LONGEST_LINE_BYTES + 1) {
      this.#counts.lines += 1;
      this.#counts.cut += 1;
      this.#begun = NOTHING;
      this.#skipping = true;
      return;
    }
    this.#begun = Buffer.concat([this.#begun, part]);
  }

  /** Takes all whole lines from there on. @returns where the rest begins. */
  #lines(bytes: Buffer, from: number): number {
    let gaugeAt = bytes.indexOf(NEEDLE, from);
    for (let start = from; ;) {
      const end = bytes.indexOf(LINE_END, start);
      if (end < 0) return start;
      const hasGauge = gaugeAt >= 0 && gaugeAt < end;
      this.#line(bytes, start, end, hasGauge);
      if (hasGauge) gaugeAt = bytes.indexOf(NEEDLE, end);
      start = end + 1;
    }
  }

  #line(bytes: Buffer, start: number, end: number, hasGauge: boolean): void {
    const counts = this.#counts;
    counts.lines += 1;
    if (end - start > LONGEST_LINE_BYTES) {
      counts.cut += 1;
      return;
    }
    if (!hasGauge) {
      if (!endsLikeALine(bytes, start, end)) counts.garbage += 1;
      return;
    }
    const line = decodeCarbonLine(bytes.toString('utf8', start, end));
    if (line === 'garbage') counts.garbage += 1;
    else if (line !== 'other') {
      counts.gauges += 1;
      this.#onGauge(line);
    }
  }
}

/** `… value seconds`: looked at from the end, without making text of it. */
function endsLikeALine(bytes: Buffer, start: number, end: number): boolean {
  let at = end - 1;
  if (at >= start && bytes[at] === CARRIAGE_RETURN) at -= 1;
  const stampEnd = at;
  while (at > start && isOfNumber(bytes[at] ?? 0)) at -= 1;
  if (at === stampEnd || bytes[at] !== BLANK) return false;
  at -= 1;
  const valueEnd = at;
  while (at > start && bytes[at] !== BLANK) at -= 1;
  return at < valueEnd && at > start && bytes[at] === BLANK;
}

function isOfNumber(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === DOT || byte === MINUS;
}

const FIELDS = /^([^\s\p{Cc}]+)[ \t]+(\S+)[ \t]+(\S+)[ \t]*\r?$/u;
/** Seconds, perhaps with a fraction, or -1 for "now". Milliseconds would be a date in the far future: refused. */
const STAMP = /^(?:\d{1,11}(?:\.\d{1,9})?|-1(?:\.0)?)$/;

/** One line without its end. `other`: well formed, and no allocation gauge. */
export function decodeCarbonLine(line: string): GaugeLine | 'garbage' | 'other' {
  const [, path = '', value = '', stamp = ''] = FIELDS.exec(line) ?? [];
  if (!STAMP.test(stamp)) return 'garbage';
  // Tags stand behind the name: `name;tag=value`.
  const [name = ''] = path.split(';', 1);
  const seconds = Number(stamp);
  return asGauge(name, value, seconds < 0 ? undefined : seconds);
}
