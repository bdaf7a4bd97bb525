/** Which files make up which application's log (spark.md 13.1). */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** One application's log: its files in the order in which they are to be read. */
export interface LogFiles {
  readonly name: string;
  readonly files: readonly string[];
  /** The History Server has thrown away events of ended jobs, and nothing else is left of them. */
  readonly compacted: boolean;
  /** Rolled files that are not there, between others that are. */
  readonly missing: number;
}

const ROLLED_FOLDER = 'eventlog_v2_';
const ROLLED_FILE = /^events_(\d+)_/;
const COMPACTED = '.compact';

/**
 * A file is one log, as is a rolling folder; any other folder has one log in each file and each rolling folder in it.
 * Hidden files, checksums and empty files are none. Rejects with the system's error where the path cannot be read.
 */
export async function findLogs(path: string): Promise<readonly LogFiles[]> {
  if (!(await stat(path)).isDirectory()) return [{ name: basename(path), files: [path], compacted: false, missing: 0 }];
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  if (basename(path).startsWith(ROLLED_FOLDER) || names.some((name) => ROLLED_FILE.test(name)))
    return rolled(path, names);
  const logs: LogFiles[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(path, entry.name);
    if (/^[._]/.test(entry.name)) continue;
    if (entry.isDirectory()) {
      if (entry.name.startsWith(ROLLED_FOLDER)) logs.push(...rolled(inside, await readdir(inside)));
    } else if ((await stat(inside)).size > 0) {
      logs.push({ name: entry.name, files: [inside], compacted: false, missing: 0 });
    }
  }
  return logs;
}

function rolled(folder: string, names: readonly string[]): LogFiles[] {
  const full = new Map<number, string>();
  let compact: { readonly index: number; readonly name: string } | undefined;
  for (const name of names) {
    const index = Number(ROLLED_FILE.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(index)) continue;
    if (!name.endsWith(COMPACTED)) full.set(index, name);
    else if (compact === undefined || index > compact.index) compact = { index, name };
  }
  const first = Math.min(...full.keys());
  // While the originals are still there they tell more than what was made of them.
  const replaced = compact !== undefined && first > 1 ? compact : undefined;
  const indices = [...full.keys()].filter((index) => index > (replaced?.index ?? 0)).sort((a, b) => a - b);
  const files = indices.map((index) => full.get(index) ?? '');
  if (replaced !== undefined) files.unshift(replaced.name);
  if (files.length === 0) return [];
  const expected = (indices.at(-1) ?? 0) - (replaced?.index ?? 0);
  return [
    {
      name: basename(folder),
      files: files.map((name) => join(folder, name)),
      compacted: replaced !== undefined,
      missing: Math.max(0, expected - indices.length),
    },
  ];
}
