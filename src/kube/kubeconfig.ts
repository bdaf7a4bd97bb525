/** A kubeconfig, for running outside a cluster: which server, and every way of logging in that the library knows. */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { err, ok, type Result } from '../core/result.ts';
import { CredentialError } from './errors.ts';
import type { Material } from './login.ts';

export interface KubeconfigServer {
  readonly server: string;
  readonly namespace: string | undefined;
  /** Asks the credential plug-ins where there are some. Rejects with a CredentialError. */
  readonly load: () => Promise<Material>;
}

/** Reads the files, the first one's words first. */
export function readKubeconfig(first: string, rest: readonly string[]): Result<KubeconfigServer, readonly string[]> {
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
  return ok({ server, namespace, load: () => logInWith(config) });
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

async function logInWith(config: KubeConfig): Promise<Material> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    throw new CredentialError('the credential of the kubeconfig cannot be had: a file of it or its plug-in failed');
  }
  const { ca, cert, key, rejectUnauthorized, servername, auth, agent } = options;
  const given = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const basic = typeof auth === 'string' && { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
  return {
    headers: { ...Object.fromEntries(given), ...basic },
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    },
    // The library knows its proxies; every other connection is made here.
    ...(config.getCurrentCluster()?.proxyUrl !== undefined && typeof agent === 'object' && { agent }),
  };
}
