/** Stages that hand on to each other, the trace that explains them, and failures as values. */
import { expect } from 'chai';
import { decide } from '../../src/core/decide.ts';
import type { CoreMemory } from '../../src/core/decision.ts';
import { buildFleet } from '../../src/core/fleet.ts';
import { unknown } from '../../src/core/reading.ts';
import { resources, type Resources } from '../../src/core/resources.ts';
import { describeError, err, ok } from '../../src/core/result.ts';
import { shapeOf } from '../../src/core/stages.ts';
import { newTrace, type Stage } from '../../src/core/trace.ts';
import {
  applicationAsking,
  applicationSeen,
  busyWorker,
  calmMemory,
  master,
  NOW_MS,
  observation,
  pod,
  pods,
  reading,
  rules,
  settings,
  target,
  worker,
  type ObservationParts,
} from './support/builders.ts';
import { asking, decided, idle } from './support/decide-scenes.ts';

describe('stages: R6: the size of a worker', () => {
  const sizes = { seen: resources(1, 1), template: resources(2, 2), set: resources(3, 3), last: resources(4, 4) };
  interface Known {
    readonly seen?: Resources;
    readonly template?: Resources | undefined;
    readonly set?: Resources;
    readonly last?: Resources;
  }

  function size({ seen, template, set, last }: Known): Resources | undefined {
    const view = target(1, { workerShape: template });
    const workerList = seen === undefined ? [] : [worker(1, { total: seen })];
    const memory: CoreMemory = calmMemory({ lastShape: last });
    return shapeOf(
      buildFleet(master({ workers: workerList }), [pod(1)], view),
      view,
      memory,
      rules({ workerShape: set }),
    );
  }

  it('R6: is what an ALIVE worker of ours shows', () => {
    expect(size(sizes)).to.equal(sizes.seen);
  });

  it('R6: else what the pod template says, else what is set, else what was last seen, else unknown', () => {
    const { template, set, last } = sizes;
    expect(size({ template, set, last })).to.equal(template);
    expect(size({ set, last })).to.equal(set);
    expect(size({ last })).to.equal(last);
    expect(size({})).to.equal(undefined);
  });

  it('R6: is not what a worker of others shows, nor one that is not ALIVE', () => {
    const view = target(1, { workerShape: sizes.template });
    const total = sizes.seen;
    const other = buildFleet(master({ workers: [worker(9, { total })] }), [pod(1)], view);
    expect(shapeOf(other, view, calmMemory(), rules())).to.equal(sizes.template);
    const marked = buildFleet(master({ workers: [worker(1, { total, state: 'DECOMMISSIONED' })] }), [pod(1)], view);
    expect(shapeOf(marked, view, calmMemory(), rules())).to.equal(sizes.template);
    const both = [worker(1, { state: 'DECOMMISSIONED' }), worker(1, { id: 'again', total })];
    expect(shapeOf(buildFleet(master({ workers: both }), [pod(1)], view), view, calmMemory(), rules())).to.equal(total);
  });

  it('R6: is the same object as long as it is the same size', () => {
    const last = resources(4, 4);
    expect(size({ seen: resources(4, 4), last })).to.equal(last);
    expect(size({ template: resources(4, 4), last })).to.equal(last);
  });

  it('R6: is remembered from pass to pass', () => {
    const bare = { targetReading: reading(target(1, { workerShape: undefined })) };
    const seen = decide(observation({ ...asking(4, 1), ...bare }), calmMemory(), rules()).memory;
    expect(seen.lastShape).to.deep.equal(worker(1).total);
    const later = { nowMs: NOW_MS + 1_000, planned: 0, applications: [applicationAsking(9)] };
    const none = { targetReading: reading(target(0, { workerShape: undefined }), { takenAtMs: NOW_MS + 1_000 }) };
    const grown = decide(observation({ ...later, ...none }), seen, rules());
    expect(grown.decision.action).to.include({ kind: 'resize', to: 3 });
    const blind = decide(observation({ ...later, ...none }), calmMemory(), rules());
    expect(blind.decision.action).to.include({ kind: 'resize', to: 1 });
  });
});

describe('stages: what blocks a shrink', () => {
  it('is everything that forbids it, each with its reason', () => {
    const parts = idle(2, {
      podsReading: unknown('forbidden'),
      applications: [
        { ...applicationAsking(0, { id: 'a', state: 'UNKNOWN' }), gauges: unknown('x') },
        applicationAsking(0, { id: 'b' }),
        { ...applicationAsking(0, { id: 'c' }), gauges: unknown('x') },
      ],
    });
    const expectation = { atMs: NOW_MS, chosen: ['uid-1'], before: new Map() };
    const { blockers, trace } = decided(parts, {}, calmMemory({ expectation }));
    expect(blockers).to.deep.equal([
      '1 applications are UNKNOWN to the master (recovery)',
      'the pods are unknown: forbidden',
      'the demand of a is unknown',
      'the demand of c is unknown',
      'the last shrink is still being verified',
    ]);
    expect(trace.lines.filter(({ stage }) => stage === 'guard').map(({ text }) => text)).to.deep.equal(blockers);
  });
});

