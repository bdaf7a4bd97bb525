/**
 * An esbuild plugin by which Node's own modules are required, not imported.
 *
 * Importing one makes Node look at every property of it, also those that load something on being looked at: `node:http`
 * then brings Node's own fetch and web sockets (12 MiB), `node:util` and `node:fs` some 3 MiB each. A `require` does not,
 * and of what it gives only the names in use are looked at.
 */
import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'required-builtins';
const require = createRequire(import.meta.url);

export function requiredBuiltins(): Plugin {
  return {
    name: NAMESPACE,
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, kind, namespace }) => {
        if (!isBuiltin(path)) return undefined;
        if (namespace === NAMESPACE || kind === 'require-call') return { path, external: true };
        return { path, namespace: NAMESPACE, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: moduleOf(path) }));
    },
  };
}

/** All that the program wants of it; the module itself loads a line editor and a watcher of files. */
const READ_FILE = `
const { promisify } = require('node:util');
export const readFile = /* @__PURE__ */ promisify(require('node:fs').readFile);
`;

/** Names that nobody imports are shaken off, and so never looked at. */
function moduleOf(path: string): string {
  if (path === 'node:fs/promises') return READ_FILE;
  const names = Object.keys(require(path) as object).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  return [
    `const all = require(${JSON.stringify(path)});`,
    'const pick = (name) => all[name];',
    'export default all;',
    ...names.map((name) => `const own_${name} = /* @__PURE__ */ pick("${name}");\nexport { own_${name} as ${name} };`),
  ].join('\n');
}
