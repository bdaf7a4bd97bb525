import { expect } from 'chai';
import { client, failure, WHAT } from './http-support.ts';
import { closeServers, HAS_IPV6, identity, pem, pemFile, serve } from './servers.ts';
import { errorOf, temporaryFiles, valueOf, type Files } from './support.ts';

describe('HTTP to Spark: credentials', () => {
  let files: Files;
  beforeEach(async () => {
    files = await temporaryFiles();
  });
  afterEach(async () => {
    await closeServers();
    await files.remove();
  });

  it('are sent, and read again when the file changes', async () => {
    let nowMs = 0;
    const server = await serve(() => ({ body: 'ok' }));
    const tokenFile = await files.write('token', 'one');
    const headersFile = await files.write('headers', 'X-Team: blue');
    const http = await client({ credentials: { tokenFile, headersFile }, now: () => nowMs });
    valueOf(await http.text(server.url));
    await files.write('token', 'two');
    nowMs += 1000;
    valueOf(await http.text(server.url));
    expect(server.asked.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer one', 'Bearer two']);
    expect(server.asked[1]?.headers['x-team']).to.equal('blue');
  });

  it('are taken when the request starts, not when it begins to wait', async () => {
    let nowMs = 0;
    const tokenFile = await files.write('token', 'one');
    const server = await serve(({ url }) => (response) => {
      if (url !== '/first') {
        response.end('ok');
        return;
      }
      void files.write('token', 'two').then(() => {
        nowMs += 1000;
        response.end('ok');
      });
    });
    const http = await client({ credentials: { tokenFile }, http: { maxConcurrentRequests: 1 }, now: () => nowMs });
    await Promise.all([http.text(`${server.url}/first`), http.text(`${server.url}/second`)]);
    expect(server.asked.map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer one', 'Bearer two']);
  });

  it('send nothing where their file is missing', async () => {
    const server = await serve(() => ({ body: 'ok' }));
    const tokenFile = files.path('missing');
    const error = await failure(server.url, { credentials: { tokenFile } });
    expect(error.kind).to.equal('unauthorized');
    expect(error.detail).to.include(`ELASTIC_WORKER_SPARK_TOKEN_FILE=${tokenFile}`);
    expect(server.asked).to.deep.equal([]);
  });

  for (const status of [401, 403]) {
    it(`are named in a ${status}, and never shown`, async () => {
      const secret = 'hunter2';
      const tokenFile = await files.write('token', secret);
      const passwordFile = await files.write('password', secret);
      const headersFile = await files.write('headers', `X-Key: ${secret}`);
      const server = await serve(({ headers }) => ({ status, body: JSON.stringify(headers) }));
      for (const [credentials, name] of [
        [{}, 'no credential'],
        [{ tokenFile }, `bearer token from ${tokenFile}`],
        [{ username: 'ann', passwordFile }, `user ann with the password from ${passwordFile}`],
        [{ headersFile }, `headers from ${headersFile}`],
      ] as const) {
        const error = await failure(server.url, { credentials });
        expect(error).to.deep.equal({ kind: 'unauthorized', what: WHAT, status, detail: `sent: ${name}` });
        expect(JSON.stringify(error)).not.to.include(secret);
      }
    });
  }
});

describe('HTTP to Spark: TLS', () => {
  let files: Files;
  beforeEach(async () => {
    files = await temporaryFiles();
  });
  afterEach(async () => {
    await closeServers();
    await files.remove();
  });

  it('trusts the authority that is set, by name and by address', async () => {
    const http = await client({ http: { caFile: pemFile('ca') } });
    for (const host of ['127.0.0.1', 'localhost', ...(HAS_IPV6 ? ['::1'] : [])]) {
      const server = await serve(() => ({ body: 'ok' }), { tls: identity('server'), host });
      expect(valueOf(await http.text(`https://${host.includes(':') ? `[${host}]` : host}:${server.port}`))).to.equal(
        'ok',
      );
    }
  });

  it('trusts no other one, and nobody without it', async () => {
    const server = await serve(() => ({ body: 'ok' }), { tls: identity('server') });
    for (const http of [{}, { caFile: pemFile('other-ca') }]) {
      const error = await failure(server.url, { http });
      expect(error.kind).to.equal('unreachable');
      expect(error.detail).to.match(/^UNABLE_TO_/);
    }
    expect(server.asked).to.deep.equal([]);
  });

  it('insists on the name', async () => {
    const server = await serve(() => ({ body: 'ok' }), { tls: identity('server'), host: '127.0.0.2' });
    const error = await failure(server.url, { http: { caFile: pemFile('ca') } });
    expect(error.detail).to.match(/^ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  const own = { caFile: pemFile('ca'), certFile: pemFile('client'), keyFile: pemFile('client-key') };
  const asks = { ...identity('server'), ca: pem('ca'), requestCert: true };

  it('presents our own certificate where it is asked for', async () => {
    const server = await serve(() => ({ body: 'known' }), { tls: { ...asks, rejectUnauthorized: true } });
    expect(valueOf(await (await client({ http: own })).text(server.url))).to.equal('known');
    const stranger = await failure(server.url, { http: { caFile: own.caFile } });
    expect(stranger.kind).to.equal('unreachable');
    expect(server.asked).to.have.length(1);
  });

  it('presents none where that was left out', async () => {
    let presented: unknown;
    const server = await serve(
      () => (response) => {
        presented = (response.socket as unknown as { getPeerCertificate(): object }).getPeerCertificate();
        response.end('ok');
      },
      { tls: { ...asks, rejectUnauthorized: false } },
    );
    valueOf(await (await client({ http: own })).text(server.url));
    expect(presented).to.have.nested.property('subject.CN', 'test client');
    valueOf(await (await client({ http: own, presentsCertificate: false })).text(server.url));
    expect(presented).to.deep.equal({});
  });

  it('goes on with new files when the certificates are exchanged', async () => {
    let nowMs = 0;
    const caFile = await files.write('ca', pem('ca'));
    const first = await serve(() => ({ body: 'first' }), { tls: identity('server') });
    const second = await serve(() => ({ body: 'second' }), { tls: identity('other-server') });
    const http = await client({ http: { caFile }, now: () => nowMs });
    expect(valueOf(await http.text(first.url))).to.equal('first');
    expect(errorOf(await http.text(second.url)).kind).to.equal('unreachable');
    await files.write('ca', pem('other-ca'));
    nowMs += 10_000;
    expect(valueOf(await http.text(second.url))).to.equal('second');
  });
});
