/** What the tests of the sources share. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import nock from 'nock';

/** A port of this address that nobody listens on now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once the condition holds. The test's own deadline ends it where it never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(2);
}

/** nock stands before every socket, and lets one connect only once it is written to. These tests need real ones. */
export function realSockets(): void {
  before(() => {
    nock.restore();
  });
  after(() => {
    nock.activate();
  });
}
