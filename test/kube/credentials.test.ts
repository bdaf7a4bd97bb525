import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssertionError, expect } from 'chai';
import { loadCredentials, type CredentialOptions, type KubeCredentials } from '../../src/kube/credentials.ts';
import { CredentialError } from '../../src/kube/errors.ts';

const POD_ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('loadCredentials', () => {
  let directory: string;
  let nowMs: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'credentials-'));
    nowMs = 1_000_000;
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function mount(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  }

  function options(more: Partial<CredentialOptions> = {}): CredentialOptions {
    return { env: POD_ENV, nowMs: () => nowMs, serviceAccountDirectory: directory, ...more };
  }

  async function loaded(more: Partial<CredentialOptions> = {}): Promise<KubeCredentials> {
    const result = await loadCredentials(options(more));
    if (!result.ok) throw new AssertionError(result.error.join('; '));
    return result.value;
  }

  async function problems(more: Partial<CredentialOptions>): Promise<readonly string[]> {
    const result = await loadCredentials(options(more));
    if (result.ok) throw new AssertionError('expected problems');
    return result.error;
  }

  async function sent(credentials: KubeCredentials): Promise<{ authorization: string | undefined; agent: Agent }> {
    const { headers, agent } = await credentials.login();
    if (!(agent instanceof Agent)) throw new AssertionError('every server here is https');
    return { authorization: headers.Authorization, agent };
  }

  describe('in a pod', () => {
    it('uses the mounted token, trimmed, and the mounted namespace', async () => {
      await mount({ token: 'one\n', 'ca.crt': CA, namespace: 'team\n' });
      const credentials = await loaded();
      expect(credentials).to.include({ kind: 'in-cluster', server: 'https://10.0.0.1:443', namespace: 'team' });
      expect((await sent(credentials)).authorization).to.equal('Bearer one');
    });

    it('puts IPv6 addresses into brackets and does without a namespace file', async () => {
      await mount({ token: 'one', 'ca.crt': CA });
      const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
      expect(await loaded({ env })).to.include({ server: 'https://[fd00::1]:6443', namespace: undefined });
    });

    it('keeps its connections, reads the token again each minute, and at once when told to', async () => {
      await mount({ token: 'one', 'ca.crt': CA });
      const credentials = await loaded();
      const first = await sent(credentials);
      await mount({ token: 'two' });
      nowMs += 59_999;
      expect(await sent(credentials)).to.deep.equal(first);
      nowMs += 1;
      expect(await sent(credentials)).to.deep.equal({ ...first, authorization: 'Bearer two' });
      expect((await sent(credentials)).agent).to.equal(first.agent);
      await mount({ token: 'three' });
      expect(await credentials.refresh()).to.equal(true);
      expect(await credentials.refresh()).to.equal(false);
      expect((await sent(credentials)).authorization).to.equal('Bearer three');
      credentials.close();
    });

    it('makes new connections with a new authority', async () => {
      await mount({ token: 'one', 'ca.crt': CA });
      const credentials = await loaded();
      const first = await sent(credentials);
      await mount({ 'ca.crt': `${CA}${CA}` });
      nowMs += 60_000;
      const second = await sent(credentials);
      expect(second.agent).not.to.equal(first.agent);
      expect(second.agent.options).to.deep.include({ ca: `${CA}${CA}`, keepAlive: true });
      credentials.close();
    });

    it('rejects with a CredentialError when the token goes away', async () => {
      await mount({ token: 'one', 'ca.crt': CA });
      const credentials = await loaded();
      await rm(join(directory, 'token'));
      const error = await sent(credentials).catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(CredentialError);
      expect(String(error)).to.include('mount the service account');
    });

    it('lists everything that is wrong', async () => {
      await mount({ token: ' \n', 'ca.crt': 'no certificate' });
      const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: 'tcp://10.0.0.1' };
      const listed = await problems({ env });
      expect(listed).to.have.length(3);
      expect(listed.join('\n')).to.match(/PORT.*not a port[^]*token holds no token[^]*ca\.crt holds no certificate/);
    });

    it('does not quote a token it cannot use', async () => {
      await mount({ token: 'secret\nsecret', 'ca.crt': CA });
      expect(await problems({})).to.deep.equal([`${join(directory, 'token')} holds no token`]);
    });
  });

  describe('outside', () => {
    const config = (more: Record<string, unknown> = {}): string =>
      JSON.stringify({
        'current-context': 'dev',
        contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://kube.test:6443' } }],
        users: [{ name: 'u', user: { token: 'from-file' } }],
        ...more,
      });

    it('says how to get in where there is neither', async () => {
      expect((await problems({ env: {} })).join()).to.match(/KUBERNETES_SERVICE_HOST.*KUBECONFIG/);
    });

    it('takes the current context of KUBECONFIG, also inside a pod', async () => {
      await mount({ config: config() });
      const credentials = await loaded({ env: { ...POD_ENV, KUBECONFIG: join(directory, 'config') } });
      expect(credentials).to.include({ kind: 'kubeconfig', server: 'https://kube.test:6443', namespace: 'team' });
      expect((await sent(credentials)).authorization).to.equal('Bearer from-file');
    });

    it('prefers the file it is told', async () => {
      await mount({ config: config(), other: config({ users: [{ name: 'u', user: { token: 'other' } }] }) });
      const env = { KUBECONFIG: join(directory, 'config') };
      const credentials = await loaded({ env, kubeconfig: join(directory, 'other') });
      expect((await sent(credentials)).authorization).to.equal('Bearer other');
    });

    it('merges several files', async () => {
      const user = { users: [{ name: 'u', user: { token: 'second' } }] };
      await mount({ one: config({ users: [] }), two: JSON.stringify({ contexts: [], clusters: [], ...user }) });
      const env = { KUBECONFIG: `${join(directory, 'one')}:${join(directory, 'two')}` };
      expect((await sent(await loaded({ env }))).authorization).to.equal('Bearer second');
    });

    it('logs in by password, and impersonates', async () => {
      const users = [{ name: 'u', user: { username: 'jo', password: 'secret', as: 'spark' } }];
      await mount({ config: config({ users }) });
      const { headers } = await (await loaded({ kubeconfig: join(directory, 'config') })).login();
      const Authorization = `Basic ${Buffer.from('jo:secret').toString('base64')}`;
      expect(headers).to.deep.equal({ Authorization, 'Impersonate-User': 'spark' });
    });

    it('takes authority, certificate and server name from the file, and the certificate anew when it was replaced', async () => {
      const text = (name: string): string => Buffer.from(name).toString('base64');
      const cluster = {
        server: 'https://kube.test',
        'tls-server-name': 'kube',
        'certificate-authority-data': text('ca'),
      };
      const user = { 'client-certificate': join(directory, 'cert'), 'client-key-data': text('key') };
      const more = { clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user }] };
      await mount({ config: config(more), cert: 'one' });
      const credentials = await loaded({ kubeconfig: join(directory, 'config') });
      const first = await sent(credentials);
      const [ca, cert, key] = ['ca', 'one', 'key'].map((name) => Buffer.from(name));
      expect(first.agent.options).to.deep.include({ ca, cert, key, servername: 'kube', keepAlive: true });
      nowMs += 60_000;
      expect((await sent(credentials)).agent).to.equal(first.agent);
      await mount({ cert: 'two' });
      nowMs += 60_000;
      expect((await sent(credentials)).agent.options).to.deep.include({ cert: Buffer.from('two') });
      credentials.close();
    });

    it('goes through the proxy that is named', async () => {
      const cluster = { server: 'https://kube.test', 'proxy-url': 'http://proxy.test:3128' };
      await mount({ config: config({ clusters: [{ name: 'c', cluster }] }) });
      const { agent } = await sent(await loaded({ kubeconfig: join(directory, 'config') }));
      expect(agent).to.have.nested.property('proxy.host', 'proxy.test:3128');
    });

    it('says so when a plug-in fails, and nothing of what it said', async () => {
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(directory, 'no-such-plug-in') };
      await mount({ config: config({ users: [{ name: 'u', user: { exec } }] }) });
      const credentials = await loaded({ kubeconfig: join(directory, 'config') });
      const error = await credentials.login().catch((cause: unknown) => cause);
      expect(error).to.be.instanceOf(CredentialError);
    });

    const bad: Record<string, readonly [string, RegExp]> = {
      'no such file': ['', /cannot be read as a kubeconfig/],
      'broken YAML': ['users: [{token: secret', /^(?!.*secret).*cannot be read as a kubeconfig/],
      'no current context': [config({ 'current-context': '' }), /no current-context/],
      'a context that is not there': [config({ 'current-context': 'prod' }), /"prod" is not in it/],
      'a cluster that is not there': [config({ clusters: [] }), /cluster "c".*not in it/],
      'a user that is not there': [config({ users: [] }), /user "u".*not in it/],
      'a server that is no URL': [config({ clusters: [{ name: 'c', cluster: { server: 'kube' } }] }), /not a URL/],
      'plain http': [config({ clusters: [{ name: 'c', cluster: { server: 'http://kube' } }] }), /plain http/],
    };
    for (const [name, [text, expected]] of Object.entries(bad)) {
      it(`refuses ${name}`, async () => {
        if (text !== '') await mount({ config: text });
        expect((await problems({ kubeconfig: join(directory, 'config') })).join()).to.match(expected);
      });
    }
  });
});
