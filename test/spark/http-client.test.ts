import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describeError } from '../../src/core/result.ts';
import { client, failure, WHAT } from './http-support.ts';
import { closeServers, HAS_IPV6, identity, pemFile, serve, serveSockets } from './servers.ts';
import { errorOf, valueOf } from './support.ts';

describe('HTTP to Spark: answers', () => {
  afterEach(closeServers);

  it('are read as text, JSON too, without a byte changed', async () => {
    const body = '{"a" : 1,  "b":"é\u2028日本"}';
    const server = await serve(() => ({ body, headers: { 'Content-Type': 'application/json' } }));
    expect(valueOf(await (await client()).text(`${server.url}/json/`))).to.equal(body);
    expect(server.asked).to.have.length(1);
    expect(server.asked[0]).to.include({ method: 'GET', url: '/json/', body: '' });
  });

  it('may be compressed', async () => {
    const server = await serve(({ headers }) => {
      expect(headers['accept-encoding']).to.include('gzip');
      return (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    });
    expect(valueOf(await (await client()).text(server.url))).to.equal('{"a":1}');
  });

  it('of several requests come over one connection', async () => {
    const sockets = new Set<unknown>();
    const server = await serve(() => (response) => {
      sockets.add(response.socket);
      response.end('ok');
    });
    const http = await client();
    for (let turn = 0; turn < 5; turn += 1) valueOf(await http.text(server.url));
    expect(sockets.size).to.equal(1);
  });

  it('to a form sent by POST come back whatever their status, but for redirects and refusals', async () => {
    for (const status of [200, 404, 405, 500]) {
      const server = await serve(() => ({ status, body: 'x' }));
      const form = new URLSearchParams([
        ['host', '10.0.0.1'],
        ['host', '[fd00::1]'],
      ]);
      expect(valueOf(await (await client()).send(`${server.url}/workers/kill/`, form))).to.include({ status });
      expect(server.asked[0]).to.include({ method: 'POST', body: 'host=10.0.0.1&host=%5Bfd00%3A%3A1%5D' });
      expect(server.asked[0]?.headers['content-type']).to.match(/^application\/x-www-form-urlencoded/);
    }
  });

  for (const [status, kind] of [
    [201, 'refused'],
    [204, 'refused'],
    [400, 'refused'],
    [404, 'not-found'],
    [405, 'refused'],
    [500, 'refused'],
    [503, 'refused'],
  ] as const) {
    it(`with status ${status} are an error of kind ${kind}, and the body is not told`, async () => {
      const server = await serve(() => ({ status, body: 'secret' }));
      const error = await failure(server.url);
      expect(error).to.include({ kind, what: WHAT, status });
      expect(describeError(error)).not.to.include('secret');
    });
  }

  if (HAS_IPV6) {
    it('come from IPv6 addresses too', async () => {
      const server = await serve(() => ({ body: 'six' }), { host: '::1' });
      expect(server.url).to.include('[::1]');
      expect(valueOf(await (await client()).text(`${server.url}/json/`))).to.equal('six');
    });
  }
});

describe('HTTP to Spark: limits', () => {
  afterEach(closeServers);

  it('end a request whose server never answers', async () => {
    const server = await serve(() => () => undefined);
    const startedMs = performance.now();
    const error = await failure(server.url, { http: { requestTimeoutMs: 100 } });
    expect(error).to.deep.equal({ kind: 'timeout', what: WHAT, detail: 'no whole answer within 100 ms' });
    expect(performance.now() - startedMs).to.be.within(90, 4000);
  });

  it('end a request whose server never accepts TLS', async () => {
    const server = await serveSockets(() => undefined);
    const url = server.url.replace('http:', 'https:');
    expect(await failure(url, { http: { requestTimeoutMs: 100 } })).to.include({ kind: 'timeout' });
  });

  it('end an answer that trickles, though something always comes', async () => {
    const server = await serve(() => (response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await failure(server.url, { http: { requestTimeoutMs: 150 } })).to.include({ kind: 'timeout' });
  });

  it('count a deadline from the start of the request, not while it waits for its turn', async () => {
    const server = await serve(() => (response) => setTimeout(() => response.end('ok'), 60));
    const http = await client({ http: { requestTimeoutMs: 500, maxConcurrentRequests: 1 } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => http.text(server.url)));
    expect(answers.every(({ ok }) => ok)).to.equal(true);
  });

  it('give up at once when the daemon ends', async () => {
    const server = await serve(() => () => undefined);
    const ending = new AbortController();
    const http = await client();
    const answer = http.text(server.url, ending.signal);
    ending.abort();
    expect(errorOf(await answer)).to.deep.equal({ kind: 'unreachable', what: WHAT, detail: 'given up' });
    expect(errorOf(await http.text(server.url, ending.signal)).detail).to.equal('given up');
  });

  it('keep the number of requests at the same time', async () => {
    let atOnce = 0;
    let most = 0;
    const server = await serve(() => (response) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      setTimeout(() => {
        atOnce -= 1;
        response.end('ok');
      }, 10);
    });
    const http = await client({ http: { maxConcurrentRequests: 3 } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.text(server.url)));
    expect(answers.every(({ ok }) => ok)).to.equal(true);
    expect(most).to.equal(3);
  });

  const tooLong = {
    kind: 'malformed',
    what: WHAT,
    detail: 'the answer is longer than 1 MiB (ELASTIC_WORKER_MAX_BODY_MIB)',
  };

  it('refuse a body that is too long, and take one that just fits', async () => {
    const MIB = 1024 * 1024;
    for (const [length, fits] of [
      [MIB, true],
      [MIB + 1, false],
      [5 * MIB, false],
    ] as const) {
      const server = await serve(() => ({ body: 'x'.repeat(length) }));
      const answer = await (await client()).text(server.url);
      if (fits) expect(valueOf(answer)).to.have.length(length);
      else expect(errorOf(answer)).to.deep.equal(tooLong);
    }
  });

  it('stop reading a body without an end', async () => {
    let sent = 0;
    const server = await serve(() => (response) => {
      const chunk = 'x'.repeat(64 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await failure(server.url)).to.deep.equal(tooLong);
    expect(sent).to.be.below(64 * 1024 * 1024);
  });

  it('count a compressed body by what it becomes', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    expect(bomb.length).to.be.below(100_000);
    const server = await serve(() => (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb));
    expect(await failure(server.url)).to.deep.equal(tooLong);
  });
});

describe('HTTP to Spark: what breaks', () => {
  afterEach(closeServers);

  it('is unreachable where nobody listens', async () => {
    const server = await serve(() => ({}));
    await server.close();
    const error = await failure(server.url);
    expect(error).to.include({ kind: 'unreachable', what: WHAT });
    expect(error.detail).to.match(/^ECONNREFUSED: /);
  });

  for (const [what, onSocket] of [
    ['the connection closes at once', (socket) => socket.destroy()],
    ['the connection closes at the first byte', (socket) => socket.on('data', () => socket.destroy())],
    ['the answer is no HTTP', (socket) => socket.end('220 smtp.example ESMTP\r\n')],
    ['the answer has a broken header', (socket) => socket.end('HTTP/1.1 200 OK\r\nsecret\u0000\r\n\r\n')],
    [
      'the body ends too early',
      (socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":1}')),
    ],
    [
      'a chunked body ends too early',
      (socket) =>
        socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n')),
    ],
    [
      'a compressed body is none',
      (socket) =>
        socket.on('data', () =>
          socket.end('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n{"a":1}'),
        ),
    ],
  ] as const satisfies readonly (readonly [string, Parameters<typeof serveSockets>[0]])[]) {
    it(`is an error, never half an answer, where ${what}`, async () => {
      const server = await serveSockets(onSocket);
      const error = await failure(server.url);
      expect(error).to.include({ kind: 'unreachable', what: WHAT });
      expect(error.detail).not.to.match(/secret|\n/);
    });
  }
});

describe('HTTP to Spark: where requests go', () => {
  const before = { ...process.env };
  afterEach(async () => {
    for (const name of [
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'ALL_PROXY',
      'NO_PROXY',
      'http_proxy',
      'https_proxy',
      'all_proxy',
      'no_proxy',
    ]) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
    await closeServers();
  });

  it('is never a proxy that the environment names', async () => {
    const proxy = await serve(() => ({ body: 'from the proxy' }));
    const server = await serve(() => ({ body: 'from the server' }));
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
      process.env[name] = proxy.url;
      process.env[name.toLowerCase()] = proxy.url;
    }
    process.env.NO_PROXY = '';
    process.env.no_proxy = '';
    expect(valueOf(await (await client()).text(server.url))).to.equal('from the server');
    const secure = await serve(() => ({ body: 'securely' }), { tls: identity('server') });
    expect(valueOf(await (await client({ http: { caFile: pemFile('ca') } })).text(secure.url))).to.equal('securely');
    expect(proxy.asked).to.deep.equal([]);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is never where a ${status} points, neither by GET nor by POST`, async () => {
      const elsewhere = await serve(() => ({ body: 'gotcha' }));
      const server = await serve(() => ({ status, headers: { Location: `${elsewhere.url}/path?token=secret` } }));
      const http = await client();
      for (const answer of [
        await http.text(server.url),
        await http.send(server.url, new URLSearchParams({ host: 'a' })),
      ]) {
        expect(errorOf(answer)).to.deep.equal({
          kind: 'refused',
          what: WHAT,
          status,
          detail: `it redirects to ${elsewhere.url}, and redirects are not followed`,
        });
      }
      expect(elsewhere.asked).to.deep.equal([]);
    });
  }

  it('is not another path of the same server either: a POST would become a GET', async () => {
    const server = await serve(({ url }) =>
      url === '/a' ? { status: 302, headers: { Location: '/a/' } } : { body: 'x' },
    );
    expect((await failure(`${server.url}/a`)).detail).to.equal(
      `it redirects to ${server.url}, and redirects are not followed`,
    );
    expect(server.asked).to.have.length(1);
  });

  it('says what to set where Spark redirects to TLS, and survives a redirect to nowhere', async () => {
    const secure = await serve(() => ({ status: 302, headers: { Location: 'https://master:8480/json/' } }));
    expect((await failure(secure.url)).detail).to.match(
      /^it redirects to https:\/\/master:8480.*set the https address/,
    );
    for (const headers of [{ Location: 'http://[' }, {}] as Record<string, string>[]) {
      const lost = await serve(() => ({ status: 302, headers }));
      expect((await failure(lost.url)).detail).to.match(/^it redirects to somewhere/);
    }
  });
});
