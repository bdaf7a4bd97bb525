import type { LookupAddress } from 'node:dns';
import { expect } from 'chai';
import fc from 'fast-check';
import { AddressGuard, BlockedAddressError, type GuardOptions } from '../../src/spark/address-guard.ts';
import { PRIVATE_NETWORKS } from '../../src/config/text-kinds.ts';
import { giveNames, takeNames } from './names.ts';
import { errorOf, valueOf } from './support.ts';

const SETTING = 'ELASTIC_WORKER_ALLOWED_NETWORKS';
const API_SERVER = '10.96.0.1';

function guard(more: Partial<GuardOptions> = {}): AddressGuard {
  return new AddressGuard({
    allowedNetworks: PRIVATE_NETWORKS,
    learntNetworks: () => [],
    deniedAddresses: [API_SERVER],
    ...more,
  });
}

const everything = { allowedNetworks: ['0.0.0.0/0', '::/0'] };
const learntAll = { learntNetworks: (): string[] => ['0.0.0.0/0', '::/0'] };

/** What the guard says to an address, in each way it can be written into a URL. */
function refusals(one: AddressGuard, address: string): (string | undefined)[] {
  const host = address.includes(':') ? `[${address}]` : address;
  return [`http://${host}:4040`, `https://${host}/a/path?x=1`, `HTTP://${host}`].map((url) => {
    const checked = one.checkUrl(url);
    return checked.ok ? undefined : checked.error.detail;
  });
}

function expectBlocked(one: AddressGuard, address: string, why: RegExp): void {
  for (const detail of refusals(one, address)) expect(detail, address).to.match(why);
  expect(one.whyBlocked(address), address).to.match(why);
}

function expectAllowed(one: AddressGuard, address: string): void {
  expect(refusals(one, address), address).to.deep.equal([undefined, undefined, undefined]);
  expect(one.whyBlocked(address), address).to.equal(undefined);
}

const NOT_ALLOWED = new RegExp(`it lies in no network of ${SETTING}$`);

