/** For each setting of the sources a text that is not its default, and where the value must turn up. */
import type { Config } from '../../src/config/config.ts';

export type SettingCase = readonly [text: string, of: (config: Config) => unknown, value: unknown];

export const SOURCE_CASES: Readonly<Record<string, SettingCase>> = {
  SOURCES: ['driver, prometheus-servlet', (c) => c.sources.names, ['driver', 'prometheus-servlet']],
  METRICS_NAMESPACE: ['prod_${spark.app.name}', (c) => c.sources.metricsNamespace, 'prod_${spark.app.name}'],
  SOURCE_TOLERANCE: ['0', (c) => c.sources.tolerance, 0],
  SOURCE_TIMEOUT: ['10s', (c) => c.sources.timeoutMs, 10_000],
};
