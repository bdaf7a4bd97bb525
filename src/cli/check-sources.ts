/** The part of `check` that asks the sources of demand: can each be read, and what does it say of each application. */
import { MOST_EXECUTORS } from '../core/gauge-choice.ts';
import { STALE_AFTER_PERIODS } from '../core/reading.ts';
import { describeError, type OperatingError, type Result } from '../core/result.ts';
import type { ApplicationSettings, ApplicationView, MasterView } from '../core/spark-view.ts';
import type { Census, GaugeSample, GaugeSource } from '../spark/ports.ts';
import type { Parts } from './compose.ts';
import type { Findings } from './findings.ts';

/** Applications whose own settings are asked, for what they call themselves in the names of series. */
const MOST_APPLICATIONS = 10;

/** One line for each application and source; where one request was for all of them and failed, one line for it. */
export async function checkSources(
  parts: Parts,
  master: MasterView,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const census = await censusOf(parts, master, signal);
  for (const source of parts.sources.list()) {
    if (source.start === undefined) await checkSource(source, master.applications, census, findings, signal);
    else findings.add('ok', source.name, LISTENS);
  }
}

const LISTENS = 'what it hears is on the status page of the running daemon, under gaugeSources and sources';

async function checkSource(
  source: GaugeSource,
  applications: readonly ApplicationView[],
  census: Census,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const answers = await source.read(applications, signal, census);
  const told = new Set<OperatingError>();
  for (const { id } of applications) {
    const answer = answers.get(id);
    if (answer === undefined || (!answer.ok && told.has(answer.error))) continue;
    if (!answer.ok) told.add(answer.error);
    report(source, id, answer, findings);
  }
  const untried = applications.length - answers.size;
  if (untried > 0) findings.add('ok', source.name, `${untried} more are left for later: so many are read in one pass`);
  const { named, count } = source.strangers?.() ?? { named: [], count: 0 };
  for (const { owner, why } of named) findings.add('warn', source.name, `series of ${owner} are not counted: ${why}`);
  if (count > named.length) findings.add('warn', source.name, `and series of ${count - named.length} more`);
}

function report(source: GaugeSource, id: string, answer: Result<GaugeSample>, findings: Findings): void {
  const { name } = source;
  if (!answer.ok) {
    findings.add('warn', name, `${id}: ${describeError(answer.error)}; the master's page is used instead`);
    return;
  }
  const { answer: said, ageMs } = answer.value;
  if (said.kind === 'absent') {
    const text = name === 'driver' ? NO_ALLOCATION : `no series of it; ${NO_SERIES}`;
    findings.add('warn', name, `${id}: ${text}`);
    return;
  }
  const { numberTargetExecutors: target, numberMaxNeededExecutors: needed } = said.gauges;
  const wrong = [target, needed].some(
    (one) => !Number.isInteger(one) || Number(one) < 0 || Number(one) > MOST_EXECUTORS,
  );
  const periodMs = source.periodMs(1);
  const isOld = !(ageMs <= STALE_AFTER_PERIODS * periodMs && ageMs >= -periodMs);
  if (wrong) findings.add('warn', name, `${id}: target ${String(target)}, max needed ${String(needed)}: no counts`);
  else if (isOld)
    findings.add('warn', name, `${id}: its values are ${Math.round(ageMs / 1000)} s old: too old to count`);
  else findings.add('ok', name, `${id}: allocation gauges are read`);
}

const NO_ALLOCATION = 'no dynamic allocation; it wants what it holds and is owed';
const NO_SERIES = 'right for an application without dynamic allocation, else see its page under docs/how-to/sources';

async function censusOf(parts: Parts, master: MasterView, signal: AbortSignal): Promise<Census> {
  const settings = new Map<string, ApplicationSettings>();
  const byName = parts.sources.list().some(({ name }) => name !== 'driver');
  for (const application of byName ? master.applications.slice(0, MOST_APPLICATIONS) : []) {
    const read = await parts.spark.settings.read(application, signal);
    if (read.ok) settings.set(application.id, read.value);
  }
  return {
    endedIds: master.completedApplicationIds,
    nowEpochMs: parts.clock.nowEpochMs(),
    settingsOf: (id) => settings.get(id),
  };
}
