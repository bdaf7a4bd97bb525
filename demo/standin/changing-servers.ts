/** The servers that come and go with the world: one per pod's worker UI, one per running driver. */
import { serve, type Handler, type RunningServer } from './http.ts';
import { activeApps } from './spark/model.ts';
import { askDriver, askWorker, type World } from './world.ts';

export interface ChangingServers {
  /** Opens what the world now has and closes what it no longer has; resolves when that is done. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly handler: Handler;
}

export function changingServers(world: World): ChangingServers {
  const open = new Map<string, Promise<RunningServer>>();
  let closed = false;

  async function shut(server: Promise<RunningServer>): Promise<void> {
    await (await server).close();
  }

  async function follow(): Promise<void> {
    if (closed) return;
    const places = placesOf(world);
    const closing: Promise<void>[] = [];
    for (const [key, server] of open) {
      if (places.has(key)) continue;
      open.delete(key);
      closing.push(shut(server));
    }
    for (const [key, { host, port, handler }] of places) if (!open.has(key)) open.set(key, serve(host, port, handler));
    await Promise.all([...open.values(), ...closing]);
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.allSettled([...open.values()].map(shut));
    open.clear();
  }

  return { follow, close };
}

/** A pod's server listens from its creation and drops connections until its worker runs, so none comes too late. */
function placesOf(world: World): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { uid, ip } of world.kube.pods.values())
    places.set(`pod ${uid}`, {
      host: ip,
      port: world.options.workerUiPort,
      handler: (request) => askWorker(world, ip, request),
    });
  for (const app of activeApps(world.spark))
    places.set(app.id, {
      host: app.driverHost,
      port: world.options.driverUiPort,
      handler: (request) => askDriver(world, app, request),
    });
  return places;
}
