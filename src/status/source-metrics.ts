/** Metrics of the sources of demand: what each says in sum, how each stands, and what cannot be made to agree. */
import type { Gauge } from 'prom-client';
import type { CycleReport } from './report.ts';

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge;

export interface SourceInstruments {
  readonly target: Gauge;
  readonly states: Gauge;
  readonly oldest: Gauge;
  readonly disagreements: Gauge;
  readonly strangers: Gauge;
  readonly held: Gauge;
}

export function sourceInstruments(gauge: MakeGauge): SourceInstruments {
  return {
    target: gauge('source_target_executors', 'Sum of the targets that a source says and that can be trusted.', [
      'source',
    ]),
    states: gauge('source_applications', 'Applications, by source and by how the source stands with them.', [
      'source',
      'state',
    ]),
    oldest: gauge('source_oldest_seconds', 'Age of the oldest reading that a source has of an active application.', [
      'source',
    ]),
    disagreements: gauge('source_disagreements', 'Applications about which trusted sources differ.'),
    held: gauge('source_holds', 'What a source that listens holds now, by what it is.', ['source', 'what']),
    strangers: gauge('source_unmatched_series', 'Owners of series that belong to no active application.', ['source']),
  };
}

/** Shows one pass. Applications never become labels. */
export function observeSources(to: SourceInstruments, { gaugeSources, sources }: CycleReport): void {
  for (const gauge of [to.target, to.states, to.oldest, to.strangers, to.held]) gauge.reset();
  const oldestMs = new Map<string, number>();
  for (const application of gaugeSources) {
    for (const { source, state, numbers, ageMs } of application.sources) {
      to.states.inc({ source, state });
      if (numbers !== undefined) to.target.inc({ source }, numbers.target);
      if (ageMs !== undefined) oldestMs.set(source, Math.max(oldestMs.get(source) ?? 0, ageMs));
    }
  }
  for (const [source, ageMs] of oldestMs) to.oldest.set({ source }, ageMs / 1000);
  to.disagreements.set(gaugeSources.filter(({ disagreement }) => disagreement !== undefined).length);
  for (const { name, strangers, traffic } of sources) {
    if (strangers !== undefined) to.strangers.set({ source: name }, strangers.count);
    for (const [what, count] of Object.entries(traffic?.held ?? {})) to.held.set({ source: name, what }, count);
  }
}
