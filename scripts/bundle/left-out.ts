/**
 * An esbuild plugin that leaves out what packages load as soon as they are loaded and the daemon never uses. Loaded, it
 * would take 20 MiB of memory, most of it for the parts of Node that it uses in turn. What is called all the same throws.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** For each package: modules it loads, and what it gets in their place. */
const LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Forms with files, redirects, proxies, HTTP/2, and sending by fetch.
  axios: {
    'form-data': 'export default class FormData { constructor() { notHere(); } }',
    'follow-redirects': 'export default { http: { request: notHere }, https: { request: notHere } };',
    'https-proxy-agent': 'export default class HttpsProxyAgent { constructor() { notHere(); } }',
    'proxy-from-env': 'export const getProxyForUrl = notHere;',
    http2: 'export default { connect: notHere };',
    './fetch.js': 'export const getFetch = () => false;',
    './xhr.js': 'export default false;',
  },
  // Its own way of sending requests: ours is src/kube/transport.ts.
  '@kubernetes/client-node': {
    undici: 'export const fetch = notHere; export const Agent = notHere; export const ProxyAgent = notHere;',
    socks: 'export const SocksClient = { createConnection: notHere };',
    // Only a kubeconfig that names such a proxy needs it, and gets it.
    'socks-proxy-agent':
      "export function SocksProxyAgent(...given) { return new (require('socks-proxy-agent').SocksProxyAgent)(...given); }",
  },
  // Colours for messages that winston writes about itself.
  winston: { '@dabh/diagnostics': 'module.exports = () => () => undefined;' },
};

/** Of prom-client the daemon uses these; the others look at the process and at its cluster. */
const PROM_CLIENT = `
export { default as Registry } from 'prom-client/lib/registry.js';
export { default as Counter } from 'prom-client/lib/counter.js';
export { default as Gauge } from 'prom-client/lib/gauge.js';
export { default as Histogram } from 'prom-client/lib/histogram.js';
`;

interface Patch {
  readonly file: RegExp;
  readonly from: string;
  readonly to: string;
  readonly before?: string;
}

const PATCHES: readonly Patch[] = [
  // Reading the global makes Node load its own fetch.
  {
    file: /[\\/]axios[\\/]lib[\\/]utils\.js$/,
    from: "typeof G.FormData !== 'undefined' ? G.FormData : undefined",
    to: 'undefined',
  },
  // Node's own loads the data of all calendars, 8 MiB; the beat runs in UTC.
  {
    file: /[\\/]node-cron[\\/]dist[\\/]_shared\.js$/,
    from: 'new Intl.DateTimeFormat(',
    to: 'new UtcDateTimeFormat(',
    before: `import { UtcDateTimeFormat } from '${join(import.meta.dirname, 'utc-date-time-format.ts')}';\n`,
  },
];

const THROWS = "const notHere = () => { throw new Error('not in the bundle: see scripts/bundle/left-out.ts'); };\n";

/** @param root of the project. */
export function leftOut(root: string): Plugin {
  const resolveDir = join(root, 'node_modules');
  return {
    name: 'left-out',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, namespace }) => {
        if (namespace !== 'file') return undefined;
        const contents = LEFT_OUT[packageOf(importer)]?.[path];
        return contents === undefined ? undefined : { path, namespace: 'left-out', pluginData: THROWS + contents };
      });
      build.onResolve({ filter: /^prom-client$/ }, ({ path }) => ({
        path,
        namespace: 'left-out',
        pluginData: PROM_CLIENT,
      }));
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ pluginData: contents }: { pluginData: string }) => ({
        contents,
        resolveDir,
      }));
      for (const patch of PATCHES) {
        build.onLoad({ filter: patch.file }, async ({ path }) => ({
          contents: patched(await readFile(path, 'utf8'), patch),
        }));
      }
    },
  };
}

/** The package a file belongs to; empty for our own files. */
function packageOf(file: string): string {
  return /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1] ?? '';
}

function patched(text: string, { file, from, to, before = '' }: Patch): string {
  if (!text.includes(from)) throw new Error(`${file.source} is not as it was: see scripts/bundle/left-out.ts`);
  return before + text.replaceAll(from, to);
}
