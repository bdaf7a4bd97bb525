/** A thread that serves what Spark, Graphite and Prometheus would for so many applications, and counts what it sends. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const TESTS = join(import.meta.dirname, '../test');
const PATH = 'driver.ExecutorAllocationManager.executors';
const GAUGES = [
  'numberTargetExecutors',
  'numberMaxNeededExecutors',
  'numberAllExecutors',
  'numberDecommissioningExecutors',
];

const ids = workerData as readonly string[];
/** Whole documents of a real driver, with the id of each application in the names. */
const json = readFileSync(join(TESTS, 'standin/fixtures/spark-4.1.0/driver-metrics-busy.json'), 'utf8');
const servlet = readFileSync(join(TESTS, 'fixtures/spark-4.1.0/driver-metrics-busy.prom'), 'utf8');
const realId = /app-\d{14}-\d{4}/.exec(json)?.[0] ?? '';
let sentBytes = 0;

function spelled(id: string): string {
  return id.replaceAll('-', '_');
}

/** Points of the last so many seconds, one each ten: as Graphite has them with the sink's default period. */
function graphite(fromSec: number): string {
  const nowSec = Math.floor(Date.now() / 10_000) * 10;
  const times = Array.from({ length: Math.ceil(fromSec / 10) }, (_, index) => nowSec - 10 * index).reverse();
  const datapoints = times.map((atSec) => [7, atSec]);
  const series = ids.flatMap((id) => GAUGES.map((gauge) => `${id}.${PATH}.${gauge}`));
  return JSON.stringify(series.map((name) => ({ target: name, tags: { name }, datapoints })));
}

/** Scrapes of the last minute, one each fifteen seconds. */
function prometheus(): string {
  const nowSec = Date.now() / 1000;
  const values = [45, 30, 15, 0].map((agoSec) => [nowSec - agoSec, '7']);
  const result = ids.flatMap((id) =>
    GAUGES.map((gauge) => ({
      metric: {
        __name__: `metrics_${spelled(id)}_driver_ExecutorAllocationManager_executors_${gauge}_Value`,
        instance: '10.0.0.7:4040',
        job: 'spark-drivers',
        type: 'gauges',
      },
      values,
    })),
  );
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

function jolokia(id: string): string {
  const beans = GAUGES.map((gauge) => [`metrics:name=${id}.${PATH}.${gauge},type=gauges`, { Value: 7 }] as const);
  const none = { status: 404, error_type: 'javax.management.InstanceNotFoundException' };
  return JSON.stringify([{ request: {}, value: Object.fromEntries(beans), timestamp: 0, status: 200 }, none]);
}

function bodyOf({ url = '' }: IncomingMessage): string | undefined {
  const [, id = '', path = ''] = /^\/proxy\/([^/]+)(\/.*)$/.exec(url) ?? [];
  if (path === '/metrics/json/') return json.replaceAll(realId, id);
  if (path === '/metrics/prometheus/') return servlet.replaceAll(spelled(realId), spelled(id));
  if (path === '/metrics/executors/prometheus/') {
    return `metrics_executor_rddBlocks{application_id="${id}", application_name="x", executor_id="driver"} 0\n`;
  }
  const agent = /^\/jolokia\/([^/]+)\/$/.exec(url)?.[1];
  if (agent !== undefined) return jolokia(agent);
  const fromSec = /^\/render\?.*[?&]from=-(\d+)s/.exec(url)?.[1];
  if (fromSec !== undefined) return graphite(Number(fromSec));
  return url === '/api/v1/query' ? prometheus() : undefined;
}

const server = createServer((request, response) => {
  const body = bodyOf(request);
  request.resume();
  if (body === undefined) {
    response.writeHead(404).end();
    return;
  }
  sentBytes += Buffer.byteLength(body);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
parentPort?.on('message', () => {
  parentPort?.postMessage(sentBytes);
  sentBytes = 0;
});
