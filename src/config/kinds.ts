/** Kinds of values that are numbers, durations, sizes, words and flags: how each is read, bounded and shown. */
import { parseSparkMemoryMiB } from '../kube/quantity.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { printable } from './problem.ts';

/** What a value is shown as, in JSON and in text. */
export type Scalar = string | number | boolean;

/** The value, or an order that tells how to mend the text. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mend: string };

export interface Kind<T> {
  /** Unit or sort of the value: "workers", "duration", "file". */
  readonly unit: string;
  /** The range, as the end of "allowed is …". */
  readonly allowed: string;
  /** Reads a text that is not empty and has no white space at its end. Never throws. */
  parse(text: string): Parsed<T>;
  /** A value for people. */
  show(value: T): Scalar;
  /** A refused text, safe to print. */
  showRefused(text: string): string;
}

/** A whole number from `least` to `most`. */
export function wholeNumber(unit: string, least: number, most: number): Kind<number> {
  const mend = `write a whole number from ${least} to ${most}`;
  return {
    unit,
    allowed: `a whole number from ${least} to ${most}`,
    parse: (text) => within(/^\d{1,15}$/.test(text) ? Number(text) : undefined, least, most, mend),
    show: (value) => value,
    showRefused: printable,
  };
}

/** A duration from `leastMs` to `mostMs`, in milliseconds; `stepMs` 1000 asks for whole seconds. */
export function duration(leastMs: number, mostMs: number, stepMs = 1): Kind<number> {
  const [least, most] = [formatDuration(leastMs), formatDuration(mostMs)];
  const whole = stepMs === 1000 ? ' in whole seconds' : '';
  return {
    unit: 'duration',
    allowed: `a duration from ${least} to ${most}${whole}`,
    parse: (text) => {
      if (/^\d+(?:\.\d*)?$/.test(text)) return { ok: false, mend: `add a unit: ${example(text, leastMs, mostMs)}` };
      const ms = parseDurationMs(text);
      const fits = ms !== undefined && ms % stepMs === 0 ? ms : undefined;
      return within(fits, leastMs, mostMs, `write a duration from ${least} to ${most}${whole}, such as ${most}`);
    },
    show: formatDuration,
    showRefused: printable,
  };
}

/** A duration as {@link duration} has it, or the word `auto`. */
export function durationOrAuto(leastMs: number, mostMs: number): Kind<number | 'auto'> {
  const plain = duration(leastMs, mostMs);
  return {
    unit: plain.unit,
    allowed: `auto, or ${plain.allowed}`,
    parse: (text) => {
      if (text === 'auto') return { ok: true, value: text };
      const parsed = plain.parse(text);
      return parsed.ok ? parsed : { ok: false, mend: `${parsed.mend}, or auto` };
    },
    show: (value) => (value === 'auto' ? value : plain.show(value)),
    showRefused: printable,
  };
}

/** The same number as seconds or milliseconds, whichever is in the range; seconds if neither is. */
function example(digits: string, leastMs: number, mostMs: number): string {
  const fitting = ['s', 'ms', 'm']
    .map((unit) => `${Number.parseInt(digits, 10)}${unit}`)
    .filter((text) => {
      const ms = parseDurationMs(text);
      return ms !== undefined && ms >= leastMs && ms <= mostMs;
    });
  return fitting.length === 0 ? `for example ${formatDuration(mostMs)}` : `for example ${fitting.join(' or ')}`;
}

/** A memory size as Spark's worker reads it, in MiB. A bare number is bytes, as for Spark. */
export function sparkMemory(leastMiB: number, mostMiB: number): Kind<number> {
  return {
    unit: 'memory size',
    allowed: 'a size as Spark writes it, such as 1g or 512m, from 1m to 16t; without a unit it is bytes, as for Spark',
    parse: (text) => {
      const mend = /^\d+$/.test(text)
        ? `add a unit, as in ${printable(text)}m: without one it is bytes, and that is out of the range`
        : 'write a whole number and k, m, g or t, such as 2g';
      return within(parseSparkMemoryMiB(text), leastMiB, mostMiB, mend);
    },
    show: (value) => `${value}m`,
    showRefused: printable,
  };
}

/** One of a few words, exactly as written. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  const list = words.join(', ');
  return {
    unit: 'word',
    allowed: `one of ${list}`,
    parse: (text) => {
      const value = words.find((word) => word === text);
      return value === undefined ? { ok: false, mend: `write one of ${list}` } : { ok: true, value };
    },
    show: (value) => value,
    showRefused: printable,
  };
}

const TRUE_WORDS: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE_WORDS: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Exactly the words of Go's `strconv.ParseBool`, which Oshinko's other flags are read by. */
export function flag(): Kind<boolean> {
  return {
    unit: 'flag',
    allowed: `one of ${[...TRUE_WORDS, ...FALSE_WORDS].join(' ')}`,
    parse: (text) => {
      if (TRUE_WORDS.includes(text)) return { ok: true, value: true };
      if (FALSE_WORDS.includes(text)) return { ok: true, value: false };
      return { ok: false, mend: 'write true or false' };
    },
    show: (value) => value,
    showRefused: printable,
  };
}

function within(value: number | undefined, least: number, most: number, mend: string): Parsed<number> {
  return value !== undefined && value >= least && value <= most ? { ok: true, value } : { ok: false, mend };
}
