/** The figures for people. */
import Table from 'cli-table3';
import type { CycleResult, Measured } from './cycle.ts';
import type { Footprint } from './footprint.ts';
import type { SimulatorResult } from './simulator.ts';

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
