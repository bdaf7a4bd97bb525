/**
 * An esbuild plugin that leaves out of @kubernetes/client-node what the daemon never calls.
 *
 * The library is generated: one class holds the 600 methods of the core API, and one table all 700 kinds, so nothing of
 * it can be shaken off. A method whose name stands nowhere in `src` cannot be called; without it go the kinds that only
 * such methods read or write. What is cut leaves its line breaks behind, so that lines stay where they were.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Plugin, PluginBuild } from 'esbuild';
import ts from 'typescript';

const GENERATED = 'node_modules/@kubernetes/client-node/dist/gen';
const API_CLASS = /Api(RequestFactory|ResponseProcessor)?$/;

/** @param root of the project. */
export function slimKubernetes(root: string): Plugin {
  const generated = join(root, GENERATED);
  let words: ReadonlySet<string>;
  let kinds: ReadonlySet<string>;
  return {
    name: 'slim-kubernetes',
    setup(build) {
      build.onStart(async () => {
        words = await wordsOf(join(root, 'src'));
        kinds = await kindsNeeded(generated, words);
      });
      build.onLoad(
        { filter: /client-node[\\/]dist[\\/]gen[\\/](apis|types)[\\/]\w+(Api|API)\.js$/ },
        async ({ path }) => ({
          contents: withoutUnusedMethods(await readFile(path, 'utf8'), words),
        }),
      );
      build.onLoad(
        { filter: /client-node[\\/]dist[\\/]gen[\\/]models[\\/]ObjectSerializer\.js$/ },
        async ({ path }) => ({
          contents: withoutKinds(await readFile(path, 'utf8'), kinds),
        }),
      );
      withoutSideEffects(build);
    },
  };
}

/** Nothing in the library runs for its effect alone, which its package.json does not say. */
function withoutSideEffects(build: PluginBuild): void {
  const seen = Symbol('resolved');
  build.onResolve({ filter: /^(\.{1,2}\/|@kubernetes\/client-node$)/ }, async ({ path, pluginData, ...from }) => {
    const inLibrary = from.importer.includes('/@kubernetes/client-node/');
    if (pluginData === seen || (path.startsWith('.') && !inLibrary)) return undefined;
    const { kind, importer, resolveDir } = from;
    const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: seen });
    return { ...resolved, sideEffects: false };
  });
}

/** All words in the program's own text. */
async function wordsOf(directory: string): Promise<Set<string>> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const words = new Set<string>();
  for (const file of files) {
    if (!file.name.endsWith('.ts')) continue;
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    for (const [word] of text.matchAll(/\w+/g)) words.add(word);
  }
  return words;
}

/** Cuts the methods of the API classes whose names are not among the words. */
export function withoutUnusedMethods(text: string, words: ReadonlySet<string>): string {
  const file = ts.createSourceFile('api.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const cuts = file.statements.flatMap((statement) => {
    if (!ts.isClassDeclaration(statement) || !API_CLASS.test(statement.name?.text ?? '')) return [];
    return statement.members.filter(
      (member) =>
        ts.isMethodDeclaration(member) &&
        ts.isIdentifier(member.name) &&
        !words.has(member.name.text.replace(/WithHttpInfo$/, '')),
    );
  });
  return cut(text, cuts);
}

function cut(text: string, nodes: readonly ts.Node[]): string {
  let from = 0;
  let kept = '';
  for (const { pos, end } of nodes) {
    kept += text.slice(from, pos) + text.slice(pos, end).replace(/[^\n]+/g, '');
    from = end;
  }
  return kept + text.slice(from);
}

/** The kinds that the methods in use and the program itself name, and all that is part of them. */
async function kindsNeeded(generated: string, words: ReadonlySet<string>): Promise<Set<string>> {
  const models = new Set(
    (await readdir(join(generated, 'models'))).filter(isModule).map((name) => basename(name, '.js')),
  );
  const needed = new Set([...models].filter((name) => words.has(name)));
  for (const name of await readdir(join(generated, 'apis'))) {
    if (!isModule(name) || !words.has(basename(name, '.js'))) continue;
    const api = withoutUnusedMethods(await readFile(join(generated, 'apis', name), 'utf8'), words);
    for (const kind of namedIn(api, models)) needed.add(kind);
  }
  for (const kind of needed) {
    const model = await readFile(join(generated, 'models', `${kind}.js`), 'utf8');
    for (const part of namedIn(model, models)) needed.add(part);
  }
  return needed;
}

function isModule(name: string): boolean {
  return name.endsWith('.js');
}

/** Kinds in the texts of a generated file: "V1Pod", "Array<V1Container>", "{ [key: string]: V1Volume; }". */
function namedIn(text: string, models: ReadonlySet<string>): string[] {
  const texts = [...text.matchAll(/"([^"\n]*)"/g)].map(([, inside = '']) => inside);
  return texts.flatMap((inside) => inside.match(/\w+/g) ?? []).filter((word) => models.has(word));
}

/** Takes all other kinds out of the table by which answers are read. Throws where the table is not as it was. */
export function withoutKinds(serializer: string, kinds: ReadonlySet<string>): string {
  let entries = 0;
  const lines = serializer.split('\n').map((line) => {
    const module = MODULE_LINE.exec(line)?.[1];
    const entry = TABLE_LINE.exec(line)?.[1];
    if (entry !== undefined) entries += 1;
    const kind = module ?? entry;
    return kind === undefined || kinds.has(kind) ? line : '';
  });
  if (entries < kinds.size) {
    throw new Error('ObjectSerializer.js is not as it was: see scripts/bundle/slim-kubernetes.ts');
  }
  return lines.join('\n');
}

const MODULE_LINE = /^(?:import \{ \w+ \}|export \*) from '\.\.\/models\/(\w+)\.js';$/;
const TABLE_LINE = /^ {4}"(\w+)": \1,$/;
