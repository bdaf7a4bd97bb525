/** How settings must stand to each other: each relation says when it holds, what it is for, and how to mend it. */
import { notBoth, together, tooLarge, tooSmall, type Complaint, type NameOf } from './complaints.ts';
import { formatDuration } from './duration.ts';
import { NOT_SET, printable, type Problem } from './problem.ts';
import type { Setting } from './setting.ts';
import { SETTINGS, type SettingId, type Values } from './settings.ts';
import { SOURCE_RELATIONS } from './source-relations.ts';

export interface Relation {
  /** For the documentation, with the names of variables without their prefix: "MIN ≤ MAX". */
  readonly formula: string;
  readonly why: string;
  readonly between: readonly SettingId[];
  /**
   * What happens where a live value breaks it: `keeps` the last good values of all its settings, `warns` only, since the
   * daemon stays safe and a person must be able to lower the maximum at once; `start`: none of its settings is live.
   */
  readonly live: 'keeps' | 'warns' | 'start';
  /** Undefined where it holds. `given` are the settings given by variables of ours. */
  check(values: Values, name: NameOf, given: ReadonlySet<SettingId>): Complaint | undefined;
}

/** The relation's problem; undefined where it holds. */
export function brokenBy(
  relation: Relation,
  values: Values,
  name: NameOf,
  given: ReadonlySet<SettingId>,
): Problem | undefined {
  const complaint = relation.check(values, name, given);
  if (complaint === undefined) return undefined;
  const { about, allowed, mend } = complaint;
  return { name: name(about), value: shownValue(about, values), allowed, mend };
}

function shownValue(id: SettingId, values: Values): string {
  const row: Setting<unknown> = SETTINGS[id];
  const value = row.show(values[id]);
  return value === null ? NOT_SET : printable(String(value));
}

