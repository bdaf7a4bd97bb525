/** The figures for people. */
import Table from 'cli-table3';
import type { CarbonBench, CarbonLoad } from './carbon.ts';
import type { CycleResult, Measured } from './cycle.ts';
import type { Footprint } from './footprint.ts';
import type { SimulatorResult } from './simulator.ts';
import type { SourceResult } from './sources.ts';

/** Each case twice: by the clock, and by the time its thread had a processor. */
export function cycleTable(cases: readonly Measured[]): string {
  const table = new Table({
    head: ['workers', 'applications', 'decision p50', 'decision p99', 'parse p50', 'parse p99', 'milliseconds'],
    colAligns: [...Array.from({ length: 6 }, () => 'right' as const), 'left'],
    style: { head: [], border: [] },
  });
  const row = (one: CycleResult, by: string): (string | number)[] => {
    const times = [one.decisionMsP50, one.decisionMsP99, one.parseMsP50, one.parseMsP99];
    return [one.workers, one.applications, ...times.map((value) => value.toFixed(value < 1 ? 3 : 1)), by];
  };
  for (const { byClock, onProcessor } of cases) {
    table.push(row(byClock, 'by the clock'), row(onProcessor, 'on the processor'));
  }
  return table.toString();
}

export function footprintTable(footprint: Footprint, seconds: number): string {
  const table = new Table({ colAligns: ['left', 'right'], style: { head: [], border: [] } });
  table.push(
    ['most memory resident', `${footprint.rssMiBMax} MiB`],
    [`CPU over ${seconds} s`, `${footprint.cpuMillicores} millicores`],
    ['from start to first decision', `${footprint.startMs} ms`],
    ['bundle', `${footprint.bundleKiB} KiB`],
    ['calls to the Kubernetes API', `${footprint.apiCallsPerMinute} a minute`],
    ['read from API and Spark', `${footprint.bytesReadPerMinute} bytes a minute`],
  );
  return table.toString();
}

export function carbonTable(bench: CarbonBench): string {
  const { offered, flatOut, madeUp, carbonCache } = bench;
  const table = new Table({
    head: ['receiver', 'offered', 'lines a second', 'of a core', 'millicores', 'most memory', 'decision p99'],
    colAligns: ['left', ...Array.from({ length: 6 }, () => 'right' as const)],
    style: { head: [], border: [] },
  });
  const row = (name: string, load: CarbonLoad, decisionMs?: number): void => {
    const asked = load.offeredLinesPerSecond === 0 ? 'all it takes' : String(load.offeredLinesPerSecond);
    const decision = decisionMs === undefined ? '' : `${decisionMs} ms`;
    table.push([
      name,
      asked,
      load.linesPerSecond,
      load.linesPerCoreSecond,
      load.cpuMillicores,
      `${load.rssMiBMax} MiB`,
      decision,
    ]);
  };
  row('elastic-worker', offered, bench.decisionLatencyMsP99);
  row('elastic-worker', flatOut, flatOut.decisionLatencyMsP99);
  row('elastic-worker, made-up names', madeUp, madeUp.decisionLatencyMsP99);
  row(`carbon-cache ${carbonCache.version}`, carbonCache.offered);
  row(`carbon-cache ${carbonCache.version}`, carbonCache.flatOut);
  const { applicationsRead, applications, skippedPasses, idleDecisionLatencyMsP99 } = bench;
  const notes = [
    `without load a decision comes within ${idleDecisionLatencyMsP99} ms (p99); passes left out under load: ${skippedPasses}`,
    `applications read from Carbon at the end: ${applicationsRead} of ${applications}`,
  ];
  return [table.toString(), ...notes].join('\n');
}

export function simulatorTable(runs: readonly SimulatorResult[]): string {
  const table = new Table({
    head: ['simulated', 'controller', 'seconds', 'tasks', 'events', 'passes decided', 'left out', 'mean workers'],
    colAligns: ['left', 'left', ...Array.from({ length: 6 }, () => 'right' as const)],
    style: { head: [], border: [] },
  });
  for (const run of runs) {
    const { name, controller, processorSeconds, tasks, events, passesDecided, passesSkipped, meanWorkers } = run;
    table.push([name, controller, processorSeconds, tasks, events, passesDecided, passesSkipped, meanWorkers]);
  }
  return table.toString();
}

export function sourcesTable(sources: readonly SourceResult[]): string {
  const table = new Table({
    head: ['source', 'applications', 'ms p50', 'ms p99', 'ms on the processor', 'bytes', 'requests'],
    colAligns: ['left', ...Array.from({ length: 6 }, () => 'right' as const)],
    style: { head: [], border: [] },
  });
  for (const { source, applications, msP50, msP99, cpuMsMean, bytesPerRead, requestsPerRead } of sources) {
    table.push([source, applications, msP50, msP99, cpuMsMean, bytesPerRead, requestsPerRead]);
  }
  return table.toString();
}
