import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, type HTMLElement } from 'node-html-parser';
import { isObject, parseJson, type Json } from '../../demo/standin/json.ts';
import { finishApp, submit, type World } from '../../demo/standin/world.ts';
import { jsonOf, later, mark, master, masterJsonOf, smallWorld, start } from './support.ts';
import type { Application } from '../../demo/standin/spark/model.ts';

function fixtureText(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

function fixture(name: string): Json {
  return parseJson(fixtureText(name)) ?? null;
}

/** The keys of all objects and the types of all leaves; of a list, its elements merged. */
function shapeOf(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.map(shapeOf).reduce(merged)];
  if (!isObject(value)) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

function merged(a: Json, b: Json): Json {
  return isObject(a) && isObject(b) ? { ...a, ...b } : a;
}

/** A cluster in the situation that was captured: an application has ended, another runs, one of two workers is marked. */
function capturedSituation(): { world: World; app: Application } {
  const world = smallWorld({ workerCores: 2, workerMemoryMiB: 2048 });
  const first = start(world);
  submit(world, first.id, { tasks: 8, taskMs: 3000 });
  later(world, 5);
  finishApp(world, first.id);
  const app = start(world);
  submit(world, app.id, { tasks: 60, taskMs: 30_000 });
  later(world, 10);
  return { world, app };
}

function markedHost(world: World): { id: string; host: string } {
  const last = [...world.spark.workers.values()].at(-1);
  return { id: last!.id, host: last!.host };
}

describe('stand-in against captured answers', () => {
  for (const name of ['master-idle', 'master-running', 'master-decommissioned-frozen']) {
    it(`prints the master's JSON with the keys of ${name}`, () => {
      const { world, app } = capturedSituation();
      if (name === 'master-idle') finishApp(world, app.id);
      if (name.includes('decommissioned')) mark(world, [markedHost(world).host]);
      const captured = shapeOf(fixture(`spark-3.5.7/${name}.json`));
      const ours = shapeOf(masterJsonOf(world));
      expect(isObject(captured) && isObject(ours) && Object.keys(ours)).to.deep.equal(Object.keys(captured as object));
      // A list that was empty when captured says nothing of its elements.
      for (const [key, value] of Object.entries(captured as object))
        if (!Array.isArray(value) || value.length > 0) expect(ours, key).to.deep.include({ [key]: value as Json });
    });
  }

  it('agrees with 4.1.0 on a waiting application', () => {
    const world = smallWorld({ initialWorkers: 3 });
    start(world);
    later(world, 1);
    expect(shapeOf(masterJsonOf(world))).to.deep.equal(shapeOf(fixture('spark-4.1.0/master-waiting.json')));
    expect(masterJsonOf(world)).to.have.nested.property('activeapps[0].state', 'WAITING');
  });

  for (const name of ['draining', 'drained']) {
    it(`prints a worker's own JSON with the keys of worker-decommissioned-${name}`, () => {
      const { world } = capturedSituation();
      const { id, host } = markedHost(world);
      mark(world, [host]);
      if (name === 'drained') later(world, 60);
      const ours = jsonOf(master(world, `/proxy/${id}/json/`));
      expect(shapeOf(ours)).to.deep.equal(shapeOf(fixture(`spark-3.5.7/worker-decommissioned-${name}.json`)));
    });
  }

  it('names gauges and counters as a real driver does, and all of the allocation manager', () => {
    const { world, app } = capturedSituation();
    const ours = jsonOf(master(world, `/proxy/${app.id}/metrics/json/`));
    for (const version of ['3.5.7', '4.1.0']) {
      const captured = fixture(`spark-${version}/driver-metrics-busy.json`);
      if (!isObject(captured)) throw new Error('the fixture is no object');
      expect(Object.keys(ours)).to.deep.equal(Object.keys(captured));
      for (const section of ['gauges', 'counters']) {
        const [short, real] = [ours, captured].map((answer) =>
          Object.entries(answer[section] as object).map(([key, value]) => [
            key.replace(/^.*?\.driver\./, ''),
            shapeOf(value as Json),
          ]),
        );
        const isAllocation = ([key]: unknown[]): boolean => String(key).includes('AllocationManager');
        expect(real).to.deep.include.members(short ?? []);
        expect(short?.filter(isAllocation)).to.deep.equal(real?.filter(isAllocation));
      }
    }
  });
});

/** "Label: value" of the page's list, white space made single; and the head and cells of its table. */
function pageOf(html: string): { facts: string[]; head: string[]; rows: string[][]; links: string[] } {
  const root: HTMLElement = parse(html);
  const texts = (selector: string, inside: HTMLElement = root): string[] =>
    inside.querySelectorAll(selector).map((element) => element.textContent.trim().replaceAll(/\s+/g, ' '));
  return {
    facts: texts('ul.list-unstyled li'),
    head: texts('.aggregated-executors th'),
    rows: root.querySelectorAll('.aggregated-executors tbody tr').map((row) => texts('td', row)),
    links: root.querySelectorAll('a').map((link) => link.getAttribute('href') ?? ''),
  };
}

function labels(facts: readonly string[]): string[] {
  return facts.map((fact) => fact.split(':')[0] ?? '');
}

describe('stand-in: the page of an application', () => {
  it('has the labels, columns and links of the captured one', () => {
    const { world, app } = capturedSituation();
    const real = pageOf(fixtureText('spark-4.1.0/master-app-page-busy.html.txt'));
    const ours = pageOf(master(world, `/app/?appId=${app.id}`).body);
    expect(labels(ours.facts)).to.deep.equal(labels(real.facts));
    expect(ours.head).to.deep.equal(real.head);
    expect(ours.facts).to.include('Cores: Unlimited (4 granted)').and.include('Executor Limit: 30 (2 granted)');
    expect(ours.rows.map((row) => row.slice(2))).to.deep.equal([
      ['2', '1024', '0', '', 'RUNNING', 'stdout stderr'],
      ['2', '1024', '0', '', 'RUNNING', 'stdout stderr'],
    ]);
    expect(real.rows[0]?.slice(2)).to.deep.equal(ours.rows[0]?.slice(2));
    expect(ours.links).to.include(`/proxy/${app.id}`);
  });

  it('says Unlimited without dynamic allocation, what cores.max leaves, and escapes the name', () => {
    const world = smallWorld();
    const app = start(world, { dynamicAllocation: false, coresMax: 5, name: '<b>&"' });
    later(world, 3);
    const html = master(world, `/app/?appId=${app.id}`).body;
    expect(html).to.include('&lt;b&gt;&amp;').and.not.include('<b>');
    const { facts } = pageOf(html);
    expect(facts).to.include('Executor Limit: Unlimited (2 granted)').and.include('Cores: 5 (4 granted, 1 left)');
  });

  it('links from / to the proxy, or to the driver itself without the reverse proxy', () => {
    for (const reverseProxy of [true, false]) {
      const world = smallWorld({ reverseProxy });
      const app = start(world);
      const { links } = pageOf(master(world, '/').body);
      expect(links).to.include(reverseProxy ? `/proxy/${app.id}` : `http://${app.driverHost}:4040`);
      expect(master(world, `/proxy/${app.id}/metrics/json/`).status).to.equal(reverseProxy ? 200 : 404);
    }
  });
});
