/** What is told of a run of the talk's demo while it goes on, and what is left of it: a picture's worth, and sentences. */
import { readFile } from 'node:fs/promises';
import type { AppLine, RunningApp } from '../spark-app.ts';
import type { Rig } from './rig.ts';
import type { Run, Span } from './run-picture.ts';
import type { Pass } from './status-log.ts';
import { tasksRunning, type Step } from './task-timeline.ts';
import type { RiskReport } from './value-at-risk.ts';

const TELL_EVERY_MS = 500;
/** Shown before the first question. */
const BEFORE_MS = 2_000;

/** Tells of questions and of passes of the daemon that differ from the one before. @returns what ends it. */
export function startTelling(rig: Rig, app: RunningApp, tell: (line: string) => void): () => Promise<void> {
  const beganMs = Date.now();
  let told = '';
  let lines = 0;
  let telling: Promise<void> | undefined;
  const tellNews = async (): Promise<void> => {
    const all = await app.lines();
    for (const line of all.slice(lines)) if (line.word === 'PHASE') tell(`\n== ${headingOf(line)}`);
    lines = all.length;
    const pass = rig.statusLog.passes().at(-1);
    if (pass === undefined) return;
    const { wanted, planned, observed } = pass.counts;
    const counts = `wanted ${wanted ?? '?'}  planned ${planned ?? '?'}  observed ${observed ?? '?'}  ${pass.sentence}`;
    if (counts !== told) tell(`${String(Math.round((pass.atMs - beganMs) / 1000)).padStart(3)} s  ${counts}`);
    told = counts;
  };
  const timer = setInterval(() => {
    telling ??= tellNews().finally(() => {
      telling = undefined;
    });
  }, TELL_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await telling;
  };
}

function headingOf({ fields }: AppLine): string {
  if (fields.name === 'pause') return 'a pause to think';
  return `question ${String(fields.number)}: ${String(fields.text)}`;
}

/** What the daemon saw and did, beside what the application ran; times of one machine. */
export async function runOf(rig: Rig, app: RunningApp, source: string): Promise<Run> {
  const passes = rig.statusLog.passes();
  const spans = spansOf(await app.lines());
  const log = await readFile(app.eventLogFile, 'utf8');
  const steps = (of: keyof Pass['counts']): readonly Step[] =>
    passes.map(({ atMs, counts }) => ({ atMs, count: counts[of] ?? 0 }));
  return {
    title: `Value at risk on Spark ${rig.master.spark.version}, source ${source}`,
    fromMs: (spans[0]?.fromMs ?? 0) - BEFORE_MS,
    toMs: passes.at(-1)?.atMs ?? 0,
    wanted: steps('wanted'),
    planned: steps('planned'),
    observed: steps('observed'),
    tasks: tasksRunning(log.split('\n')),
    spans,
  };
}

/** From each question to the pause after it. */
function spansOf(lines: readonly AppLine[]): readonly Span[] {
  const atMs = (name: string, number: unknown): number =>
    Number(lines.find(({ fields }) => fields.name === name && fields.number === number)?.fields.atMs);
  return lines
    .filter(({ word, fields }) => word === 'PHASE' && fields.name === 'question')
    .map(({ fields: { number, text } }) => ({
      fromMs: atMs('question', number),
      toMs: atMs('pause', number),
      text: String(text),
    }));
}

/** One line an answer. */
export function linesAbout({ answers }: RiskReport): readonly string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(3)} %`;
  return answers.map(
    ({ portfolio, level, runs, simulated, expected, standardError }) =>
      `portfolio ${portfolio}: ${100 * level} of 100 weeks lose less than ${percent(simulated)}; ` +
      `${percent(expected)} without chance, standard error of ${runs} runs ${percent(standardError)}`,
  );
}
