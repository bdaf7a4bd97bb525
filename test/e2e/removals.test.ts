/** The tools that judge removals can be wrong themselves: what they must see in logs of known content. */
import { expect } from 'chai';
import type { AuditEntry } from './audit-log.ts';
import type { PodEvent } from './node-agent.ts';
import { tookEffect } from './rig/cut-writes.ts';
import { executorTimeline } from './rig/executor-timeline.ts';
import { countFaults, FAULT_KINDS } from './rig/fault-log.ts';
import { killedByMaster, without } from './rig/left-out.ts';
import { removalsOf, type RemovalSources } from './rig/removals.ts';
import { equalBut, scaleWrites } from './rig/replica-changes.ts';
import { addFigures, figuresOf, missingFrom, removalLines } from './rig/totals.ts';
import { wrongVictims } from './rig/wrong-victims.ts';

const HOST = '127.9.0.1';
const NO_REPEATS = { fetchFailures: 0, stagesRunTwice: 0, mapTasksRepeated: 0 };

function added(id: string, host: string, atMs: number): string {
  const info = { Host: host };
  return JSON.stringify({
    Event: 'SparkListenerExecutorAdded',
    Timestamp: atMs,
    'Executor ID': id,
    'Executor Info': info,
  });
}

function removed(id: string, atMs: number): string {
  return JSON.stringify({ Event: 'SparkListenerExecutorRemoved', Timestamp: atMs, 'Executor ID': id });
}

function task(id: number, executor: string, fromMs: number, toMs: number | undefined, bytes = 0): string {
  const info = { 'Task ID': id, 'Executor ID': executor, 'Launch Time': fromMs, 'Finish Time': toMs ?? 0 };
  if (toMs === undefined) return JSON.stringify({ Event: 'SparkListenerTaskStart', 'Task Info': info });
  const metrics = { 'Shuffle Write Metrics': { 'Shuffle Bytes Written': bytes } };
  return JSON.stringify({ Event: 'SparkListenerTaskEnd', 'Task Info': info, 'Task Metrics': metrics });
}

describe('timeline of executors', () => {
  const timeline = executorTimeline([
    added('1', HOST, 100),
    task(1, '1', 200, undefined),
    task(1, '1', 200, 300, 77),
    task(2, '1', 400, undefined),
    added('2', '127.9.0.2', 100),
    removed('1', 900),
    removed('1', 1_200),
    '{"Event":"SparkListenerTaskEnd","Task In',
  ]);

  it('shuffle is held from the end of the task that wrote it until the executor goes', () => {
    expect([299, 300, 899, 900].map((atMs) => timeline.at(HOST, atMs).heldShuffle)).to.deep.equal([
      ...[false, true, true, false],
    ]);
  });

  it('a task runs from its launch to its end; one without an end while its executor is there', () => {
    expect([199, 200, 299, 300, 400, 899, 900].map((atMs) => timeline.at(HOST, atMs).tasksRunning)).to.deep.equal([
      ...[0, 1, 1, 0, 1, 1, 0],
    ]);
  });

  it('executors end with their application', () => {
    const end = JSON.stringify({ Event: 'SparkListenerApplicationEnd', Timestamp: 700 });
    const over = executorTimeline([added('1', HOST, 100), task(1, '1', 200, undefined), end]);
    expect([699, 700].map((atMs) => over.at(HOST, atMs).executors)).to.deep.equal([1, 0]);
  });

  it('counts executors by host', () => {
    expect(timeline.at(HOST, 500)).to.include({ executors: 1 });
    expect(timeline.at('127.9.0.2', 500)).to.deep.equal({ executors: 1, heldShuffle: false, tasksRunning: 0 });
    expect(timeline.at('127.9.0.3', 500)).to.include({ executors: 0 });
  });
});

function write(uid: string, chosenAt: string | null, atMs: number): AuditEntry {
  const request = { metadata: { uid, annotations: { 'elastic-worker/chosen-at': chosenAt } } };
  const base = { id: `${atMs}`, verb: 'patch', user: 'u', path: '', resource: 'pods', namespace: 'n', status: 200 };
  return { ...base, name: `pod-${uid}`, atMs, request, response: undefined };
}

function events(uid: string, ...moments: (readonly [PodEvent['what'], number])[]): PodEvent[] {
  return moments.map(([what, atMs]) => ({ what, atMs, uid, pod: `pod-${uid}`, host: HOST }));
}

function sources(over: Partial<RemovalSources>): RemovalSources {
  return { writes: [], podEvents: [], timelines: [], passes: [], faults: [], ...over };
}

