/**
 * The Services that Oshinko makes beside a cluster, by its rules: `<cluster>-metrics` at port 8000 for graphite-api,
 * `<cluster>-carbon` at port 2003. Pure.
 */
import { isIP } from 'node:net';
import type { Environment } from './environment.ts';

export interface ServiceAddress {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface OshinkoServices {
  readonly metrics: ServiceAddress;
  readonly carbon: ServiceAddress;
}

const GRAPHITE_API_PORT = 8000;
const CARBON_PORT = 2003;
/** Where the agents of the later versions listen, in master and workers. */
export const AGENT_PORT = 7777;

/**
 * Where they are: at the address that Kubernetes left in the pod's variables (`SPARK_METRICS_SERVICE_HOST`), as the
 * original found oshinko-rest; without such variables at the Service's name, which the cluster's DNS resolves.
 */
export function oshinkoServices(cluster: string, env: Environment): OshinkoServices {
  return {
    metrics: addressOf(`${cluster}-metrics`, GRAPHITE_API_PORT, env),
    carbon: addressOf(`${cluster}-carbon`, CARBON_PORT, env),
  };
}

/** As a URL without a path. */
export function httpUrlOf({ host, port }: ServiceAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function addressOf(name: string, port: number, env: Environment): ServiceAddress {
  const prefix = name.toUpperCase().replaceAll('-', '_');
  const host = env[`${prefix}_SERVICE_HOST`] ?? '';
  if (isIP(host) === 0) return { host: name, port };
  const given = Number(env[`${prefix}_SERVICE_PORT`]);
  return { host, port: Number.isInteger(given) && given > 0 && given < 65_536 ? given : port };
}
