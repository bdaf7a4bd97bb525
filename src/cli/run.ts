/** `elastic-worker run`: everything started, kept running, and ended well. */
import type { Config } from '../config/config.ts';
import { describeConfig } from '../config/describe.ts';
import { describeError } from '../core/result.ts';
import { newShutdown, type Shutdown } from '../daemon/lifecycle.ts';
import { Schedule } from '../daemon/schedule.ts';
import { STATE } from '../kube/annotations.ts';
import type { ClusterEvent } from '../kube/ports.ts';
import type { CycleReport } from '../status/report.ts';
import { eventsOf } from '../status/events-of.ts';
import { createStatusServer, type StatusServer } from '../status/http.ts';
import { createLog, type Log } from '../status/log.ts';
import { createMetrics, type Metrics } from '../status/metrics.ts';
import { StatusState } from '../status/status-state.ts';
import type { Environment } from './cluster-side.ts';
import { compose, type Parts } from './compose.ts';
import { VERSION } from './version.ts';

/** Why it ends, where it is nobody's signal. */
const BUG = 'bug';
const NO_PAGE = 'the status page cannot be served';
const NO_SOURCE = 'a source of demand cannot listen';

/** Runs until told to stop. @returns 0 after a clean end, 1 if it could not start or met a bug. */
export async function run(config: Config, env: Environment): Promise<number> {
  const log = createLog({ ...config.log, terminal: process.stdout.isTTY });
  const metrics = createMetrics({ version: VERSION, node: process.version });
  const shutdown = newShutdown((code) => process.exit(code));
  const passes = { skipped: (): number => 0 };
  const composed = await compose(config, {
    env,
    onCall: (call, outcome, ms) => {
      metrics.apiCall(call, outcome, ms / 1000);
    },
    skippedPasses: () => passes.skipped(),
    reads: shutdown.reads,
    writes: shutdown.writes,
  });
  if (!composed.ok) {
    for (const problem of composed.error) log.write('error', 'cannot start', { problem });
    shutdown.done();
    await log.close();
    return 1;
  }
  const parts = composed.value;
  const { clock, live } = parts;
  const settings = (): Record<string, unknown> => describeConfig(config, live.values());
  const state = new StatusState({ version: VERSION, pollMs: config.pollMs, nowMs: clock.nowMs, settings });
  const server = createStatusServer({ ...config.http, metrics, state });
  const onBug = (cause: unknown): void => {
    log.write('error', 'a bug: the daemon ends and is to be started again', { cause });
    shutdown.begin(BUG);
  };
  const failed = await listen(parts, server, log, config.pollMs);
  if (failed !== undefined) shutdown.begin(failed);
  const events = new Set<Promise<void>>();
  const onReport = reporter(parts, { log, metrics, state, shutdown, events, forgetCommand: forgetCommand(config) });
  const schedule = new Schedule({
    clock,
    pollMs: config.pollMs,
    run: async () => {
      onReport(await parts.cycle.run());
    },
    onBug,
    logger: cronLogger(log),
  });
  passes.skipped = () => schedule.skippedPasses();
  if (!shutdown.reads.aborted) schedule.start();
  const why = await shutdown.requested;
  log.write('info', 'stopping', { why });
  await schedule.stop();
  await parts.sources.stop();
  await parts.lease.release(shutdown.writes);
  await Promise.all(events);
  await server.close();
  parts.cluster.client.close();
  shutdown.done();
  await log.close();
  return [BUG, NO_PAGE, NO_SOURCE].includes(why) ? 1 : 0;
}

/** Opens the status page and the sources that listen. @returns why it cannot go on; undefined if all is well. */
async function listen(parts: Parts, server: StatusServer, log: Log, pollMs: number): Promise<string | undefined> {
  try {
    const { port } = await server.listen();
    log.write('info', 'started', { version: VERSION, statusPort: port, pollMs });
  } catch (cause) {
    log.write('error', 'cannot start', { problem: `${NO_PAGE}; set ELASTIC_WORKER_LISTEN to a free address`, cause });
    return NO_PAGE;
  }
  const problems = await parts.sources.start();
  for (const problem of problems) log.write('error', 'cannot start', { problem });
  return problems.length > 0 ? NO_SOURCE : undefined;
}

interface Sinks {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly state: StatusState;
  readonly shutdown: Shutdown;
  /** Events on their way; they end before the daemon does. */
  readonly events: Set<Promise<void>>;
  /** What a person types to have a wrong victim forgotten. */
  readonly forgetCommand: string;
}

function forgetCommand({ kube }: Config): string {
  return `kubectl annotate lease ${kube.leaseName} ${STATE}-`;
}

/** Hands each report to the log, the metrics, the status page and the cluster's events. */
function reporter(parts: Parts, sinks: Sinks): (report: CycleReport) => void {
  const { log, metrics, state, shutdown, events, forgetCommand } = sinks;
  let previous: CycleReport | undefined;

  /** Best effort: an event that cannot be written changes nothing. */
  async function publish(event: ClusterEvent): Promise<void> {
    const written = await parts.cluster.events.publish(event, shutdown.writes);
    if (!written.ok) log.write('debug', 'event not written', { ...event, error: describeError(written.error) });
  }

  return (report) => {
    state.add(report);
    metrics.observe(report);
    log.report(report, previous);
    for (const event of eventsOf(report, previous, forgetCommand)) {
      const publishing = publish(event).finally(() => events.delete(publishing));
      events.add(publishing);
    }
    previous = report;
  };
}

function cronLogger(log: Log): ConstructorParameters<typeof Schedule>[0]['logger'] {
  const write = (level: 'debug' | 'error') => (text: string | Error, cause?: unknown) => {
    log.write(level, 'scheduler', {
      text: text instanceof Error ? text.message : text,
      ...(cause === undefined ? {} : { cause }),
    });
  };
  // node-cron warns of every late tick; skipped passes are counted and shown in the metrics already.
  return { info: write('debug'), warn: write('debug'), debug: write('debug'), error: write('error') };
}
