/** A workload from Spark's event logs: one file, one rolling folder, or a folder of many applications. */
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ApplicationSpec, Workload, WorkloadKind } from '../workload.ts';
import { DamagedError, unpacked, UnknownCodecError } from './codecs.ts';
import { parseEvent } from './events.ts';
import { findLogs, type LogFiles } from './find.ts';
import { jobsOf } from './jobs.ts';
import { linesOf } from './lines.ts';
import { LogRecord } from './record.ts';
import { settingsOf } from './settings.ts';
import type { Count } from './tally.ts';

/** What became of one application's log. */
export interface LogReport {
  readonly log: string;
  /** Undefined where the log told of none. */
  readonly applicationId: string | undefined;
  readonly sparkVersion: string;
  /** The application had ended, so that nothing of it is missing at the end. */
  readonly finished: boolean;
  /** Plain, after unpacking. */
  readonly bytes: number;
  readonly lines: number;
  /** In the workload. */
  readonly jobs: number;
  readonly stages: number;
  readonly tasks: number;
  /** What was not used, or not as it stands, and how often. */
  readonly leftOut: readonly Count[];
}

export interface EventLogWorkload {
  readonly workload: Workload;
  readonly reports: readonly LogReport[];
}

/** No line of a sound log comes near this; a longer one is passed over. */
const LONGEST_LINE_BYTES = 64 * 1024 ** 2;

export interface ReadOptions {
  /** Called now and then with the plain bytes read so far, of all logs. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Reads what can be used, and counts what cannot. Logs are streamed: what is held grows with the number of tasks, not
 * with the length of the text. Time 0 is when the first application started. Rejects where the path cannot be read;
 * a workload without applications where no log holds any job.
 */
export async function readEventLogs(path: string, options: ReadOptions = {}): Promise<EventLogWorkload> {
  const read: { log: LogFiles; reading: Reading }[] = [];
  let before = 0;
  for (const log of await findLogs(path)) {
    const reading = new Reading();
    await reading.all(log, (bytes) => options.onProgress?.(before + bytes));
    before += reading.bytes;
    read.push({ log, reading });
  }
  const epochMs = Math.min(...read.map(({ reading }) => reading.record.startedMs ?? Infinity));
  const names = new Set<string>();
  const built = read.map(({ log, reading }) => {
    const application = applicationOf(log, reading.record, epochMs, names);
    return { application, report: reportOf(log, reading, application) };
  });
  const applications = built.map(({ application }) => application).filter(({ jobs }) => jobs.length > 0);
  return {
    workload: { name: basename(resolve(path)), kind: kindOf(read.map(({ reading }) => reading.record)), applications },
    reports: built.map(({ report }) => report),
  };
}

/** One log as it is read. */
class Reading {
  readonly record = new LogRecord();
  bytes = 0;
  lines = 0;

  async all(log: LogFiles, onProgress: (bytes: number) => void): Promise<void> {
    const { tally } = this.record;
    tally.add('rolled files that are missing', log.missing);
    if (log.compacted) tally.add('compacted files, which tell nothing of jobs that had ended');
    for (const file of log.files) {
      try {
        await this.#file(file);
      } catch (error) {
        if (error instanceof DamagedError) tally.add(`files that break off or are damaged (${error.message})`);
        else if (error instanceof UnknownCodecError) tally.add(`files that cannot be read: ${error.message}`);
        else throw error;
      }
      onProgress(this.bytes);
    }
  }

  async #file(file: string): Promise<void> {
    const chunks = this.#counted(unpacked(createReadStream(file)));
    for await (const { bytes, whole } of linesOf(chunks, LONGEST_LINE_BYTES)) {
      this.lines += 1;
      if (bytes === undefined) this.record.tally.add('lines that are too long');
      else if (bytes.length > 0) this.#line(bytes, whole);
    }
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  #line(bytes: Buffer, whole: boolean): void {
    const event = parseEvent(bytes);
    if (event === 'unreadable') {
      this.record.tally.add(whole ? 'lines that are no event of Spark' : 'lines that are cut');
    } else if (event !== 'other') this.record.add(event);
  }
}

function applicationOf(log: LogFiles, record: LogRecord, epochMs: number, names: Set<string>): ApplicationSpec {
  const { unreadable, ...shape } = settingsOf(record);
  for (const key of unreadable) record.tally.add(`settings that cannot be read (${key})`);
  const jobs = record.startedMs === undefined ? [] : jobsOf(record, epochMs);
  const wanted = record.applicationId ?? log.name;
  let id = wanted;
  for (let again = 2; names.has(id); again += 1) id = `${wanted}-${again}`;
  names.add(id);
  return { id, arrivesAtMs: Math.max(0, (record.startedMs ?? epochMs) - epochMs), ...shape, jobs };
}

function reportOf(log: LogFiles, { record, bytes, lines }: Reading, application: ApplicationSpec): LogReport {
  const stages = application.jobs.flatMap((job) => job.stages);
  return {
    log: log.name,
    applicationId: record.applicationId,
    sparkVersion: record.sparkVersion,
    finished: record.endedMs !== undefined,
    bytes,
    lines,
    jobs: application.jobs.length,
    stages: stages.length,
    tasks: stages.reduce((sum, { taskMs }) => sum + taskMs.length, 0),
    leftOut: record.tally.counts(),
  };
}

const SHORT_JOB_MS = 60_000;
const PAUSE_MS = 5_000;

/** Interactive where the usual job takes less than a minute and the usual gap before one is a pause; else batch. */
function kindOf(records: readonly LogRecord[]): WorkloadKind {
  const durations: number[] = [];
  const gaps: number[] = [];
  for (const { jobs } of records) {
    const ordered: readonly JobSpecTimes[] = [...jobs.values()].sort((a, b) => a.submittedMs - b.submittedMs);
    let freeMs: number | undefined;
    for (const { submittedMs, endedMs = submittedMs } of ordered) {
      durations.push(endedMs - submittedMs);
      if (freeMs !== undefined) gaps.push(submittedMs - freeMs);
      freeMs = Math.max(freeMs ?? 0, endedMs);
    }
  }
  return gaps.length > 0 && median(durations) < SHORT_JOB_MS && median(gaps) >= PAUSE_MS ? 'interactive' : 'batch';
}

interface JobSpecTimes {
  readonly submittedMs: number;
  readonly endedMs?: number | undefined;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
