/** A real Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager. No kubelet, no scheduler. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { kubeApi, type KubeApi } from './kube-api.ts';
import type { ManagedProcess } from './support/processes.ts';
import { waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

const CONTROLLERS = [
  'replicationcontroller-controller',
  'replicaset-controller',
  'deployment-controller',
  'statefulset-controller',
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'disruption-controller',
  'clusterrole-aggregation-controller', // without it the ClusterRoles view, edit and admin allow nothing
];

export interface ControlPlane {
  /** Like "https://127.73.0.2:6443". */
  readonly apiUrl: string;
  /** Bearer token of a user in system:masters. */
  readonly adminToken: string;
  /** PEM file of the API server's authority. */
  readonly caFile: string;
  /** For kubectl and clients that read one; the admin's. */
  readonly kubeconfigFile: string;
  /** JSON lines, see {@link readAuditLog}. */
  readonly auditLogFile: string;
  /** Client with the admin's token. */
  readonly admin: KubeApi;
  /** A bound token of a service account (TokenRequest), valid for `expirationSeconds` (600 or more; default 3600). */
  createToken(namespace: string, serviceAccount: string, expirationSeconds?: number): Promise<string>;
  /** What a pod of this service account would have, with a fresh bound token of one hour. */
  credentialsFor(namespace: string, serviceAccount: string): Promise<Credentials>;
  /** Client with any token. The caller closes it. */
  clientFor(token: string): KubeApi;
  /** Ends the API server at once, as a crash would. etcd and the controllers go on. */
  stopApiServer(): Promise<void>;
  /** Starts it again: same address, same data, same certificate. Resolves when it is ready. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

export interface Credentials {
  /** Laid out as in a pod: files `token`, `ca.crt`, `namespace`. */
  readonly directory: string;
  /** Server, authority, token and namespace. */
  readonly kubeconfigFile: string;
  readonly token: string;
}

interface Paths {
  readonly directory: string;
  readonly bench: Workbench;
  readonly apiHost: string;
  readonly etcdUrl: string;
}

/** Starts all three; resolves when the API is ready and its controllers work (some 5 s). The workbench stops it. */
export async function startControlPlane(bench: Workbench): Promise<ControlPlane> {
  const directory = await bench.makeDirectory('control-plane');
  const etcdHost = bench.nextAddress();
  const paths: Paths = { directory, bench, apiHost: bench.nextAddress(), etcdUrl: `http://${etcdHost}:2379` };
  const apiUrl = `https://${paths.apiHost}:6443`;
  const adminToken = randomBytes(24).toString('hex');
  const controllerToken = randomBytes(24).toString('hex');
  await writeInputs(directory, adminToken, controllerToken);

  const etcd = startEtcd(paths, etcdHost);
  await waitFor('etcd', async () => (await fetch(`${paths.etcdUrl}/health`)).ok, { timeoutMs: 30_000 });
  let apiServer = startApiServerProcess(paths);
  const caFile = join(directory, 'certs', 'apiserver.crt');
  const ca = await waitFor('the API server to write its certificate', () => readFile(caFile, 'utf8'), {
    timeoutMs: 60_000,
  });
  const admin = kubeApi(apiUrl, adminToken, ca);
  await waitReady(admin, apiServer);
  const kubeconfigFile = join(directory, 'admin.kubeconfig');
  const controllerKubeconfig = join(directory, 'controller-manager.kubeconfig');
  await writeKubeconfig(kubeconfigFile, apiUrl, caFile, adminToken);
  await writeKubeconfig(controllerKubeconfig, apiUrl, caFile, controllerToken);
  const controllers = startControllers(paths, controllerKubeconfig, caFile);
  await waitFor(
    'the controllers to make the default service account',
    async () => (await admin.send('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
  );

  let stopped: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    admin.close();
    await controllers.stop(2000);
    await apiServer.stop(0); // asked politely it waits for its watches, for nobody's good here
    await etcd.stop(2000);
  }
  const stop = (): Promise<void> => (stopped ??= stopAll());
  bench.onStop(stop);
  return {
    apiUrl,
    adminToken,
    caFile,
    kubeconfigFile,
    auditLogFile: join(directory, 'audit.jsonl'),
    admin,
    createToken: (namespace, serviceAccount, expirationSeconds = 3600) =>
      createToken(admin, namespace, serviceAccount, expirationSeconds),
    credentialsFor: async (namespace, serviceAccount) => {
      const token = await createToken(admin, namespace, serviceAccount, 3600);
      const directory = await bench.makeDirectory(`credentials-${namespace}-${serviceAccount}`);
      await writeFile(join(directory, 'token'), token);
      await writeFile(join(directory, 'ca.crt'), ca);
      await writeFile(join(directory, 'namespace'), namespace);
      const kubeconfigFile = join(directory, 'kubeconfig');
      await writeKubeconfig(kubeconfigFile, apiUrl, caFile, token, namespace);
      return { directory, kubeconfigFile, token };
    },
    clientFor: (token) => kubeApi(apiUrl, token, ca),
    stopApiServer: async () => {
      await apiServer.stop(0);
    },
    startApiServer: async () => {
      apiServer = startApiServerProcess(paths);
      await waitReady(admin, apiServer);
    },
    stop,
  };
}

async function waitReady(admin: KubeApi, process: ManagedProcess): Promise<void> {
  await waitFor('the API server to be ready', async () => {
    if (!process.isRunning()) throw new Error('kube-apiserver ended');
    return (await admin.send('GET', '/readyz')).status === 200;
  });
}

const TokenRequest = v.object({ status: v.object({ token: v.string() }) });

async function createToken(admin: KubeApi, namespace: string, account: string, seconds: number): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const answer = await admin.create(path, { spec: { expirationSeconds: seconds } });
  return v.parse(TokenRequest, answer).status.token;
}

