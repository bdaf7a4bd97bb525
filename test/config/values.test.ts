/** How single values are read: durations, sizes, flags, names, addresses, networks; and how refused ones are shown. */
import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, parseDurationMs } from '../../src/config/duration.ts';
import { duration, flag, sparkMemory, wholeNumber, type Kind } from '../../src/config/kinds.ts';
import { describeProblem, LONGEST_SHOWN, NOT_SHOWN, printable } from '../../src/config/problem.ts';
import {
  clusterName,
  file,
  httpUrl,
  labelSelector,
  listenAddress,
  namespaceName,
  networks,
  objectName,
  PRIVATE_NETWORKS,
  secretFile,
  userName,
} from '../../src/config/text-kinds.ts';

/** The value, or the order how to mend it. */
function read<T>(kind: Kind<T>, text: string): unknown {
  const parsed = kind.parse(text);
  return parsed.ok ? parsed.value : { refused: parsed.mend };
}

function accepts(kind: Kind<unknown>, text: string): boolean {
  return kind.parse(text).ok;
}

describe('durations', () => {
  const cases: readonly [text: string, ms: number | undefined][] = [
    ['300ms', 300],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1m30s', 90_000],
    ['1h2m3s4ms', 3_723_004],
    ['0s', 0],
    ['007s', 7000],
    ['', undefined],
    ['5', undefined],
    ['1.5s', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
    ['5S', undefined],
    ['5s1m', undefined],
    ['5s5s', undefined],
    ['1d', undefined],
    ['s', undefined],
    ['5s\n', undefined],
    ['9999999999s', undefined],
    ['٥s', undefined],
  ];
  for (const [text, ms] of cases) {
    it(`reads ${JSON.stringify(text)} as ${String(ms)}`, () => {
      expect(parseDurationMs(text)).to.equal(ms);
    });
  }

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).to.equal(ms);
      }),
    );
  });

  it('are written in the shortest way', () => {
    expect([0, 1, 1500, 60_000, 90_000, 3_600_001].map(formatDuration)).to.deep.equal([
      '0s',
      '1ms',
      '1s500ms',
      '1m',
      '1m30s',
      '1h1ms',
    ]);
  });

  const bounded: readonly [name: string, kind: Kind<number>, text: string, answer: unknown][] = [
    ['the least', duration(1000, 60_000), '1s', 1000],
    ['the most', duration(1000, 60_000), '60s', 60_000],
    ['below the least', duration(1000, 60_000), '999ms', { refused: 'write a duration from 1s to 1m, such as 1m' }],
    ['above the most', duration(1000, 60_000), '60s1ms', { refused: 'write a duration from 1s to 1m, such as 1m' }],
    ['no unit, seconds meant', duration(1000, 60_000), '5', { refused: 'add a unit: for example 5s' }],
    [
      'no unit, either may be meant',
      duration(0, 3_600_000),
      '30',
      { refused: 'add a unit: for example 30s or 30ms or 30m' },
    ],
    ['no unit, none would fit', duration(1000, 60_000), '100', { refused: 'add a unit: for example 1m' }],
    [
      'half a second of whole ones',
      duration(1000, 60_000, 1000),
      '1s500ms',
      { refused: 'write a duration from 1s to 1m in whole seconds, such as 1m' },
    ],
  ];
  for (const [name, kind, text, answer] of bounded) {
    it(`within bounds: ${name}`, () => {
      expect(read(kind, text)).to.deep.equal(answer);
    });
  }
});

describe('flags', () => {
  it("are Go's ParseBool words and nothing else", () => {
    const words = ['1', 't', 'T', 'TRUE', 'true', 'True'];
    const others = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
    expect(words.map((word) => read(flag(), word))).to.deep.equal(words.map(() => true));
    expect(others.map((word) => read(flag(), word))).to.deep.equal(others.map(() => false));
    for (const word of ['yes', 'on', 'tRUE', 'TrUe', ' true', 'true\n', '', '01', 'y', 'null']) {
      expect(accepts(flag(), word), word).to.equal(false);
    }
  });
});

