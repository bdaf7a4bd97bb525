/** Who we are to the API server: the pod's service account, or a kubeconfig outside a cluster. */
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { err, ok, type Result } from '../core/result.ts';
import { CredentialError } from './errors.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { keptFresh, type KeptLogin, type Material } from './login.ts';

/** Where the kubelet puts the service account, unless a test says otherwise. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A kubeconfig file; wins over everything else. */
  readonly kubeconfig?: string | undefined;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly serviceAccountDirectory?: string;
}

export interface KubeCredentials extends KeptLogin {
  readonly kind: 'in-cluster' | 'kubeconfig';
  readonly server: string;
  /** The namespace that goes with the credential, if one does. */
  readonly namespace: string | undefined;
}

/** Reads what is needed once and keeps it fresh. On failure: everything that is wrong, for a person. */
export async function loadCredentials(options: CredentialOptions): Promise<Result<KubeCredentials, readonly string[]>> {
  const { env } = options;
  const files = options.kubeconfig === undefined ? (env.KUBECONFIG ?? '').split(delimiter) : [options.kubeconfig];
  const [first, ...rest] = files.filter((file) => file !== '');
  if (first !== undefined) {
    const read = readKubeconfig(first, rest);
    if (!read.ok) return read;
    const { server, namespace, load } = read.value;
    return ok({ kind: 'kubeconfig', server, namespace, ...keptFresh(server, load, options.nowMs) });
  }
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
  const load = async (): Promise<Material> => {
    const [token, ca] = await Promise.all([readToken(directory), readAuthority(directory)]);
    return { headers: { Authorization: `Bearer ${token}` }, tls: { ca } };
  };
  return ok({ kind: 'in-cluster', server, namespace, ...keptFresh(server, load, options.nowMs) });
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
