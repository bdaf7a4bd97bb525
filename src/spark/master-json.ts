/** The master's `/json/` (spark.md 3), from 2.4 to 4.x: unknown keys are ignored, odd values refused. */
import type { Result } from '../core/result.ts';
import { NO_CUSTOM, type Resources } from '../core/resources.ts';
import type {
  ApplicationView,
  DriverView,
  MasterStatus,
  MasterView,
  WorkerState,
  WorkerView,
} from '../core/spark-view.ts';
import {
  asFields,
  asList,
  countAt,
  decode,
  listAt,
  misfit,
  optionalCountAt,
  readAt,
  textAt,
  type Fields,
} from './json-fields.ts';

const STATUSES: readonly MasterStatus[] = ['ALIVE', 'STANDBY', 'RECOVERING', 'COMPLETING_RECOVERY'];
const WORKER_STATES: readonly WorkerState[] = ['ALIVE', 'DEAD', 'DECOMMISSIONED'];

/** Parses the document. Never throws; what does not fit is a `malformed` error that names the place. */
export function parseMaster(body: string, what: string): Result<MasterView> {
  return decode(body, what, toMaster);
}

function toMaster(value: unknown): MasterView {
  const master = asFields(value);
  const status = textAt(master, 'status');
  return {
    url: textAt(master, 'url'),
    status: STATUSES.find((known) => known === status) ?? 'UNKNOWN',
    workers: listAt(master, 'workers', toWorker),
    applications: listAt(master, 'activeapps', toApplication),
    completedApplicationIds: listAt(master, 'completedapps', (one) => textAt(asFields(one), 'id')),
    drivers: listAt(master, 'activedrivers', toDriver),
  };
}

function toWorker(value: unknown): WorkerView {
  const worker = asFields(value);
  const state = textAt(worker, 'state');
  return {
    id: textAt(worker, 'id'),
    host: textAt(worker, 'host'),
    port: countAt(worker, 'port'),
    webUiAddress: textAt(worker, 'webuiaddress'),
    state: WORKER_STATES.find((known) => known === state) ?? 'UNKNOWN',
    total: resourcesOf(worker, 'cores', 'memory', 'resources'),
    used: resourcesOf(worker, 'coresused', 'memoryused', 'resourcesused'),
    lastHeartbeatAtEpochMs: countAt(worker, 'lastheartbeat'),
  };
}

function resourcesOf(worker: Fields, cores: string, memory: string, custom: string): Resources {
  return {
    cores: countAt(worker, cores),
    memoryMiB: countAt(worker, memory),
    custom: readAt(worker, custom, addresses),
  };
}

function toApplication(value: unknown): ApplicationView {
  const application = asFields(value);
  // The newer names first; both were in use from 3.1 on (spark.md 3.3).
  const older = optionalCountAt(application, 'memoryperslave');
  const memoryMiB = optionalCountAt(application, 'memoryperexecutor') ?? older;
  if (memoryMiB === undefined) throw misfit('it has no memory per executor under either of its names');
  const olderCustom = readAt(application, 'resourcesperslave', listed);
  const customKey = 'resourcesperexecutor';
  return {
    id: textAt(application, 'id'),
    name: textAt(application, 'name'),
    state: textAt(application, 'state'),
    startedAtEpochMs: countAt(application, 'starttime'),
    grantedCores: countAt(application, 'cores'),
    memoryPerExecutorMiB: memoryMiB,
    customPerExecutor: application[customKey] === undefined ? olderCustom : readAt(application, customKey, listed),
  };
}

function toDriver(value: unknown): DriverView {
  const driver = asFields(value);
  const worker = textAt(driver, 'worker');
  // A list of amounts, or a map of addresses once they are assigned.
  const custom = Array.isArray(driver.resources) ? listed : addresses;
  return {
    id: textAt(driver, 'id'),
    state: textAt(driver, 'state'),
    needs: {
      cores: countAt(driver, 'cores'),
      memoryMiB: countAt(driver, 'memory'),
      custom: readAt(driver, 'resources', custom),
    },
    workerId: worker === 'None' ? undefined : worker,
  };
}

/** `[{"name": "gpu", "amount": 2}]` (3.0 and later). */
function listed(value: unknown): Resources['custom'] {
  if (value === undefined) return NO_CUSTOM;
  const amounts = asList(value, (one) => {
    const resource = asFields(one);
    return [textAt(resource, 'name'), countAt(resource, 'amount')] as const;
  });
  return amounts.length === 0 ? NO_CUSTOM : Object.fromEntries(amounts);
}

/** `{"gpu": {"name": "gpu", "addresses": ["0", "1"]}}` (3.0 and later). */
function addresses(value: unknown): Resources['custom'] {
  if (value === undefined) return NO_CUSTOM;
  const byName = asFields(value);
  const names = Object.keys(byName);
  if (names.length === 0) return NO_CUSTOM;
  return Object.fromEntries(names.map((name) => [name, readAt(byName, name, countAddresses)]));
}

function countAddresses(value: unknown): number {
  return listAt(asFields(value), 'addresses', (one) => one).length;
}
