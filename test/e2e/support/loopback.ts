/** Loopback addresses of a run's own, so that programs keep their usual ports and runs do not meet. Linux only. */
import { createServer, type Server } from 'node:net';

const CLAIM_PORT = 49_151;
const FIRST = 20;
const LAST = 239;

export interface LoopbackNet {
  /** Second byte and up, like "127.73". */
  readonly prefix: string;
  /** An address no one got before in this run. */
  next(): string;
  release(): Promise<void>;
}

/**
 * Claims a free 127.x.0.0/16 for this process by listening on one of its ports; the kernel gives it back when the
 * process ends. Rejects when all are taken.
 */
export async function claimLoopbackNet(): Promise<LoopbackNet> {
  const count = LAST - FIRST + 1;
  const start = process.pid % count;
  for (let step = 0; step < count; step += 1) {
    const prefix = `127.${FIRST + ((start + step) % count)}`;
    const server = await tryListen(`${prefix}.255.254`);
    if (server !== undefined) return netOf(prefix, server);
  }
  throw new Error('every loopback network is taken');
}

function netOf(prefix: string, server: Server): LoopbackNet {
  let given = 0;
  return {
    prefix,
    next: () => {
      given += 1;
      return `${prefix}.${Math.floor(given / 250)}.${1 + (given % 250)}`;
    },
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

async function tryListen(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(CLAIM_PORT, host, () => {
      resolve(server);
    });
  });
}
