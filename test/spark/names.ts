/** Host names of the test's own: no question leaves this machine. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import nock from 'nock';
import { mochaHooks } from '../support/no-network.ts';

const real = dns.lookup;

type Callback = (error: NodeJS.ErrnoException | null, addresses: readonly dns.LookupAddress[]) => void;

/** From now on these names lead to these addresses, and every other name below .test to none. */
export function giveNames(names: Readonly<Record<string, readonly string[]>>): void {
  const fake = (name: string, options: dns.LookupOptions, callback: Callback): void => {
    if (!name.endsWith('.test')) {
      Reflect.apply(real, dns, [name, options, callback]);
      return;
    }
    const addresses = names[name];
    const missing = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    process.nextTick(() => {
      // Only all addresses of a name tell whether it may be asked.
      if (addresses === undefined || options.all !== true) callback(missing, []);
      else
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
    });
  };
  Object.assign(dns, { lookup: fake });
  syncBuiltinESMExports();
  nock.enableNetConnect(/^((127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(:\d+)?|[a-z.]+\.test:\d+)$/);
}

/** For `afterEach`: names are what they were. */
export function takeNames(): void {
  Object.assign(dns, { lookup: real });
  syncBuiltinESMExports();
  mochaHooks.beforeAll();
}
