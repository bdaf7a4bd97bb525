/** Recorded runs on disk: a folder each, with cluster.json, event-log.jsonl.gz and timeline.jsonl.gz. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RunFiles } from '../src/lab/calibration-run.ts';

const CLUSTER = 'cluster.json';

export interface StoredRun extends RunFiles {
  /** The last two folders of its path, like "3.5.9/wide". */
  readonly name: string;
}

/** All runs in a folder and below, by name. */
export function readRuns(folder: string): readonly StoredRun[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === CLUSTER)
    .sort()
    .map((file) => readRun(dirname(join(folder, file))));
}

export function readRun(folder: string): StoredRun {
  const unzip = (file: string): string => gunzipSync(readFileSync(join(folder, file))).toString('utf8');
  return {
    name: `${basename(dirname(folder))}/${basename(folder)}`,
    cluster: readFileSync(join(folder, CLUSTER), 'utf8'),
    eventLog: unzip('event-log.jsonl.gz'),
    timeline: unzip('timeline.jsonl.gz'),
  };
}
