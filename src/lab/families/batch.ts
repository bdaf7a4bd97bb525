/** Families in which nobody waits at the screen: jobs of minutes, judged by when they are complete. */
import { newRandom } from '../random.ts';
import type { ApplicationSpec } from '../workload.ts';
import { after, application, at, JobBuilder, MINUTE_MS, SECOND_MS } from './building.ts';

/** Narrow work, then at once 15 to 18 workers for some minutes, then narrow work again; twice. */
export function step(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  for (let round = 0; round < 2; round += 1) {
    builder.result({ count: 4, medianMs: random.between(90, 180) * SECOND_MS });
    builder.job(after(random.between(10, 30) * SECOND_MS));
    builder.result({ count: random.whole(5, 7) * random.whole(60, 72), medianMs: 30 * SECOND_MS });
    builder.job(after(SECOND_MS));
  }
  builder.result({ count: 4, medianMs: random.between(90, 180) * SECOND_MS });
  builder.job(after(SECOND_MS));
  return [application('step', builder.jobs)];
}

/** One more worker's worth of tasks every 20 to 30 s, up to 12 to 16 workers, then one after the other ends. */
export function ramp(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  const steps = random.whole(20, 26);
  let atMs = random.between(10, 30) * SECOND_MS;
  for (let index = 0; index < steps; index += 1) {
    builder.result({ count: 4, medianMs: 330 * SECOND_MS, sigma: 0.05 });
    builder.job(at(atMs));
    atMs += random.between(20, 30) * SECOND_MS;
  }
  return [application('ramp', builder.jobs)];
}

const TEETH = 4;

/** Four times: work piles up over three minutes, and all of it ends together. */
export function saw(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  const periodMs = random.between(4, 6) * MINUTE_MS;
  for (let tooth = 0; tooth < TEETH; tooth += 1) {
    const startMs = tooth * periodMs + random.between(5, 20) * SECOND_MS;
    const risingMs = 3 * MINUTE_MS;
    const steps = random.whole(8, 14);
    for (let index = 0; index < steps; index += 1) {
      const offsetMs = (index / steps) * risingMs;
      builder.result({ count: 4, medianMs: risingMs + 30 * SECOND_MS - offsetMs, sigma: 0.05 });
      builder.job(at(startMs + offsetMs));
    }
  }
  return [application('saw', builder.jobs)];
}

/** Three jobs of one DAG: a wide stage, two tasks that hold everything up, a wide stage that reads both. */
export function wideNarrowWide(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  for (let job = 0; job < 3; job += 1) {
    const wide = builder.map({ count: random.whole(140, 200), medianMs: 20 * SECOND_MS });
    const narrow = builder.map({ count: 2, medianMs: random.between(30, 120) * SECOND_MS }, [wide]);
    builder.result({ count: random.whole(140, 200), medianMs: 20 * SECOND_MS }, [wide, narrow]);
    builder.job(after(random.between(5, 30) * SECOND_MS));
  }
  return [application('wide-narrow-wide', builder.jobs)];
}

/** One pipeline: two extracts, an uneven transform that joins them, an aggregate, and a load by few hands. */
function pipeline(seed: number, id: string, arrivesAtMs: number): ApplicationSpec {
  const random = newRandom(seed);
  const builder = new JobBuilder(random);
  const facts = builder.map({ count: random.whole(24, 40), medianMs: random.between(30, 60) * SECOND_MS, sigma: 0.3 });
  const dimensions = builder.map({ count: random.whole(4, 8), medianMs: 20 * SECOND_MS });
  const joined = builder.map({ count: random.whole(120, 200), medianMs: 15 * SECOND_MS, sigma: 0.6 }, [
    facts,
    dimensions,
  ]);
  builder.result({ count: random.whole(24, 40), medianMs: 20 * SECOND_MS, sigma: 0.3 }, [joined]);
  builder.job(after(random.between(5, 15) * SECOND_MS));
  // The load reads what the first job has already shuffled.
  builder.result({ count: 4, medianMs: random.between(60, 120) * SECOND_MS }, [joined]);
  builder.job(after(random.between(2, 10) * SECOND_MS));
  return application(id, builder.jobs, { arrivesAtMs: Math.round(arrivesAtMs) });
}

/** Three pipelines that a scheduler starts 4 to 9 minutes apart; each ends when it has loaded. */
export function nightlyEtl(seed: number): readonly ApplicationSpec[] {
  const random = newRandom(seed);
  let arrivesAtMs = random.between(10, 60) * SECOND_MS;
  return ['orders', 'stock', 'ledger'].map((name) => {
    const made = pipeline(random.whole(0, 2 ** 31 - 1), `etl-${name}`, arrivesAtMs);
    arrivesAtMs += random.between(4, 9) * MINUTE_MS;
    return made;
  });
}
