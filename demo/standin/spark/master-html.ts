/** The master's HTML pages, with the labels and the structure of the captured ones. */
import { pageTime } from '../time-text.ts';
import { executorLimit } from './master.ts';
import { grantedCores, workerUiUrl } from './master-json.ts';
import {
  activeApps,
  grantedExecutors,
  type Application,
  type Executor,
  type SparkState,
  type Worker,
} from './model.ts';

const LIMIT_TOOLTIP = `Maximum number of executors that this application will use. This limit is finite only when
       dynamic allocation is enabled. The number of granted executors may exceed the limit
       ephemerally when executors are being killed.
    `;

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function page(spark: SparkState, title: string, content: string): string {
  return `<!DOCTYPE html><html>
      <head>
        <meta http-equiv="Content-type" content="text/html; charset=utf-8"/>
        <title>${escaped(title)}</title>
      </head>
      <body>
        <div class="container-fluid">
          <div class="row">
            <div class="col-12">
              <h3 style="vertical-align: middle; display: inline-block;">
                <a style="text-decoration: none" href="/">
                  <span class="version" style="margin-right: 15px;">${spark.options.sparkVersion}</span>
                </a>
                ${escaped(title)}
              </h3>
            </div>
          </div>
          <div class="row">
            <div class="col-12">${content}
            </div>
          </div>
        </div>
      </body>
    </html>`;
}

/** Where the master says an application's UI is: behind its proxy, or at the driver's own address. */
export function appUiHref(spark: SparkState, app: Application): string {
  return spark.options.reverseProxy ? `/proxy/${app.id}` : `http://${app.driverHost}:${spark.options.driverUiPort}`;
}

function workerHref(spark: SparkState, worker: Worker): string {
  return spark.options.reverseProxy ? `/proxy/${worker.id}` : workerUiUrl(spark, worker);
}

function tableHead(titles: readonly string[]): string {
  return `<thead>${titles.map((title) => `<th width="" class="">${title}</th>`).join('')}</thead>`;
}

/** `/app/?appId=`: the executor limit and the table of executors are here and nowhere in the JSON (spark.md 3.4). */
export function appPage(spark: SparkState, app: Application, nowMs: number): string {
  const { name, coresMax, executorMemoryMiB } = app.spec;
  const granted = grantedCores(app);
  const cores = coresMax === undefined ? `Unlimited (${granted} granted)` : limitedCores(coresMax, granted);
  const limit = Number.isFinite(executorLimit(app)) ? String(executorLimit(app)) : 'Unlimited';
  const seconds = Math.floor(((app.finishedAtMs ?? nowMs) - app.startedAtMs) / 1000);
  const uiLink =
    app.state === 'FINISHED'
      ? ''
      : `
            <li><strong>
                      <a href="${appUiHref(spark, app)}">Application Detail UI</a>
                  </strong></li>`;
  const facts = `
              <div class="row">
        <div class="col-12">
          <ul class="list-unstyled">
            <li><strong>ID:</strong> ${app.id}</li>
            <li><strong>Name:</strong> ${escaped(name)}</li>
            <li><strong>User:</strong> spark</li>
            <li><strong>Cores:</strong>
            ${cores}
            </li>
            <li>
              <span data-toggle="tooltip" title="${LIMIT_TOOLTIP}" data-placement="top">
                <strong>Executor Limit: </strong>
                ${limit}
                (${grantedExecutors(app).length} granted)
              </span>
            </li>
            <li>
              <strong>Executor Memory - Default Resource Profile:</strong>
              ${executorMemoryMiB.toFixed(1)} MiB
            </li>
            <li>
              <strong>Executor Resources - Default Resource Profile:</strong>
              
            </li>
            <li><strong>Submit Date:</strong> ${pageTime(app.startedAtMs)}</li>
            <li><strong>Duration:</strong> ${seconds} s</li>
            <li><strong>State:</strong> ${app.state}</li>${uiLink}
          </ul>
        </div>
      </div>`;
  return page(spark, `Application: ${name}`, `${facts}${executorTable(spark, app)}`);
}

function limitedCores(coresMax: number, granted: number): string {
  return `${coresMax} (${granted} granted, ${coresMax - granted} left)`;
}

const EXECUTOR_COLUMNS = [
  'ExecutorID',
  'Worker',
  'Cores',
  'Memory',
  'Resource Profile Id',
  'Resources',
  'State',
  'Logs',
];

function executorTable(spark: SparkState, app: Application): string {
  const executors = grantedExecutors(app);
  return `<div class="row"> <!-- Executors -->
        <div class="col-12">
          <span class="collapse-aggregated-executors collapse-table" onClick="collapseTable('collapse-aggregated-executors','aggregated-executors')">
            <h4>
              <span class="collapse-table-arrow arrow-open"></span>
              <a>Executor Summary (${executors.length})</a>
            </h4>
          </span>
          <div class="aggregated-executors collapsible-table">
            <table class="table table-bordered table-sm table-striped sortable">
      ${tableHead(EXECUTOR_COLUMNS)}
      <tbody>
        ${executors.map((executor) => executorRow(spark, executor)).join('')}
      </tbody>
    </table>
          </div>
        </div>
      </div>`;
}

function executorRow(spark: SparkState, { id, worker, app, cores, memoryMiB, registered }: Executor): string {
  const href = workerHref(spark, worker);
  const log = (type: string): string =>
    `<a href="${href}/logPage/?appId=${app.id}&amp;executorId=${id}&amp;logType=${type}">${type}</a>`;
  return `<tr>
      <td>${id}</td>
      <td>
        <a href="${href}">${worker.id}</a>
      </td>
      <td>${cores}</td>
      <td>${memoryMiB}</td>
      <td>0</td>
      <td></td>
      <td>${registered ? 'RUNNING' : 'LAUNCHING'}</td>
      <td>
        ${log('stdout')}
        ${log('stderr')}
      </td>
    </tr>`;
}

const APP_COLUMNS = [
  'Application ID',
  'Name',
  'Cores',
  'Memory per Executor',
  'Resources Per Executor',
  'Submitted Time',
  'User',
  'State',
  'Duration',
];

/** `/`: the running applications, each name a link to its UI. */
export function masterPage(spark: SparkState): string {
  const apps = spark.status === 'STANDBY' ? [] : activeApps(spark);
  const rows = apps.map(
    (app) => `<tr>
      <td>
        <a href="app/?appId=${app.id}">${app.id}</a>
      </td>
      <td>
        <a href="${appUiHref(spark, app)}">${escaped(app.spec.name)}</a>
      </td>
      <td>${grantedCores(app)}</td>
      <td>${app.spec.executorMemoryMiB.toFixed(1)} MiB</td>
      <td></td>
      <td>${pageTime(app.startedAtMs)}</td>
      <td>spark</td>
      <td>${app.state}</td>
      <td></td>
    </tr>`,
  );
  const content = `
          <ul class="list-unstyled">
            <li><strong>URL:</strong> spark://127.0.0.1:7077</li>
            <li><strong>Status:</strong> ${spark.status}</li>
          </ul>
          <h4><a>Running Applications (${apps.length})</a></h4>
          <table class="table table-bordered table-sm table-striped sortable">
      ${tableHead(APP_COLUMNS)}
      <tbody>${rows.join('')}</tbody>
    </table>`;
  return page(spark, 'Spark Master at spark://127.0.0.1:7077', content);
}
