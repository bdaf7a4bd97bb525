import { AssertionError, expect } from 'chai';
import type { OperatingError, Result } from '../../src/core/result.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { CredentialError, type KubeCall } from '../../src/kube/errors.ts';
import { allStubsUsed, api, fakeCredentials, localServer, never, NAMESPACE, status, testClient } from './support.ts';

const PATH = '/api/v1/namespaces/team/pods/p';
const GET: KubeCall = { verb: 'get', group: '', resource: 'pods', what: 'pod p', namespace: NAMESPACE };

function getPod(client: KubeClient, signal: AbortSignal = never): Promise<Result<unknown>> {
  return client.call(GET, signal, (options) =>
    client.core.readNamespacedPod({ name: 'p', namespace: NAMESPACE }, options),
  );
}

function errorOf(result: Result<unknown>): OperatingError {
  if (result.ok) throw new AssertionError('expected a failure');
  return result.error;
}

describe('kubeClient', () => {
  afterEach(allStubsUsed);

  it('sends the credential and says who it is', async () => {
    api()
      .get(PATH)
      .matchHeader('authorization', 'Bearer secret-token')
      .matchHeader('user-agent', 'elastic-worker')
      .reply(200, { metadata: { name: 'p' } });
    expect((await getPod(testClient())).ok).to.equal(true);
  });

  it('tells the hook what was called, how it ended and how long it took', async () => {
    const calls: unknown[] = [];
    let nowMs = 0;
    const client = testClient({ nowMs: () => (nowMs += 7), onCall: (...call) => calls.push(call) });
    api()
      .get(PATH)
      .reply(200, {})
      .get(PATH)
      .reply(404, status(404, 'NotFound', 'gone'));
    await getPod(client);
    await getPod(client);
    expect(calls).to.deep.equal([
      ['get pods', 'ok', 7],
      ['get pods', 'not-found', 7],
    ]);
  });

  const answers: readonly {
    name: string;
    code: number;
    body: string | Record<string, unknown>;
    headers?: Record<string, string>;
    kind: OperatingError['kind'];
    retryAfterMs?: number;
    detail?: string;
  }[] = [
    {
      name: 'a lost race',
      code: 409,
      body: status(409, 'Conflict', 'the object has been modified'),
      kind: 'conflict',
      detail: 'the object has been modified',
    },
    { name: 'nothing there', code: 404, body: status(404, 'NotFound', 'pods "p" not found'), kind: 'not-found' },
    { name: 'an expired token', code: 401, body: status(401, 'Unauthorized', 'Unauthorized'), kind: 'unauthorized' },
    {
      name: 'an invalid object',
      code: 422,
      body: status(422, 'Invalid', 'spec: bad'),
      kind: 'refused',
      detail: 'spec: bad',
    },
    {
      name: 'throttling as plain text',
      code: 429,
      body: 'Too many requests, please try again later.\n',
      headers: { 'retry-after': '2', 'content-type': 'text/plain' },
      kind: 'throttled',
      retryAfterMs: 2000,
    },
    { name: 'throttling without a time', code: 429, body: '', kind: 'throttled' },
    {
      name: 'a server that shuts down',
      code: 503,
      body: 'shutting down',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 08:00:05 GMT' },
      kind: 'throttled',
      retryAfterMs: 5000,
    },
    {
      name: 'a date that has passed',
      code: 503,
      body: '',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 07:00:00 GMT' },
      kind: 'throttled',
      retryAfterMs: 0,
    },
    {
      name: 'a wait of a year',
      code: 503,
      body: '',
      headers: { 'retry-after': '31536000' },
      kind: 'throttled',
      retryAfterMs: 600_000,
    },
    {
      name: 'a time in the body only',
      code: 500,
      body: { ...status(500, 'ServerTimeout', 'slow'), details: { retryAfterSeconds: 3 } },
      kind: 'throttled',
      retryAfterMs: 3000,
    },
    { name: 'a Retry-After that is neither', code: 503, body: '', headers: { 'retry-after': 'soon' }, kind: 'refused' },
    {
      name: 'a broken server',
      code: 500,
      body: '<html>secret</html>',
      headers: { 'content-type': 'text/html' },
      kind: 'refused',
      detail: 'HTTP 500 without a reason',
    },
  ];
  for (const { name, code, body, headers, kind, retryAfterMs, detail } of answers) {
    it(`understands ${name}`, async () => {
      api()
        .get(PATH)
        .reply(code, body, headers ?? {});
      const error = errorOf(await getPod(testClient()));
      expect(error).to.include({ kind, status: code, what: 'pod p' });
      expect(error.retryAfterMs).to.equal(retryAfterMs);
      if (detail !== undefined) expect(error.detail).to.equal(detail);
    });
  }

  it('names the missing rule on a 403 of RBAC, and who lacks it', async () => {
    const message =
      'pods "p" is forbidden: User "system:serviceaccount:team:spark" cannot get resource "pods" in API group "" in the namespace "team"';
    api()
      .get(PATH)
      .reply(403, status(403, 'Forbidden', message));
    expect(errorOf(await getPod(testClient())).detail).to.equal(
      'system:serviceaccount:team:spark may not get pods in namespace team; its Role needs the rule {apiGroups: [""], resources: ["pods"], verbs: ["get"]}',
    );
  });

  it('leaves the words of an admission policy as they are', async () => {
    const message = 'pods "p" is forbidden: ValidatingAdmissionPolicy \'x\' denied request: only annotations';
    api()
      .get(PATH)
      .reply(403, status(403, 'Forbidden', message));
    expect(errorOf(await getPod(testClient()))).to.include({ kind: 'unauthorized', detail: message });
  });

  it('cuts a message that does not end', async () => {
    api()
      .get(PATH)
      .reply(422, status(422, 'Invalid', 'x\n'.repeat(5000)));
    expect(errorOf(await getPod(testClient())).detail).to.have.length(300);
  });

  it('tries once more with the new token after a 401', async () => {
    let token = 'old';
    const client = testClient({ credentials: fakeCredentials('https://kube.test:6443', () => token) });
    api()
      .get(PATH)
      .matchHeader('authorization', 'Bearer old')
      .reply(401, () => {
        token = 'new';
        return '';
      });
    api().get(PATH).matchHeader('authorization', 'Bearer new').reply(200, {});
    expect((await getPod(client)).ok).to.equal(true);
  });

  it('tries only once where the token is the same', async () => {
    api().get(PATH).reply(401, '').get(PATH).reply(200, {});
    expect(errorOf(await getPod(testClient())).kind).to.equal('unauthorized');
    expect(allStubsUsed).to.throw('never asked for');
  });

  it('says so when the credential cannot be read', async () => {
    const credentials = {
      ...fakeCredentials('https://kube.test:6443'),
      login: () => Promise.reject(new CredentialError('no token file')),
    };
    const error = errorOf(await getPod(testClient({ credentials })));
    expect(error).to.deep.equal({ kind: 'unauthorized', what: 'pod p', detail: 'no token file' });
  });

  it('does not take a bug for a failure', async () => {
    const client = testClient();
    // @ts-expect-error: the name is missing
    const call = client.call(GET, never, (options) => client.core.readNamespacedPod({ namespace: NAMESPACE }, options));
    const thrown = await call.catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error).with.property('message').that.includes('name');
  });

  const broken: Record<string, readonly [string, Record<string, string>]> = {
    'JSON that breaks off': ['{"metadata": {', { 'content-type': 'application/json' }],
    'no content type': ['', {}],
    'something else altogether': ['x', { 'content-type': 'image/png' }],
  };
  for (const [name, [body, headers]] of Object.entries(broken)) {
    it(`calls ${name} malformed`, async () => {
      api().get(PATH).reply(200, body, headers);
      expect(errorOf(await getPod(testClient())).kind).to.equal('malformed');
    });
  }

  it('never shows the token or a body', async () => {
    for (const code of [400, 401, 403, 404, 409, 429, 500, 503]) {
      api().get(PATH).reply(code, 'Bearer secret-token body-text', { 'x-secret': 'header-text' });
      const shown = JSON.stringify(errorOf(await getPod(testClient())));
      expect(shown).not.to.match(/secret-token|body-text|header-text/);
    }
  });
});

