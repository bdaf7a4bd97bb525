/** The built-in workloads, by name. */
import type { ApplicationSpec, Workload, WorkloadKind } from '../workload.ts';
import { nightlyEtl, ramp, saw, step, wideNarrowWide } from './batch.ts';
import { adversary, impulses, microBatches, poissonSessions, valueAtRisk } from './interactive.ts';

export interface Family {
  readonly name: string;
  readonly kind: WorkloadKind;
  /** What it is like, in one sentence. */
  readonly sentence: string;
  /** Pure: equal seeds, whole numbers, give equal workloads. */
  make(seed: number): Workload;
}

function family(
  name: string,
  kind: WorkloadKind,
  make: (seed: number) => readonly ApplicationSpec[],
  sentence: string,
): Family {
  return { name, kind, sentence, make: (seed) => ({ name, kind, applications: make(seed) }) };
}

/** They fit 20 workers of 4 cores and last 10 to 70 minutes; executors take 4 cores and 4 GiB, in sessions half of it. */
export const FAMILIES: readonly Family[] = [
  family('step', 'batch', step, 'One worker is enough, then 16 are wanted at once for minutes, then one again; twice.'),
  family('ramp', 'batch', ramp, 'Every 25 s one worker more is wanted, up to 14, then one less after the other.'),
  family('saw', 'batch', saw, 'Four times demand climbs for three minutes and falls to nothing at once.'),
  family('impulses', 'interactive', impulses, 'Bursts of seconds over up to 20 workers, one to four minutes apart.'),
  family(
    'wide-narrow-wide',
    'batch',
    wideNarrowWide,
    'Three jobs whose wide stages have two tasks of half a minute to two minutes between them.',
  ),
  family(
    'var-notebook',
    'interactive',
    valueAtRisk,
    "The talk's value-at-risk notebook: bursts of seconds over kept prices, and pauses to think, 45 s at the median.",
  ),
  family(
    'poisson-sessions',
    'interactive',
    poissonSessions,
    'People come and go at random, each with their own application, small questions and heavy-tailed pauses.',
  ),
  family(
    'nightly-etl',
    'batch',
    nightlyEtl,
    'Three pipelines some minutes apart: extract, uneven join, aggregate, and a load that reads the earlier shuffle.',
  ),
  family(
    'micro-batches',
    'interactive',
    microBatches,
    'A small job every 10 s, whose size goes up and down as a tide.',
  ),
  family('adversary', 'adversary', adversary, 'Asks for 10 to 16 workers again one second after every release.'),
];

export function familyNamed(name: string): Family | undefined {
  return FAMILIES.find((one) => one.name === name);
}
