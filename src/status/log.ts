/** winston, set up once: JSON lines where a machine reads, short lines where a person does. */
import { finished } from 'node:stream/promises';
import winston from 'winston';
import { keyOf, logLineOf, problemLineOf, type LogLevel } from './log-line.ts';
import { plain } from './plain.ts';
import type { CycleReport } from './report.ts';
import { sourceLinesOf } from './source-line.ts';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'auto' | 'json' | 'text';
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Where lines go instead of standard output; for tests. */
  readonly stream?: NodeJS.WritableStream;
}

export interface Log {
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The line for one pass, before it those on live settings that cannot be used and on changes of sources. */
  report(report: CycleReport, previous: CycleReport | undefined): void;
  /** Writes out what is still held back. */
  close(): Promise<void>;
}

/** Builds the log. */
export function createLog(options: LogOptions): Log {
  const text = options.format === 'text' || (options.format === 'auto' && options.terminal);
  const transport = new winston.transports.Stream({ stream: options.stream ?? process.stdout });
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(plainErrors(), ...(text ? forPeople() : forMachines()), onOneLine()),
    // winston declares its transports' classes as plain types, which the rule cannot see through.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    transports: [transport],
  });
  // A reader that went away must not take the daemon with it.
  logger.on('error', ignore);
  process.stdout.on('error', ignore);
  const toldAtEpochMs = new Map<string, number>();

  function write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    logger.log(level, message, withoutReserved(fields));
  }

  return {
    write,
    report(report, previous) {
      const problem = problemLineOf(report, previous, toldAtEpochMs);
      const pass = logLineOf(report, previous, toldAtEpochMs);
      const sources = sourceLinesOf(report, previous);
      for (const line of [...(problem === undefined ? [] : [problem]), ...sources, pass]) {
        if (line.level !== 'debug') toldAtEpochMs.set(keyOf(line), report.atEpochMs);
        write(line.level, line.message, line.fields);
      }
    },
    async close() {
      // What the transports have read is what counts: the logger's own readable side never ends.
      const ended = finished(logger, { readable: false }).catch(ignore);
      logger.end();
      await ended;
      process.stdout.off('error', ignore);
    },
  };
}

function ignore(): void {
  // Nothing can be said where saying fails.
}

/** winston uses these names itself; ours get an underscore. */
function withoutReserved(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    safe[['level', 'message', 'timestamp'].includes(name) ? `${name}_` : name] = value;
  }
  return safe;
}

/** Errors have no enumerable fields, so JSON would show them as {}. */
const plainErrors = winston.format((info) => {
  for (const [name, value] of Object.entries(info)) if (value instanceof Error) info[name] = plainError(value);
  return info;
});

/** Causes of causes are followed this far: they may go round in a circle. */
const DEEPEST_CAUSE = 4;

function plainError(error: Error, depth = 0): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  // Nothing but errors: what else was thrown may hold a whole request, with its credentials.
  const because = cause instanceof Error && depth < DEEPEST_CAUSE ? plainError(cause, depth + 1) : undefined;
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(because === undefined ? {} : { cause: because }),
  };
}

function forMachines(): winston.Logform.Format[] {
  return [winston.format.timestamp(), winston.format.json()];
}

function forPeople(): winston.Logform.Format[] {
  return [
    winston.format.timestamp({ format: 'HH:mm:ss' }),
    winston.format.printf((info) => {
      const { level, message, timestamp, ...rest } = info;
      const fields = Object.entries(rest)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `${String(timestamp)} ${level.padEnd(5)} ${String(message)} ${fields.join(' ')}`.trimEnd();
    }),
  ];
}

/** Where winston keeps the finished line. */
const LINE = Symbol.for('message');

/** Lines hold names that users chose; they are read on terminals too. */
const onOneLine = winston.format((info) => {
  info[LINE] = plain(String(info[LINE]));
  return info;
});
