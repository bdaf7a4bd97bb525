/**
 * Outlives a test run to clean up behind it: `node reaper.ts <runId> <directory>`.
 *
 * Its standard input is a pipe from the test process. The pipe closes when that process ends, however it ends
 * (done, thrown, SIGINT, SIGKILL), and then everything with the run's mark is ended and the directory removed.
 */
import { rm } from 'node:fs/promises';
import { killMarked, RUN_MARK } from './processes.ts';

const [runId, directory] = process.argv.slice(2);
if (runId === undefined || directory === undefined) throw new Error('usage: reaper.ts <runId> <directory>');

// An interrupt at the terminal is for the test process; we act when it is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.once('end', () => {
  void killMarked(RUN_MARK, runId).then(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
});
