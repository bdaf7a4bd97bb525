/** What one executor of an application takes of a worker. */
import { largest, resources, type Resources } from './resources.ts';
import type { AllocationGauges, ApplicationPage, ApplicationSettings, ApplicationView } from './spark-view.ts';

/**
 * Shape of one executor. Cores come from the application's settings, else from executors that run, else from the cores
 * granted per executor, else 1. With several resource profiles the largest shape is taken, so that no executor is
 * promised a worker too small for it.
 */
export function executorShape(
  application: ApplicationView,
  settings: ApplicationSettings | undefined,
  page: ApplicationPage | undefined,
  gauges: AllocationGauges | undefined,
  workerShape: Resources | undefined,
): { readonly shape: Resources; readonly shapeKnown: boolean; readonly wholeWorkers: boolean } {
  const memoryMiB = application.memoryPerExecutorMiB || (settings?.executorMemoryMiB ?? 0);
  const known = settings?.executorCores ?? page?.executors[0]?.cores ?? coresPerHeld(application.grantedCores, gauges);
  const wholeWorkers = settings !== undefined && settings.executorCores === undefined;
  const cores = wholeWorkers ? (workerShape?.cores ?? known) : known;
  const base = resources(Math.max(1, cores ?? 1), memoryMiB, application.customPerExecutor);
  const shape = (settings?.otherProfiles ?? []).reduce(largest, base);
  return { shape, shapeKnown: cores !== undefined, wholeWorkers };
}

function coresPerHeld(grantedCores: number, gauges: AllocationGauges | undefined): number | undefined {
  const all = gauges?.numberAllExecutors;
  if (all === undefined || all === 0 || grantedCores === 0 || grantedCores % all !== 0) return undefined;
  return grantedCores / all;
}