/** The most important first. */
export const RELATIONS: readonly Relation[] = [
  {
    formula: 'MIN ≤ MAX',
    why: 'bounds the wrong way round have no count between them',
    between: ['minWorkers', 'maxWorkers'],
    live: 'keeps',
    check: ({ minWorkers, maxWorkers }, name) =>
      minWorkers <= maxWorkers ? undefined : tooLarge('minWorkers', 'maxWorkers', `at most ${maxWorkers}`, name),
  },
  {
    formula: 'HOLD ≥ POLL',
    why: 'a hold shorter than the time between two passes would hold nothing',
    between: ['holdMs', 'pollMs'],
    live: 'keeps',
    check: ({ holdMs, pollMs }, name) =>
      holdMs === 'auto' || holdMs >= pollMs
        ? undefined
        : tooSmall('holdMs', 'pollMs', `at least ${formatDuration(pollMs)}`, name),
  },
  {
    formula: 'HEADROOM < MAX',
    why: 'spare workers alone would fill the cluster, whatever the demand',
    between: ['headroomWorkers', 'maxWorkers'],
    live: 'warns',
    check: ({ headroomWorkers, maxWorkers }, name) =>
      headroomWorkers < maxWorkers ? undefined : tooLarge('headroomWorkers', 'maxWorkers', `below ${maxWorkers}`, name),
  },
  {
    formula: 'workers of CALENDAR ≤ MAX',
    why: 'no more than the maximum would be kept, whatever the calendar says',
    between: ['calendar', 'maxWorkers'],
    live: 'warns',
    check: ({ calendar, maxWorkers }, name) =>
      calendar.every(({ workers }) => workers <= maxWorkers)
        ? undefined
        : {
            about: 'calendar',
            allowed: `at most ${maxWorkers} workers in an entry (see ${name('maxWorkers')})`,
            mend: `lower the workers in ${name('calendar')} or raise ${name('maxWorkers')}`,
          },
  },
  {
    formula: 'GROW_STEP ≤ MAX',
    why: 'a longer step would limit nothing; 0 says so plainly',
    between: ['growStepWorkers', 'maxWorkers'],
    live: 'warns',
    check: ({ growStepWorkers, maxWorkers }, name) =>
      growStepWorkers <= maxWorkers
        ? undefined
        : tooLarge('growStepWorkers', 'maxWorkers', `0 or at most ${maxWorkers}`, name),
  },
  {
    formula: 'DEAD_BAND = 0 or DEAD_BAND < MAX - MIN',
    why: 'with a wider band no surplus would ever be large enough, and the count would never go down',
    between: ['deadBandWorkers', 'maxWorkers', 'minWorkers'],
    live: 'warns',
    check: ({ deadBandWorkers, maxWorkers, minWorkers }, name) =>
      deadBandWorkers === 0 || deadBandWorkers < maxWorkers - minWorkers
        ? undefined
        : tooLarge('deadBandWorkers', 'maxWorkers', `0 or below max - min, which is ${maxWorkers - minWorkers}`, name),
  },
  {
    formula: 'REQUEST_TIMEOUT < POLL',
    why: 'a request that outlives its pass would still be under way when the next one decides',
    between: ['requestTimeoutMs', 'pollMs'],
    live: 'start',
    check: ({ requestTimeoutMs, pollMs }, name) =>
      requestTimeoutMs < pollMs
        ? undefined
        : tooLarge('requestTimeoutMs', 'pollMs', `below ${formatDuration(pollMs)}`, name),
  },
  {
    formula: 'LEASE_DURATION ≥ 3 × POLL',
    why: 'the Lease is renewed by passes, each third of its duration',
    between: ['leaseDurationMs', 'pollMs'],
    live: 'start',
    check: ({ leaseDurationMs, pollMs }, name) =>
      leaseDurationMs >= 3 * pollMs
        ? undefined
        : tooSmall('leaseDurationMs', 'pollMs', `at least ${formatDuration(3 * pollMs)}`, name),
  },
  {
    formula: 'LEASE_DURATION ≥ 3 × KUBE_TIMEOUT',
    why: 'the last third is kept free of new writes, so that one under way ends before another daemon may begin',
    between: ['leaseDurationMs', 'kubeTimeoutMs'],
    live: 'start',
    check: ({ leaseDurationMs, kubeTimeoutMs }, name) =>
      leaseDurationMs >= 3 * kubeTimeoutMs
        ? undefined
        : tooSmall('leaseDurationMs', 'kubeTimeoutMs', `at least ${formatDuration(3 * kubeTimeoutMs)}`, name),
  },
  {
    formula: 'TARGET, TARGET_SELECTOR or CLUSTER is set',
    why: 'the daemon must know whose workers it may change',
    between: ['target', 'targetSelector', 'cluster'],
    live: 'start',
    check: ({ target, targetSelector, cluster }, name) =>
      target !== undefined || targetSelector !== undefined || cluster !== undefined
        ? undefined
        : {
            about: 'target',
            allowed: 'what sets the number of workers, such as rc/spark-w or deployment/spark-w',
            mend: `set ${name('target')}, or ${name('targetSelector')} to its labels, or ${name('cluster')} (or OSHINKO_SPARK_CLUSTER) to the name of an Oshinko cluster`,
          },
  },
  {
    formula: 'not both TARGET and TARGET_SELECTOR',
    why: 'they could point at different workers',
    between: ['targetSelector', 'target'],
    live: 'start',
    check: ({ target, targetSelector }, name) => notBoth('targetSelector', targetSelector, 'target', target, name),
  },
  {
    formula: 'WORKER_CORES and WORKER_MEMORY together',
    why: 'half of a size is none',
    between: ['workerCores', 'workerMemoryMiB'],
    live: 'start',
    // Halves left by the original's variables are no one's mistake: the pod template is looked at all the same.
    check: ({ workerCores, workerMemoryMiB }, name, given) =>
      given.has('workerCores') || given.has('workerMemoryMiB')
        ? together('workerCores', workerCores, 'workerMemoryMiB', workerMemoryMiB, name)
        : undefined,
  },
  {
    formula: 'SPARK_CERT_FILE and SPARK_KEY_FILE together',
    why: 'a certificate is of no use without its key',
    between: ['sparkCertFile', 'sparkKeyFile'],
    live: 'start',
    check: ({ sparkCertFile, sparkKeyFile }, name) =>
      together('sparkCertFile', sparkCertFile, 'sparkKeyFile', sparkKeyFile, name),
  },
  {
    formula: 'SPARK_USERNAME and SPARK_PASSWORD_FILE together',
    why: 'basic authentication needs both',
    between: ['sparkUsername', 'sparkPasswordFile'],
    live: 'start',
    check: ({ sparkUsername, sparkPasswordFile }, name) =>
      together('sparkUsername', sparkUsername, 'sparkPasswordFile', sparkPasswordFile, name),
  },
  {
    formula: 'not both SPARK_USERNAME and SPARK_TOKEN_FILE',
    why: 'a request carries one Authorization header',
    between: ['sparkTokenFile', 'sparkUsername'],
    live: 'start',
    check: ({ sparkTokenFile, sparkUsername }, name) =>
      notBoth('sparkTokenFile', sparkTokenFile, 'sparkUsername', sparkUsername, name),
  },
  {
    formula: 'DRIVER_USERNAME and DRIVER_PASSWORD_FILE together',
    why: 'basic authentication needs both',
    between: ['driverUsername', 'driverPasswordFile'],
    live: 'start',
    check: ({ driverUsername, driverPasswordFile }, name) =>
      together('driverUsername', driverUsername, 'driverPasswordFile', driverPasswordFile, name),
  },
  {
    formula: 'not both DRIVER_USERNAME and DRIVER_TOKEN_FILE',
    why: 'a request carries one Authorization header',
    between: ['driverTokenFile', 'driverUsername'],
    live: 'start',
    check: ({ driverTokenFile, driverUsername }, name) =>
      notBoth('driverTokenFile', driverTokenFile, 'driverUsername', driverUsername, name),
  },
  ...SOURCE_RELATIONS,
];
