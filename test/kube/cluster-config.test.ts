import { expect } from 'chai';
import { clusterConfigSource } from '../../src/kube/cluster-config.ts';
import { allStubsUsed, api, never, status, testClient } from './support.ts';

const PATH = '/api/v1/namespaces/team/configmaps/cluster';

describe('clusterConfigSource', () => {
  const source = clusterConfigSource(testClient(), 'cluster');
  const metadata = { name: 'cluster', uid: 'u' };
  afterEach(allStubsUsed);

  it('hands the data over as it is', async () => {
    api()
      .get(PATH)
      .reply(200, { metadata, data: { 'elasticWorker.enable': 'true\n' } });
    expect(await source.read(never)).to.deep.equal({ ok: true, value: { 'elasticWorker.enable': 'true\n' } });
  });

  it('takes no ConfigMap for an answer', async () => {
    api()
      .get(PATH)
      .reply(404, status(404, 'NotFound', 'not found'));
    expect(await source.read(never)).to.deep.equal({ ok: true, value: undefined });
  });

  it('tells an empty one from none', async () => {
    api().get(PATH).reply(200, { metadata });
    expect(await source.read(never)).to.deep.equal({ ok: true, value: {} });
  });

  const ugly: readonly (readonly [string, number, string, string, string])[] = [
    ['a page of a proxy', 200, '<html>', 'text/html', 'malformed'],
    ['an empty object', 200, '{}', 'application/json', 'malformed'],
    ['a refusal', 403, JSON.stringify(status(403, 'Forbidden', '')), 'application/json', 'unauthorized'],
    ['a broken server', 500, '', 'text/plain', 'refused'],
  ];
  for (const [name, code, body, type, kind] of ugly) {
    it(`never reads ${name} as a missing flag`, async () => {
      api().get(PATH).reply(code, body, { 'content-type': type });
      const result = await source.read(never);
      expect(result.ok ? 'ok' : result.error.kind).to.equal(kind);
    });
  }
});
