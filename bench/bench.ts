/** The benchmarks' command line: `npm run --silent bench -- cycle --json`. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { benchCarbon } from './carbon.ts';
import { CASES, measure, QUICK_CASES } from './cycle.ts';
import { measureFootprint } from './footprint.ts';
import { readImageStart } from './image.ts';
import { format, resolveConfig } from 'prettier';
import { fallenBehind, measureCut, parseRecord, RECORD_FILE } from './policies-check.ts';
import { benchPolicies, familiesNamed } from './policies.ts';
import { measureSimulator, QUICK_SIMULATOR_CASES, SIMULATOR_CASES } from './simulator.ts';
import { measureSources } from './sources.ts';
import { carbonTable, cycleTable, footprintTable, simulatorTable, sourcesTable } from './tables.ts';

const FOOTPRINT_SECONDS = 120;
const CARBON_SECONDS = 30;
const POLICY_SEEDS = 40;

const program = new Command('bench')
  .description('Measures elastic-worker. Without --json the figures come as a table.')
  .helpCommand(false)
  .showHelpAfterError('(see npm run bench -- --help)');

program
  .command('cycle')
  .description('time to parse the answers of one pass, and to decide: p50 and p99 in milliseconds')
  .option('--json', 'print {"cases":[…]} and nothing else', false)
  .addOption(new Option('--quick', 'tiny cases, to see that it works').default(false).hideHelp())
  .action(async ({ json, quick }: { json: boolean; quick: boolean }) => {
    if (await startedAsImage()) return;
    const cases = (quick ? QUICK_CASES : CASES).map(measure);
    console.log(json ? JSON.stringify({ cases: cases.map(({ byClock }) => byClock) }) : cycleTable(cases));
  });

program
  .command('footprint')
  .description('memory, CPU, start and traffic of the bundled daemon against the stand-in, with 100 workers')
  .option('--json', 'print one object and nothing else', false)
  .option('--seconds <number>', 'how long it is watched', wholeSeconds, FOOTPRINT_SECONDS)
  .action(async ({ json, seconds }: { json: boolean; seconds: number }) => {
    const footprint = await measureFootprint(seconds);
    console.log(json ? JSON.stringify(footprint) : footprintTable(footprint, seconds));
  });

program
  .command('carbon')
  .description('the embedded Carbon under 210,000 lines a second and flat out, side by side with carbon-cache')
  .option('--json', 'print one object and nothing else', false)
  .option('--seconds <number>', 'how long each load lasts', wholeSeconds, CARBON_SECONDS)
  .action(async ({ json, seconds }: { json: boolean; seconds: number }) => {
    const figures = await benchCarbon(seconds);
    console.log(json ? JSON.stringify(figures) : carbonTable(figures));
  });

program
  .command('policies')
  .description('the laboratory: all policies on all families; writes a page with pictures')
  .option(
    '--seeds <number>',
    'of each family; half of them tune, the other half is reported',
    wholeNumber,
    POLICY_SEEDS,
  )
  .option('--families <names>', 'comma-separated; all by default', (text) => text.split(','))
  .option('--folder <path>', 'where the page goes', 'docs/results')
  .addOption(
    new Option('--check', 'play a small cut alone, and fail where our default falls behind what is recorded').conflicts(
      'record',
    ),
  )
  .option('--record', 'play the small cut alone, and record its figures')
  .action(async ({ seeds, families, folder, check = false, record = false }: PoliciesOptions) => {
    if (check || record) {
      await (record ? recordCut() : checkCut());
      return;
    }
    const command = ['npm run --silent bench --', ...process.argv.slice(2)].join(' ');
    const chosen = familiesNamed(families);
    await benchPolicies({
      seeds,
      families: chosen,
      folder,
      command,
      say: (line) => {
        console.log(line);
      },
    });
  });

program
  .command('simulator')
  .description(
    'time on the processor that simulated clusters take, under our daemon and under a policy that costs nothing',
  )
  .option('--json', 'print {"runs":[…]} and nothing else', false)
  .addOption(new Option('--quick', 'tiny cases, to see that it works').default(false).hideHelp())
  .action(({ json, quick }: { json: boolean; quick: boolean }) => {
    const runs = (quick ? QUICK_SIMULATOR_CASES : SIMULATOR_CASES).flatMap(measureSimulator);
    console.log(json ? JSON.stringify({ runs }) : simulatorTable(runs));
  });

program
  .command('sources')
  .description('what one read of each source of demand costs with 100 applications: milliseconds and bytes')
  .option('--json', 'print {"sources":[…]} and nothing else', false)
  .addOption(new Option('--quick', 'a few reads, to see that it works').default(false).hideHelp())
  .action(async ({ json, quick }: { json: boolean; quick: boolean }) => {
    if (await startedAsImage()) return;
    const sources = await (quick ? measureSources(2, 1) : measureSources());
    console.log(json ? JSON.stringify({ sources }) : sourcesTable(sources));
  });

interface PoliciesOptions {
  readonly seeds: number;
  readonly families?: readonly string[];
  readonly folder: string;
  readonly check?: boolean;
  readonly record?: boolean;
}

async function recordCut(): Promise<void> {
  const style = (await resolveConfig(RECORD_FILE)) ?? {};
  await writeFile(RECORD_FILE, await format(JSON.stringify(measureCut()), { ...style, parser: 'json' }));
  console.log(`wrote ${RECORD_FILE}`);
}

async function checkCut(): Promise<void> {
  const fallen = fallenBehind(measureCut(), parseRecord(await readFile(RECORD_FILE, 'utf8')));
  for (const sentence of fallen) console.error(sentence);
  if (fallen.length > 0) process.exitCode = 1;
  else console.log('our default does as well as it is recorded to do');
}

/**
 * Node's flags decide how fast it is, so the passes are timed under those of the image; but for its limit of the heap,
 * since the bench holds three clusters. Starts itself again where they are missing, and says whether it did.
 */
async function startedAsImage(): Promise<boolean> {
  const flags = (await readImageStart()).flags.filter((flag) => !flag.startsWith('--max-old-space-size'));
  if (flags.every((flag) => process.execArgv.includes(flag))) return false;
  const { status } = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return true;
}

function wholeSeconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('a whole number of seconds, at least 1');
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || text === '1') throw new InvalidArgumentError('a whole number, at least 2');
  return Number(text);
}

await program.parseAsync();
