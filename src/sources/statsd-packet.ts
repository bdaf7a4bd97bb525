/**
 * StatsD over UDP: `name:value|g`, several in one packet on lines of their own.
 *
 * Only gauges are of interest. A value with a sign is a change of the gauge (`+2|g`, `-2|g`). Sample rates say nothing of a
 * gauge and are passed over, as are tags (`|#a:b`).
 */
import { asGauge, type GaugeLine } from './gauge-line.ts';
import type { FeedCounts } from './feed-counts.ts';
import { LONGEST_LINE_BYTES, NEEDLE } from './carbon-lines.ts';

/** A gauge's new value, or how far it has moved. */
export interface StatsdGauge extends GaugeLine {
  readonly sign: -1 | 0 | 1;
}

const LINE_END = 0x0a;
const COLON = 0x3a;
const PIPE = 0x7c;

/** Hands on the allocation gauges of one packet. Never throws. */
export function readStatsdPacket(packet: Buffer, counts: FeedCounts, onGauge: (gauge: StatsdGauge) => void): void {
  let gaugeAt = packet.indexOf(NEEDLE);
  for (let start = 0; start < packet.length;) {
    const found = packet.indexOf(LINE_END, start);
    const end = found < 0 ? packet.length : found;
    if (end > start) {
      const hasGauge = gaugeAt >= start && gaugeAt < end;
      readMetric(packet, { start, end, hasGauge }, counts, onGauge);
      if (hasGauge) gaugeAt = packet.indexOf(NEEDLE, end);
    }
    start = end + 1;
  }
}

function readMetric(
  packet: Buffer,
  { start, end, hasGauge }: { readonly start: number; readonly end: number; readonly hasGauge: boolean },
  counts: FeedCounts,
  onGauge: (gauge: StatsdGauge) => void,
): void {
  counts.lines += 1;
  if (end - start > LONGEST_LINE_BYTES) {
    counts.cut += 1;
    return;
  }
  if (!hasGauge) {
    if (!looksLikeAMetric(packet, start, end)) counts.garbage += 1;
    return;
  }
  const metric = decodeStatsdMetric(packet.toString('utf8', start, end));
  if (metric === 'garbage') counts.garbage += 1;
  else if (metric !== 'other') {
    counts.gauges += 1;
    onGauge(metric);
  }
}

/** `name:value|type`, each of them something. */
function looksLikeAMetric(packet: Buffer, start: number, end: number): boolean {
  const pipe = packet.indexOf(PIPE, start);
  if (pipe < 0 || pipe >= end - 1) return false;
  const colon = packet.lastIndexOf(COLON, pipe);
  return colon > start && colon < pipe - 1;
}

/** The value stands behind the last colon before the first bar: a namespace may hold colons itself. */
const METRIC = /^([^|\p{Cc}]+):([+-]?)([^:|\s\p{Cc}]+)\|([a-zA-Z]{1,2})(?:\|[^\p{Cc}]*)?\r?$/u;

/** One metric of a packet. `other`: well formed, and no allocation gauge: counters and timers among them. */
export function decodeStatsdMetric(text: string): StatsdGauge | 'garbage' | 'other' {
  const [matched, name = '', signText = '', value = '', type = ''] = METRIC.exec(text) ?? [];
  if (matched === undefined) return 'garbage';
  if (type !== 'g') return 'other';
  const gauge = asGauge(name, value, undefined);
  if (typeof gauge === 'string') return gauge;
  return { ...gauge, sign: signText === '+' ? 1 : signText === '-' ? -1 : 0 };
}