describe('R26: the address guard', () => {
  it('R26: lets the private ranges be asked by default, and the ends of each', () => {
    for (const address of [
      ...['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
      ...['100.64.0.1', '100.127.255.255', 'fc00::1', 'fdff:ffff::1'],
    ])
      expectAllowed(guard(), address);
  });

  it('R26: lets nothing else be asked by default', () => {
    for (const address of [
      ...['8.8.8.8', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
      ...['100.63.255.255', '100.128.0.0', '2600::1', 'fec0::1', '2002:a00:1::', '64:ff9b::a00:1'],
    ])
      expectBlocked(guard(), address, NOT_ALLOWED);
  });

  it('R26: lets the networks be asked that the pods taught, as soon as they are learnt', () => {
    const learnt: string[] = [];
    const one = guard({ learntNetworks: () => learnt });
    expectBlocked(one, '198.51.101.7', NOT_ALLOWED);
    expectBlocked(one, '2600:1f00::7', NOT_ALLOWED);
    learnt.push('198.51.101.0/24', '2600:1f00::/64');
    expectAllowed(one, '198.51.101.7');
    expectAllowed(one, '2600:1f00::7');
    expectBlocked(one, '198.51.102.7', NOT_ALLOWED);
  });

  it('R26: takes the private ranges for nothing special where a setting leaves them out', () => {
    const one = guard({ allowedNetworks: ['10.2.0.0/16'] });
    expectAllowed(one, '10.2.3.4');
    expectBlocked(one, '10.3.0.1', NOT_ALLOWED);
    expectBlocked(guard({ allowedNetworks: [] }), '10.2.3.4', NOT_ALLOWED);
  });

  const loopback = ['127.0.0.1', '127.255.255.254', '127.0.1.7', '::1'];

  it('R26: never lets loopback be asked by default, nor where it was learnt, nor where everything is allowed', () => {
    for (const more of [{}, learntAll, everything, { allowedNetworks: ['64.0.0.0/2', '::/8'] }])
      for (const address of loopback)
        expectBlocked(
          guard(more),
          address,
          /loopback addresses are only asked where ELASTIC_WORKER_ALLOWED_NETWORKS names/,
        );
  });

  it('R26: lets that part of loopback be asked that a setting names', () => {
    const one = guard({ allowedNetworks: ['127.5.0.0/16', '::1/128'] });
    for (const address of ['127.5.0.1', '::1']) expectAllowed(one, address);
    for (const address of ['127.0.0.1', '127.6.0.1']) expectBlocked(one, address, /loopback addresses are only asked/);
  });

  const never = {
    'link-local': ['169.254.169.254', '169.254.0.1', 'fe80::1', 'febf::1'],
    'the unspecified': ['0.0.0.0', '0.1.2.3', '::'],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
    broadcast: ['255.255.255.255'],
  };
  for (const [kind, addresses] of Object.entries(never)) {
    it(`R26: never lets ${kind} addresses be asked, whatever is allowed or learnt`, () => {
      for (const address of addresses) {
        const itself = { allowedNetworks: [`${address}/${address.includes(':') ? 128 : 32}`] };
        for (const more of [{}, everything, learntAll, itself])
          expectBlocked(guard(more), address, /addresses are never asked$/);
      }
    });
  }

  it('R26: lets reserved addresses be asked where a setting names them, and not because they were learnt', () => {
    for (const address of ['240.0.0.1', '198.18.0.1', '2001:db8::1']) {
      expectBlocked(guard(learntAll), address, /reserved addresses are only asked where/);
      expectAllowed(guard(everything), address);
    }
  });

  it('R26: never lets the API server be asked, by address, however it is written, or by name', () => {
    const addressed = guard({ ...everything, deniedAddresses: [API_SERVER] });
    for (const address of ['10.96.0.1', '::ffff:10.96.0.1', '::ffff:a60:1'])
      expectBlocked(addressed, address, /it is the Kubernetes API server$/);
    for (const url of ['http://0x0a600001:4040', 'http://10.6291457', 'http://10.96.0.1./', 'http://0012.0140.0.1'])
      expect(errorOf(addressed.checkUrl(url)).detail, url).to.match(/it is the Kubernetes API server$/);
    for (const denied of ['[fd00::0001]', 'fd00::1', 'FD00:0:0::1'])
      expectBlocked(guard({ deniedAddresses: [denied] }), 'fd00::1', /it is the Kubernetes API server$/);
    const named = guard({ ...everything, deniedAddresses: ['API.example.test'] });
    for (const url of ['https://api.example.test', 'https://API.EXAMPLE.TEST.:6443/x'])
      expect(errorOf(named.checkUrl(url)).detail, url).to.match(/it is the Kubernetes API server$/);
    expect(named.checkUrl('https://api.example.tester').ok).to.equal(true);
  });

  it('R26: sees an IPv4 address through the clothes of IPv6', () => {
    for (const [address, why] of [
      ['::ffff:127.0.0.1', /loopback/],
      ['::ffff:7f00:1', /loopback/],
      ['::ffff:169.254.169.254', /never asked/],
      ['::ffff:0.0.0.0', /never asked/],
    ] as const)
      expectBlocked(guard(learntAll), address, why);
    for (const address of ['::ffff:8.8.8.8', '::7f00:1', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1'])
      expectBlocked(guard(), address, NOT_ALLOWED);
    expectAllowed(guard(), '::ffff:10.1.2.3');
  });

  it('R26: reads odd spellings of addresses as a socket would', () => {
    for (const url of [
      ...['http://127.1', 'http://2130706433', 'http://0x7f.0.0.1', 'http://0177.0.0.1', 'http://127.0.0.1.'],
      ...['http://１２７.0.0.1', 'http://[::ffff:7f00:1]', 'http://[0:0:0:0:0:0:0:1]'],
    ])
      expect(errorOf(guard(learntAll).checkUrl(url)).detail, url).to.match(/loopback addresses are only asked/);
  });

  it('R26: blocks each address unless a network that may allow it holds it', () => {
    const networks = fc.constantFrom('10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '0.0.0.0/0', '203.0.113.0/24');
    fc.assert(
      fc.property(fc.ipV4(), fc.array(networks), fc.array(networks), (address, allowedNetworks, learnt) => {
        const why = guard({ allowedNetworks, learntNetworks: () => learnt }).whyBlocked(address);
        const first = Number(address.split('.')[0]);
        if (allowedNetworks.length + learnt.length === 0) expect(why).to.be.a('string');
        if (first === 0 || first >= 224 || address.startsWith('169.254.')) {
          if (first < 240) expect(why).to.be.a('string');
        }
        if (first === 127) expect(why === undefined).to.equal(allowedNetworks.includes('127.0.0.0/8'));
        if (why !== undefined && first === 10 && address !== API_SERVER)
          expect([...allowedNetworks, ...learnt]).not.to.include.oneOf(['10.0.0.0/8', '0.0.0.0/0']);
      }),
    );
  });

  it('R26: refuses what is no web address, and shows little of it', () => {
    for (const [url, why] of [
      ['', /^the address is not asked: it is no URL$/],
      ['10.1.2.3:4040', /it is no URL|neither http nor https/],
      ['http://secret@[', /^the address is not asked: it is no URL$/],
      ['ftp://10.1.2.3', /it is neither http nor https$/],
      ['file:///etc/passwd', /it is neither http nor https$/],
      ['javascript:alert(1)', /it is neither http nor https$/],
      ['http://user@10.1.2.3', /^10\.1\.2\.3 is not asked: its URL holds a credential$/],
      ['http://user:secret@10.1.2.3:4040', /^10\.1\.2\.3:4040 is not asked: its URL holds a credential$/],
      ['http://:secret@10.1.2.3', /its URL holds a credential$/],
    ] as const) {
      const error = errorOf(guard().checkUrl(url));
      expect(error.kind).to.equal('blocked');
      expect(error.detail, url).to.match(why);
      expect(JSON.stringify(error)).not.to.include('secret');
    }
    const long = errorOf(
      guard({ deniedAddresses: [`${'a'.repeat(5000)}.test`] }).checkUrl(`http://${'a'.repeat(5000)}.test`),
    );
    expect(long.detail.length).to.be.below(200);
  });

  it('says which address it is that is not asked, and which setting would allow it', () => {
    expect(errorOf(guard().checkUrl('http://8.8.8.8:4040/x'))).to.deep.equal({
      kind: 'blocked',
      what: 'address',
      detail: `8.8.8.8:4040 is not asked: it lies in no network of ${SETTING}`,
    });
    expect(valueOf(guard().checkUrl('http://10.1.2.3:4040/x')).href).to.equal('http://10.1.2.3:4040/x');
  });

  it('blocks what is no address at all', () => {
    for (const text of ['', 'localhost', '10.0.0', '10.0.0.0/8', '::g', '10.0.0.256'])
      expect(guard(everything).whyBlocked(text), text).to.be.a('string');
  });
});

describe('R26: the address guard after DNS', () => {
  afterEach(takeNames);

  type Found = string | LookupAddress[];

  function lookup(one: AddressGuard, name: string, all = false): Promise<Found> {
    return new Promise((resolve, reject) => {
      one.lookup(name, { all }, (error, found) => {
        if (error === null) resolve(found);
        else reject(error);
      });
    });
  }

  async function refused(one: AddressGuard, name: string): Promise<Error> {
    const outcome = await lookup(one, name).catch((cause: unknown) => cause);
    expect(outcome).to.be.instanceOf(BlockedAddressError);
    return outcome as Error;
  }

  it('R26: resolves a name whose addresses may all be asked, in both forms that sockets ask for', async () => {
    giveNames({ 'driver.test': ['10.1.2.3', 'fd00::1'] });
    expect(await lookup(guard(), 'driver.test')).to.equal('10.1.2.3');
    expect(await lookup(guard(), 'driver.test', true)).to.deep.equal([
      { address: '10.1.2.3', family: 4 },
      { address: 'fd00::1', family: 6 },
    ]);
  });

  for (const [address, why] of [
    ['127.0.0.1', /loopback addresses are only asked/],
    ['169.254.169.254', /linkLocal addresses are never asked/],
    ['::ffff:127.0.0.1', /loopback/],
    ['fe80::1', /linkLocal/],
    [API_SERVER, /it is the Kubernetes API server/],
    ['8.8.8.8', NOT_ALLOWED],
  ] as const) {
    it(`R26: refuses a name that leads to ${address}, alone, first or last of several`, async () => {
      for (const addresses of [[address], [address, '10.1.2.3'], ['10.1.2.3', '10.1.2.4', address]]) {
        giveNames({ 'driver.test': addresses });
        expect((await refused(guard(), 'driver.test')).message)
          .to.match(why)
          .and.match(new RegExp(`^driver.test leads to ${address.replaceAll('.', '\\.')}, which is not asked`));
      }
    });
  }

  it('R26: judges the name afresh each time, since its addresses may change', async () => {
    const one = guard();
    giveNames({ 'driver.test': ['10.1.2.3'] });
    expect(await lookup(one, 'driver.test')).to.equal('10.1.2.3');
    giveNames({ 'driver.test': ['127.0.0.1'] });
    await refused(one, 'driver.test');
  });

  it('R26: refuses a name without any address, and hands on why a name cannot be resolved', async () => {
    giveNames({ 'empty.test': [] });
    expect((await refused(guard(), 'empty.test')).message).to.equal('empty.test has no address');
    expect(await lookup(guard(), 'missing.test').catch((cause: unknown) => cause)).to.have.property(
      'code',
      'ENOTFOUND',
    );
  });
});
