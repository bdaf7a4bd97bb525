/** All policies on all built-in families, peers tuned beside their defaults, written down as a page with pictures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { FAMILIES, type Family } from '../src/lab/families/families.ts';
import { paretoChart } from '../src/lab/report/charts.ts';
import { ABLATIONS } from '../src/lab/study/ablations.ts';
import { OURS, POLICIES, STATIC_MAX } from '../src/lab/study/policies.ts';
import { runStudy, type ClusterShape, type Study } from '../src/lab/study/study.ts';
import { tunedPeers, type TunedPeer } from '../src/lab/study/tuned.ts';
import { halvesOf } from '../src/lab/tuning.ts';
import type { Workload } from '../src/lab/workload.ts';
import { policiesPage } from './policies-page.ts';

export interface PolicyBench {
  /** Of each family. Half of them tune, and the other half is reported. */
  readonly seeds: number;
  readonly families: readonly Family[];
  /** Where the page and its pictures go. */
  readonly folder: string;
  /** As it was typed. */
  readonly command: string;
  readonly say: (line: string) => void;
}

/** One family: the study of its reporting half, and what its training half chose. */
export interface FamilyResult {
  readonly family: Family;
  readonly study: Study;
  /** Ours beside itself without one mechanism at a time. */
  readonly ablation: Study;
  readonly tuned: readonly TunedPeer[];
}

export const CLUSTER: ClusterShape = { minWorkers: 1, maxWorkers: 20, workerCores: 4, workerMemoryMiB: 8_192 };

export function familiesNamed(names: readonly string[] | undefined): readonly Family[] {
  return names === undefined ? FAMILIES : FAMILIES.filter(({ name }) => names.includes(name));
}

export async function benchPolicies({ seeds, families, folder, command, say }: PolicyBench): Promise<void> {
  const halves = halvesOf(Array.from({ length: seeds }, (_, index) => index + 1));
  const commit = commitNow();
  const results: FamilyResult[] = [];
  await mkdir(join(folder, 'policies'), { recursive: true });
  for (const family of families) {
    const workloadOf = (seed: number): Workload => family.make(seed);
    say(`${family.name}: tuning on ${halves.training.length} seeds`);
    const tuned = tunedPeers({ workloadOf, seeds: halves.training, cluster: CLUSTER });
    say(`${family.name}: playing ${halves.reporting.length} seeds`);
    const study = runStudy({
      workloadOf,
      seeds: halves.reporting,
      policies: [...POLICIES, ...tuned.map(({ policy }) => policy)],
      cluster: CLUSTER,
      bounds: true,
    });
    const ablation = runStudy({
      workloadOf,
      seeds: halves.reporting,
      policies: [STATIC_MAX, OURS, ...ABLATIONS],
      cluster: CLUSTER,
      bounds: false,
    });
    results.push({ family, study, ablation, tuned });
    await writeFile(join(folder, 'policies', `${family.name}.svg`), `${paretoChart(study)}\n`);
  }
  const page = policiesPage(results, { command, commit, halves });
  const file = join(folder, 'policies.md');
  const style = (await resolveConfig(file)) ?? {};
  await writeFile(file, await format(page, { ...style, parser: 'markdown' }));
}

/**
 * With "+" where files differ from it; "unknown" where `folder` is not the top of a clone or there is no Git: the source may
 * have come as an archive, also into some other project's clone.
 */
export function commitNow(folder = process.cwd()): string {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (git('rev-parse', '--show-cdup') !== '') return 'unknown';
    const changed = git('status', '--porcelain', '--', 'src', 'bench') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}
