/** A decision as text for a terminal: the counts, the verdict, and the trace stage by stage. */
import type { Decision } from '../core/decision.ts';
import { plain } from './plain.ts';
import type { ApplicationSources, SourceReport, Standing } from './report.ts';

const STAGE_WIDTH = 8;

/** Where the demand was read. */
export interface SourceFacts {
  readonly sources: readonly SourceReport[];
  readonly gaugeSources: readonly ApplicationSources[];
}

const NO_FACTS: SourceFacts = { sources: [], gaugeSources: [] };

/** Renders it, each stage's lines together and aligned. Pure; ends in a newline. */
export function renderExplanation(decision: Decision, standing: Standing, facts: SourceFacts = NO_FACTS): string {
  const { wantedWorkers, desiredWorkers, plannedWorkers, observedWorkers, action } = decision;
  const count = (value: number | undefined): string => (value === undefined ? 'unknown' : String(value));
  const lines = [
    `wanted ${count(wantedWorkers)}, desired ${count(desiredWorkers)}, ` +
      `planned ${count(plannedWorkers)}, observed ${count(observedWorkers)} workers`,
    `verdict: ${decision.reason}: ${plain(decision.sentence)}`,
    ...holdLines(decision),
    `action: ${action.kind}${standing.acts ? '' : `, but it stands by: ${plain(standing.why)}`}`,
    '',
  ];
  for (const text of sourceLines(facts)) lines.push(`${'source'.padEnd(STAGE_WIDTH)}  ${plain(text)}`);
  let stage = '';
  for (const line of decision.trace.lines) {
    const label = line.stage === stage ? '' : line.stage;
    stage = line.stage;
    lines.push(`${label.padEnd(STAGE_WIDTH)}  ${plain(line.text)}`);
  }
  const rest = [
    ...decision.leaving.map(({ name, phase, note }) => `leaving   ${name}: ${phase}, ${note}`),
    ...decision.disrupted.map(({ name, why }) => `going     ${name}: ${why}`),
    ...[...decision.report.kept].map(([why, workers]) => `kept      ${workers} workers: ${why}`),
  ];
  return `${[...lines, ...rest.map(plain)].join('\n')}\n`;
}

function holdLines({ hold, floorWorkers }: Decision): readonly string[] {
  if (hold === undefined) return [];
  const { holdMs, restart } = hold;
  const measured =
    restart === undefined
      ? 'no worker was seen to start yet'
      : `a worker takes ${seconds(restart.startMs)} to start, to leave and come again ${seconds(restart.costMs)}`;
  return [`hold: ${seconds(holdMs)}; ${measured}${floorWorkers > 0 ? `; ${floorWorkers} workers are kept ready` : ''}`];
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function sourceLines({ sources, gaugeSources }: SourceFacts): readonly string[] {
  const applications = gaugeSources.flatMap((one) => [
    ...one.sources.map(({ source, state, why, numbers, ageMs }) => {
      const said = numbers === undefined ? '' : `, target ${numbers.target}, max needed ${numbers.needed}`;
      const age = ageMs === undefined ? '' : `, ${Math.round(ageMs)} ms old`;
      return `${one.application}: ${source} ${state}${said}${age}${why === undefined ? '' : `: ${why}`}`;
    }),
    ...(one.disagreement === undefined ? [] : [`${one.application}: they disagree: ${one.disagreement}`]),
  ]);
  const unmatched = sources.flatMap(({ name, strangers }) =>
    (strangers?.named ?? []).map(({ owner, why }) => `${name}: series of ${owner} are not counted: ${why}`),
  );
  return [...applications, ...unmatched];
}
