/** Environments for the tests of the configuration, and what comes of them. */
import { parseConfig, type Config } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { describeProblem, type Problem } from '../../src/config/problem.ts';
import { PREFIX } from '../../src/config/setting.ts';
import { SETTING_IDS, SETTINGS } from '../../src/config/settings.ts';

export const CLUSTER = { ELASTIC_WORKER_CLUSTER: 'demo' };

/** Settings named without their prefix, with a cluster unless they say otherwise. */
export function envOf(settings: Record<string, string>): Record<string, string> {
  const prefixed = Object.entries(settings).map(([name, value]) => [PREFIX + name, value] as const);
  return { ...CLUSTER, ...Object.fromEntries(prefixed) };
}

export function configOf(env: Environment): Config {
  const result = parseConfig(env);
  if (!result.ok) throw new Error(result.problems.map(describeProblem).join('\n'));
  return result.config;
}

export function problemsOf(env: Environment): readonly Problem[] {
  const result = parseConfig(env);
  return result.ok ? [] : result.problems;
}

/** The variables of all settings, in the order of the table. */
export function variables(): readonly string[] {
  return SETTING_IDS.map((id) => SETTINGS[id].variable);
}
