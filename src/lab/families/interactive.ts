/** Families in which somebody waits for each answer: seconds of work after a pause, judged by the added wait. */
import { newRandom, type Random } from '../random.ts';
import type { ApplicationSpec } from '../workload.ts';
import { after, application, at, JobBuilder, MINUTE_MS, SECOND_MS } from './building.ts';

/** Bursts of 32 to 80 tasks of a few seconds, one to four minutes apart, whatever became of the one before. */
export function impulses(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  let atMs = random.between(10, 40) * SECOND_MS;
  for (let index = 0; index < 14; index += 1) {
    builder.result({ count: random.whole(32, 80), medianMs: random.between(3, 8) * SECOND_MS });
    builder.job(at(atMs));
    atMs += random.between(60, 240) * SECOND_MS;
  }
  return [application('impulses', builder.jobs)];
}

/**
 * The talk's value-at-risk notebook: the price table is read once and kept, its statistics are shuffled once, and then
 * one Monte Carlo per question, with pauses while the person reads.
 */
export function valueAtRisk(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  const prices = builder.cachingMap({ count: 16, medianMs: 6 * SECOND_MS }, 512);
  builder.result({ count: 8, medianMs: 2 * SECOND_MS }, [prices]);
  builder.job(after(random.between(5, 20) * SECOND_MS));
  const questions = random.whole(18, 26);
  for (let question = 0; question < questions; question += 1) {
    builder.result({ count: random.whole(40, 100), medianMs: random.between(2, 5) * SECOND_MS, sigma: 0.3 }, [prices]);
    builder.job(after(Math.min(random.logNormal(45, 0.9), 600) * SECOND_MS));
  }
  return [application('var-notebook', builder.jobs)];
}

/** One person's session: questions of all sizes, most small, with pauses of which some are very long. */
function session(random: Random, id: string, arrivesAtMs: number): ApplicationSpec {
  const builder = new JobBuilder(random);
  const questions = random.whole(3, 12);
  for (let question = 0; question < questions; question += 1) {
    const count = Math.round(random.pareto(6, 1.1, 120));
    const read = builder.map({ count, medianMs: random.between(1, 4) * SECOND_MS, sigma: 0.4 });
    builder.result({ count: Math.max(1, Math.round(count / 6)), medianMs: SECOND_MS, sigma: 0.4 }, [read]);
    builder.job(after(random.pareto(6, 0.9, 15 * 60) * SECOND_MS));
  }
  return application(id, builder.jobs, { arrivesAtMs, executorCores: 2, executorMemoryMiB: 2_048 });
}

/** People come as a Poisson process, four minutes apart on average, for three quarters of an hour. */
export function poissonSessions(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const sessions: ApplicationSpec[] = [];
  let arrivesAtMs = random.between(5, 30) * SECOND_MS;
  while (arrivesAtMs < 45 * MINUTE_MS) {
    sessions.push(session(random, `session-${sessions.length}`, Math.round(arrivesAtMs)));
    arrivesAtMs += random.exponential(4 * MINUTE_MS);
  }
  return sessions;
}

const BATCH_EVERY_MS = 10 * SECOND_MS;
const BATCHES = 180;

/** Half an hour of a stream, a small job every 10 s; the tide of its input goes from 4 tasks to 40 and back. */
export function microBatches(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  const tideMs = random.between(10, 20) * MINUTE_MS;
  const phase = random.between(0, 2 * Math.PI);
  for (let index = 0; index < BATCHES; index += 1) {
    const atMs = (index + 1) * BATCH_EVERY_MS;
    const tide = (1 + Math.sin((2 * Math.PI * atMs) / tideMs + phase)) / 2;
    const count = Math.max(1, Math.round((4 + 36 * tide) * random.between(0.8, 1.2)));
    builder.result({ count, medianMs: 2.5 * SECOND_MS, sigma: 0.3 });
    builder.job(at(atMs));
  }
  return [application('micro-batches', builder.jobs)];
}

/** Asks again for 10 to 16 workers, for half a minute, one second after each time the cluster was made smaller. */
export function adversary(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  for (let round = 0; round < 12; round += 1) {
    builder.result({ count: random.whole(40, 64), medianMs: 30 * SECOND_MS });
    builder.job(round === 0 ? after(20 * SECOND_MS) : { kind: 'after-release', delayMs: SECOND_MS });
  }
  return [application('adversary', builder.jobs)];
}
