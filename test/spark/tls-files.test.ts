import { copyFile, rm } from 'node:fs/promises';
import { expect } from 'chai';
import { AssertionError } from 'chai';
import { TlsFiles } from '../../src/spark/tls-files.ts';
import type { TlsFileNames } from '../../src/spark/options.ts';
import { pem, pemFile } from './servers.ts';
import { temporaryFiles, type Files } from './support.ts';

const CA = 'ELASTIC_WORKER_SPARK_CA_FILE';
const CERT = 'ELASTIC_WORKER_SPARK_CERT_FILE';
const KEY = 'ELASTIC_WORKER_SPARK_KEY_FILE';
const NOT_THERE = 'the file cannot be read (ENOENT); mount it into this container, or correct the path';

describe('TLS files', () => {
  let files: Files;
  let nowMs = 0;

  beforeEach(async () => {
    files = await temporaryFiles();
    nowMs = 0;
  });
  afterEach(() => files.remove());

  async function loaded(names: TlsFileNames): Promise<TlsFiles> {
    const result = await TlsFiles.load(names, () => nowMs);
    if (!result.ok) throw new AssertionError(result.error.join('; '));
    return result.value;
  }

  async function problems(names: TlsFileNames): Promise<readonly string[]> {
    const result = await TlsFiles.load(names, () => nowMs);
    if (result.ok) throw new AssertionError('expected problems');
    return result.error;
  }

  it('are nothing where none is set', async () => {
    expect(await (await loaded({})).current()).to.deep.equal({});
  });

  it('are an authority, our own certificate and its key', async () => {
    const names = { caFile: pemFile('ca'), certFile: pemFile('client'), keyFile: pemFile('client-key') };
    const expected = { ca: pem('ca'), cert: pem('client'), key: pem('client-key') };
    expect(await (await loaded(names)).current()).to.deep.equal(expected);
  });

  it('may hold several authorities, with words in between', async () => {
    const bundle = `# first\n${pem('ca')}\n# second\n${pem('other-ca')}`;
    expect(await (await loaded({ caFile: await files.write('ca', bundle) })).current()).to.deep.equal({ ca: bundle });
  });

  it('are a problem for each that is missing, with its setting and the mend', async () => {
    const path = files.path('missing');
    expect(await problems({ caFile: path, certFile: path, keyFile: path })).to.deep.equal([
      `${CA}=${path}: ${NOT_THERE}`,
      `${CERT}=${path}: ${NOT_THERE}`,
      `${KEY}=${path}: ${NOT_THERE}`,
    ]);
    expect(await problems({ caFile: path, certFile: pemFile('client'), keyFile: pemFile('client-key') })).to.deep.equal(
      [`${CA}=${path}: ${NOT_THERE}`],
    );
  });

  const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  for (const [what, text] of [
    ['nothing', ''],
    ['words', 'secret'],
    ['a key', pem('client-key')],
    ['a broken certificate', broken],
    ['a good and a broken one', pem('ca') + broken],
  ] as const) {
    it(`are a problem where a certificate is expected and there is ${what}`, async () => {
      const file = await files.write('file', text);
      const why = 'the file holds no certificate that can be read; write certificates in PEM form into it';
      expect(await problems({ caFile: file })).to.deep.equal([`${CA}=${file}: ${why}`]);
      expect(await problems({ certFile: file, keyFile: pemFile('client-key') })).to.deep.equal([
        `${CERT}=${file}: ${why}`,
      ]);
    });
  }

  for (const [what, text] of [
    ['nothing', ''],
    ['words', 'secret'],
    ['a certificate', pem('client')],
    ['the key of another certificate', pem('other-client-key')],
  ] as const) {
    it(`are a problem where the key is expected and there is ${what}`, async () => {
      const file = await files.write('key', text);
      const [problem, ...rest] = await problems({ certFile: pemFile('client'), keyFile: file });
      expect(rest).to.deep.equal([]);
      expect(problem).to.match(
        new RegExp(`^${KEY}=${file}: the file holds no private key of the certificate in ${CERT}; `),
      );
      expect(problem).not.to.include('secret');
    });
  }

  it('are read again when they change, and are the same object until then', async () => {
    const caFile = files.path('ca');
    await copyFile(pemFile('ca'), caFile);
    const tls = await loaded({ caFile });
    const first = await tls.current();
    nowMs = 10_000;
    expect(await tls.current()).to.equal(first);
    await copyFile(pemFile('other-ca'), caFile);
    nowMs = 19_999;
    expect(await tls.current()).to.equal(first);
    nowMs = 20_000;
    expect(await tls.current()).to.deep.equal({ ca: pem('other-ca') });
  });

  it('stay as they were while they are being replaced, and when they go away', async () => {
    const names = { caFile: files.path('ca'), certFile: files.path('cert'), keyFile: files.path('key') };
    const place = async (from: Record<string, string>): Promise<void> => {
      for (const [name, pemName] of Object.entries(from)) await copyFile(pemFile(pemName), files.path(name));
    };
    await place({ ca: 'ca', cert: 'client', key: 'client-key' });
    const tls = await loaded(names);
    const first = await tls.current();
    const after = async (change: () => Promise<unknown>): Promise<unknown> => {
      await change();
      nowMs += 10_000;
      return tls.current();
    };
    expect(await after(() => place({ cert: 'other-client' }))).to.equal(first);
    expect(await after(() => files.write('ca', 'half a fi'))).to.equal(first);
    expect(await after(() => rm(names.keyFile))).to.equal(first);
    expect(await after(() => place({ ca: 'other-ca', key: 'other-client-key' }))).to.deep.equal({
      ca: pem('other-ca'),
      cert: pem('other-client'),
      key: pem('other-client-key'),
    });
  });
});