describe('stages: the trace', () => {
  const texts = (parts: ObservationParts, stage: Stage): readonly string[] =>
    decided(parts)
      .trace.lines.filter((line) => line.stage === stage)
      .map(({ text }) => text);

  it('has a line of every stage of a decision, in order, with its numbers', () => {
    const trace = decided(asking(20, 2)).trace.lines;
    expect(trace.map(({ stage }) => stage)).to.deep.equal(['observe', 'demand', 'packing', 'policy', 'action']);
    expect(trace[0]).to.deep.equal({
      stage: 'observe',
      text: '2 workers registered, 2 planned',
      facts: { observedWorkers: 2, plannedWorkers: 2, existingPods: 2, servingWorkers: 2 },
    });
    expect(trace[1]?.facts).to.deep.equal({ executors: 20, heldExecutors: 8, basis: 'target', certain: true });
    expect(trace[2]).to.deep.equal({
      stage: 'packing',
      text: 'the demand needs 5 workers of 4 cores and 8192 MiB',
      facts: { wantedWorkers: 5, newWorkers: 3, spareIdleWorkers: 0, spareArrivingWorkers: 0, unplacedExecutors: 12 },
    });
    expect(trace[3]?.facts).to.deep.equal({ reason: 'demand', desiredWorkers: 5 });
    expect(trace[4]).to.deep.include({ text: 'the count goes from 2 to 5', facts: { action: 'resize' } });
  });

  it('says where the size of a worker is unknown', () => {
    const parts = {
      applications: [applicationAsking(1)],
      targetReading: reading(target(0, { workerShape: undefined })),
    };
    expect(texts(parts, 'packing')).to.deep.equal(['the demand needs 1 workers of unknown size']);
  });

  it('names executors that fit no worker, and the mend', () => {
    const huge = applicationAsking(2, { id: 'huge' }, { executorCores: 16 });
    expect(texts(idle(1, { applications: [huge] }), 'packing')[1]).to.match(
      /^2 executors of huge fit no worker: needs 16 cores/,
    );
  });

  it('names applications that more workers would not help', () => {
    const greedy = applicationSeen({ settings: reading(settings({ dynamicAllocation: false })) });
    const later = applicationAsking(4, { id: 'later' });
    const parts = { workers: [busyWorker(1)], pods: [pod(1)], applications: [greedy, later] };
    expect(texts(parts, 'packing')[1]).to.equal(
      'more workers would not help later: another application takes every core first',
    );
    expect(decided(parts).starved).to.deep.equal(['later']);
  });

  it('says what is unknown where nothing can be decided', () => {
    expect(texts({ targetReading: unknown('forbidden') }, 'observe')).to.deep.equal([
      'the worker controller is unknown: forbidden',
    ]);
    expect(texts({ masterReading: unknown('timeout') }, 'observe')).to.deep.equal(['the master is unknown: timeout']);
    const { trace } = decided({ pods: pods(1, 1), masterReading: unknown('x') }, { minWorkers: 2 });
    expect(trace.lines.at(-1)).to.deep.include({ stage: 'action', text: '1 is below min 2' });
  });

  it('starts empty, keeps its order, and facts may be left out', () => {
    const trace = newTrace();
    expect(trace.lines).to.deep.equal([]);
    trace.add('bounds', 'first', { workers: 1 });
    trace.add('victims', 'second');
    expect(trace.lines).to.deep.equal([
      { stage: 'bounds', text: 'first', facts: { workers: 1 } },
      { stage: 'victims', text: 'second', facts: {} },
    ]);
    expect(newTrace().lines).to.deep.equal([]);
  });
});

describe('result: failures as values', () => {
  it('wraps what succeeded and what did not', () => {
    expect(ok(1)).to.deep.equal({ ok: true, value: 1 });
    expect(err('why')).to.deep.equal({ ok: false, error: 'why' });
  });

  it('is described in one line, with the status where an answer came', () => {
    const error = { kind: 'timeout', what: 'master /json/', detail: 'no answer within 2 s' } as const;
    expect(describeError(error)).to.equal('master /json/: timeout: no answer within 2 s');
    expect(describeError({ ...error, kind: 'refused', status: 503 })).to.equal(
      'master /json/: refused (HTTP 503): no answer within 2 s',
    );
  });
});
