/** The command line: which command, which exit code. 0 well, 1 failed or something is amiss, 2 wrong usage or settings. */
import { Command, CommanderError } from 'commander';
import { parseConfig, type Config } from '../config/config.ts';
import { describeProblem } from '../config/problem.ts';
import { renderSettingsText } from '../config/settings-text.ts';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { run } from './run.ts';
import { addSimulateCommand } from './simulate-command.ts';
import { VERSION } from './version.ts';

const EXIT_USAGE = 2;

/** Reads the settings and hands them on; all problems are told at once, before anything starts. */
async function withConfig(command: (config: Config, env: NodeJS.ProcessEnv) => Promise<number>): Promise<void> {
  const parsed = parseConfig(process.env);
  if (parsed.ok) {
    process.exitCode = await command(parsed.config, process.env);
    return;
  }
  const lines = parsed.problems.map((problem) => `  ${describeProblem(problem)}`);
  process.stderr.write(
    `${lines.length} problem${lines.length === 1 ? '' : 's'} with the settings:\n${lines.join('\n')}\n`,
  );
  process.stderr.write('All settings: elastic-worker help settings\n');
  process.exitCode = EXIT_USAGE;
}

function buildProgram(): Command {
  const program = new Command('elastic-worker')
    .description('Resizes the workers of a Spark standalone cluster on Kubernetes from what its applications ask for.')
    .version(VERSION)
    .helpCommand(false)
    .showHelpAfterError('(see elastic-worker --help)')
    .addHelpText('after', '\nSettings are environment variables: elastic-worker help settings')
    .exitOverride();
  program
    .command('run')
    .description('watch and resize until told to stop (default)')
    .action(() => withConfig(run));
  program
    .command('check')
    .description('say what works and what is missing: settings, permissions, Spark, the workers')
    .action(() => withConfig(check));
  program
    .command('explain')
    .description('one pass without writing, and the whole trace of its decision')
    .action(() => withConfig(explain));
  addSimulateCommand(program);
  program
    .command('help')
    .description('this text, that of a command, or the settings')
    .argument('[topic]', '"settings" or a command')
    .action((topic?: string) => {
      help(program, topic);
    });
  return program;
}

function help(program: Command, topic: string | undefined): void {
  if (topic === 'settings') {
    process.stdout.write(renderSettingsText());
    return;
  }
  const command = program.commands.find((one) => one.name() === topic);
  if (topic !== undefined && command === undefined) {
    const topics = ['settings', ...program.commands.map((one) => one.name())];
    program.error(`error: there is no help for '${topic}', only for ${topics.join(', ')}`);
  }
  (command ?? program).outputHelp();
}

try {
  // Not commander's default command: that one takes a mistyped command for an argument and has nothing to suggest.
  const words = process.argv.slice(2);
  await buildProgram().parseAsync(words.length === 0 ? ['run'] : words, { from: 'user' });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed what it had to say; --help and --version end here too, with 0.
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
}
