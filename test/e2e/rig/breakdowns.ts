/** Faults of programs and nodes: the daemon is killed, the master restarts, pods end slowly, an executor starts late. */
import { waitFor } from '../support/wait.ts';
import type { Exchange } from './api-faults.ts';
import type { Armed, Injection } from './injections.ts';
import { annotatedPods, WORKERS, type World } from './world.ts';

/** Looks until it is told to stop; resolves with whether `found` became true. */
async function watch(signal: AbortSignal, found: () => Promise<boolean>): Promise<boolean> {
  const done = await waitFor('a moment', async () => signal.aborted || ((await found()) && 'found'), {
    timeoutMs: 600_000,
    intervalMs: 50,
  });
  return done === 'found';
}

function inBackground(work: (signal: AbortSignal) => Promise<void>): Armed {
  const ended = new AbortController();
  const done = work(ended.signal);
  done.catch(() => undefined);
  return {
    end: async () => {
      ended.abort();
      await done;
    },
  };
}

const REQUEST_OF = {
  chosen: 'choose',
  marked: 'mark',
  empty: 'resize',
  'count lowered': 'resize',
} as const;

/** The daemon dies while it writes: after the write was done, or, where pods are empty, right before. */
export function killedAt(step: keyof typeof REQUEST_OF): Injection {
  const call = REQUEST_OF[step];
  return {
    name: `daemon killed: ${step}`,
    arm: (world) => {
      let underWay: Promise<unknown> = Promise.resolve();
      const { disarm } = world.api.arm({
        matches: (exchange) => exchange.call === call && (call !== 'resize' || exchange.lowers),
        handle: async (exchange) => {
          const pods = await podsOf(world, exchange);
          const killed = world.killDaemon(async () => {
            if (step !== 'empty') await exchange.forward();
          });
          underWay = killed.then(() => {
            world.faults.fire(`daemon killed: ${step}`, pods);
          });
          await underWay;
          return 'silence';
        },
      });
      return {
        end: async () => {
          disarm();
          await underWay;
        },
      };
    },
  };
}

async function podsOf(world: World, { pod }: Exchange): Promise<string[]> {
  return [...new Set([...(pod === undefined ? [] : [pod]), ...(await world.onTheirWay()).map(({ name }) => name)])];
}

/** Pods whose worker the master shows as DECOMMISSIONED and that are not ending yet. */
async function drainingPods({ rig }: World): Promise<string[]> {
  const { workers } = await rig.master.state();
  const gone = new Set(workers.filter(({ state }) => state === 'DECOMMISSIONED').map(({ host }) => host));
  return (await annotatedPods(rig.admin, rig.options.name))
    .filter(({ podIp, marked }) => marked && gone.has(podIp))
    .map(({ name }) => name);
}

/** The daemon dies while workers drain. */
export const KILLED_DRAINING: Injection = {
  name: 'daemon killed: draining',
  arm: (world) =>
    inBackground(async (signal) => {
      let pods: string[] = [];
      if (!(await watch(signal, async () => (pods = await drainingPods(world)).length > 0))) return;
      await world.killDaemon(() => undefined);
      world.faults.fire('daemon killed: draining', pods);
    }),
};

/** The master dies once it has decommissioned workers, and comes back with what its recovery kept. */
export const MASTER_RESTARTS: Injection = {
  name: 'master restarts after the mark',
  arm: (world) =>
    inBackground(async (signal) => {
      let pods: string[] = [];
      if (!(await watch(signal, async () => (pods = await drainingPods(world)).length > 0))) return;
      await world.rig.master.restart('SIGKILL');
      world.faults.fire('master restarts after the mark', pods);
    }),
};

/** Pods take this long after the end of their worker to leave the API. */
export function slowToEnd(ms: number): Injection {
  return {
    name: 'pods slow to end',
    arm: (world) => {
      const { agent } = world.rig;
      const from = agent.events().length;
      agent.slowToEnd(ms);
      return {
        end: () => {
          agent.slowToEnd(0);
          const since = agent.events().slice(from);
          for (const { uid, pod, atMs } of since.filter(({ what }) => what === 'terminating')) {
            const goneAtMs = since.find((event) => event.uid === uid && event.what === 'gone')?.atMs;
            if (goneAtMs !== undefined && goneAtMs - atMs >= ms) world.faults.fire('pod slow to end', [pod]);
          }
          return Promise.resolve();
        },
      };
    },
  };
}

const BOOKED_WITHIN_MS = 4_000;

/** While an idle worker is being chosen, the application asks for executors, and one is started there. */
export const EXECUTOR_STARTS: Injection = {
  name: 'executor starts between choice and mark',
  arm: (world) => {
    let late: Promise<unknown> = Promise.resolve();
    const { disarm } = world.api.arm(
      {
        matches: ({ call }) => call === 'choose',
        handle: async (exchange) => {
          const host = world.rig.agent.pods().find(({ name }) => name === exchange.pod)?.podIp;
          const idle = (await coresUsed(world, host)) === 0;
          const answer = await exchange.forward();
          if (!idle || answer.status >= 300 || exchange.pod === undefined) return answer;
          disarm();
          const number = world.app.begin({ do: 'tail', slow: 0, short: 24, shortSeconds: 0.5, ask: WORKERS });
          late = number.then((one) => world.app.done(one));
          late.catch(() => undefined);
          const booked = waitFor(`an executor at ${host ?? ''}`, async () => (await coresUsed(world, host)) > 0, {
            timeoutMs: BOOKED_WITHIN_MS,
            intervalMs: 50,
          });
          if (await booked.catch(() => false))
            world.faults.fire('executor starts between choice and mark', [exchange.pod]);
          return answer;
        },
      },
      'always',
    );
    return {
      end: async () => {
        disarm();
        await late;
      },
    };
  },
};

async function coresUsed({ rig }: World, host: string | undefined): Promise<number> {
  const { workers } = await rig.master.state();
  return workers.find((worker) => worker.host === host && worker.state === 'ALIVE')?.coresused ?? NaN;
}
