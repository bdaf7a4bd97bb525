/**
 * `npm run e2e`: the scenarios against real Sparks and a real control plane.
 *
 *   --only NAME    this scenario alone (may be repeated)      --spark 3.5|4   this line alone
 *   --all          also those that CI's cut leaves out        --json FILE     write the results there
 *   --results DIR  keep recordings there                      (else in a new folder of the temporary directory)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from './control-plane.ts';
import { isSparkLine, type SparkLine } from './install/index.ts';
import { installAdmissionPolicy } from './rig/manifests.ts';
import { renderResult, type ScenarioResult } from './rig/result.ts';
import { addFigures, missingFrom, removalLines } from './rig/totals.ts';
import { CALENDAR_SCENARIOS } from './scenarios/calendar.ts';
import { CALIBRATION_SCENARIOS } from './scenarios/calibration.ts';
import { CAMPAIGN_SCENARIOS, LONG_CAMPAIGN } from './scenarios/campaign.ts';
import { COMPARISON_SCENARIOS } from './scenarios/comparison.ts';
import { DEMAND_SCENARIOS } from './scenarios/demand.ts';
import { FAULT_SCENARIOS } from './scenarios/faults.ts';
import { INTERACTIVE_SCENARIOS } from './scenarios/interactive.ts';
import { KIND_SCENARIOS } from './scenarios/kinds.ts';
import { LEARNING_SCENARIOS } from './scenarios/learning.ts';
import { MANIFEST_SCENARIOS } from './scenarios/manifests.ts';
import { OSHINKO_SCENARIOS } from './scenarios/oshinko.ts';
import { PULL_SCENARIOS } from './scenarios/pull.ts';
import { PUSH_SCENARIOS } from './scenarios/push.ts';
import { REMOVAL_SCENARIOS } from './scenarios/removal.ts';
import type { Scenario, ScenarioContext } from './scenarios/scenario.ts';
import { SHUFFLE_SERVICE_SCENARIOS } from './scenarios/shuffle-service.ts';
import { VALUE_AT_RISK_SCENARIOS } from './scenarios/value-at-risk.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const SCENARIOS: readonly Scenario[] = [
  ...MANIFEST_SCENARIOS,
  ...DEMAND_SCENARIOS,
  ...LEARNING_SCENARIOS,
  ...CALENDAR_SCENARIOS,
  ...PUSH_SCENARIOS,
  ...OSHINKO_SCENARIOS,
  ...VALUE_AT_RISK_SCENARIOS,
  ...REMOVAL_SCENARIOS,
  ...FAULT_SCENARIOS,
  ...KIND_SCENARIOS,
  ...SHUFFLE_SERVICE_SCENARIOS,
  ...INTERACTIVE_SCENARIOS,
  ...PULL_SCENARIOS,
  ...COMPARISON_SCENARIOS,
  ...CALIBRATION_SCENARIOS,
  ...CAMPAIGN_SCENARIOS,
];
const LINES: readonly SparkLine[] = ['3.5', '4'];

interface Choice {
  readonly runs: (scenario: Scenario, line: SparkLine) => boolean;
  readonly lines: readonly SparkLine[];
  readonly jsonFile: string | undefined;
  readonly resultsDirectory: string | undefined;
  /** Also the manifests on the API server, which need no Spark: left out where scenarios are picked. */
  readonly withManifests: boolean;
}

function choiceOf(args: readonly string[]): Choice {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      spark: { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'string' },
      results: { type: 'string' },
    },
  });
  const unknown = values.only.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no scenario ${unknown}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  }
  if (values.spark !== undefined && !isSparkLine(values.spark)) {
    throw new Error(`--spark ${values.spark} is not one of ${LINES.join(', ')}`);
  }
  return {
    runs: (scenario, line) =>
      values.only.length > 0 ? values.only.includes(scenario.name) : values.all || isInCut(scenario, line),
    lines: values.spark === undefined ? LINES : [values.spark],
    jsonFile: values.json,
    resultsDirectory: values.results,
    withManifests: values.only.length === 0,
  };
}

