/** The daemon's own metrics, for Prometheus and OpenMetrics. Names of applications never become labels: there is no end to them. */
import { Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from 'prom-client';
import type { CycleReport } from './report.ts';
import { observeSources, sourceInstruments } from './source-metrics.ts';
import { replicaChangeOf } from './status-json.ts';

const PREFIX = 'elastic_worker_';
const PASS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metrics {
  observe(report: CycleReport): void;
  /** One call to the Kubernetes API: "patch replicationcontrollers/scale", how it ended, how long it took. */
  apiCall(verbResource: string, outcome: string, seconds: number): void;
  /** The text and its type, by what the reader accepts. */
  render(accept: string): Promise<{ readonly text: string; readonly contentType: string }>;
}

/**
 * Builds everything twice, once for each format: a registry that has written OpenMetrics has taken `_total` off the
 * names of its counters for good.
 */
export function createMetrics(info: { readonly version: string; readonly node: string }): Metrics {
  const prometheus = instrumentsIn(new Registry(), info);
  const openRegistry: Registry<OpenMetricsContentType> = new Registry<OpenMetricsContentType>();
  openRegistry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const open = instrumentsIn(openRegistry, info);
  return {
    observe(report) {
      for (const one of [prometheus, open]) {
        observeState(one, report);
        observePass(one, report);
      }
    },
    apiCall(call, outcome, seconds) {
      for (const one of [prometheus, open]) {
        one.api.inc({ call, outcome });
        one.apiSeconds.inc({ call }, seconds);
      }
    },
    async render(accept) {
      const { registry } = accept.includes('application/openmetrics-text') ? open : prometheus;
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

function instrumentsIn<T extends Registry | Registry<OpenMetricsContentType>>(
  registry: T,
  info: { readonly version: string; readonly node: string },
) {
  // Which text a registry writes is no matter to what is counted in it.
  const registers = [registry] as Registry[];
  const instruments = { ...stateInstruments(registers), ...passInstruments(registers) };
  const build = gaugeMaker(registers)('build_info', 'Always 1; version of the daemon and of Node.', [
    'version',
    'node',
  ]);
  build.set({ ...info }, 1);
  for (const direction of ['grow', 'shrink', 'cancel-unfilled']) instruments.resizes.inc({ direction }, 0);
  return { ...instruments, registry };
}

function stateInstruments(registers: Registry[]) {
  const gauge = gaugeMaker(registers);
  return {
    counts: gauge(
      'workers',
      'Workers wanted by demand, kept ready (floor), desired after policy, planned (replicas), observed.',
      ['count'],
    ),
    hold: gauge('hold_seconds', 'How long a surplus has to last now before workers go.'),
    workerStart: gauge(
      'worker_start_seconds',
      "From a worker pod's creation to its registration, the middle of those seen.",
    ),
    calendar: gauge('calendar_workers', 'Workers that the calendar keeps ready; 0 while no window is open.'),
    demand: gauge('demand_executors', 'Executors wanted, by what the value rests on.', ['basis']),
    infeasible: gauge('infeasible_executors', 'Executors that fit no worker.'),
    standby: gauge('standing_by', '1 while the daemon writes nothing, by reason.', ['reason']),
    blockers: gauge('shrink_blockers', 'Reasons for which the count may not be lowered now.'),
    leaving: gauge('leaving_workers', 'Workers on their way out, by phase.', ['phase']),
    standings: gauge('serving_workers', 'Workers not on their way out, by what may become of them.', ['standing']),
    undrainable: gauge('undrainable_applications', 'Applications whose own settings keep workers from being drained.'),
    pinned: gauge('pinned_workers', 'Workers that applications keep, by how these keep shuffle.', ['mode']),
    pinnedBytes: gauge('pinned_bytes', 'Shuffle and cached blocks on them, as far as known.'),
    longestPin: gauge('longest_pin_seconds', 'For how long the one kept longest has been kept.'),
    problems: gauge('live_setting_problems', 'Live settings that cannot be used.'),
    sourceAge: gauge('source_age_seconds', 'Age of the newest good reading.', ['source']),
    gaugeSources: sourceInstruments(gauge),
  };
}

function passInstruments(registers: Registry[]) {
  const counter = counterMaker(registers);
  return {
    decisions: counter('decisions_total', 'Passes, by the reason of their decision.', ['reason']),
    resizes: counter('resizes_total', 'Changes of the count that were carried out.', ['direction']),
    actions: counter('actions_total', 'Actions, by kind and outcome.', ['action', 'outcome']),
    sourceReads: following(counter('source_reads_total', 'Reads tried.', ['source'])),
    sourceFailures: following(counter('source_failures_total', 'Reads failed.', ['source'])),
    received: following(
      counter('source_received_total', 'What came to a source that listens, by what it was.', ['source', 'what']),
    ),
    skipped: following(counter('skipped_passes_total', 'Passes skipped: late, or the one before still ran.')),
    errors: counter('errors_total', 'Operating errors, by kind.', ['kind']),
    wrongVictims: counter('wrong_victims_total', 'Pods that ended though they were not chosen.'),
    api: counter('api_calls_total', 'Calls to the Kubernetes API.', ['call', 'outcome']),
    apiSeconds: counter('api_call_seconds_total', 'Time spent in calls to the Kubernetes API.', ['call']),
    pass: new Histogram({
      name: `${PREFIX}pass_seconds`,
      help: 'Length of a pass, reading included.',
      buckets: PASS_SECONDS,
      registers,
    }),
  };
}

function observeState(to: ReturnType<typeof stateInstruments>, report: CycleReport): void {
  const { decision, standing, sources } = report;
  setCounts(to.counts, report);
  setKnown(to.hold, decision.hold?.holdMs);
  setKnown(to.workerStart, decision.hold?.restart?.startMs);
  to.calendar.set(decision.calendar?.workers ?? 0);
  setByLabel(
    to.demand,
    'basis',
    decision.demands.map(({ basis, executors }) => [basis, executors]),
  );
  to.infeasible.set(decision.infeasible.reduce((sum, { executors }) => sum + executors, 0));
  setByLabel(to.standby, 'reason', standing.acts ? [] : [[standing.code, 1]]);
  to.blockers.set(decision.blockers.length);
  setByLabel(
    to.leaving,
    'phase',
    decision.leaving.map(({ phase }) => [phase, 1]),
  );
  setByLabel(to.standings, 'standing', Object.entries(decision.report.standings));
  to.undrainable.set(decision.report.undrainable.length);
  observePins(to, decision.report.pins);
  to.problems.set(report.problems.length);
  const ages = sources.flatMap(({ name, ageMs }) => (ageMs === undefined ? [] : [[name, ageMs / 1000] as const]));
  setByLabel(to.sourceAge, 'source', ages, Math.max);
  observeSources(to.gaugeSources, report);
}

function observePins(to: ReturnType<typeof stateInstruments>, pins: CycleReport['decision']['report']['pins']): void {
  const workers = Map.groupBy(
    pins.filter(({ tooOld }) => !tooOld),
    ({ name }) => name,
  );
  const byMode = [...workers.values()].flatMap(([first]) => (first === undefined ? [] : [[first.mode, 1] as const]));
  setByLabel(to.pinned, 'mode', byMode);
  to.pinnedBytes.set(pins.reduce((sum, { bytes }) => sum + bytes, 0));
  to.longestPin.set(Math.max(0, ...pins.map(({ forMs }) => forMs / 1000)));
}

function observePass(to: ReturnType<typeof passInstruments>, report: CycleReport): void {
  const { decision, outcome } = report;
  to.decisions.inc({ reason: decision.reason });
  const change = replicaChangeOf(report);
  if (change !== undefined) to.resizes.inc({ direction: change.direction });
  if (outcome.kind !== 'nothing') to.actions.inc({ action: outcome.action.kind, outcome: outcome.kind });
  for (const { name, reads, failures, traffic } of report.sources) {
    to.sourceReads(reads, { source: name });
    to.sourceFailures(failures, { source: name });
    for (const [what, total] of Object.entries(traffic?.totals ?? {})) to.received(total, { source: name, what });
  }
  to.skipped(report.skippedPasses);
  for (const { kind } of report.errors) to.errors.inc({ kind });
  to.wrongVictims.inc(decision.newWrongVictims.length);
  to.pass.observe(report.durationMs / 1000);
}

function setCounts(counts: Gauge, { decision }: CycleReport): void {
  const values = {
    wanted: decision.wantedWorkers,
    floor: decision.wantedWorkers === undefined ? undefined : decision.floorWorkers,
    desired: decision.desiredWorkers,
    planned: decision.plannedWorkers,
    observed: decision.observedWorkers,
  };
  // What is not known has no value: a 0 would be a lie.
  counts.reset();
  for (const [count, value] of Object.entries(values)) if (value !== undefined) counts.set({ count }, value);
}

/** In seconds; what is not known has no value. */
function setKnown(gauge: Gauge, ms: number | undefined): void {
  gauge.reset();
  if (ms === undefined) gauge.remove();
  else gauge.set(ms / 1000);
}

/** Replaces all values of a gauge; pairs with the same label are put together. */
function setByLabel(
  gauge: Gauge,
  label: string,
  pairs: readonly (readonly [string, number])[],
  together: (a: number, b: number) => number = (a, b) => a + b,
): void {
  const sums = new Map<string, number>();
  for (const [name, value] of pairs) {
    const earlier = sums.get(name);
    sums.set(name, earlier === undefined ? value : together(earlier, value));
  }
  gauge.reset();
  for (const [name, value] of sums) gauge.set({ [label]: name }, value);
}

/** Keeps up with a total that is counted elsewhere. It never falls, whatever that total does. */
function following(counter: Counter): (total: number, labels?: Readonly<Record<string, string>>) => void {
  const reached = new Map<string, number>();
  return (total, labels = {}) => {
    const key = Object.values(labels).join();
    const before = reached.get(key) ?? 0;
    counter.inc(labels, Math.max(0, total - before));
    reached.set(key, Math.max(before, total));
  };
}

type Maker<T> = (name: string, help: string, labelNames?: readonly string[]) => T;

function gaugeMaker(registers: Registry[]): Maker<Gauge> {
  return (name, help, labelNames = []) =>
    new Gauge({ name: PREFIX + name, help, labelNames: [...labelNames], registers });
}

function counterMaker(registers: Registry[]): Maker<Counter> {
  return (name, help, labelNames = []) =>
    new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers });
}