describe('removals', () => {
  const life = events('a', ['ready', 10], ['terminating', 5_000], ['gone', 6_000]);
  const busy = executorTimeline([added('1', HOST, 0), task(1, '1', 10, 20, 5), task(2, '1', 30, undefined)]);

  it('what the victim held is looked up at the moment of its choice', () => {
    const [one] = removalsOf(sources({ writes: [write('a', '1', 2_000)], podEvents: life, timelines: [busy] }));
    expect(one).to.include({ mode: 'drain', heldShuffle: true, hadTasks: true, chosenAtMs: 2_000, goneAtMs: 6_000 });
    const [early] = removalsOf(sources({ writes: [write('a', '1', 15)], podEvents: life, timelines: [busy] }));
    expect(early).to.include({ mode: 'drain', heldShuffle: false, hadTasks: true });
    const [idle] = removalsOf(sources({ writes: [write('a', '1', 2_000)], podEvents: life }));
    expect(idle).to.include({ mode: 'idle', heldShuffle: false, hadTasks: false });
  });

  it('a choice that was taken back does not count, and a second write of one that stands is no new choice', () => {
    const writes = [write('a', '1', 12), write('a', null, 40), write('a', '2', 2_000), write('a', '3', 3_000)];
    expect(removalsOf(sources({ writes, podEvents: life }))[0]).to.include({ chosenAtMs: 2_000 });
  });

  it('leaves out pods that nobody chose, that never were Ready, and that are not gone', () => {
    const writes = [write('a', '1', 2_000), write('b', '1', 2_000), write('c', '1', 2_000)];
    const podEvents = [
      ...events('b', ['terminating', 5_000], ['gone', 6_000]),
      ...events('c', ['ready', 10], ['terminating', 5_000]),
      ...events('d', ['ready', 10], ['terminating', 5_000], ['gone', 6_000]),
    ];
    expect(removalsOf(sources({ writes, podEvents }))).to.deep.equal([]);
  });

  it('a pod that bears the name of an earlier one is another pod', () => {
    const again = events('b', ['ready', 7_000], ['terminating', 8_000], ['gone', 9_000]);
    const found = removalsOf(sources({ writes: [write('b', '1', 7_500)], podEvents: [...life, ...again] }));
    expect(found.map(({ goneAtMs }) => goneAtMs)).to.deep.equal([9_000]);
  });

  it('counts from the first pass of the surplus in which it was chosen', () => {
    const passes = [
      { atMs: 500, reason: 'surplus' },
      { atMs: 900, reason: 'steady' },
      { atMs: 1_400, reason: 'surplus' },
      { atMs: 1_900, reason: 'surplus' },
      { atMs: 2_010, reason: 'surplus' },
    ];
    const writes = [write('a', '1', 2_000)];
    expect(removalsOf(sources({ writes, podEvents: life, passes }))[0]?.surplusAtMs).to.equal(1_400);
    expect(removalsOf(sources({ writes, podEvents: life }))[0]?.surplusAtMs).to.equal(undefined);
  });

  it('a fault belongs to the removals it fell into', () => {
    const fault = (atMs: number, pod = 'pod-a') => ({ kind: 'annotation lost' as const, atMs, pods: [pod] });
    const of = (...faults: ReturnType<typeof fault>[]) =>
      removalsOf(sources({ writes: [write('a', '1', 4_000)], podEvents: life, faults }))[0]?.faults;
    expect(of(fault(4_100), fault(4_200))).to.deep.equal(['annotation lost']);
    expect(of(fault(1_000))).to.deep.equal([]);
    expect(of(fault(4_100, 'pod-b'))).to.deep.equal([]);
    expect(of(fault(9_000))).to.deep.equal([]);
  });
});