async function writeInputs(directory: string, adminToken: string, controllerToken: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(directory, 'service-accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const users = [
    [adminToken, 'e2e-admin'],
    [controllerToken, 'system:kube-controller-manager'],
  ];
  const rows = users.map(([token, name]) => `${token ?? ''},${name ?? ''},${name ?? ''},"system:masters"\n`);
  await writeFile(join(directory, 'tokens.csv'), rows.join(''));
  await writeFile(join(directory, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
}

// Tokens and events stay out of the bodies; reads are only counted, and only those of service accounts.
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', resources: [{ group: '', resources: ['serviceaccounts/token', 'secrets'] }] },
    { level: 'RequestResponse', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
    { level: 'None' },
  ],
};

async function writeKubeconfig(
  file: string,
  server: string,
  caFile: string,
  token: string,
  namespace = 'default',
): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'e2e', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e', namespace } }],
    'current-context': 'e2e',
  };
  await writeFile(file, JSON.stringify(config));
}

function startEtcd({ bench, directory, etcdUrl }: Paths, host: string): ManagedProcess {
  const peerUrl = `http://${host}:2380`;
  return bench.start({
    command: bench.tools.controlPlane.etcd,
    args: [
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync=true',
    ],
    env: {},
    cwd: directory,
    logFile: join(directory, 'etcd.log'),
  });
}

function startApiServerProcess({ bench, directory, etcdUrl, apiHost }: Paths): ManagedProcess {
  const key = join(directory, 'service-accounts.key');
  return bench.start({
    command: bench.tools.controlPlane.apiServer,
    args: [
      `--etcd-servers=${etcdUrl}`,
      `--cert-dir=${join(directory, 'certs')}`,
      `--bind-address=${apiHost}`,
      `--advertise-address=${apiHost}`,
      '--secure-port=6443',
      '--endpoint-reconciler-type=none',
      `--token-auth-file=${join(directory, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      `--audit-policy-file=${join(directory, 'audit-policy.json')}`,
      `--audit-log-path=${join(directory, 'audit.jsonl')}`,
      '--audit-log-mode=blocking',
      '--audit-log-maxsize=1000',
    ],
    env: {},
    cwd: directory,
    logFile: join(directory, 'kube-apiserver.log'),
  });
}

function startControllers({ bench, directory }: Paths, kubeconfig: string, caFile: string): ManagedProcess {
  return bench.start({
    command: bench.tools.controlPlane.controllerManager,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${join(directory, 'service-accounts.key')}`,
      `--root-ca-file=${caFile}`,
      `--controllers=${CONTROLLERS.join(',')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    env: {},
    cwd: directory,
    logFile: join(directory, 'kube-controller-manager.log'),
  });
}
