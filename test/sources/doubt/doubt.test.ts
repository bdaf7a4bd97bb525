/**
 * Doubt: whatever happens to a source, no worker is lost by it, and the reason is told.
 *
 * A whole daemon runs over a small world, with the source under test in place of the drivers: from the source's own bytes
 * to the decision and the writes. Each source is held to the same list of faults.
 */
import { expect } from 'chai';
import { failure } from '../../daemon/support/results.ts';
import { FakeClock } from '../../daemon/support/clock.ts';
import { daemonOver, ENABLED, type Daemon } from '../../daemon/support/daemon.ts';
import { application, gaugesOf, RULES, SETTINGS } from '../../daemon/support/things.ts';
import { World } from '../../daemon/support/world.ts';
import { createMetrics } from '../../../src/status/metrics.ts';
import { sourceLinesOf } from '../../../src/status/source-line.ts';
import { StatusState } from '../../../src/status/status-state.ts';
import type { CycleReport } from '../../../src/status/report.ts';
import { ok } from '../../../src/core/result.ts';
import type { ApplicationView } from '../../../src/core/spark-view.ts';
import type { GaugeSource } from '../../../src/spark/ports.ts';
import { FAULTS, type DoubtRig, type Expected, type Fault, type Published, type RigKind } from './rig.ts';
import { PUSH_RIGS } from './push-rigs.ts';
import { ASKED_RIGS } from './rigs.ts';

/** A source of another kind is a rig more. */
const RIGS: readonly RigKind[] = [...ASKED_RIGS, ...PUSH_RIGS];

const WORKERS = 4;
/** Longer than the slowest source takes to grow stale, and a hold more. */
const LONG = 70;
/** Until the slowest source has been in time for so long that it is used although another one was there first. */
const WARM_UP = 90;

interface SceneOptions {
  /** `spark.metrics.namespace` of every application. */
  readonly namespace: string | undefined;
  readonly backup: GaugeSource | undefined;
}

/** A daemon with one source, or with a healthy one behind it. */
class Scene {
  readonly clock: FakeClock;
  readonly world: World;
  /** Active applications, the newest last. */
  applications: ApplicationView[] = [{ ...application('app-1'), name: 'nightly' }];
  ended: string[] = [];
  target = WORKERS;
  readonly reports: CycleReport[] = [];
  readonly #rig: DoubtRig;
  readonly #daemon: Daemon;

  constructor(clock: FakeClock, rig: DoubtRig, { namespace, backup }: SceneOptions) {
    this.clock = clock;
    this.world = new World(clock, WORKERS);
    this.#rig = rig;
    // All workers are idle, and could go at once: nothing but what is believed of the demand keeps them.
    this.world.wantedExecutors = 0;
    // The master's page would be another witness; here the source is alone.
    this.world.calls.twist('master.page', { error: failure('unreachable') }, Infinity);
    const { master } = this.world;
    const sources = backup === undefined ? [this.#rig.source] : [this.#rig.source, backup];
    this.#daemon = daemonOver(this.world, {
      live: () => ({ ...ENABLED, rules: { ...RULES, holdMs: 3_000 } }),
      observer: {
        gaugeSources: () => sources,
        settingsSource: {
          name: 'settings',
          read: () =>
            Promise.resolve(ok({ ...SETTINGS, ...(namespace !== undefined && { metricsNamespace: namespace }) })),
        },
        // Real requests take real time: a pass waits for them.
        beatBudgetMs: 2_000,
        master: {
          ...master,
          read: async (signal) => {
            const read = await master.read(signal);
            if (!read.ok) return read;
            return ok({ ...read.value, applications: this.applications, completedApplicationIds: this.ended });
          },
        },
      },
    });
  }

  get newest(): CycleReport {
    const report = this.reports.at(-1);
    if (report === undefined) throw new Error('no pass has run');
    return report;
  }

  async passes(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      this.clock.advance(1_000);
      await this.#rig.tick(this.#published());
      this.clock.advance(-1_000);
      this.reports.push(await this.#daemon.pass());
    }
  }

  shrinks(): readonly number[] {
    return this.world.counts.filter((count, index, all) => count < (all[index - 1] ?? WORKERS));
  }

  #published(): readonly Published[] {
    return this.applications.map(({ id, name }) => {
      return { applicationId: id, name, target: this.target, needed: this.target };
    });
  }
}

/** A source that is always there and always says the same. */
function backupOf(target: () => number): GaugeSource {
  return {
    name: 'backup',
    periodMs: () => 1_000,
    read: (applications) => Promise.resolve(new Map(applications.map(({ id }) => [id, ok(gaugesOf(target()))]))),
  };
}

