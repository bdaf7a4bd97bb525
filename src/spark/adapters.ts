/** The ports of `ports.ts` over HTTP. All of them share connections, limits and what was learnt of each driver. */
import pLimit from 'p-limit';
import type { ApplicationHoldings, JobActivity } from '../core/holdings.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ApplicationSettings, WorkerSelfView, WorkerView } from '../core/spark-view.ts';
import { AddressGuard } from './address-guard.ts';
import { Credentials } from './credentials.ts';
import { driverGauges, type DriverGauges } from './driver-gauges.ts';
import { DriverReader } from './driver-reader.ts';
import { parseEnvironment } from './environment-json.ts';
import { SparkHttp } from './http-client.ts';
import { parseActivity, parseExecutors, parsePace, parseRunningJobs } from './holdings-json.ts';
import { parseMaster } from './master-json.ts';
import { parseMasterProperties } from './master-properties.ts';
import { shown, urlPart } from './plain-text.ts';
import type { SparkHttpOptions } from './options.ts';
import type { HoldingsSource, MarkAnswer, PaceSource, SettingsSource, SparkMaster, WorkerUis } from './ports.ts';
import { TlsFiles } from './tls-files.ts';
import { parseVersion } from './version-json.ts';
import { parseWorker } from './worker-json.ts';

export interface SparkAdapters {
  readonly master: SparkMaster;
  readonly gauges: DriverGauges;
  readonly settings: SettingsSource;
  readonly holdings: HoldingsSource;
  readonly paces: PaceSource;
  /** The master's own settings, by key; a master before 4.0 does not show them. */
  readonly masterProperties: (signal: AbortSignal) => Promise<Result<ReadonlyMap<string, string>>>;
  readonly workerUis: WorkerUis;
  /** For further sources of demand: documents of drivers, and the guard of addresses that applications name. */
  readonly drivers: DriverReader;
  readonly guard: AddressGuard;
}

/** Builds all adapters. On failure: what is wrong with the TLS files, each with its setting and the mend. */
export async function sparkAdapters(options: SparkHttpOptions): Promise<Result<SparkAdapters, readonly string[]>> {
  const loaded = await TlsFiles.load(options, options.now);
  if (!loaded.ok) return loaded;
  const tls = loaded.value;
  const limit = pLimit(options.maxConcurrentRequests);
  const guard = new AddressGuard(options);
  const masterCredentials = new Credentials({ settings: 'ELASTIC_WORKER_SPARK', ...options }, options.now);
  const driverCredentials = new Credentials(
    {
      settings: 'ELASTIC_WORKER_DRIVER',
      username: options.driverUsername,
      passwordFile: options.driverPasswordFile,
      tokenFile: options.driverTokenFile,
    },
    options.now,
  );
  // The master gets a limit of its own: a hundred silent drivers must not keep its answer waiting.
  const masterOptions = { ...options, requestTimeoutMs: options.masterTimeoutMs };
  const own = { tls, presentsCertificate: true };
  const masterHttp = new SparkHttp(masterOptions, { ...own, limit: pLimit(options.maxConcurrentRequests) });
  const proxyHttp = new SparkHttp(options, { ...own, limit });
  const workerHttp = new SparkHttp(options, { ...own, limit, lookup: guard.lookup });
  // An application's address gets nothing that is meant for the cluster, our certificate included (R26).
  const driverHttp = new SparkHttp(options, { limit, tls, presentsCertificate: false, lookup: guard.lookup });
  const master = sparkMaster(options, masterHttp, proxyHttp, masterCredentials);
  const drivers = new DriverReader({
    options,
    proxyHttp,
    driverHttp,
    masterCredentials,
    driverCredentials,
    guard,
    master,
  });
  return ok({
    master,
    gauges: driverGauges(options, drivers),
    settings: driverSettingsSource(drivers),
    holdings: driverHoldingsSource(drivers),
    paces: driverPaceSource(drivers),
    masterProperties: async (signal) => {
      const what = "master's page of its settings";
      const body = await proxyHttp.text(
        { what, url: `${options.masterUrl}/environment/`, credentials: masterCredentials },
        signal,
      );
      return body.ok ? parseMasterProperties(body.value, what) : body;
    },
    workerUis: workerPages({ options, proxyHttp, workerHttp, guard, masterCredentials }),
    drivers,
    guard,
  });
}

