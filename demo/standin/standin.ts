/** The stand-in over real HTTP on loopback: servers, and a timer where one is wanted. */
import { changingServers } from './changing-servers.ts';
import { serve, type RunningServer } from './http.ts';
import { claimNetwork } from './loopback-network.ts';
import type { WorldOptions } from './options.ts';
import { advance, askApi, askMaster, createWorld, finishApp, startApp, STEP_MS, submit, type World } from './world.ts';
import type { ApplicationSpec, Job } from './spark/model.ts';
import type { JobSpec } from './spark/tasks.ts';

export interface StandinOptions extends Partial<Omit<WorldOptions, 'network'>> {
  /** Ports of the master's UI and of the API on 127.0.0.1; 0, the default, takes free ones. */
  readonly masterUiPort?: number;
  readonly apiPort?: number;
}

export interface Standin {
  readonly masterUiUrl: string;
  readonly apiUrl: string;
  readonly world: World;
  /** A kubeconfig for the API, as YAML that is JSON as well. */
  kubeconfig(): string;
  /** Moves the world to this time; resolves when the servers of new pods and drivers listen. */
  advance(nowMs: number): Promise<void>;
  /** Follows the wall clock from now on, every 100 ms. `startAtEpochMs` has to be near the present. */
  run(): void;
  /** As `World`'s, and its driver's UI listens when the promise resolves. */
  startApplication(spec: ApplicationSpec): Promise<string>;
  submitJob(appId: string, spec: JobSpec): Job;
  finishApplication(appId: string): Promise<void>;
  /** Ends the timer and all servers, with the requests they hold. */
  stop(): Promise<void>;
}

const LOCALHOST = '127.0.0.1';

/**
 * Starts the servers. The world begins at the present unless `startAtEpochMs` says otherwise, and stands still until
 * `advance` or `run`. Pods live in a 127.x network that no other stand-in on this machine uses (Linux only).
 */
export async function startStandin(options: StandinOptions = {}): Promise<Standin> {
  const { masterUiPort = 0, apiPort = 0, ...rest } = options;
  const claim = await claimNetwork();
  const world = createWorld({ startAtEpochMs: Date.now(), ...rest, network: claim.network });
  const fixed: RunningServer[] = [];
  const changing = changingServers(world);
  let timer: NodeJS.Timeout | undefined;

  async function stop(): Promise<void> {
    clearInterval(timer);
    await Promise.all([...fixed.map((server) => server.close()), changing.close()]);
    await claim.release();
  }

  try {
    const master = await serve(LOCALHOST, masterUiPort, (request) => askMaster(world, request));
    fixed.push(master);
    const api = await serve(LOCALHOST, apiPort, (request) => askApi(world, request));
    fixed.push(api);
    world.masterUiUrl = master.url;
    await changing.follow();
    return {
      masterUiUrl: master.url,
      apiUrl: api.url,
      world,
      kubeconfig: () => kubeconfig(api.url, world.options.namespace),
      advance: (nowMs) => {
        advance(world, nowMs);
        return changing.follow();
      },
      run: () => {
        timer ??= setInterval(() => {
          advance(world, Date.now());
          void changing.follow();
        }, STEP_MS);
      },
      startApplication: async (spec) => {
        const app = startApp(world, spec);
        await changing.follow();
        return app.id;
      },
      submitJob: (appId, spec) => submit(world, appId, spec),
      finishApplication: (appId) => {
        finishApp(world, appId);
        return changing.follow();
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function kubeconfig(server: string, namespace: string): string {
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'stand-in', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'stand-in', user: { token: 'stand-in' } }],
      contexts: [{ name: 'stand-in', context: { cluster: 'stand-in', user: 'stand-in', namespace } }],
      'current-context': 'stand-in',
    },
    null,
    2,
  );
}