describe('totals of removals', () => {
  const removal = {
    pod: 'p',
    chosenAtMs: 2_000,
    goneAtMs: 9_000,
    surplusAtMs: 1_000,
    mode: 'drain' as const,
    heldShuffle: true,
    hadTasks: false,
    faults: ['annotation lost' as const],
  };
  const fired = [{ kind: 'annotation lost' as const, atMs: 0, pods: ['p'] }];

  it('each list of seconds holds its own mode', () => {
    const figures = figuresOf(
      [removal, { ...removal, mode: 'idle', heldShuffle: false, faults: [] }],
      fired,
      NO_REPEATS,
    );
    expect(figures).to.deep.include({ removals: 2, heldShuffle: 1, hadTasks: 0, withFaults: 1 });
    expect([figures.drainSeconds, figures.idleSeconds]).to.deep.equal([[8], [8]]);
    expect(countFaults(fired)).to.deep.equal({ 'annotation lost': 1 });
  });

  it('says what a record lacks, and nothing of one that has all', () => {
    const few = figuresOf([removal], fired, NO_REPEATS);
    expect(missingFrom(few)).to.have.length(3 + FAULT_KINDS.length);
    const all = FAULT_KINDS.flatMap((kind) => Array.from({ length: 5 }, () => ({ kind, atMs: 0, pods: [] })));
    const many = figuresOf(
      Array.from({ length: 200 }, () => ({ ...removal, hadTasks: true })),
      all,
      NO_REPEATS,
    );
    expect(missingFrom(many)).to.deep.equal([]);
    const unhurt = Array.from({ length: 151 }, () => ({ ...removal, hadTasks: true, faults: [] }));
    const calm = figuresOf([...unhurt, ...Array.from({ length: 49 }, () => removal)], all, NO_REPEATS);
    expect(missingFrom(calm)).to.deep.equal(['removals with a fault: 49, wanted 50']);
  });

  it('adds up, and prints the middle and the largest', () => {
    const one = figuresOf([removal], fired, { ...NO_REPEATS, fetchFailures: 1 });
    const two = addFigures([one, one, figuresOf([{ ...removal, goneAtMs: 21_000 }], [], NO_REPEATS)]);
    expect(two).to.deep.include({ removals: 3, fetchFailures: 2, drainSeconds: [8, 8, 20] });
    expect(two.faults['annotation lost']).to.equal(2);
    expect(removalLines(two).join('\n')).to.include('drain p50 8.0 s, max 20.0 s (of 3), idle -');
    expect(removalLines(undefined)).to.deep.equal([]);
  });
});

describe('wrong victims', () => {
  const ended = events('a', ['ready', 10], ['terminating', 5_000]);

  it('is who ended without being chosen, or after the choice was taken back', () => {
    expect(wrongVictims([], ended)).to.deep.equal(['pod-a']);
    expect(wrongVictims([write('b', '1', 2_000)], ended)).to.deep.equal(['pod-a']);
    expect(wrongVictims([write('a', '1', 2_000), write('a', null, 3_000)], ended)).to.deep.equal(['pod-a']);
    expect(wrongVictims([write('a', '1', 5_001)], ended)).to.deep.equal(['pod-a']);
  });

  it('is who was chosen only, where the master marks workers', () => {
    const mark = (uid: string, marked: string | null, atMs: number): AuditEntry => ({
      ...write(uid, '1', atMs),
      request: { metadata: { uid, annotations: { 'elastic-worker/marked-at': marked } } },
    });
    const chosen = write('a', '1', 2_000);
    expect(wrongVictims([chosen, mark('b', '1', 3_000)], ended)).to.deep.equal(['pod-a']);
    expect(wrongVictims([chosen, mark('a', '1', 3_000)], ended)).to.deep.equal([]);
    expect(wrongVictims([chosen, mark('a', '1', 6_000)], ended)).to.deep.equal(['pod-a']);
    expect(wrongVictims([chosen, mark('b', '1', 3_000), mark('b', null, 3_100)], ended)).to.deep.equal([]);
  });

  it('is not who was chosen, deleted by its UID, or never Ready', () => {
    expect(wrongVictims([write('a', '1', 2_000)], ended)).to.deep.equal([]);
    const again = [write('a', '1', 1_000), write('a', null, 2_000), write('a', '2', 3_000)];
    expect(wrongVictims(again, ended)).to.deep.equal([]);
    const deletion = { ...write('a', '1', 4_000), verb: 'delete', request: { preconditions: { uid: 'a' } } };
    expect(wrongVictims([deletion], ended)).to.deep.equal([]);
    expect(wrongVictims([], events('a', ['terminating', 5_000]))).to.deep.equal([]);
  });
});

