/**
 * `elastic-worker explain`: one pass without writing, and the whole trace of its decision. The burst filter counts only
 * what lasts, so two looks are taken, a poll apart.
 */
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { decide } from '../core/decide.ts';
import { NEW_CORE_MEMORY, type CoreMemory } from '../core/decision.ts';
import type { LiveView } from '../daemon/cycle.ts';
import { renderExplanation } from '../status/explanation.ts';
import type { Environment } from './cluster-side.ts';
import { compose, type Parts } from './compose.ts';
import { toStdout, type Print } from './print.ts';

/** For all reading, beside the poll between the two looks. */
const DEADLINE_MS = 60_000;

/** Prints the explanation. @returns 0, or 1 if there are no credentials. */
export async function explain(config: Config, env: Environment, print: Print = toStdout): Promise<number> {
  const signal = AbortSignal.timeout(DEADLINE_MS + config.pollMs);
  const options = { env, onCall: () => undefined, skippedPasses: () => 0, reads: signal, writes: signal };
  const composed = await compose(config, options);
  if (!composed.ok) {
    process.stderr.write(`${composed.error.join('\n')}\n`);
    return 1;
  }
  try {
    print(await look(config, composed.value));
  } finally {
    composed.value.cluster.client.close();
  }
  return 0;
}

async function look(config: Config, { observer, live, sources }: Parts): Promise<string> {
  const decided = ({ rules, calendar }: LiveView, memory: CoreMemory): ReturnType<typeof decide> =>
    decide({ ...observer.observation('untried'), ...(calendar && { calendar }) }, memory, rules);
  // What applications keep on their workers is part of the answer, whatever was wanted a moment ago.
  observer.watchHoldings(true);
  await observer.beat();
  const first = decided(live.view(observer.config()), NEW_CORE_MEMORY);
  await sources.follow(live.values());
  await setTimeout(config.pollMs);
  await observer.beat();
  const view = live.view(observer.config());
  const { decision } = decided(view, first.memory);
  const standing = view.standby === undefined ? { acts: true as const } : { acts: false as const, ...view.standby };
  const facts = { sources: observer.sources(), gaugeSources: observer.choices() };
  return renderExplanation(decision, standing, facts);
}
