/** A thread that serves, or sends, what Spark, Graphite and Prometheus would for so many applications, and counts it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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
const lines = readFileSync(join(TESTS, 'fixtures/spark-3.5.7/graphite-driver-one-period.txt'), 'utf8')
  .trimEnd()
  .split('\n');
const graphiteId = /^app-\d{14}-\d{4}/.exec(lines[0] ?? '')?.[0] ?? '';
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
/** What the main thread asks for. */
export type Order = { readonly kind: 'bytes' } | { readonly kind: 'carbon' | 'statsd'; readonly port: number };

parentPort?.on('message', (order: Order) => {
  if (order.kind === 'bytes') {
    parentPort?.postMessage(sentBytes);
    sentBytes = 0;
    return;
  }
  void (order.kind === 'carbon' ? sendLines(order.port) : sendDatagrams(order.port)).then((bytes) => {
    sentBytes += bytes;
    parentPort?.postMessage('sent');
  });
});

/** One report of a real driver, whose lines end in the time of now. */
function report(id: string): readonly string[] {
  const nowSec = Math.floor(Date.now() / 1000);
  return lines.map((line) => line.replace(graphiteId, id).replace(/\d+$/, String(nowSec)));
}

/** A connection for each driver, as Spark's sink does it. */
async function sendLines(port: number): Promise<number> {
  let bytes = 0;
  for (const id of ids) {
    const text = `${report(id).join('\n')}\n`;
    bytes += Buffer.byteLength(text);
    const socket = connect(port, '127.0.0.1');
    socket.end(text);
    await once(socket, 'close');
  }
  return bytes;
}

/** A datagram for each metric, a few at a time: the kernel drops what nobody takes. */
async function sendDatagrams(port: number): Promise<number> {
  const socket = createSocket('udp4');
  let bytes = 0;
  for (const id of ids) {
    for (const [index, line] of report(id).entries()) {
      const [name, value] = line.split(' ');
      const text = `${name ?? ''}:${value ?? ''}|g`;
      bytes += Buffer.byteLength(text);
      socket.send(text, port, '127.0.0.1');
      if (index % 25 === 0) await setTimeout(1);
    }
  }
  socket.close();
  return bytes;
}