describe('whole numbers and sizes', () => {
  const cases: readonly [name: string, kind: Kind<number>, text: string, value: number | undefined][] = [
    ['the least number', wholeNumber('workers', 1, 10), '1', 1],
    ['the most', wholeNumber('workers', 1, 10), '10', 10],
    ['one below', wholeNumber('workers', 1, 10), '0', undefined],
    ['one above', wholeNumber('workers', 1, 10), '11', undefined],
    ['a sign', wholeNumber('workers', 0, 10), '+1', undefined],
    ['a fraction', wholeNumber('workers', 0, 10), '1.0', undefined],
    ['an exponent', wholeNumber('workers', 0, 1000), '1e2', undefined],
    ['another base', wholeNumber('workers', 0, 1000), '0x10', undefined],
    ['very many digits', wholeNumber('workers', 0, 1000), '1'.repeat(400), undefined],
    ['1g', sparkMemory(1, 4096), '1g', 1024],
    ['512m', sparkMemory(1, 4096), '512m', 512],
    ['512MB', sparkMemory(1, 4096), '512MB', 512],
    ['bytes that make a MiB', sparkMemory(1, 4096), '1048576', 1],
    ['bytes that do not, as for Spark', sparkMemory(1, 4096), '1024', undefined],
    ['a fraction, as for Spark', sparkMemory(1, 4096), '1.5g', undefined],
    ['Kubernetes units', sparkMemory(1, 4096), '1Gi', undefined],
    ['more than anyone has', sparkMemory(1, 4096), '9'.repeat(400), undefined],
  ];
  for (const [name, kind, text, value] of cases) {
    it(name, () => {
      const parsed = kind.parse(text);
      expect(parsed.ok ? parsed.value : undefined).to.equal(value);
    });
  }

  it('says that a bare number of memory is bytes', () => {
    expect(read(sparkMemory(1, 4096), '1024')).to.deep.equal({
      refused: 'add a unit, as in 1024m: without one it is bytes, and that is out of the range',
    });
  });
});

describe('names', () => {
  const cases: readonly [sort: string, kind: Kind<string>, good: readonly string[], bad: readonly string[]][] = [
    [
      'object',
      objectName('Lease'),
      ['a', 'spark-w', 'a.b-c.0', 'x'.repeat(63)],
      ['A', '-a', 'a-', 'a..b', 'a_b', 'a/b', '../x', ''],
    ],
    ['namespace', namespaceName(), ['default', 'a-1'], ['a.b', 'A', 'x'.repeat(64)]],
    [
      'cluster',
      clusterName(),
      ['ephemeral', 'My_Cluster.1', 'x'.repeat(63)],
      ['-a', 'a,b', 'a=b', 'x'.repeat(64), 'a b'],
    ],
    ['user', userName(), ['spark', 'a b', 'ü@x'], ['a:b', 'a\u0000b', 'x'.repeat(257)]],
    ['file', file(), ['/etc/token', '/a b'], ['token', './token', '/', '/a\nb', `/${'x'.repeat(4096)}`]],
    [
      'selector',
      labelSelector(),
      [
        'a=b',
        'a==b,c!=d',
        'a',
        '!a',
        'x.io/a in (b, c),d',
        'a notin (b)',
        'a=',
        'oshinko-cluster=c,oshinko-type=worker',
      ],
      ['', ',', 'a=b,', 'a=b=c', '=b', 'a in b', 'a in (b', 'a b', 'a/b/c=d', 'a=b c', '!', 'a;b', 'x'.repeat(5000)],
    ],
  ];
  for (const [sort, kind, good, bad] of cases) {
    it(`${sort}: what Kubernetes takes, and no more`, () => {
      for (const text of good) expect(accepts(kind, text), text).to.equal(true);
      for (const text of bad) expect(accepts(kind, text), text).to.equal(false);
    });
  }
});

