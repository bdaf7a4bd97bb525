/** A Spark cluster in small, as servers on loopback: a master with pages and a proxy, and drivers. */
import { serve, type Asked, type Reply, type ServeOptions, type TestServer } from './servers.ts';

/** What a driver publishes while it wants this many executors. */
export function metricsOf(targetExecutors: number): string {
  const name = 'app-1.driver.ExecutorAllocationManager.executors.numberTargetExecutors';
  return JSON.stringify({ version: '4.0.0', gauges: { [name]: { value: targetExecutors } } });
}

export function environmentOf(properties: Readonly<Record<string, string>>): string {
  return JSON.stringify({ sparkProperties: Object.entries(properties) });
}

/** The master's page of an application, with a link to its driver. */
export function pageOf(id: string, uiAddress: string | undefined): string {
  const link = uiAddress === undefined ? '' : `<li><a href="${uiAddress}">Application Detail UI</a></li>`;
  return `<html><ul><li><strong>ID:</strong> ${id}</li><li>Executor Limit: 3 (2 granted)</li>${link}</ul></html>`;
}

/** A driver that answers everything that is asked of it, under an optional root path. */
export function driver(targetExecutors: number, more: ServeOptions & { root?: string } = {}): Promise<TestServer> {
  const { root = '' } = more;
  return serve(({ url }): Reply => {
    if (url === `${root}/metrics/json/`) return { body: metricsOf(targetExecutors) };
    if (url === `${root}/api/v1/version`) return { body: '{"spark":"4.1.0"}' };
    if (/^\/api\/v1\/applications\/[^/]+\/environment$/.test(url.slice(root.length)))
      return { body: environmentOf({ 'spark.executor.cores': String(targetExecutors) }) };
    return { status: 404 };
  }, more);
}

export interface MasterParts {
  /** Address of each application's driver, as its page links it. */
  readonly drivers?: Readonly<Record<string, string | undefined>>;
  /** What the proxy answers, by "<id>/path"; without it the reverse proxy is off and every path is the first page. */
  readonly proxy?: (path: string, asked: Asked) => Reply;
  readonly json?: string;
  readonly root?: string;
}

/** A master whose reverse proxy is on where `proxy` is given. */
export function master(parts: MasterParts, more: ServeOptions = {}): Promise<TestServer> {
  const { drivers = {}, proxy, json = '{}', root = '' } = parts;
  return serve((asked): Reply => {
    if (!asked.url.startsWith(root)) return { status: 404 };
    const { pathname, searchParams } = new URL(asked.url.slice(root.length), 'http://master');
    const id = searchParams.get('appId') ?? '';
    if (pathname === '/app/' && id in drivers) return { body: pageOf(id, drivers[id]) };
    if (pathname === '/json/') return { body: json };
    if (proxy !== undefined && pathname.startsWith('/proxy/')) return proxy(pathname.slice('/proxy/'.length), asked);
    return { body: '<html>Spark Master at spark://m:7077</html>' };
  }, more);
}

/** How often a server was asked for paths that begin so. */
export function timesAsked(server: TestServer, path: string): number {
  return server.asked.filter(({ url }) => url.startsWith(path)).length;
}