function isInCut({ inCut }: Scenario, line: SparkLine): boolean {
  return typeof inCut === 'boolean' ? inCut : inCut.includes(line);
}

/** Makes folders for what is kept; the temporary one only once something is. */
function keeper(directory: string | undefined): NonNullable<ScenarioContext['results']> {
  let root: Promise<string> | undefined;
  return async (name) => {
    root ??= directory === undefined ? mkdtemp(join(tmpdir(), 'elastic-worker-results-')) : Promise.resolve(directory);
    const path = join(await root, name);
    await mkdir(path, { recursive: true });
    return path;
  };
}

/** A scenario that throws has failed; the others still run. */
async function runOne(
  bench: Workbench,
  scenario: Scenario,
  { spark, results }: Required<Pick<ScenarioContext, 'spark' | 'results'>>,
): Promise<ScenarioResult> {
  const startedMs = Date.now();
  const namespace = `${scenario.name}-${spark.replace('.', '-')}`;
  try {
    const controlPlane = await startControlPlane(bench);
    await installAdmissionPolicy(controlPlane.admin);
    return await scenario.run({ bench, controlPlane, spark, namespace, results });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return {
      name: scenario.name,
      spark,
      passed: false,
      tasksKilled: 0,
      executorsLostWithWork: 0,
      wrongVictims: 0,
      reactionMsP50: null,
      reactionMsMax: null,
      workerSeconds: 0,
      staticMaxWorkerSeconds: 0,
      allRegisteredMs: null,
      tookSeconds: (Date.now() - startedMs) / 1000,
      problems: [problem],
    };
  }
}

/** Each scenario has a workbench of its own, so that what it started cannot disturb the next. */
async function runAll({ runs, lines, resultsDirectory }: Choice): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  const kept = keeper(resultsDirectory);
  for (const spark of lines) {
    for (const scenario of SCENARIOS.filter((one) => runs(one, spark))) {
      const bench = await openWorkbench({ sparkLines: [spark] });
      try {
        const result = await runOne(bench, scenario, { spark, results: kept });
        results.push(result);
        console.log(renderResult(result));
      } finally {
        await bench.stop();
      }
    }
  }
  return results;
}

/** The manifests and the Kubernetes adapters on the control plane, without a Spark; prints its own count. */
async function runManifestTests(): Promise<boolean> {
  const mocha = join(import.meta.dirname, '..', '..', 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = join(import.meta.dirname, '..', 'support', 'reporter.cjs');
  const files = join(import.meta.dirname, '..', 'manifests', '*.e2e.ts');
  const child = spawn(process.execPath, [mocha, '--no-config', '--reporter', reporter, files], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

const choice = choiceOf(process.argv.slice(2));
const manifestsPassed = choice.withManifests ? await runManifestTests() : true;
const results = await runAll(choice);
const removals = results.flatMap((result) => result.removals ?? []);
const total = addFigures(removals);
if (choice.jsonFile !== undefined)
  await writeFile(choice.jsonFile, `${JSON.stringify({ scenarios: results, removals: total }, null, 2)}\n`);
if (removals.length > 0) console.log(['all removals together:', ...removalLines(total)].join('\n       '));
// With the long campaign on every line the record has to be complete.
const isRecord = LINES.every((line) => results.some(({ name, spark }) => name === LONG_CAMPAIGN && spark === line));
const missing = isRecord ? missingFrom(total) : [];
for (const what of missing) console.log(`the record lacks ${what}`);
const passed = results.filter((result) => result.passed).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = manifestsPassed && passed === results.length && missing.length === 0 ? 0 : 1;
// All is said and stopped. Should something be open still, it is named, and does not keep the run from its end.
setTimeout(() => {
  console.error(`left open: ${process.getActiveResourcesInfo().join(', ')}`);
  process.exit();
}, 5_000).unref();