function sparkMaster(
  { masterUrl }: SparkHttpOptions,
  http: SparkHttp,
  pages: SparkHttp,
  credentials: Credentials,
): SparkMaster {
  return {
    async read(signal) {
      const what = 'master /json/';
      const body = await http.text({ what, url: `${masterUrl}/json/`, credentials }, signal);
      return body.ok ? parseMaster(body.value, what) : body;
    },
    async readApplicationPage(applicationId, signal) {
      const what = `master's page of ${shown(applicationId)}`;
      const url = `${masterUrl}/app/?appId=${urlPart(applicationId)}`;
      const body = await pages.text({ what, url, credentials }, signal);
      if (!body.ok) return body;
      // Its HTML parser is loaded where a page is read, which is seldom.
      const { parseApplicationPage } = await import('./application-page.ts');
      return parseApplicationPage(body.value, what);
    },
    async decommission(hosts, signal) {
      const what = 'master /workers/kill/';
      const form = new URLSearchParams(hosts.map((host): [string, string] => ['host', host]));
      const answer = await http.send({ what, url: `${masterUrl}/workers/kill/`, credentials, form }, signal);
      if (!answer.ok) return answer;
      const { status } = answer.value;
      const said = MARK_ANSWERS.get(status);
      return said === undefined
        ? err({ kind: 'refused', what, status, detail: 'an answer that is not known' })
        : ok(said);
    },
  };
}

/** spark.md 4.1. */
const MARK_ANSWERS: ReadonlyMap<number, MarkAnswer> = new Map([
  [200, 'accepted'],
  [404, 'no-such-worker'],
  [405, 'not-allowed'],
]);

function driverSettingsSource(drivers: DriverReader): SettingsSource {
  return {
    name: 'driver-settings',
    async read({ id }, signal): Promise<Result<ApplicationSettings>> {
      const version = await drivers.read(id, '/api/v1/version', parseVersion, signal);
      if (!version.ok) return version;
      const path = `/api/v1/applications/${urlPart(id)}/environment`;
      return drivers.read(id, path, (body, what) => parseEnvironment(body, version.value, what), signal);
    },
  };
}

function driverHoldingsSource(drivers: DriverReader): HoldingsSource {
  return {
    name: 'driver-holdings',
    async read({ id }, signal): Promise<Result<ApplicationHoldings>> {
      const base = `/api/v1/applications/${encodeURIComponent(id)}`;
      const executors = await drivers.read(id, `${base}/allexecutors`, parseExecutors, signal);
      if (!executors.ok) return executors;
      // After the executors: a job that began in between is seen, one that ended in between held nothing back.
      const jobs = await drivers.read(id, `${base}/jobs?status=running`, parseRunningJobs, signal);
      if (!jobs.ok) return jobs;
      if (jobs.value.length === 0) return ok({ executors: executors.value, activity: 'idle' });
      const parse = (body: string, what: string): Result<JobActivity> => parseActivity(jobs.value, body, what);
      const activity = await drivers.read(id, `${base}/stages?status=active`, parse, signal);
      return activity.ok ? ok({ executors: executors.value, activity: activity.value }) : activity;
    },
  };
}

function driverPaceSource(drivers: DriverReader): PaceSource {
  return {
    name: 'driver-pace',
    // Those that are there: a list with the ended ones is a hundred entries longer, and tells of what was long ago.
    read: ({ id }, signal) =>
      drivers.read(id, `/api/v1/applications/${encodeURIComponent(id)}/executors`, parsePace, signal),
  };
}

interface WorkerPageDeps {
  readonly options: SparkHttpOptions;
  readonly proxyHttp: SparkHttp;
  readonly workerHttp: SparkHttp;
  readonly guard: AddressGuard;
  readonly masterCredentials: Credentials;
}

/** A worker's own page at the address it registered; where that cannot be reached, through the master's proxy. */
function workerPages({
  options,
  proxyHttp,
  workerHttp,
  guard,
  masterCredentials: credentials,
}: WorkerPageDeps): WorkerUis {
  async function direct(worker: WorkerView, signal: AbortSignal): Promise<Result<WorkerSelfView>> {
    const what = `page of ${shown(worker.id)}`;
    const checked = guard.checkUrl(worker.webUiAddress);
    if (!checked.ok) return err({ ...checked.error, what });
    const url = `${checked.value.origin}/json/`;
    const body = await workerHttp.text({ what, url, credentials }, signal);
    return body.ok ? parseWorker(body.value, what) : body;
  }

  async function proxied(worker: WorkerView, signal: AbortSignal): Promise<Result<WorkerSelfView>> {
    const what = `page of ${shown(worker.id)} through the master's proxy`;
    const url = `${options.masterUrl}/proxy/${urlPart(worker.id)}/json/`;
    const body = await proxyHttp.text({ what, url, credentials }, signal);
    return body.ok ? parseWorker(body.value, what) : body;
  }

  const mayProxy = options.useProxy === 'always' || (options.useProxy === 'auto' && !credentials.configured);
  return {
    async read(worker, signal) {
      const own = await direct(worker, signal);
      // An answer of another worker at this address proves nothing about this one.
      if (own.ok && own.value.id !== worker.id) {
        const detail = `another worker answers there: ${shown(own.value.id)}`;
        return err({ kind: 'malformed', what: `page of ${shown(worker.id)}`, detail });
      }
      if (own.ok || !mayProxy) return own;
      const fallback = await proxied(worker, signal);
      return fallback.ok && fallback.value.id === worker.id ? fallback : own;
    },
  };
}
