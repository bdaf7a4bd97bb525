import { expect } from 'chai';
import type { Pod } from '../../demo/standin/kube/model.ts';
import { byDeletion, parseDeletionCost } from '../../demo/standin/kube/ranking.ts';
import { isObject, objectAt, parseJson, textAt, type Json } from '../../demo/standin/json.ts';
import { scaleByOther, type World } from '../../demo/standin/world.ts';
import { api, at, CONTROLLER, JSON_PATCH, jsonOf, later, MERGE, POD_LIST, SCALE, smallWorld } from './support.ts';

function read(world: World, path: string): Json | undefined {
  return parseJson(api(world, 'GET', path).body);
}

function podNames(world: World): string[] {
  return [...world.kube.pods.values()].filter(({ deletion }) => deletion === undefined).map(({ name }) => name);
}

const COST = 'controller.kubernetes.io/pod-deletion-cost';

function rankedPod(uid: string, readyAtMs: number, other: Partial<Pod> = {}): Pod {
  return {
    name: uid,
    uid,
    ip: '',
    nodeName: '',
    createdAtMs: readyAtMs,
    runsAtMs: readyAtMs,
    readyAtMs,
    ownerUid: undefined,
    labels: {},
    annotations: {},
    resourceVersion: 1,
    running: true,
    ready: true,
    deletion: undefined,
    ...other,
  };
}

