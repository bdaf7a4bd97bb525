/** What a process has used so far, from Linux's /proc. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** The most memory it had resident at any time. */
  readonly rssMiBMax: number;
  /** Time on a processor, in user code and in the kernel, all threads together. */
  readonly cpuMs: number;
}

/** Linux counts the times of processes in hundredths of a second, whatever its own tick is. */
const MS_PER_TICK = 10;

/** Throws, in a sentence for people, where there is no /proc. */
export function requireProc(): void {
  if (!existsSync('/proc/self/stat')) {
    throw new Error("there is no /proc here: the daemon's memory and CPU can be read on Linux only");
  }
}

/** Rejects where there is no such process. */
export async function readUsage(pid: number): Promise<ProcessUsage> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  return { rssMiBMax: peakMiB(status), cpuMs: cpuMs(stat) };
}

/** From the text of /proc/<pid>/status. */
export function peakMiB(status: string): number {
  const kiB = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kiB === undefined) throw new Error('/proc names no peak of resident memory (VmHWM)');
  return Number(kiB) / 1024;
}

/** From the text of /proc/<pid>/stat; the name in it may hold blanks and brackets, so it is read from behind that. */
export function cpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime are the 14th and 15th field; the first one here is the third.
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isSafeInteger(ticks)) throw new Error('/proc names no times of the process');
  return ticks * MS_PER_TICK;
}
