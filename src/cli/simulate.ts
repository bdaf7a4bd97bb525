/** `elastic-worker simulate`: a workload under several policies, as a table, JSON or a page with plots. */
import { writeFile } from 'node:fs/promises';
import { readEventLogs, type LogReport } from '../lab/event-log/read.ts';
import { FAMILIES, familyNamed } from '../lab/families/families.ts';
import { renderHtml } from '../lab/report/html.ts';
import { jsonOf } from '../lab/report/json.ts';
import { renderTable } from '../lab/report/table.ts';
import { POLICIES, type LabPolicy } from '../lab/study/policies.ts';
import { runStudy, type ClusterShape, type StudyProgress } from '../lab/study/study.ts';
import type { Workload } from '../lab/workload.ts';
import { plain } from '../status/plain.ts';
import { toStdout, type Print } from './print.ts';
import type { SimulateOptions } from './simulate-command.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Where this command's text goes; progress only where somebody looks. */
export interface Outputs {
  readonly out: Print;
  readonly err: Print;
  readonly showProgress: boolean;
}

const PROCESS: Outputs = {
  out: toStdout,
  err: (text) => {
    process.stderr.write(text);
  },
  showProgress: process.stderr.isTTY,
};

/** @returns 0, 1 where a log cannot be used or the page cannot be written, 2 for wrong usage. */
export async function simulateCommand(options: SimulateOptions, outputs: Outputs = PROCESS): Promise<number> {
  if (options.list) {
    outputs.out(listText());
    return 0;
  }
  const problem = usageProblem(options);
  if (problem !== undefined) {
    outputs.err(`error: ${plain(problem)}\n`);
    return EXIT_USAGE;
  }
  const source = await sourceOf(options);
  const unfit = source.ok ? unfitFor(source.workloadOf(1), clusterOf(options)) : source.problem;
  if (!source.ok || unfit !== undefined) {
    outputs.err(`error: ${plainLines(unfit ?? '')}\n`);
    return EXIT_FAILED;
  }
  return report(options, source, outputs);
}

type Source =
  | {
      readonly ok: true;
      readonly workloadOf: (seed: number) => Workload;
      readonly logs: readonly LogReport[] | undefined;
    }
  | { readonly ok: false; readonly problem: string };

