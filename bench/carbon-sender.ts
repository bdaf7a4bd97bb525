/**
 * Sends what Spark's drivers send, as a process of its own: `node bench/carbon-sender.ts '<JSON of SenderOrder>'`.
 *
 * A report is what one real driver sent in one period, under the ids of the applications in turn, or under names that never
 * come again, and with the present time.
 * As Spark does it, each report is a connection of its own. One counts once the receiver has closed its end: then it has
 * read all of it. Prints one line of JSON at the end.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

export interface SenderOrder {
  readonly host: string;
  readonly port: number;
  readonly applicationIds: readonly string[];
  /** Lines a second that are offered; 0: as many as are taken. */
  readonly linesPerSecond: number;
  readonly seconds: number;
  /** A name of its own for every report, that of no application. */
  readonly madeUp?: boolean;
}

export interface SenderResult {
  /** Lines of reports that were read to their end, within the time. */
  readonly lines: number;
  readonly tookMs: number;
  /** Reports whose connection broke. */
  readonly broken: number;
}

const FIXTURE = join(import.meta.dirname, '..', 'test', 'fixtures', 'spark-3.5.7', 'graphite-driver-one-period.txt');
const FIXTURE_ID = 'app-20261123004442-0000';
/** Reports under way at the same time, at most: each is a driver's. */
const MOST_OPEN = 64;
const STAMP_DIGITS = 10;

interface Report {
  readonly bytes: Buffer;
  readonly stampsAt: readonly number[];
  readonly lines: number;
  stampS: number;
  /** How the names of this report begin. */
  prefix: string;
}

function reportOf(id: string, text: string): Report {
  const bytes = Buffer.from(text.replaceAll(FIXTURE_ID, id));
  const stampsAt: number[] = [];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) stampsAt.push(end - STAMP_DIGITS);
  return { bytes, stampsAt, lines: stampsAt.length, stampS: 0, prefix: id.slice(0, 4) };
}

/** Another name of the same length in each line. */
function rename(report: Report, number: number): void {
  const name = `made-up-${String(number).padStart(FIXTURE_ID.length - 8, '0')}`;
  let start = 0;
  for (const at of report.stampsAt) {
    if (report.bytes.toString('latin1', start, start + 4) === report.prefix) report.bytes.write(name, start, 'latin1');
    start = at + STAMP_DIGITS + 1;
  }
  report.prefix = name.slice(0, 4);
}

/** The report with the present second in each line. */
function stamped(report: Report): Buffer {
  const nowS = Math.floor(Date.now() / 1000);
  if (report.stampS !== nowS) {
    for (const at of report.stampsAt) report.bytes.write(String(nowS), at, 'latin1');
    report.stampS = nowS;
  }
  // A write that waits must not see the next second's.
  return Buffer.from(report.bytes);
}

async function send(order: SenderOrder): Promise<SenderResult> {
  const { host, port, applicationIds, linesPerSecond, seconds, madeUp = false } = order;
  const text = readFileSync(FIXTURE, 'utf8');
  const reports = applicationIds.map((id) => reportOf(id, text));
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  let open = 0;
  let lines = 0;
  let offered = 0;
  let broken = 0;
  let turn = 0;

  function sendOne(report: Report): void {
    open += 1;
    offered += report.lines;
    let isBroken = false;
    const socket = connect(port, host);
    // Nothing comes back, but an end is noticed only by reading.
    socket.resume();
    socket.once('error', () => (isBroken = true));
    socket.once('close', () => {
      open -= 1;
      if (isBroken) broken += 1;
      else if (elapsedMs() <= seconds * 1000) lines += report.lines;
    });
    socket.end(stamped(report));
  }

  while (elapsedMs() < seconds * 1000) {
    const due = linesPerSecond === 0 ? Infinity : (elapsedMs() / 1000) * linesPerSecond;
    while (offered < due && open < MOST_OPEN) {
      const report = reports[turn % reports.length];
      turn += 1;
      if (report === undefined) continue;
      if (madeUp) rename(report, turn);
      sendOne(report);
    }
    await setTimeout(1);
  }
  return { lines, tookMs: elapsedMs(), broken };
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? '') as SenderOrder;
  console.log(JSON.stringify(await send(order)));
  process.exit();
}
