/** A 127.x network of one's own, so that pods keep their usual ports and stand-ins do not meet. Linux only. */
import { createServer, type Server } from 'node:net';

const FIRST = 1;
const LAST = 19;
const CLAIM_PORT = 49_151;

export interface ClaimedNetwork {
  /** Like "127.1". */
  readonly network: string;
  release(): Promise<void>;
}

/** Holds the first free of 127.1 to 127.19 by listening in it; rejects where all are taken. */
export async function claimNetwork(): Promise<ClaimedNetwork> {
  for (let number = FIRST; number <= LAST; number += 1) {
    const network = `127.${number}`;
    const server = await tryListen(`${network}.255.254`);
    if (server !== undefined) return { network, release: () => release(server) };
  }
  throw new Error(
    `no loopback network from 127.${FIRST} to 127.${LAST} is free; macOS has none but 127.0.0.1: use Linux or a container`,
  );
}

function tryListen(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(CLAIM_PORT, host, () => {
      resolve(server);
    });
  });
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
