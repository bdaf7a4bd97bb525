/** `elastic-worker simulate`: its options. What it does is loaded only when it is called: the daemon has no use for it. */
import { InvalidArgumentError, Option, type Command } from 'commander';

export interface SimulateOptions {
  readonly workload?: string;
  readonly eventLog?: string;
  readonly policies?: readonly string[];
  readonly seeds: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly workerCores: number;
  readonly workerMemory: number;
  readonly bounds: boolean;
  readonly json: boolean;
  readonly html?: string;
  readonly list: boolean;
}

const MOST = 1_000_000;

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= MOST) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${MOST} is needed.`);
  };
}

export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('play a workload, or your own Spark history, under several policies, and compare them')
    .addOption(new Option('--workload <name>', 'a built-in workload (see --list)').conflicts('eventLog'))
    .option('--event-log <path>', "a Spark event log, a rolling log's folder, or a folder of many applications")
    .option('--policies <names>', 'comma-separated; all by default (see --list)', (text) => text.split(','))
    .option('--seeds <count>', 'runs of each policy, with seeds 1, 2, 3 …', whole(1), 20)
    .option('--min-workers <count>', 'fewest workers', whole(0), 1)
    .option('--max-workers <count>', 'most workers', whole(1), 20)
    .option('--worker-cores <count>', 'cores of a worker', whole(1), 4)
    .option('--worker-memory <MiB>', 'memory of a worker', whole(1), 8_192)
    .option('--no-bounds', 'leave out the clairvoyant bound, which takes most of the time')
    .option('--json', 'all figures as JSON', false)
    .option('--html <file>', 'write a report with plots to this file')
    .option('--list', 'name the workloads and the policies', false)
    .action(async (options: SimulateOptions) => {
      const { simulateCommand } = await import('./simulate.ts');
      process.exitCode = await simulateCommand(options);
    });
}
