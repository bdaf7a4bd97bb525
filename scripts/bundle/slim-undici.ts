/**
 * An esbuild plugin that gives @kubernetes/client-node the parts of undici it uses.
 *
 * undici is one CommonJS module that loads everything it has at once: caches, mocks, web sockets. The Kubernetes client
 * wants fetch and two kinds of connection pool.
 */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const PARTS = `
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import api from 'undici/lib/api/index.js';
import web from 'undici/lib/web/fetch/index.js';

// As its index.js does: pools connect to proxies by these.
Object.assign(Dispatcher.prototype, api);
export const { fetch } = web;
export { Agent, ProxyAgent };
`;

/** @param root of the project. */
export function slimUndici(root: string): Plugin {
  return {
    name: 'slim-undici',
    setup(build) {
      build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'slim-undici', sideEffects: true }));
      build.onLoad({ filter: /^undici$/, namespace: 'slim-undici' }, () => ({
        contents: PARTS,
        resolveDir: join(root, 'node_modules'),
      }));
    },
  };
}
