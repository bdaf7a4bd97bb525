/** The program from its sources, in a process of its own; test/integration has the whole behaviour, with the bundle. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { isObject, objectAt, textAt, type JsonObject } from '../../demo/standin/json.ts';
import { startCommand, startBench, type Bench, type Started, type Variables } from './support.ts';

const LOOK_MS = 20;
const DEADLINE_MS = 60_000;
/** Kubernetes gives more; the daemon promises less. */
const MOST_MS_TO_END = 5_000;

describe('run', function () {
  this.timeout(120_000);
  let bench: Bench;
  let daemon: Started | undefined;
  let proxy: Server | undefined;

  beforeEach(async () => {
    bench = await startBench({ podStartMs: 300 });
    bench.standin.run();
  });

  afterEach(async () => {
    daemon?.child.kill('SIGKILL');
    await daemon?.finished;
    daemon = undefined;
    proxy?.closeAllConnections();
    proxy?.close();
    proxy = undefined;
    await bench.stop();
  });

  const listen = (): string => `${bench.standin.world.options.network}.255.1:9404`;

  function run(more: Variables = {}): Started {
    daemon = startCommand(['run'], {
      ...bench.env,
      ELASTIC_WORKER_LISTEN: listen(),
      ELASTIC_WORKER_LOG_FORMAT: 'json',
      ...more,
    });
    return daemon;
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    const endMs = Date.now() + DEADLINE_MS;
    while (!isSo()) {
      if (Date.now() > endMs)
        throw new Error(`waited in vain for: ${what}\n${daemon?.errorText() ?? ''}${daemon?.text() ?? ''}`);
      await delay(LOOK_MS);
    }
  }

  const documents = (resource: string): readonly JsonObject[] => [
    ...(bench.standin.world.kube.documents.get(resource)?.values() ?? []),
  ];
  const lines = (started: Started): readonly Record<string, unknown>[] =>
    started
      .text()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  /** From now on the API is behind a server that swallows Events: it never answers to one. Counts them. */
  async function swallowEvents(): Promise<{ swallowed: number }> {
    const seen = { swallowed: 0 };
    const { apiUrl } = bench.standin;
    proxy = createServer((incoming, outgoing) => {
      if (incoming.method === 'POST' && incoming.url?.includes('/events') === true) {
        seen.swallowed += 1;
        return;
      }
      const { method, headers } = incoming;
      const onward = request(apiUrl + (incoming.url ?? ''), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await writeFile(bench.env.KUBECONFIG ?? '', bench.standin.kubeconfig().replace(apiUrl, `http://127.0.0.1:${port}`));
    return seen;
  }

  async function needs(workers: number): Promise<void> {
    const app = await bench.standin.startApplication({
      name: 'busy',
      executorCores: 4,
      executorMemoryMiB: 1024,
      dynamicAllocation: true,
      backlogTimeoutMs: 100,
    });
    bench.standin.submitJob(app, { stages: [{ tasks: workers * 4, taskMs: 600_000 }] });
  }

  it('tells one change alike in log, status, metrics and Events, and ends well; and tells no secret', async () => {
    const passwordFile = `${bench.env.KUBECONFIG ?? ''}.password`;
    await writeFile(passwordFile, 'hunter2', { mode: 0o600 });
    const started = run({ ELASTIC_WORKER_SPARK_USERNAME: 'ada', ELASTIC_WORKER_SPARK_PASSWORD_FILE: passwordFile });
    await needs(4);
    await until('growth', () => bench.standin.world.kube.controller.replicas === 4);
    const told = (): readonly string[] => documents('events').map((event) => textAt(event, 'message') ?? '');
    const newSizes = (): readonly string[] =>
      told().flatMap((text) => (/^New size: (\d+); was \d+; reason: demand needs/.exec(text) ?? []).slice(1));
    await until('its event', () => newSizes().includes('4'));
    const [first] = lines(started);
    expect(first).to.include({ level: 'info', message: 'started', version: 'development', statusPort: 9404 });
    const url = `http://${listen()}`;
    const status = (await (await fetch(`${url}/status`)).json()) as {
      readonly settings: unknown;
      readonly decisions: readonly { readonly change: Record<string, unknown> | null }[];
    };
    expect(status.settings).to.include({ ELASTIC_WORKER_MAX: 10, ELASTIC_WORKER_SPARK_PASSWORD_FILE: passwordFile });
    const changes = status.decisions.flatMap(({ change }) => (change === null ? [] : [[change.from, change.to]]));
    const logged = lines(started).filter(({ message }) => message === 'workers changed');
    expect(changes.at(-1)?.[0]).to.equal(2);
    expect(changes[0]?.[1]).to.equal(4);
    expect(logged.map(({ from, to }) => [from, to]).reverse()).to.deep.equal(changes);
    await until('the event of every change', () => newSizes().length === changes.length);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).to.contain(`elastic_worker_resizes_total{direction="grow"} ${changes.length}\n`);
    expect(metrics).to.contain('elastic_worker_workers{count="planned"}');
    expect(metrics).to.match(
      /elastic_worker_api_calls_total\{call="patch replicationcontrollers\/scale",outcome="ok"\} \d/,
    );

    started.child.kill('SIGTERM');
    const { code } = await started.finished;
    expect(code).to.equal(0);
    // What was under way when it was told to end may be told of after this.
    const stopping = lines(started).find(({ message }) => message === 'stopping');
    expect(stopping).to.include({ why: 'SIGTERM' });
    const everything = [started.text(), started.errorText(), JSON.stringify(status), metrics, ...told()].join();
    expect(everything).to.not.match(/hunter2|YWRhOmh1bnRlcjI/);
    const [lease] = documents('leases');
    expect(isObject(lease) ? objectAt(lease, 'spec') : {}).to.not.have.property('holderIdentity');
  });

  it('standing by, it writes nothing at all, also where somebody had something to mend', async () => {
    const started = run({ ELASTIC_WORKER_DRY_RUN: 'true' });
    await bench.standin.startApplication({
      name: 'too large',
      executorCores: 64,
      executorMemoryMiB: 1024,
      dynamicAllocation: true,
      minExecutors: 1,
    });
    await until('the need to mend', () => lines(started).some(({ message }) => message === 'standing by'));
    const reads = (): number => bench.standin.world.apiUsage.requests.get('get configmaps') ?? 0;
    const before = reads();
    await until('more passes', () => reads() >= before + 3);
    expect(bench.writes()).to.deep.equal([]);
    // What lasts is told once.
    const told = lines(started).map((line) => JSON.stringify({ ...line, timestamp: '', sentence: '' }));
    expect(told.filter((line, index) => line === told[index - 1])).to.deep.equal([]);
  });

  it('an event that hangs does not hold up the end for longer than a write may', async () => {
    const events = await swallowEvents();
    const started = run({ ELASTIC_WORKER_KUBE_TIMEOUT: '20s', ELASTIC_WORKER_LEASE_DURATION: '90s' });
    await needs(4);
    await until('the event', () => events.swallowed > 0);
    const askedMs = Date.now();
    started.child.kill('SIGTERM');
    const { code } = await started.finished;
    expect(Date.now() - askedMs).to.be.lessThan(MOST_MS_TO_END);
    expect(code).to.equal(0);
    expect(bench.standin.world.kube.controller.replicas).to.equal(4);
  });

  it('a second signal ends it at once', async () => {
    const events = await swallowEvents();
    const started = run({ ELASTIC_WORKER_KUBE_TIMEOUT: '20s', ELASTIC_WORKER_LEASE_DURATION: '90s' });
    await needs(4);
    await until('the event', () => events.swallowed > 0);
    started.child.kill('SIGTERM');
    await until('the first', () => lines(started).some(({ message }) => message === 'stopping'));
    started.child.kill('SIGINT');
    const [code] = (await once(started.child, 'exit')) as [number | null];
    expect(code).to.equal(1);
  });
});
