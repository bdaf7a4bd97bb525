/**
 * Bundles the daemon into one ESM file, which is what the image runs: `dist/elastic-worker.mjs` and its source map; and
 * what only `simulate` needs into another, which that command loads.
 *
 * Unbundled the same packages take 50 MB more memory and four times as long to load. The text of the bundle lies in
 * memory as long as the program runs, so comments, indentation and what is never called are left out. Names are kept
 * and lines are short: an uncaught error prints the line it came from, and its stack says which functions it ran in.
 */
import { chmod, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import * as v from 'valibot';
import { leftOut } from './bundle/left-out.ts';
import { requiredBuiltins } from './bundle/required-builtins.ts';
import { slimKubernetes } from './bundle/slim-kubernetes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = v.parse(
  v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() })),
  await readFile(new URL('../package.json', import.meta.url), 'utf8'),
);
const outfile = 'dist/elastic-worker.mjs';
const simulateFile = 'dist/elastic-worker-simulate.mjs';

/** The laboratory is a bundle of its own: the daemon never loads it, and starts no later for it. */
const simulateApart: Plugin = {
  name: 'simulate-apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/simulate\.ts$/ }, () => ({ path: `./${basename(simulateFile)}`, external: true }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: 'linked',
  legalComments: 'linked',
  logLevel: 'warning',
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  define: { ELASTIC_WORKER_VERSION: JSON.stringify(version) },
} as const satisfies BuildOptions;

// Some dependencies are CommonJS and call require() for Node's own modules.
const requireForCommonJs =
  "import { createRequire as elasticWorkerCreateRequire } from 'node:module';\n" +
  'const require = elasticWorkerCreateRequire(import.meta.url);';

await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile,
  plugins: [leftOut(root), requiredBuiltins(), slimKubernetes(root), simulateApart],
  banner: { js: `#!/usr/bin/env node\n${requireForCommonJs}` },
});
await build({
  ...common,
  entryPoints: ['src/cli/simulate.ts'],
  outfile: simulateFile,
  banner: { js: requireForCommonJs },
});
await chmod(new URL(`../${outfile}`, import.meta.url), 0o755);