describe('writes that were cut', () => {
  const cut = (one: AuditEntry): AuditEntry => ({ ...one, status: 504 });
  const went = (annotations: Readonly<Record<string, string>>): PodEvent[] =>
    events('a', ['ready', 10], ['terminating', 5_000]).map((event) =>
      event.what === 'terminating' ? { ...event, annotations } : event,
    );

  it('took effect where the pod had at its end what they say', () => {
    expect(tookEffect(cut(write('a', '7', 2_000)), went({ 'elastic-worker/chosen-at': '7' }))).to.equal(true);
    expect(tookEffect(cut(write('a', null, 2_000)), went({}))).to.equal(true);
    const deletion = { ...write('a', null, 4_000), verb: 'delete', request: { preconditions: { uid: 'a' } } };
    expect(tookEffect(cut(deletion), went({}))).to.equal(true);
    expect(tookEffect(cut({ ...deletion, atMs: 5_001 }), went({}))).to.equal(false);
  });

  it('did not where it had not, or nobody saw', () => {
    const chosen = cut(write('a', '7', 2_000));
    expect(tookEffect(chosen, went({}))).to.equal(false);
    expect(tookEffect(chosen, went({ 'elastic-worker/chosen-at': '8' }))).to.equal(false);
    expect(tookEffect(chosen, events('b', ['terminating', 5_000]))).to.equal(false);
    expect(tookEffect(cut(write('a', null, 2_000)), went({ 'elastic-worker/chosen-at': '6' }))).to.equal(false);
    expect(tookEffect({ ...chosen, status: 409 }, went({ 'elastic-worker/chosen-at': '7' }))).to.equal(false);
    expect(tookEffect({ ...chosen, resource: 'replicationcontrollers/scale' }, went({}))).to.equal(false);
  });
});

describe('changes of the count', () => {
  const count = (request: unknown, resource = 'replicationcontrollers/scale'): AuditEntry => {
    return { ...write('', null, 1), resource, request };
  };

  it('is read from whatever a kind of target is written with', () => {
    const writes = [
      count({ metadata: { resourceVersion: '7' }, spec: { replicas: 3 } }),
      count({ spec: { worker: { instances: 4 } } }, 'sparkclusters'),
      count([
        { op: 'test', path: '/spec/replicas', value: 1 },
        { op: 'add', path: '/spec/replicas', value: 5 },
      ]),
      count({ spec: { replicas: 9 } }, 'pods'),
    ];
    expect(scaleWrites(writes).map(({ replicas }) => replicas)).to.deep.equal([3, 4, 5]);
  });

  it('all that was said was written, in order; what was written was said, unless it may be missing', () => {
    const written = [8, 5, 1].map((replicas, index) => ({ id: String(index), atMs: index, replicas }));
    const agrees = (said: readonly number[], untold: readonly string[] = []): boolean =>
      equalBut(said, written, ({ id }) => untold.includes(id));
    expect(agrees([8, 5, 1])).to.equal(true);
    expect(agrees([8, 1])).to.equal(false);
    expect(agrees([8, 1], ['1'])).to.equal(true);
    expect(agrees([8, 5, 1], ['1'])).to.equal(true);
    expect(agrees([8, 1], ['0'])).to.equal(false);
    expect(agrees([5, 8, 1])).to.equal(false);
    expect(agrees([8, 5, 1, 0])).to.equal(false);
  });
});

describe('executors that the restarted master killed itself', () => {
  const span = { fromMs: 1_000, toMs: 90_000 };
  const interrupted = 'Runner thread for executor app-20261126233924-0000/70 interrupted';

  function killed(reason: string, removedMs: number, end?: Pick<PodEvent, 'what' | 'atMs'>): number {
    const executor = { executorId: '70', host: HOST, addedMs: 0, removedMs, reason, tasksLost: 0 };
    const events = end === undefined ? [] : [{ pod: 'p', uid: 'u', host: HOST, ...end }];
    return killedByMaster([executor], events, span).length;
  }

  it('are those whose worker was asked to kill them while its pod went on', () => {
    expect(killed(interrupted, 50_000)).to.equal(1);
    expect(killed(interrupted, 50_000, { what: 'terminating', atMs: 80_000 })).to.equal(1);
  });

  it('are not those of a pod that was ended, of a worker that was marked, or of another cycle', () => {
    expect(killed(interrupted, 50_000, { what: 'terminating', atMs: 49_000 })).to.equal(0);
    expect(killed(interrupted, 50_000, { what: 'terminating', atMs: 51_000 })).to.equal(0);
    expect(killed('Executor decommission: worker decommissioned', 50_000)).to.equal(0);
    expect(killed('worker lost: 127.9.0.1:1 got disassociated', 50_000)).to.equal(0);
    expect(killed(interrupted, 95_000)).to.equal(0);
  });

  it('what their cycle repeated does not count, and nothing else is left out', () => {
    const all = { fetchFailures: 1, stagesRunTwice: 3, mapTasksRepeated: 9 };
    const cycle = { fetchFailures: 0, stagesRunTwice: 1, mapTasksRepeated: 5 };
    expect(without(all, [cycle])).to.deep.equal({ fetchFailures: 1, stagesRunTwice: 2, mapTasksRepeated: 4 });
  });
});
