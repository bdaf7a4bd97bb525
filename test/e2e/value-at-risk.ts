/**
 * `npm run demo:var`: the talk's demo on this machine, in two minutes: a real Spark, a real Kubernetes API
 * server and the real daemon, a person with three questions, and a picture at the end.
 *
 * Exit code 0 after a good run, 1 if anything was lost or wrong, 2 for wrong usage.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import type { SourceName } from '../../src/config/source-names.ts';
import { startControlPlane } from './control-plane.ts';
import { isSparkLine } from './install/index.ts';
import { SOURCES } from './rig/feeds.ts';
import { installAdmissionPolicy } from './rig/manifests.ts';
import { renderResult } from './rig/result.ts';
import { drawRun, toPng, type Run } from './rig/run-picture.ts';
import { playValueAtRisk } from './scenarios/value-at-risk.ts';
import { openWorkbench } from './workbench.ts';

interface Options {
  readonly source: SourceName;
  readonly spark: string;
  readonly picture: string;
}

const EXIT_USAGE = 2;
const LENGTH = { portfolios: 2, seconds: 4 };

async function play({ source, spark, picture }: Options): Promise<number> {
  if (!isSparkLine(spark)) throw new Error(`there is no Spark ${spark}`);
  console.log('Installing what is missing: Spark, a Kubernetes API server. The first time takes minutes.');
  const bench = await openWorkbench({ sparkLines: [spark] });
  const draw = async (run: Run): Promise<void> => {
    const svg = drawRun(run);
    const files = [`${picture}.svg`, `${picture}.png`].map((file) => resolve(file));
    await mkdir(dirname(resolve(picture)), { recursive: true });
    await writeFile(files[0] ?? '', svg);
    await writeFile(files[1] ?? '', toPng(svg));
    console.log(`\nPicture: ${files.join(', ')}`);
  };
  try {
    const controlPlane = await startControlPlane(bench);
    await installAdmissionPolicy(controlPlane.admin);
    const tell = (line: string): void => {
      console.log(line);
    };
    const context = { bench, controlPlane, spark, namespace: 'value-at-risk', draw, tell };
    const result = await playValueAtRisk(context, source, LENGTH);
    console.log(`\n${renderResult(result)}`);
    return result.passed ? 0 : 1;
  } finally {
    await bench.stop();
  }
}

const program = new Command('npm run demo:var --')
  .description("The talk's demo: values at risk of random portfolios, on a real Spark with the real daemon.")
  .addOption(new Option('--source <name>', 'where the daemon reads demand').choices(SOURCES).default('driver'))
  .addOption(new Option('--spark <line>', 'line of Spark').choices(['3.5', '4']).default('3.5'))
  .option('--picture <file>', 'where the picture goes, without its ending', '.work/value-at-risk')
  .exitOverride()
  .action(async (options: Options) => {
    process.exitCode = await play(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
}
