import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { describeError } from '../../src/core/result.ts';
import { Credentials, type CredentialFiles, type SentCredential } from '../../src/spark/credentials.ts';
import { anyText, errorOf, temporaryFiles, valueOf, type Files } from './support.ts';

describe('credentials', () => {
  let files: Files;
  let nowMs = 0;

  beforeEach(async () => {
    files = await temporaryFiles();
    nowMs = 0;
  });
  afterEach(() => files.remove());

  function credentials(more: Omit<CredentialFiles, 'settings'>): Credentials {
    return new Credentials({ settings: 'ELASTIC_WORKER_SPARK', ...more }, () => nowMs);
  }

  async function sent(one: Credentials): Promise<SentCredential> {
    return valueOf(await one.current());
  }

  it('are none where nothing is set', async () => {
    const none = credentials({});
    expect(none.configured).to.equal(false);
    expect(await sent(none)).to.deep.equal({ headers: {}, name: 'no credential' });
  });

  for (const more of [{ username: 'u' }, { passwordFile: '/p' }, { tokenFile: '/t' }, { headersFile: '/h' }] as const) {
    it(`count as configured with ${Object.keys(more).join()} alone`, () => {
      expect(credentials(more).configured).to.equal(true);
    });
  }

  it('are a bearer token, without the space around it', async () => {
    const tokenFile = await files.write('token', ' abc.def-1 \n');
    expect(await sent(credentials({ tokenFile }))).to.deep.equal({
      headers: { authorization: 'Bearer abc.def-1' },
      name: `bearer token from ${tokenFile}`,
    });
  });

  it('are user and password, whose own spaces stay, without the line end', async () => {
    for (const end of ['', '\n', '\r\n']) {
      const passwordFile = await files.write('password', ` pä:ss ${end}`);
      const basic = await sent(credentials({ username: 'ann', passwordFile }));
      const encoded = basic.headers.authorization?.replace('Basic ', '') ?? '';
      expect(Buffer.from(encoded, 'base64').toString()).to.equal('ann: pä:ss ');
      expect(basic.name).to.equal(`user ann with the password from ${passwordFile}`);
    }
  });

  it('are further headers, of which a token wins over an own Authorization', async () => {
    const headersFile = await files.write(
      'headers',
      '# ours\nX-Team: blue\r\n\nAUTHORIZATION: Digest x\n  \nx-empty:\nX-Url: http://a:b/ \n',
    );
    const alone = await sent(credentials({ headersFile }));
    expect(alone).to.deep.equal({
      headers: { 'x-team': 'blue', authorization: 'Digest x', 'x-empty': '', 'x-url': 'http://a:b/' },
      name: `headers from ${headersFile}`,
    });
    const tokenFile = await files.write('token', 'abc');
    const both = await sent(credentials({ headersFile, tokenFile }));
    expect(both.headers).to.include({ authorization: 'Bearer abc', 'x-team': 'blue' });
    expect(both.name).to.equal(`headers from ${headersFile} and bearer token from ${tokenFile}`);
  });

  it('are read again when the file changed, a second later at the latest', async () => {
    const tokenFile = await files.write('token', 'one');
    const token = credentials({ tokenFile });
    expect((await sent(token)).headers.authorization).to.equal('Bearer one');
    await files.write('token', 'two');
    nowMs = 999;
    expect((await sent(token)).headers.authorization).to.equal('Bearer one');
    nowMs = 1000;
    expect((await sent(token)).headers.authorization).to.equal('Bearer two');
  });

  it('are read once for many requests at the same time', async () => {
    const tokenFile = await files.write('token', 'one');
    const token = credentials({ tokenFile });
    expect(token.current()).to.equal(token.current());
    await token.current();
  });

  it('fail when the file goes away, rather than go without, and come back with it', async () => {
    const tokenFile = await files.write('token', 'one');
    const token = credentials({ tokenFile });
    await sent(token);
    await rm(tokenFile);
    nowMs = 1000;
    expect(errorOf(await token.current()).kind).to.equal('unauthorized');
    await files.write('token', 'two');
    nowMs = 2000;
    expect((await sent(token)).headers.authorization).to.equal('Bearer two');
  });

  for (const [field, setting] of [
    ['passwordFile', 'PASSWORD_FILE'],
    ['tokenFile', 'TOKEN_FILE'],
    ['headersFile', 'HEADERS_FILE'],
  ] as const) {
    for (const settings of ['ELASTIC_WORKER_SPARK', 'ELASTIC_WORKER_DRIVER'] as const) {
      it(`name ${settings}_${setting} and the mend where its file is missing or is a directory`, async () => {
        for (const [path, code] of [
          [files.path('missing'), 'ENOENT'],
          [files.path('.'), 'EISDIR'],
        ] as const) {
          const one = new Credentials({ settings, username: 'ann', [field]: path }, () => nowMs);
          expect(describeError(errorOf(await one.current()))).to.equal(
            `credential file: unauthorized: ${settings}_${setting}=${path}: the file cannot be read (${code}); ` +
              'mount it into this container, or correct the path',
          );
        }
      });
    }
  }

  for (const [what, text] of [
    ['nothing', ''],
    ['white space', ' \n'],
    ['two lines', 'secret\nsecret'],
    ['a space inside', 'secret secret'],
    ['letters that no header takes', 'secrét'],
    ['control characters', 'sec\u0000ret'],
  ] as const) {
    it(`say that there is no token, and show nothing, where the file holds ${what}`, async () => {
      const tokenFile = await files.write('token', text);
      const { detail } = errorOf(await credentials({ tokenFile }).current());
      expect(detail).to.equal(`ELASTIC_WORKER_SPARK_TOKEN_FILE=${tokenFile}: the file holds no token`);
    });
  }

  for (const line of ['secret', 'X Team: secret', ': secret', 'X-A: sec\u0000ret', 'X-A: 日本', 'Bad(Name): secret']) {
    it(`say which line of the headers is none, and do not show it: ${JSON.stringify(line)}`, async () => {
      const headersFile = await files.write('headers', `X-Good: 1\n\n${line}\n`);
      const { detail } = errorOf(await credentials({ headersFile }).current());
      expect(detail).to.equal(
        `ELASTIC_WORKER_SPARK_HEADERS_FILE=${headersFile}: line 3 is no header; write it as "Name: value"`,
      );
    });
  }

  it('never show what a file holds, whatever it holds', async () => {
    const secret = 'hunter2';
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('tokenFile', 'headersFile', 'passwordFile'),
        fc.tuple(anyText(), anyText()),
        async (field, [before, after]) => {
          const path = await files.write('file', before + secret + after);
          const result = await credentials({ username: 'ann', [field]: path }).current();
          expect(result.ok ? result.value.name : describeError(result.error)).not.to.include(secret);
        },
      ),
      { numRuns: 25 },
    );
  });
});
