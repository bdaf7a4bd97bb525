/** The master's `/json/` (spark.md 3), from 2.4 to 4.x: unknown keys are ignored, odd values refused. */
import * as v from 'valibot';
import { ok, type Result } from '../core/result.ts';
import type { Resources } from '../core/resources.ts';
import type {
  ApplicationView,
  DriverView,
  MasterStatus,
  MasterView,
  WorkerState,
  WorkerView,
} from '../core/spark-view.ts';
import { Count, dictionary, parseJson } from './json-text.ts';

/** `{"gpu": {"name": "gpu", "addresses": ["0", "1"]}}` (3.0 and later). */
const ResourceMap = v.optional(dictionary(v.object({ addresses: v.array(v.unknown()) })), {});
/** `[{"name": "gpu", "amount": 2}]` (3.0 and later). */
const ResourceList = v.optional(v.array(v.object({ name: v.string(), amount: Count })), []);

const Worker = v.object({
  id: v.string(),
  host: v.string(),
  port: Count,
  webuiaddress: v.string(),
  cores: Count,
  coresused: Count,
  memory: Count,
  memoryused: Count,
  resources: ResourceMap,
  resourcesused: ResourceMap,
  state: v.string(),
  lastheartbeat: Count,
});

const Application = v.pipe(
  v.object({
    id: v.string(),
    starttime: Count,
    name: v.string(),
    cores: Count,
    memoryperexecutor: v.optional(Count),
    memoryperslave: v.optional(Count),
    resourcesperexecutor: v.optional(v.array(v.object({ name: v.string(), amount: Count }))),
    resourcesperslave: ResourceList,
    state: v.string(),
  }),
  v.check((one) => memoryOf(one) !== undefined, 'it has no memory per executor under either of its names'),
);

const Driver = v.object({
  id: v.string(),
  state: v.string(),
  cores: Count,
  memory: Count,
  // A list of amounts, or a map of addresses once they are assigned.
  resources: v.optional(v.union([ResourceList, ResourceMap]), []),
  worker: v.string(),
});

const Master = v.object({
  url: v.string(),
  workers: v.array(Worker),
  activeapps: v.array(Application),
  completedapps: v.array(v.object({ id: v.string() })),
  activedrivers: v.array(Driver),
  status: v.string(),
});

const STATUSES: readonly MasterStatus[] = ['ALIVE', 'STANDBY', 'RECOVERING', 'COMPLETING_RECOVERY'];
const WORKER_STATES: readonly WorkerState[] = ['ALIVE', 'DEAD', 'DECOMMISSIONED'];

/** Parses the document. Never throws; what does not fit is a `malformed` error that names the place. */
export function parseMaster(body: string, what: string): Result<MasterView> {
  const parsed = parseJson(Master, body, what);
  if (!parsed.ok) return parsed;
  const { url, status, workers, activeapps, completedapps, activedrivers } = parsed.value;
  return ok({
    url,
    status: STATUSES.find((known) => known === status) ?? 'UNKNOWN',
    workers: workers.map(toWorker),
    applications: activeapps.map(toApplication),
    completedApplicationIds: completedapps.map(({ id }) => id),
    drivers: activedrivers.map(toDriver),
  });
}

function toWorker(worker: v.InferOutput<typeof Worker>): WorkerView {
  return {
    id: worker.id,
    host: worker.host,
    port: worker.port,
    webUiAddress: worker.webuiaddress,
    state: WORKER_STATES.find((known) => known === worker.state) ?? 'UNKNOWN',
    total: { cores: worker.cores, memoryMiB: worker.memory, custom: amounts(worker.resources) },
    used: { cores: worker.coresused, memoryMiB: worker.memoryused, custom: amounts(worker.resourcesused) },
    lastHeartbeatAtEpochMs: worker.lastheartbeat,
  };
}

function toApplication(application: v.InferOutput<typeof Application>): ApplicationView {
  const perExecutor = application.resourcesperexecutor ?? application.resourcesperslave;
  return {
    id: application.id,
    name: application.name,
    state: application.state,
    startedAtEpochMs: application.starttime,
    grantedCores: application.cores,
    memoryPerExecutorMiB: memoryOf(application) ?? 0,
    customPerExecutor: listed(perExecutor),
  };
}

function toDriver(driver: v.InferOutput<typeof Driver>): DriverView {
  return {
    id: driver.id,
    state: driver.state,
    needs: {
      cores: driver.cores,
      memoryMiB: driver.memory,
      custom: Array.isArray(driver.resources) ? listed(driver.resources) : amounts(driver.resources),
    },
    workerId: driver.worker === 'None' ? undefined : driver.worker,
  };
}

/** The newer name first; both were in use from 3.1 on (spark.md 3.3). */
function memoryOf(application: {
  readonly memoryperexecutor?: number | undefined;
  readonly memoryperslave?: number | undefined;
}): number | undefined {
  return application.memoryperexecutor ?? application.memoryperslave;
}

function listed(list: v.InferOutput<typeof ResourceList>): Resources['custom'] {
  return Object.fromEntries(list.map(({ name, amount }) => [name, amount]));
}

function amounts(map: v.InferOutput<typeof ResourceMap>): Resources['custom'] {
  return Object.fromEntries(Object.entries(map).map(([name, { addresses }]) => [name, addresses.length]));
}
