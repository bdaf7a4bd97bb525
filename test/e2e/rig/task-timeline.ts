/** From a driver's event log: how many tasks ran at each moment. Pure. */
import * as v from 'valibot';

/** A count from a moment on, until the next one. */
export interface Step {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly count: number;
}

const TaskEnd = v.object({
  Event: v.literal('SparkListenerTaskEnd'),
  'Task Info': v.object({ 'Launch Time': v.number(), 'Finish Time': v.number() }),
});

/** Reads the lines of one event log. Tasks whose end is not in it are left out, and so is a cut last line. */
export function tasksRunning(lines: Iterable<string>): readonly Step[] {
  const changes = new Map<number, number>();
  const add = (atMs: number, by: number): unknown => changes.set(atMs, (changes.get(atMs) ?? 0) + by);
  for (const line of lines) {
    const end = taskEnd(line);
    if (end === undefined) continue;
    add(end['Launch Time'], 1);
    add(end['Finish Time'], -1);
  }
  let count = 0;
  return [...changes]
    .sort(([a], [b]) => a - b)
    .map(([atMs, by]) => {
      count += by;
      return { atMs, count };
    });
}

function taskEnd(line: string): v.InferOutput<typeof TaskEnd>['Task Info'] | undefined {
  if (!line.includes('"SparkListenerTaskEnd"')) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch {
    return undefined;
  }
  const end = v.safeParse(TaskEnd, body);
  return end.success ? end.output['Task Info'] : undefined;
}