describe('addresses', () => {
  const urls: readonly [text: string, value: string | undefined][] = [
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['https://spark.example/a/ui/', 'https://spark.example/a/ui'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['HTTP://Master:80', 'http://master'],
    ['127.0.0.1:8080', undefined],
    ['ftp://a', undefined],
    ['file:///etc/passwd', undefined],
    ['http://', undefined],
    ['http://a b', undefined],
    ['http://a\nb', undefined],
    ['http:\\\\a', undefined],
    ['http://a:99999', undefined],
    ['http://a?x=1', undefined],
    ['http://a#x', undefined],
    ['http://user:secret@a', undefined],
  ];
  for (const [text, value] of urls) {
    it(`URL ${JSON.stringify(text)}`, () => {
      const parsed = httpUrl().parse(text);
      expect(parsed.ok ? parsed.value : undefined).to.equal(value);
    });
  }

  const listens: readonly [text: string, value: unknown][] = [
    [':9404', { host: undefined, port: 9404 }],
    ['10.1.2.3:1', { host: '10.1.2.3', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    [':0', undefined],
    [':65536', undefined],
    ['9404', undefined],
    ['localhost:9404', undefined],
    ['::1:9404', undefined],
    ['[10.1.2.3]:9404', { host: '10.1.2.3', port: 9404 }],
    ['10.1.2:9404', undefined],
    ['010.1.2.3:9404', undefined],
    ['tcp://10.1.2.3:9404', undefined],
  ];
  for (const [text, value] of listens) {
    it(`address ${text}`, () => {
      const parsed = listenAddress().parse(text);
      expect(parsed.ok ? parsed.value : undefined).to.deep.equal(value);
    });
  }

  const lists: readonly [name: string, text: string, value: unknown][] = [
    ['the word', 'private', PRIVATE_NETWORKS],
    ['one more, and nothing twice', 'private, 10.0.0.0/8,127.0.0.0/8', [...PRIVATE_NETWORKS, '127.0.0.0/8']],
    ['IPv6', 'fd00::/8', ['fd00::/8']],
    ['bits behind the prefix', '10.1.2.3/8', { refused: 'write 10.0.0.0/8 in place of 10.1.2.3/8' }],
    [
      'no prefix length',
      '10.0.0.1',
      { refused: '"10.0.0.1" is no network: write it with a prefix length, like 10.0.0.0/8' },
    ],
    ['an empty part', '10.0.0.0/8,', { refused: '"" is no network: write it with a prefix length, like 10.0.0.0/8' }],
    [
      'a prefix too long',
      '10.0.0.0/33',
      { refused: '"10.0.0.0/33" is no network: write it with a prefix length, like 10.0.0.0/8' },
    ],
    [
      'an odd spelling',
      '010.0.0.0/8',
      { refused: '"010.0.0.0/8" is no network: write it with a prefix length, like 10.0.0.0/8' },
    ],
    [
      'a zone',
      'fe80::%1/64',
      { refused: '"fe80::%1/64" is no network: write it with a prefix length, like 10.0.0.0/8' },
    ],
    [
      'too many',
      Array.from({ length: 65 }, (_, i) => `10.${i}.0.0/16`).join(','),
      { refused: 'join networks that lie side by side' },
    ],
  ];
  for (const [name, text, value] of lists) {
    it(`networks: ${name}`, () => {
      expect(read(networks(), text)).to.deep.equal(value);
    });
  }

  it('R26: private stands for no loopback and no link-local network', () => {
    expect(PRIVATE_NETWORKS).to.deep.equal([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      'fc00::/7',
    ]);
  });
});

describe('refused values', () => {
  it('lose what may be a secret', () => {
    expect(httpUrl().showRefused('http://user:secret@host?token=secret')).to.equal('***@host?***');
    expect(httpUrl().showRefused('htp//a:p@secret@host#secret')).to.equal('***@host#***');
    expect(secretFile().showRefused('eyJhbGciOiJIUzI1NiJ9')).to.equal(NOT_SHOWN);
    expect(userName().showRefused('user:secret')).to.equal(NOT_SHOWN);
  });

  const shown: readonly [text: string, shown: string][] = [
    ['plain ünïcode 😀', 'plain ünïcode 😀'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['\u0085\u2028\u202e', '\\u{85}\\u{2028}\\u{202e}'],
    ['\ud800', '\\u{d800}'],
    ['back\\slash', 'back\\\\slash'],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['x'.repeat(81), `${'x'.repeat(79)}…`],
    [`${'x'.repeat(78)}😀x`, `${'x'.repeat(78)}…`],
  ];
  for (const [text, expected] of shown) {
    it(`are safe to print: ${JSON.stringify(text).slice(-30)}`, () => {
      expect(printable(text)).to.equal(expected);
    });
  }

  it('are never long, never hide or forge a line, and are well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const safe = printable(text);
        expect(safe.length).to.be.at.most(LONGEST_SHOWN);
        expect(safe).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(safe.isWellFormed()).to.equal(true);
      }),
    );
  });

  it('come with name, what is allowed and how to mend it, in one line', () => {
    const problem = { name: 'ELASTIC_WORKER_MAX', value: 'x', allowed: 'a number', mend: 'write 5' };
    expect(describeProblem(problem)).to.equal('ELASTIC_WORKER_MAX=x: allowed is a number; write 5');
  });
});