describe('kubeClient and a real connection', () => {
  const cases: Record<string, (response: import('node:http').ServerResponse) => void> = {
    'a server that never answers': () => undefined,
    'a body that stalls': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"metadata":');
    },
  };
  for (const [name, handle] of Object.entries(cases)) {
    it(`ends the wait for ${name} at its own deadline`, async () => {
      const server = await localServer((_request, response) => {
        handle(response);
      });
      try {
        const client = testClient({ credentials: fakeCredentials(server.url), timeoutMs: 50 });
        expect(errorOf(await getPod(client))).to.deep.equal({
          kind: 'timeout',
          what: 'pod p',
          detail: 'no complete answer within 50 ms',
        });
      } finally {
        await server.close();
      }
    });
  }

  it('ends when the caller gives up, also before it began', async () => {
    const server = await localServer(() => undefined);
    try {
      const client = testClient({ credentials: fakeCredentials(server.url) });
      const controller = new AbortController();
      const pending = getPod(client, controller.signal);
      controller.abort();
      expect(errorOf(await pending))
        .to.include({ kind: 'timeout' })
        .and.property('detail')
        .includes('given up');
      expect(errorOf(await getPod(client, controller.signal)).kind).to.equal('timeout');
    } finally {
      await server.close();
    }
  });

  it('leaves no request behind that it no longer waits for', async () => {
    const ended = Promise.withResolvers<string>();
    const server = await localServer((request) => {
      request.once('close', () => {
        ended.resolve('closed by the client');
      });
    });
    try {
      await getPod(testClient({ credentials: fakeCredentials(server.url), timeoutMs: 50 }));
      expect(await ended.promise).to.equal('closed by the client');
    } finally {
      await server.close();
    }
  });

  it('ends when the credential does not come', async () => {
    const credentials = {
      ...fakeCredentials('https://kube.test:6443'),
      login: () => new Promise<never>(() => undefined),
    };
    expect(errorOf(await getPod(testClient({ credentials, timeoutMs: 20 }))).kind).to.equal('timeout');
  });

  it('calls a connection that breaks unreachable, before and inside the body', async () => {
    const server = await localServer((request, response) => {
      if (request.headers.authorization === 'Bearer in-the-body') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{', () => response.socket?.destroy());
      } else request.socket.destroy();
    });
    try {
      for (const token of ['at-once', 'in-the-body']) {
        const client = testClient({ credentials: fakeCredentials(server.url, () => token) });
        expect(errorOf(await getPod(client)).kind).to.equal('unreachable');
      }
    } finally {
      await server.close();
    }
  });

  it('follows no redirect: the credential goes to the server that was named', async () => {
    let asked = 0;
    const other = await localServer((_request, response) => {
      asked += 1;
      response.end('{}');
    });
    const server = await localServer((_request, response) => {
      response.writeHead(302, { location: `${other.url}${PATH}` }).end();
    });
    try {
      const error = errorOf(await getPod(testClient({ credentials: fakeCredentials(server.url) })));
      expect(error).to.include({ kind: 'refused', status: 302 });
      expect(asked).to.equal(0);
    } finally {
      await Promise.all([server.close(), other.close()]);
    }
  });

  it('calls a closed port unreachable and says why', async () => {
    const server = await localServer(() => undefined);
    await server.close();
    const error = errorOf(await getPod(testClient({ credentials: fakeCredentials(server.url) })));
    expect(error.kind).to.equal('unreachable');
    expect(error.detail).to.include('ECONNREFUSED');
  });
});
