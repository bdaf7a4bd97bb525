/** The faults of the API server and of those who share it, each armed for one moment of a removal. */
import { controllerPath } from '../kube-api.ts';
import { statusAnswer, type Answer, type ApiCall, type Exchange } from './api-faults.ts';
import type { FaultKind } from './fault-log.ts';
import { TARGET } from './manifests.ts';
import type { World } from './world.ts';

export interface Armed {
  /** Takes back what has not hit, and waits for what is under way. */
  end(): Promise<void>;
}

export interface Injection {
  readonly name: string;
  arm(world: World): Armed;
}

/** Names of the pods that the daemon's removals are about at this moment, and of the one it is just writing on. */
async function concerned(world: World, exchange?: Exchange): Promise<string[]> {
  const pods = (await world.onTheirWay()).map(({ name }) => name);
  return [...new Set([...(exchange?.pod === undefined ? [] : [exchange.pod]), ...pods])];
}

/** Takes the next request of this kind; `handle` says whether the fault hit. */
function onNext(
  name: string,
  call: ApiCall,
  handle: (world: World, exchange: Exchange) => Promise<Answer | 'silence'>,
): Injection {
  return {
    name,
    arm: (world) => {
      let underWay: Promise<unknown> = Promise.resolve();
      const { disarm } = world.api.arm({
        matches: (exchange) => exchange.call === call && isShrink(exchange),
        handle: (exchange) => {
          const answer = handle(world, exchange);
          underWay = answer.catch(() => undefined);
          return answer;
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

/** Growth is a resize too, but nobody's removal. */
function isShrink({ call, lowers }: Exchange): boolean {
  return call !== 'resize' || lowers;
}

/** The API server answers so, and does nothing. */
export function answers(status: 429 | 500, call: ApiCall): Injection {
  const kind: FaultKind = status === 429 ? 'API answers 429' : 'API answers 500';
  return onNext(`${kind} to ${call}`, call, async (world, exchange) => {
    world.faults.fire(kind, await concerned(world, exchange));
    const headers = status === 429 ? { 'retry-after': '1' } : {};
    return statusAnswer(status, 'injected by the test', headers);
  });
}

/** No answer comes: `lost` after the write was done, `unsent` before. */
export function timesOut(how: 'lost' | 'unsent', call: ApiCall): Injection {
  return onNext(`API times out, ${how}, at ${call}`, call, async (world, exchange) => {
    world.faults.fire('API times out', await concerned(world, exchange));
    if (how === 'lost') await exchange.forward();
    return 'silence';
  });
}

/** Somebody else changes the object between the daemon's look and its write; the API server itself says 409. */
export function conflict(call: 'choose' | 'mark' | 'resize'): Injection {
  return onNext(`conflict at ${call}`, call, async (world, exchange) => {
    const { admin, options } = world.rig;
    const pods = await concerned(world, exchange);
    const path =
      exchange.pod === undefined
        ? controllerPath(options.name, TARGET)
        : `/api/v1/namespaces/${options.name}/pods/${exchange.pod}`;
    await admin.patch(path, { metadata: { annotations: { 'example.com/touched': String(Date.now()) } } });
    const answer = await exchange.forward();
    if (answer.status === 409) world.faults.fire('conflict on the PATCH', pods);
    return answer;
  });
}

const OURS = ['elastic-worker/chosen-at', 'elastic-worker/marked-at', 'controller.kubernetes.io/pod-deletion-cost'];

/** What the daemon just wrote on a pod is wiped before it can go on. */
export function annotationLost(call: 'choose' | 'mark'): Injection {
  return onNext(`annotation lost after ${call}`, call, async (world, exchange) => {
    const answer = await exchange.forward();
    if (answer.status >= 300 || exchange.pod === undefined) return answer;
    const { admin, options } = world.rig;
    const pods = await concerned(world, exchange);
    await admin.patch(`/api/v1/namespaces/${options.name}/pods/${exchange.pod}`, {
      metadata: { annotations: Object.fromEntries(OURS.map((key) => [key, null])) },
    });
    world.faults.fire('annotation lost', pods);
    return answer;
  });
}

/** Somebody else raises the count right before ours goes down. */
export const COUNT_RAISED: Injection = onNext('another writer raises the count', 'resize', async (world, exchange) => {
  const pods = await concerned(world);
  await world.rig.scaleByHand((await world.rig.planned()) + 1);
  world.faults.fire('another writer', pods);
  return exchange.forward();
});

/** Somebody else puts a pod that serves before those that were chosen. */
export const COST_LOWERED: Injection = onNext(
  'another writer sets a deletion cost',
  'choose',
  async (world, exchange) => {
    const answer = await exchange.forward();
    const { admin, options, agent } = world.rig;
    const leaving = await concerned(world, exchange);
    const serving = agent.pods().find(({ name, ready }) => ready && !leaving.includes(name));
    if (serving === undefined) return answer;
    const cost = { 'controller.kubernetes.io/pod-deletion-cost': '-2000000' };
    await admin.patch(`/api/v1/namespaces/${options.name}/pods/${serving.name}`, { metadata: { annotations: cost } });
    world.faults.fire('another writer', leaving);
    return answer;
  },
);

/** From a choice on the daemon is shown, for a while, the pods as they were before it. */
export function staleList(forMs: number): Injection {
  return {
    name: 'pod list stale',
    arm: (world) => {
      let stop = (): void => undefined;
      let told = false;
      const start = onNext('', 'choose', async (_, exchange) => {
        const before = world.api.newestPodList();
        const answer = await exchange.forward();
        if (before === undefined || answer.status >= 300) return answer;
        const stale = world.api.arm(
          {
            matches: ({ call }) => call === 'list-pods',
            handle: async () => {
              if (!told) world.faults.fire('pod list stale', await concerned(world, exchange));
              told = true;
              return before;
            },
          },
          'always',
        );
        stop = () => {
          stale.disarm();
        };
        setTimeout(stop, forMs);
        return answer;
      }).arm(world);
      return {
        end: async () => {
          await start.end();
          stop();
        },
      };
    },
  };
}
