/** The web UIs of master, drivers and workers: from request to answer, without any socket. */
import { brokenAnswer, type Faults } from '../faults.ts';
import { htmlReply, jsonReply, plainText, redirect, sparkJson, type Answer, type Request } from '../http.ts';
import { driverMetrics } from './driver-metrics.ts';
import { applicationEntry, driverRest } from './driver-rest.ts';
import { markWorkers } from './master.ts';
import { appPage, masterPage } from './master-html.ts';
import { masterJson, masterJsonField, workerJson } from './master-json.ts';
import type { Application, SparkState } from './model.ts';

/** What the web UIs look at. */
export interface SparkWeb {
  readonly spark: SparkState;
  readonly faults: Faults;
  readonly nowMs: number;
  /** Address of the master's UI, once it listens. */
  masterUiUrl: string;
}

export function masterAnswer(web: SparkWeb, request: Request): Answer {
  return brokenAnswer(web.faults.master) ?? masterRoute(web, request);
}

/** Paths that exist only with a slash at their end: the answer to those without is a redirect (spark.md trap 5). */
const FOLDERS = ['/json', '/app', '/workers/kill', '/metrics/json'];

function masterRoute(web: SparkWeb, request: Request): Answer {
  const { path, method, query } = request;
  const { spark, nowMs } = web;
  if (FOLDERS.includes(path)) return redirect(`${web.masterUiUrl}${path}/`);
  if (path === '/workers/kill/') return killAnswer(web, request);
  if (path.startsWith('/proxy/')) return proxyAnswer(web, request);
  if (method !== 'GET' && method !== 'HEAD') return plainText(405, '');
  if (path === '/json/') return sparkJson(masterJson(spark, nowMs));
  if (path.startsWith('/json/')) return fieldAnswer(web, path.slice('/json/'.length));
  if (path === '/') return htmlReply(masterPage(spark));
  if (path !== '/app/') return plainText(404, 'Not Found');
  const broken = brokenAnswer(web.faults.appPages);
  if (broken !== undefined) return broken;
  const app = spark.apps.get(query.get('appId') ?? '');
  return htmlReply(
    app === undefined ? '<div class="row">No running application with this ID</div>' : appPage(spark, app, nowMs),
  );
}

/** Before 4.0 what follows /json/ is ignored (spark.md 3.1). */
function fieldAnswer({ spark, nowMs }: SparkWeb, field: string): Answer {
  const old = Number(spark.options.sparkVersion.split('.')[0]) < 4;
  return sparkJson(old ? masterJson(spark, nowMs) : masterJsonField(spark, field, nowMs));
}

function killAnswer({ spark, nowMs }: SparkWeb, request: Request): Answer {
  if (request.method !== 'POST') return plainText(405, '');
  const isForm = request.contentType.startsWith('application/x-www-form-urlencoded');
  const form = new URLSearchParams(isForm ? request.body : '');
  return plainText(markWorkers(spark, [...request.query.getAll('host'), ...form.getAll('host')], nowMs), '');
}

/** `/proxy/<id>/…` for applications that run, and for workers; the target is looked up live (spark.md 4.4). */
function proxyAnswer(web: SparkWeb, request: Request): Answer {
  const [, , id = '', ...rest] = request.path.split('/');
  if (!web.spark.options.reverseProxy) return plainText(404, 'Not Found');
  const inner = { ...request, path: `/${rest.join('/')}` };
  const app = web.spark.apps.get(id);
  if (app !== undefined && app.state !== 'FINISHED') return driverAnswer(web, app, inner);
  const worker = web.spark.workers.get(id);
  return worker === undefined ? plainText(403, '') : workerAnswer(web, worker.host, inner);
}

/** A driver's own UI. With the reverse proxy its redirects name the proxied path. */
export function driverAnswer(web: SparkWeb, app: Application, request: Request): Answer {
  const { spark, faults, nowMs } = web;
  const broken = brokenAnswer(faults.metricsOf.get(app.id) ?? faults.metrics);
  if (broken !== undefined) return broken;
  if (app.state === 'FINISHED') return { kind: 'drop' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return plainText(405, '');
  const { path } = request;
  const { sparkVersion } = spark.options;
  const prefix = spark.options.reverseProxy ? `/proxy/${app.id}` : '';
  if (path === '/metrics/json') return redirect(`${prefix}/metrics/json/`);
  if (path === '/metrics/json/') return sparkJson(driverMetrics(app));
  if (path === '/api/v1/version') return jsonReply(200, { spark: sparkVersion });
  const applications = '/api/v1/applications';
  if (path === applications || path === `${applications}/`)
    return jsonReply(200, [applicationEntry(app, sparkVersion, nowMs)]);
  if (!path.startsWith(`${applications}/`)) return plainText(404, 'Not Found');
  const [id, ...rest] = path.slice(applications.length + 1).split('/');
  const body = id === app.id ? driverRest(app, rest.join('/'), request.query, sparkVersion, nowMs) : undefined;
  return body === undefined ? plainText(404, `unknown app or path: ${path}`) : jsonReply(200, body);
}

/** The own UI of the worker that lives at this address; while none does, the connection is dropped. */
export function workerAnswer(web: SparkWeb, host: string, request: Request): Answer {
  const broken = brokenAnswer(web.faults.workerUis);
  if (broken !== undefined) return broken;
  const worker = [...web.spark.workers.values()].find((entry) => entry.host === host && entry.state !== 'DEAD');
  if (worker === undefined) return { kind: 'drop' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return plainText(405, '');
  if (request.path === '/json') return redirect('/json/');
  return request.path === '/json/' ? sparkJson(workerJson(worker, web.masterUiUrl)) : plainText(404, 'Not Found');
}