async function report(options: SimulateOptions, source: Source & { ok: true }, outputs: Outputs): Promise<number> {
  const { workloadOf, logs } = source;
  const onProgress = outputs.showProgress ? progressLine(outputs.err) : undefined;
  const study = runStudy({
    workloadOf,
    seeds: Array.from({ length: options.seeds }, (_, index) => index + 1),
    policies: policiesOf(options),
    cluster: clusterOf(options),
    bounds: options.bounds,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (outputs.showProgress) outputs.err('\r\u001b[K');
  if (options.json) outputs.out(`${JSON.stringify(jsonOf(study, logs), null, 2)}\n`);
  else {
    if (logs !== undefined) outputs.out(logsText(logs));
    outputs.out(renderTable({ ...study, workload: plain(study.workload) }));
  }
  if (options.html === undefined) return 0;
  try {
    await writeFile(options.html, renderHtml({ study, logs, command: commandText(options) }));
  } catch (error) {
    outputs.err(`error: ${plain(messageOf(error))}\n`);
    return EXIT_FAILED;
  }
  return 0;
}

function usageProblem(options: SimulateOptions): string | undefined {
  const { workload, eventLog, policies = [], minWorkers, maxWorkers } = options;
  if (workload === undefined && eventLog === undefined) return 'say --workload NAME or --event-log PATH (see --list)';
  if (workload !== undefined && familyNamed(workload) === undefined) {
    return `there is no workload '${workload}', only ${FAMILIES.map(({ name }) => name).join(', ')}`;
  }
  const unknown = policies.find((name) => !POLICIES.some((one) => one.name === name));
  if (unknown !== undefined) {
    return `there is no policy '${unknown}', only ${POLICIES.map(({ name }) => name).join(', ')}`;
  }
  return minWorkers > maxWorkers ? '--min-workers is above --max-workers' : undefined;
}

function policiesOf({ policies }: SimulateOptions): readonly LabPolicy[] {
  return policies === undefined ? POLICIES : POLICIES.filter(({ name }) => policies.includes(name));
}

function clusterOf({ minWorkers, maxWorkers, workerCores, workerMemory }: SimulateOptions): ClusterShape {
  return { minWorkers, maxWorkers, workerCores, workerMemoryMiB: workerMemory };
}

async function sourceOf({ workload, eventLog }: SimulateOptions): Promise<Source> {
  const family = workload === undefined ? undefined : familyNamed(workload);
  if (family !== undefined) return { ok: true, workloadOf: (seed) => family.make(seed), logs: undefined };
  try {
    const read = await readEventLogs(eventLog ?? '');
    if (read.workload.applications.length > 0) return { ok: true, workloadOf: () => read.workload, logs: read.reports };
    return { ok: false, problem: `no job could be read\n${logsText(read.reports).trimEnd()}` };
  } catch (error) {
    return { ok: false, problem: messageOf(error) };
  }
}

/** An executor that fits in no worker would be waited for without end. */
function unfitFor({ applications }: Workload, { workerCores, workerMemoryMiB }: ClusterShape): string | undefined {
  const unfit = applications.find(
    ({ executorCores, executorMemoryMiB }) => executorCores > workerCores || executorMemoryMiB > workerMemoryMiB,
  );
  if (unfit === undefined) return undefined;
  const { id, executorCores, executorMemoryMiB } = unfit;
  const needs = `${executorCores} cores and ${executorMemoryMiB} MiB`;
  return `an executor of ${id} needs ${needs}, more than a worker has: see --worker-cores and --worker-memory`;
}

function listText(): string {
  const lines = (items: readonly (readonly [name: string, what: string])[]): string => {
    const width = Math.max(...items.map(([name]) => name.length));
    return items.map(([name, what]) => `  ${name.padEnd(width)}  ${what}\n`).join('');
  };
  const workloads = lines(FAMILIES.map(({ name, kind, sentence }) => [name, `${kind}: ${sentence}`]));
  return `Workloads:\n${workloads}\nPolicies:\n${lines(POLICIES.map(({ name, models }) => [name, models]))}`;
}

function logsText(logs: readonly LogReport[]): string {
  return logs
    .map(({ log, applicationId, sparkVersion, finished, jobs, stages, tasks, leftOut }) => {
      const who = applicationId === undefined ? 'no application' : `${applicationId}, Spark ${sparkVersion}`;
      const used = `${jobs} jobs, ${stages} stages, ${tasks} tasks${finished ? '' : ', not ended'}`;
      const rest = leftOut.map(({ what, count }) => `  ${count} ${what}`);
      return [`${log}: ${who}: ${used}`, ...rest].map((line) => `${plain(line)}\n`).join('');
    })
    .join('');
}

function commandText(options: SimulateOptions): string {
  const words = [
    options.workload === undefined ? `--event-log ${options.eventLog ?? ''}` : `--workload ${options.workload}`,
    options.policies === undefined ? '' : `--policies ${options.policies.join(',')}`,
    `--seeds ${options.seeds}`,
    `--min-workers ${options.minWorkers} --max-workers ${options.maxWorkers}`,
    `--worker-cores ${options.workerCores} --worker-memory ${options.workerMemory}`,
    options.bounds ? '' : '--no-bounds',
  ];
  return `elastic-worker simulate ${words.filter((word) => word !== '').join(' ')}`;
}

const PROGRESS_EVERY_MS = 200;

function progressLine(err: Print): (progress: StudyProgress) => void {
  let shownMs = Date.now() + PROGRESS_EVERY_MS;
  return ({ runsDone, runsInAll, policy, seed, jobsEnded, jobsInAll }) => {
    if (Date.now() < shownMs) return;
    shownMs = Date.now() + PROGRESS_EVERY_MS;
    const within = jobsInAll === 0 ? '' : `, ${jobsEnded} of ${jobsInAll} jobs`;
    err(`\r\u001b[K${runsDone} of ${runsInAll} runs; ${policy}, seed ${seed}${within}`);
  };
}

/** Lines stay lines; all else that could move the cursor is written out. */
function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