/** What status, metrics and log say of a source of the only application. */
async function told(scene: Scene, source: string): Promise<{ status: string; metrics: string; log: string }> {
  const state = new StatusState({ version: '1', pollMs: 1_000, nowMs: scene.clock.nowMs, settings: () => ({}) });
  const metrics = createMetrics({ version: '1', node: '24' });
  state.add(scene.newest);
  metrics.observe(scene.newest);
  const { gaugeSources } = state.document() as { gaugeSources: { sources: { source: string }[] }[] };
  const { text } = await metrics.render('');
  const lines = scene.reports.flatMap((report, index) => sourceLinesOf(report, scene.reports[index - 1]));
  return {
    status: JSON.stringify(gaugeSources[0]?.sources.find((one) => one.source === source)),
    metrics: text
      .split('\n')
      .filter((line) => line.startsWith('elastic_worker_source_applications'))
      .join('\n'),
    log: lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`).join('\n'),
  };
}

describe('doubt', function () {
  this.timeout(60_000);
  let rig: DoubtRig | undefined;

  afterEach(async () => {
    await rig?.stop();
    rig = undefined;
  });

  async function sceneOf(kind: RigKind, { byName = false, backup = false } = {}): Promise<Scene> {
    const clock = new FakeClock();
    const built = await kind.build(clock, byName);
    rig = built;
    const scene: Scene = new Scene(clock, built, {
      namespace: byName ? 'nightly' : undefined,
      backup: backup ? backupOf(() => scene.target) : undefined,
    });
    return scene;
  }

  async function expectTold(scene: Scene, source: string, why: RegExp): Promise<void> {
    const { status, metrics, log } = await told(scene, source);
    expect(status, 'status').to.match(why);
    expect(status, 'status').to.not.match(/"state":"(?:in-use|ready)"/);
    expect(metrics, 'metrics').to.match(
      new RegExp(`source="${source}",state="(?:stale|unusable|absent|failed)"} 1$`, 'm'),
    );
    expect(log, 'log').to.match(why);
  }

  for (const kind of RIGS) {
    describe(kind.name, () => {
      it('is read, and fewer wanted workers make fewer workers: these tests could fail', async () => {
        const scene = await sceneOf(kind);
        await scene.passes(40);
        expect(scene.newest.gaugeSources[0]?.inUse).to.equal(kind.name);
        expect(scene.shrinks()).to.deep.equal([]);
        scene.target = 1;
        await scene.passes(LONG);
        expect(scene.shrinks()).to.not.deep.equal([]);
      });

      for (const fault of FAULTS) {
        const expected: Expected = kind.expected[fault];
        if ('impossible' in expected) continue;
        it(`${fault}: nobody goes, and ${'noticed' in expected ? 'the reason is told' : expected.harmless}`, async () => {
          const scene = await sceneOf(kind);
          await scene.passes(40);
          await broken(scene, fault);
          expect(scene.shrinks()).to.deep.equal([]);
          if ('noticed' in expected) await expectTold(scene, kind.name, expected.noticed);
          else expect(scene.newest.gaugeSources[0]?.inUse).to.equal(kind.name);
        });

        it(`${fault}: with another source behind it nothing changes`, async () => {
          const scene = await sceneOf(kind, { backup: true });
          await scene.passes(WARM_UP);
          expect(scene.newest.gaugeSources[0]?.inUse).to.equal(kind.name);
          await broken(scene, fault);
          expect(scene.world.counts).to.deep.equal([]);
          expect(scene.newest.decision.wantedWorkers).to.equal(WORKERS);
          const inUse = 'noticed' in expected ? 'backup' : kind.name;
          expect(scene.newest.gaugeSources[0]?.inUse).to.equal(inUse);
        });
      }

      /** The fault lasts: longer than any reading is fresh, and any hold. */
      async function broken(scene: Scene, fault: Fault): Promise<void> {
        await rig?.breakBy(fault);
        await scene.passes(LONG);
      }

      it('a driver that restarts with the same name: what its predecessor said last does not count', async () => {
        const scene = await sceneOf(kind, { byName: true });
        // A moment before servers keep the next value.
        await scene.passes(49);
        expect(scene.newest.gaugeSources[0]?.inUse).to.equal(kind.name);
        // Its last word is that it wants nobody any more; then it ends at once, and the next one begins.
        scene.target = 0;
        await scene.passes(1);
        scene.target = WORKERS;
        const startedAtEpochMs = scene.clock.nowEpochMs() + 1;
        scene.applications = [{ ...application('app-2'), name: 'nightly', startedAtEpochMs }];
        scene.ended = ['app-1'];
        await scene.passes(LONG);
        expect(scene.shrinks()).to.deep.equal([]);
        expect(scene.newest.gaugeSources).to.have.length(1);
        expect(scene.newest.gaugeSources[0]).to.include({ application: 'app-2', inUse: kind.name });
      });
    });
  }
});
