/** What is held while a log is read does not grow with its length. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { expect } from 'chai';
import { event, logText, ran } from '../support/event-log.ts';

const READ = join(import.meta.dirname, '../../../src/lab/event-log/read.ts');
const MIB = 1024 ** 2;

/** A job of 100 tasks, and as many bytes of query plans as it takes to fill up the MiB. */
function* text(mebibytes: number): Generator<string> {
  yield logText([event.logStart(), event.appStart('app-1', 1_000_000)]);
  const plan = `{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","plan":"${'x'.repeat(64 * 1024)}"}\n`;
  for (let id = 0; id < mebibytes; id += 1) {
    const times = Array.from({ length: 100 }, (_, index) => 100 + index);
    const stage = { id, tasks: times.length };
    const job = logText([
      event.jobStart(id, 1_000_000 + id, [stage]),
      ...ran(stage, times, { isMap: true, shuffleBytes: 9 }),
      event.jobEnd(id, 1_000_000 + id),
    ]);
    yield job;
    for (let bytes = job.length; bytes < MIB; bytes += plan.length) yield plan;
  }
}

/** Most memory that a process of its own took to read such a log, in MiB. */
async function peakMiB(folder: string, mebibytes: number): Promise<number> {
  const path = join(folder, `${mebibytes}.gz`);
  await pipeline(Readable.from(text(mebibytes)), createGzip({ level: 1 }), createWriteStream(path));
  const script = `
    const { readEventLogs } = await import(${JSON.stringify(READ)});
    const { reports } = await readEventLogs(${JSON.stringify(path)});
    if (reports[0].tasks !== ${mebibytes * 100} || reports[0].bytes < ${mebibytes * MIB}) throw new Error('not all was read');
    console.log(process.resourceUsage().maxRSS / 1024);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return Number(stdout);
}

describe('event logs: memory', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('takes for 160 MiB of text about what it takes for 16', async () => {
    const [short, long] = [await peakMiB(folder, 16), await peakMiB(folder, 160)];
    // Young garbage makes the peak vary; text that was held would add 144 MiB, or twice that.
    expect(long - short, `${short} MiB for the short one, ${long} MiB for the long one`).to.be.lessThan(72);
  }).timeout(60_000);
});