describe('stand-in: the controller and its pods', () => {
  it('grows: a new pod is Pending, then Running, then Ready with its worker registered', () => {
    const world = smallWorld({ initialWorkers: 1, podStartMs: 3000 });
    const status = (): unknown => at(read(world, POD_LIST), 'items', 1, 'status');
    expect(api(world, 'PATCH', SCALE, { spec: { replicas: 2 } }, MERGE).status).to.equal(200);
    later(world, 0.2);
    expect(status()).to.include({ phase: 'Pending' }).and.not.have.property('podIP');
    later(world, 1.5);
    expect(status()).to.include({ phase: 'Running', podIP: '127.1.0.2' });
    expect(world.spark.workers.size).to.equal(1);
    later(world, 1.6);
    expect([...world.spark.workers.values()].map(({ host }) => host)).to.deep.equal(['127.1.0.1', '127.1.0.2']);
    expect(at(read(world, CONTROLLER), 'status')).to.include({ replicas: 2, readyReplicas: 2, observedGeneration: 2 });
  });

  it('shrinks by the ranking: not Ready before Ready, then the lowest cost, and replaces what is deleted', () => {
    const world = smallWorld({ initialWorkers: 3 });
    const [first = '', second = '', third = ''] = podNames(world);
    const cost = { metadata: { annotations: { [COST]: '-100' } } };
    expect(api(world, 'PATCH', `${POD_LIST}/${second}`, cost, MERGE).status).to.equal(200);
    scaleByOther(world, 4);
    later(world, 1);
    const fresh = podNames(world).at(-1);
    scaleByOther(world, 3);
    later(world, 2);
    expect(podNames(world)).to.not.include(fresh);
    scaleByOther(world, 2);
    later(world, 2);
    expect(podNames(world)).to.deep.equal([first, third]);
    api(world, 'DELETE', `${POD_LIST}/${first}`);
    later(world, 0.1);
    expect(podNames(world)).to.have.length(2).and.not.include(first);
    expect(at(read(world, `${POD_LIST}/${first}`), 'metadata')).to.have.property('deletionTimestamp');
    later(world, 2);
    expect(api(world, 'GET', `${POD_LIST}/${first}`).status).to.equal(404);
  });

  it('ranks Pending before not Ready before cheap before Ready', () => {
    const pods = [
      rankedPod('ready', 100),
      rankedPod('dear', 100, { annotations: { [COST]: '5' } }),
      rankedPod('cheap', 100, { annotations: { [COST]: '-5' } }),
      rankedPod('not-ready', 100, { ready: false, annotations: { [COST]: '9' } }),
      rankedPod('pending', 100, { running: false, ready: false, annotations: { [COST]: '10' } }),
    ];
    const order = pods.sort(byDeletion(200)).map(({ uid }) => uid);
    expect(order).to.deep.equal(['pending', 'not-ready', 'cheap', 'ready', 'dear']);
  });

  it('ranks by age in powers of two, and by UID inside one', () => {
    const nowMs = 2_000_000;
    const pods = [
      rankedPod('z', nowMs - 1000),
      rankedPod('c', nowMs - 600_000),
      rankedPod('b', nowMs - 700_000),
      rankedPod('a', 0),
    ];
    expect(pods.sort(byDeletion(nowMs)).map(({ uid }) => uid)).to.deep.equal(['z', 'b', 'c', 'a']);
    expect(['5', '-5', '+5', '05', 'x', '3000000000'].map(parseDeletionCost)).to.deep.equal([
      5,
      -5,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('obeys the faults: never Ready, slow, quota', () => {
    const world = smallWorld({ initialWorkers: 1 });
    world.faults.podsNeverReady = true;
    scaleByOther(world, 2);
    later(world, 60);
    expect(world.spark.workers.size).to.equal(1);
    world.faults.podsNeverReady = false;
    world.faults.extraPodStartMs = 10_000;
    world.faults.podQuota = 3;
    scaleByOther(world, 9);
    later(world, 12);
    expect(world.kube.pods.size).to.equal(3);
    expect(world.spark.workers.size).to.equal(1);
    later(world, 2);
    expect(world.spark.workers.size).to.equal(2);
  });
});

describe('stand-in: the scale subresource', () => {
  it('leaves spec.replicas out at zero, where the controller writes it', () => {
    const world = smallWorld({ initialWorkers: 0 });
    expect(at(read(world, SCALE), 'spec')).to.deep.equal({});
    expect(at(read(world, SCALE), 'status')).to.deep.equal({ replicas: 0, selector: 'app=spark,component=worker' });
    expect(at(read(world, CONTROLLER), 'spec', 'replicas')).to.equal(0);
  });

  it('answers 409 to an old resourceVersion, and last writer wins without one', () => {
    const world = smallWorld();
    const version = at(read(world, SCALE), 'metadata', 'resourceVersion') ?? null;
    const patch = (replicas: number): Json => ({ metadata: { resourceVersion: version }, spec: { replicas } });
    expect(api(world, 'PATCH', SCALE, patch(3), MERGE).status).to.equal(200);
    const lost = api(world, 'PATCH', SCALE, patch(4), MERGE);
    expect(parseJson(lost.body)).to.include({ kind: 'Status', reason: 'Conflict', code: 409, status: 'Failure' });
    expect(lost.body).to.include('the object has been modified');
    expect(world.kube.controller.replicas).to.equal(3);
    expect(api(world, 'PATCH', SCALE, { spec: { replicas: 5 } }, MERGE).status).to.equal(200);
    expect(api(world, 'PUT', SCALE, { metadata: {}, spec: {} }).status).to.equal(200);
    expect(world.kube.controller.replicas).to.equal(0);
  });

  it('takes JSON patches whose test holds, and refuses other bodies', () => {
    const world = smallWorld();
    const change = (from: number): Json => [
      { op: 'test', path: '/spec/replicas', value: from },
      { op: 'replace', path: '/spec/replicas', value: 7 },
    ];
    expect(api(world, 'PATCH', SCALE, change(9), JSON_PATCH).status).to.equal(422);
    expect(api(world, 'PATCH', SCALE, change(2), JSON_PATCH).status).to.equal(200);
    expect(api(world, 'PATCH', SCALE, { spec: { replicas: 1 } }, 'application/json').status).to.equal(415);
    expect(api(world, 'PATCH', SCALE, { spec: { replicas: -1 } }, MERGE).status).to.equal(422);
    expect(api(world, 'PATCH', `${SCALE}?dryRun=All`, { spec: { replicas: 1 } }, MERGE).status).to.equal(200);
    expect(world.kube.controller.replicas).to.equal(7);
  });
});

describe('stand-in: other objects of the API', () => {
  it('deletes a pod only under the given UID, and refuses a cost that is no int32', () => {
    const world = smallWorld();
    const [name = ''] = podNames(world);
    const path = `${POD_LIST}/${name}`;
    expect(api(world, 'DELETE', path, { preconditions: { uid: 'another' } }).status).to.equal(409);
    expect(api(world, 'PATCH', path, { metadata: { uid: 'another' } }, MERGE).status).to.equal(409);
    expect(api(world, 'PATCH', path, { metadata: { annotations: { [COST]: '+1' } } }, MERGE).status).to.equal(422);
    expect(api(world, 'PATCH', path, { spec: { nodeName: 'x' } }, MERGE).status).to.equal(422);
    const uid = at(read(world, path), 'metadata', 'uid') ?? null;
    expect(api(world, 'DELETE', path, { preconditions: { uid } }).status).to.equal(200);
  });

  it('lists by labels', () => {
    const world = smallWorld();
    const count = (selector: string): number => {
      const items = at(read(world, `${POD_LIST}?labelSelector=${encodeURIComponent(selector)}`), 'items');
      return Array.isArray(items) ? items.length : -1;
    };
    expect(count('app=spark,component in (worker, x)')).to.equal(2);
    expect(count('app!=spark')).to.equal(0);
    expect(count('component notin (worker)')).to.equal(0);
    expect(count('app,!other')).to.equal(2);
  });

  it('wants six digits in the times of a Lease, and its resourceVersion on update', () => {
    const world = smallWorld();
    const leases = '/apis/coordination.k8s.io/v1/namespaces/spark/leases';
    const lease = (renewTime: string, extra: object = {}): Json => ({
      metadata: { name: 'l', ...extra },
      spec: { holderIdentity: 'a', renewTime },
    });
    expect(api(world, 'POST', leases, lease('2026-01-01T00:00:00.123Z')).status).to.equal(400);
    expect(api(world, 'POST', leases, lease('2026-01-01T00:00:00.123000Z')).status).to.equal(201);
    expect(api(world, 'POST', leases, lease('2026-01-01T00:00:00.123000Z')).body).to.include('AlreadyExists');
    expect(api(world, 'PUT', `${leases}/l`, lease('2026-01-01T00:00:01.123000Z')).status).to.equal(422);
    const stored = read(world, `${leases}/l`);
    const resourceVersion = at(stored, 'metadata', 'resourceVersion') ?? null;
    const next = lease('2026-01-01T00:00:01.123000Z', { resourceVersion });
    expect(api(world, 'PUT', `${leases}/l`, next).status).to.equal(200);
    expect(api(world, 'PUT', `${leases}/l`, next).status).to.equal(409);
    const spec = { renewTime: '2026-01-01T00:00:02.000000Z' };
    expect(api(world, 'PATCH', `${leases}/l`, { metadata: { resourceVersion }, spec }, MERGE).status).to.equal(409);
    expect(api(world, 'PATCH', `${leases}/l`, { spec }, MERGE).status).to.equal(200);
    expect(at(read(world, `${leases}/l`), 'spec')).to.deep.equal({ holderIdentity: 'a', ...spec });
  });

  it('serves ConfigMaps, Events and access reviews, and denies what is denied', () => {
    const world = smallWorld({ configMaps: { settings: { a: '1' } } });
    const maps = '/api/v1/namespaces/spark/configmaps';
    expect(api(world, 'PATCH', `${maps}/settings`, { data: { a: null, b: '2' } }, MERGE).status).to.equal(200);
    expect(at(read(world, maps), 'items', 0, 'data')).to.deep.equal({ b: '2' });
    const event = { metadata: { generateName: 'e.' }, involvedObject: { namespace: 'spark' }, reason: 'R', count: 1 };
    const made = jsonOf(api(world, 'POST', '/api/v1/namespaces/spark/events', event));
    const name = textAt(objectAt(made, 'metadata'), 'name') ?? '';
    expect(api(world, 'PATCH', `/api/v1/namespaces/spark/events/${name}`, { count: 2 }, MERGE).status).to.equal(200);
    const wrong = { ...event, involvedObject: { namespace: 'other' } };
    expect(api(world, 'POST', '/api/v1/namespaces/spark/events', wrong).status).to.equal(422);

    world.faults.denials.push({ verb: 'patch', resource: 'replicationcontrollers/scale' });
    const allowed = (verb: string): unknown => {
      const resourceAttributes = { verb, resource: 'replicationcontrollers', subresource: 'scale' };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      return at(parseJson(api(world, 'POST', path, { spec: { resourceAttributes } }).body), 'status', 'allowed');
    };
    expect([allowed('get'), allowed('patch')]).to.deep.equal([true, false]);
    expect(api(world, 'PATCH', SCALE, { spec: { replicas: 1 } }, MERGE).status).to.equal(403);
  });

  it('answers unknown paths and names with a Status, and counts calls and bytes', () => {
    const world = smallWorld();
    for (const path of ['/apis/x/v1/y', `${POD_LIST}/none`, '/api/v1/namespaces/other/configmaps/none'])
      expect(parseJson(api(world, 'GET', path).body)).to.include({ kind: 'Status', code: 404, reason: 'NotFound' });
    expect(api(world, 'POST', CONTROLLER, {}).status).to.equal(405);
    const bytes = world.apiUsage.bytesSent;
    const { body } = api(world, 'GET', SCALE);
    expect(world.apiUsage.bytesSent - bytes).to.equal(Buffer.byteLength(body));
    api(world, 'PATCH', SCALE, { spec: { replicas: 1 } }, MERGE);
    expect(Object.fromEntries(world.apiUsage.requests)).to.include({
      'get replicationcontrollers/scale': 1,
      'patch replicationcontrollers/scale': 1,
      'get pods': 1,
    });
  });

  it('breaks as told: 429 in plain text, 500, one conflict', () => {
    const world = smallWorld();
    world.faults.api = 'too-many-requests';
    world.faults.retryAfterSec = 7;
    const busy = api(world, 'GET', SCALE);
    expect(busy).to.include({ status: 429, type: 'text/plain;charset=utf-8' });
    expect(busy.headers).to.deep.equal({ 'retry-after': '7' });
    world.faults.api = 'error';
    expect(api(world, 'GET', SCALE).status).to.equal(500);
    world.faults.api = 'none';
    world.faults.conflicts.push('replicationcontrollers/scale');
    const statuses = [1, 2].map(() => api(world, 'PATCH', SCALE, { spec: { replicas: 1 } }, MERGE).status);
    expect(statuses).to.deep.equal([409, 200]);
    expect(isObject(read(world, SCALE) ?? null)).to.equal(true);
  });
});
