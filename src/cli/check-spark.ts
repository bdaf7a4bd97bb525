/** The part of `check` that asks Spark: what would keep workers busy for ever, with the lines to set. */
import type { Config } from '../config/config.ts';
import type { ApplicationSettings, MasterView } from '../core/spark-view.ts';
import type { Parts } from './compose.ts';
import type { Findings } from './findings.ts';

/** Applications whose settings are looked at. */
const MOST_APPLICATIONS = 10;

/** How the master places executors: spread out over all workers, few of them become idle. */
export async function checkPlacement(
  config: Config,
  parts: Parts,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const read = await parts.spark.masterProperties(signal);
  const assumed = config.rules.placement;
  if (!read.ok) {
    findings.add(
      'ok',
      'placement',
      `this master does not show its settings; ${assumed} is assumed, see ELASTIC_WORKER_PLACEMENT`,
    );
    return;
  }
  const set = read.value.get('spark.deploy.spreadOutApps') ?? read.value.get('spark.deploy.spreadOut');
  const actual = set?.toLowerCase() === 'false' ? 'packed' : 'spread';
  if (actual !== assumed) {
    const mend = `set ELASTIC_WORKER_PLACEMENT=${actual}`;
    findings.add('warn', 'placement', `the master places executors ${actual}, this daemon assumes ${assumed}: ${mend}`);
  } else if (actual === 'spread') findings.add('warn', 'placement', SPREAD);
  else findings.add('ok', 'placement', 'the master packs executors on few workers');
}

const SPREAD =
  'the master spreads executors over all workers, so that few become idle. Set at the master: ' +
  'spark.deploy.spreadOutApps=false, spark.deploy.workerSelectionPolicy=CORES_FREE_ASC (3.5: spark.deploy.spreadOut=false), ' +
  'and ELASTIC_WORKER_PLACEMENT=packed';

/** Whether the applications that run now would let their workers be drained. */
export async function checkDrains(
  parts: Parts,
  master: MasterView,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  for (const application of master.applications.slice(0, MOST_APPLICATIONS)) {
    const settings = await parts.spark.settings.read(application, signal);
    // That its driver cannot be read has been said already.
    if (!settings.ok) continue;
    const missing = missingFor(settings.value);
    if (missing.length === 0) findings.add('ok', 'drain', `${application.id}: its workers can be drained`);
    else
      findings.add('warn', 'drain', `${application.id}: keeps its workers until it ends. Set: ${missing.join(', ')}`);
  }
}

/** The lines an application lacks for a drain. */
function missingFor(settings: ApplicationSettings): readonly string[] {
  const { dynamicAllocation, shuffleMode, decommission, storageDecommission, movesShuffle } = settings;
  return [
    ...(dynamicAllocation ? [] : ['spark.dynamicAllocation.enabled=true']),
    ...(shuffleMode === 'external-service' ? ['spark.shuffle.service.enabled=false'] : []),
    ...(decommission ? [] : ['spark.decommission.enabled=true']),
    ...(storageDecommission ? [] : ['spark.storage.decommission.enabled=true']),
    ...(movesShuffle ? [] : ['spark.storage.decommission.shuffleBlocks.enabled=true']),
  ];
}
