/** Who we are to the API server: the pod's service account, or a kubeconfig outside a cluster. */
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { err, ok, type Result } from '../core/result.ts';
import { CredentialError } from './errors.ts';

/** Where the kubelet puts the service account, unless a test says otherwise. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The kubelet replaces the token long before it ends; looking once a minute is what other clients do. */
const FRESH_FOR_MS = 60_000;

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A kubeconfig file; wins over everything else. */
  readonly kubeconfig?: string | undefined;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly serviceAccountDirectory?: string;
}

export interface KubeCredentials {
  readonly kind: 'in-cluster' | 'kubeconfig';
  readonly server: string;
  /** The namespace that goes with the credential, if one does. */
  readonly namespace: string | undefined;
  /** Puts the credential and the connection to use onto a request. Rejects with a CredentialError. */
  readonly apply: (request: RequestContext) => Promise<void>;
  /** Reads the credential again now. Resolves with whether it is another one than before. */
  refresh(): Promise<boolean>;
  /** Ends the connections. */
  close(): Promise<void>;
}

/** Reads what is needed once and keeps it fresh. On failure: everything that is wrong, for a person. */
export async function loadCredentials(options: CredentialOptions): Promise<Result<KubeCredentials, readonly string[]>> {
  const { env } = options;
  const files = options.kubeconfig === undefined ? (env.KUBECONFIG ?? '').split(delimiter) : [options.kubeconfig];
  const [first, ...rest] = files.filter((file) => file !== '');
  if (first !== undefined) return fromKubeconfig(first, rest, options);
  if (env.KUBERNETES_SERVICE_HOST !== undefined) return fromServiceAccount(options);
  return err([
    'no way to reach the Kubernetes API: KUBERNETES_SERVICE_HOST is not set, so this is no pod, and neither is KUBECONFIG',
  ]);
}

async function fromServiceAccount(options: CredentialOptions): Promise<Result<KubeCredentials, readonly string[]>> {
  const directory = options.serviceAccountDirectory ?? SERVICE_ACCOUNT_DIRECTORY;
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = options.env;
  const problems: string[] = [];
  if (host === '') problems.push('KUBERNETES_SERVICE_HOST is empty');
  if (!/^\d{1,5}$/.test(port)) problems.push(`KUBERNETES_SERVICE_PORT is "${port}", not a port`);
  for (const read of [readToken, readAuthority]) {
    try {
      await read(directory);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) return err(problems);
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const namespace = await readFile(join(directory, 'namespace'), 'utf8').then(
    (text) => text.trim(),
    () => undefined, // the pod's own variable says it too
  );
  const load = async (): Promise<KubeConfig> => {
    const [token, ca] = await Promise.all([readToken(directory), readAuthority(directory)]);
    const config = new KubeConfig();
    const caData = Buffer.from(ca).toString('base64');
    config.loadFromClusterAndUser({ name: 'pod', server, caData, skipTLSVerify: false }, { name: 'pod', token });
    return config;
  };
  return ok({ kind: 'in-cluster', server, namespace, ...keptFresh(load, options.nowMs) });
}

async function readToken(directory: string): Promise<string> {
  const file = join(directory, 'token');
  const token = (await readCredential(file)).trim();
  // Anything else could not be sent as a header, and the error would quote it.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CredentialError(`${file} holds no token`);
  return token;
}

async function readAuthority(directory: string): Promise<string> {
  const file = join(directory, 'ca.crt');
  const ca = await readCredential(file);
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new CredentialError(`${file} holds no certificate`);
  return ca;
}

async function readCredential(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new CredentialError(`cannot read ${file}: mount the service account's token into this container`);
  }
}

function fromKubeconfig(
  first: string,
  rest: readonly string[],
  options: CredentialOptions,
): Result<KubeCredentials, readonly string[]> {
  const config = new KubeConfig();
  // The parser's messages quote the file, and files like this hold secrets: only the name is told.
  try {
    config.loadFromFile(first);
    for (const file of rest) {
      const more = new KubeConfig();
      more.loadFromFile(file);
      config.mergeConfig(more, true);
    }
  } catch {
    return err([`${[first, ...rest].join(', ')}: cannot be read as a kubeconfig`]);
  }
  const problem = problemOf(config, first);
  const server = config.getCurrentCluster()?.server;
  if (problem !== undefined || server === undefined) return err([problem ?? `${first}: no server`]);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  const fresh = keptFresh(() => Promise.resolve(config), options.nowMs);
  return ok({ kind: 'kubeconfig', server, namespace, ...fresh });
}

function problemOf(config: KubeConfig, file: string): string | undefined {
  const name: unknown = config.getCurrentContext(); // typed as text, absent where the file has none
  if (typeof name !== 'string' || name === '') return `${file}: no current-context`;
  const context = config.getContextObject(name);
  if (context === null) return `${file}: the current context "${name}" is not in it`;
  const cluster = config.getCluster(context.cluster);
  if (cluster === null) return `${file}: the cluster "${context.cluster}" of context "${name}" is not in it`;
  if (config.getUser(context.user) === null)
    return `${file}: the user "${context.user}" of context "${name}" is not in it`;
  if (!URL.canParse(cluster.server)) return `${file}: the server of cluster "${cluster.name}" is not a URL`;
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    return `${file}: the server of cluster "${cluster.name}" is plain http; that needs insecure-skip-tls-verify`;
  return undefined;
}

interface Login {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
  readonly atMs: number;
}

/**
 * The library makes a new connection pool for every single request and keeps a token file for a minute. This takes the
 * headers and the pool it makes, uses them for a minute, and then takes new ones.
 */
function keptFresh(
  load: () => Promise<KubeConfig>,
  nowMs: () => number,
): Pick<KubeCredentials, 'apply' | 'refresh' | 'close'> {
  let login: Login | undefined;
  let loading: Promise<Login> | undefined;
  let retired: Dispatcher | undefined;

  async function logIn(): Promise<Login> {
    const probe = new RequestContext('https://localhost/', HttpMethod.GET);
    try {
      await (await load()).applySecurityAuthentication(probe);
    } catch (error) {
      if (error instanceof CredentialError) throw error;
      throw new CredentialError('the credential of the kubeconfig cannot be had: a file of it or its plug-in failed');
    }
    // A request may just have taken the old pool, so that one ends a round later.
    await retired?.close();
    retired = login?.dispatcher;
    login = { headers: probe.getHeaders(), dispatcher: probe.getDispatcher(), atMs: nowMs() };
    return login;
  }

  function reload(): Promise<Login> {
    loading ??= logIn().finally(() => (loading = undefined));
    return loading;
  }

  return {
    apply: async (request) => {
      const current = login !== undefined && nowMs() - login.atMs < FRESH_FOR_MS ? login : await reload();
      for (const [name, value] of Object.entries(current.headers)) request.setHeaderParam(name, value);
      if (current.dispatcher !== undefined) request.setDispatcher(current.dispatcher);
    },
    refresh: async () => {
      const before = login?.headers.Authorization;
      return (await reload()).headers.Authorization !== before;
    },
    close: async () => {
      await Promise.all([retired?.destroy(), login?.dispatcher?.destroy()]);
    },
  };
}
