/** A worker's own `/json/` (spark.md 3.5). Its body holds launch commands: it is never kept, logged or quoted. */
import * as v from 'valibot';
import { ok, type Result } from '../core/result.ts';
import type { WorkerSelfView } from '../core/spark-view.ts';
import { Count, dictionary, parseJson } from './json-text.ts';

const Worker = v.object({
  id: v.string(),
  coresused: Count,
  memoryused: Count,
  resourcesused: v.optional(dictionary(v.object({ addresses: v.array(v.unknown()) })), {}),
  executors: v.array(v.unknown()),
});

/** Parses the document. Never throws. */
export function parseWorker(body: string, what: string): Result<WorkerSelfView> {
  const parsed = parseJson(Worker, body, what);
  if (!parsed.ok) return parsed;
  const { id, coresused, memoryused, resourcesused, executors } = parsed.value;
  const custom = Object.fromEntries(Object.entries(resourcesused).map(([name, one]) => [name, one.addresses.length]));
  return ok({ id, used: { cores: coresused, memoryMiB: memoryused, custom }, executorCount: executors.length });
}
