/**
 * Adds up runs of `npm run e2e` that were made apart, one for each line of Spark say: `node test/e2e/sum.ts FILE…`, each
 * what `--json` wrote. Prints the totals of all removals and what a record lacks; ends with 1 if it lacks something.
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { addFigures, missingFrom, removalLines } from './rig/totals.ts';

const Figures = v.object({
  removals: v.number(),
  heldShuffle: v.number(),
  hadTasks: v.number(),
  withFaults: v.number(),
  faults: v.record(v.string(), v.number()),
  drainSeconds: v.array(v.number()),
  idleSeconds: v.array(v.number()),
  fetchFailures: v.number(),
  stagesRunTwice: v.number(),
  mapTasksRepeated: v.number(),
});
const Run = v.object({ scenarios: v.array(v.object({ passed: v.boolean() })), removals: Figures });

const runs = await Promise.all(
  process.argv
    .slice(2)
    .map(async (file) => v.parse(v.pipe(v.string(), v.parseJson(), Run), await readFile(file, 'utf8'))),
);
const total = addFigures(runs.map(({ removals }) => removals));
console.log(['all removals together:', ...removalLines(total)].join('\n       '));
const missing = missingFrom(total);
for (const what of missing) console.log(`the record lacks ${what}`);
const scenarios = runs.flatMap((run) => run.scenarios);
const passed = scenarios.filter((one) => one.passed).length;
console.log(`${passed} passed, ${scenarios.length - passed} failed`);
process.exitCode = missing.length === 0 && passed === scenarios.length ? 0 : 1;
