/** The house stays as it was built: who may know whom, what the core may touch, and what a reader can rely on. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/**
 * Which files outside its own folder a file may import; a name that ends in a slash is a whole folder. Only the
 * composition root, src/cli, knows the adapters.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['core/', 'kube/quantity.ts', 'kube/targets/reference.ts'],
  spark: ['core/'],
  sources: ['core/', 'spark/'],
  kube: ['core/'],
  status: ['core/', 'kube/ports.ts'],
  daemon: ['core/', 'kube/ports.ts', 'spark/ports.ts', 'status/report.ts'],
  lab: ['core/', 'spark/properties.ts'],
  cli: ['core/', 'config/', 'spark/', 'sources/', 'kube/', 'status/', 'daemon/', 'lab/'],
};

/**
 * Files beside the core's whose code a folder may run: they only turn text into values. The sources read Spark's numbers
 * wherever it publishes them, with the client, the guards and the parsers that read Spark itself.
 */
const MAY_RUN: Readonly<Record<string, readonly string[]>> = {
  config: ['kube/quantity.ts', 'kube/targets/reference.ts'],
  lab: ['spark/properties.ts'],
  sources: ['spark/'],
};

/** What folders share without sharing code: nothing in these files runs. */
const TYPES_ONLY = ['kube/ports.ts', 'spark/ports.ts', 'status/report.ts'];

/** Packages of npm, by folder. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['fastest-levenshtein', 'ipaddr.js', 'node-cron'],
  spark: ['axios', 'ipaddr.js', 'node-html-parser', 'p-limit', 'valibot'],
  sources: ['p-limit', 'valibot'],
  kube: ['@kubernetes/client-node', 'axios', 'valibot'],
  status: ['prom-client', 'winston'],
  daemon: ['node-cron', 'valibot'],
  lab: ['cli-table3', 'echarts', 'fzstd', 'hyparquet-compressors', 'pure-rand', 'valibot'],
  cli: ['commander', 'ipaddr.js'],
};

/** Node's own modules where hardly any are needed; the adapters and src/cli do I/O and may use what they like. */
const BUILTINS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: ['node:net'],
  daemon: ['node:timers/promises'],
};

/** Clocks, chance, the process and the network: their results differ from run to run. */
const IMPURE = new Set([
  ...['Date', 'performance', 'process', 'console', 'fetch', 'crypto', 'globalThis', 'require', 'Intl'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'AbortSignal', 'Math.random'],
]);

/** The rules of the first two issues: each has at least one test whose title begins with its number. */
const RULES = [...Array.from({ length: 24 }, (_, index) => index + 1), 25, 26, 27, 28].map((number) => `R${number}`);

const LONGEST_FILE_LINES = 400;

interface Import {
  /** A file of src, relative to it; or the name of a package. */
  readonly target: string;
  readonly local: boolean;
  readonly typeOnly: boolean;
}

interface Module {
  /** Relative to src: "core/decide.ts". */
  readonly name: string;
  readonly folder: string;
  readonly imports: readonly Import[];
}

function filesUnder(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const sources = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  sources.set(file, parsed);
  return parsed;
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => {
    visit(child, look);
  });
}

/** Static, dynamic and re-exporting imports. */
function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined) return;
    expect(ts.isStringLiteral(specifier), `${file}: an import that cannot be read`).to.equal(true);
    const text = (specifier as ts.StringLiteral).text;
    const local = text.startsWith('.');
    found.push({ target: local ? relative(SRC, join(dirname(file), text)) : text, local, typeOnly });
  };
  visit(parse(file), (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
  });
  return found;
}

function moduleOf(file: string): Module {
  const name = relative(SRC, file);
  return { name, folder: name.split('/')[0] ?? '', imports: importsOf(file) };
}

const modules = new Map(filesUnder('src').map((file) => [relative(SRC, file), moduleOf(file)]));
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

/** What of `items` no one of `rules` covers; a rule that ends in a slash covers a folder. */
function uncovered(items: readonly string[], rules: readonly string[]): string[] {
  return items.filter((item) => !rules.some((rule) => (rule.endsWith('/') ? item.startsWith(rule) : item === rule)));
}

/** All files that run when this one does. */
function reachedFrom(start: readonly string[]): Set<string> {
  const reached = new Set<string>(start);
  for (const name of reached)
    for (const { target, local, typeOnly } of modules.get(name)?.imports ?? [])
      if (local && !typeOnly) reached.add(target);
  return reached;
}

describe('tidy: who knows whom', () => {
  const outside = (folder: string): string[] => {
    const targets = [...modules.values()]
      .filter((module) => module.folder === folder)
      .flatMap(({ imports }) => imports.filter(({ local }) => local).map(({ target }) => target))
      .filter((target) => !target.startsWith(`${folder}/`));
    return [...new Set(targets)].sort();
  };

  it('every folder of src has its row in the table', () => {
    expect([...new Set([...modules.values()].map(({ folder }) => folder))]).to.have.members(Object.keys(MAY_IMPORT));
  });

  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    it(`src/${folder} imports ${allowed.length === 0 ? 'nothing but itself' : `only ${allowed.join(', ')}`}`, () => {
      expect(uncovered(outside(folder), allowed)).to.deep.equal([]);
    });

    it(`src/${folder} has need of everything it is allowed`, () => {
      const idle = allowed.filter((rule) => uncovered(outside(folder), [rule]).length === outside(folder).length);
      expect(idle).to.deep.equal([]);
    });
  }

  it('every import leads to a file', () => {
    const missing = [...modules.values()].flatMap(({ name, imports }) =>
      imports.filter(({ local, target }) => local && !modules.has(target)).map(({ target }) => `${name}: ${target}`),
    );
    expect(missing).to.deep.equal([]);
  });

  for (const name of TYPES_ONLY) {
    it(`src/${name} holds types and nothing that runs`, () => {
      const running = parse(join(SRC, name)).statements.filter(
        (one) =>
          !ts.isInterfaceDeclaration(one) &&
          !ts.isTypeAliasDeclaration(one) &&
          !(ts.isImportDeclaration(one) && one.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword),
      );
      expect(running.map((one) => one.getText())).to.deep.equal([]);
    });
  }

  for (const folder of Object.keys(MAY_IMPORT).filter((name) => name !== 'cli')) {
    it(`src/${folder} runs no code of another folder but the core's, not by way of others either`, () => {
      const own = [...modules.keys()].filter((name) => name.startsWith(`${folder}/`));
      expect(uncovered([...reachedFrom(own)], ['core/', `${folder}/`, ...(MAY_RUN[folder] ?? [])])).to.deep.equal([]);
    });
  }

  it('no file needs itself by way of others', () => {
    const circles = [...modules.keys()].filter((name) => {
      const next = (modules.get(name)?.imports ?? []).filter(({ local, typeOnly }) => local && !typeOnly);
      return reachedFrom(next.map(({ target }) => target)).has(name);
    });
    expect(circles).to.deep.equal([]);
  });
});

describe('tidy: the simulator', () => {
  it('runs nothing of the laboratory but itself, so that it reads neither logs nor policies', () => {
    const own = [...modules.keys()].filter((name) => name.startsWith('lab/sim/'));
    expect(uncovered([...reachedFrom(own)], ['lab/sim/'])).to.deep.equal([]);
  });
});

describe('tidy: packages', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const foreign = (folder: string): string[] => {
    const targets = [...modules.values()]
      .filter((module) => module.folder === folder)
      .flatMap(({ imports }) => imports.filter(({ local }) => !local).map(({ target }) => target));
    return [...new Set(targets)];
  };

  for (const [folder, allowed] of Object.entries(PACKAGES)) {
    it(`src/${folder} uses ${allowed.length === 0 ? 'no package' : `just ${allowed.join(', ')}`}`, () => {
      const used = foreign(folder).filter((target) => !target.startsWith('node:'));
      expect([...new Set(used.map(packageOf))]).to.have.members(allowed);
    });
  }

  for (const [folder, allowed] of Object.entries(BUILTINS)) {
    it(`src/${folder} uses ${allowed.length === 0 ? "none of Node's modules" : `of Node just ${allowed.join()}`}`, () => {
      expect(foreign(folder).filter((target) => target.startsWith('node:'))).to.have.members(allowed);
    });
  }

  it('what src uses is what package.json names as dependencies', () => {
    expect(Object.keys(manifest.dependencies)).to.have.members([...new Set(Object.values(PACKAGES).flat())]);
  });

  it('every version is exact', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([]);
  });

  it('the lockfile names no place to download from', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, object>>;
    };
    const located = Object.entries(lock.packages).filter(([, entry]) => 'resolved' in entry);
    expect(located.map(([name]) => name)).to.deep.equal([]);
    expect(Object.keys(lock.packages).length).to.be.greaterThan(20);
  });
});

describe('tidy: the core and the simulator are pure', () => {
  const PURE = ['core/', 'lab/sim/', 'lab/ours', 'lab/calibration'];
  for (const name of [...modules.keys()].filter((one) => PURE.some((start) => one.startsWith(start)))) {
    it(`src/${name} touches no clock, no chance and nothing outside`, () => {
      const touched = new Set<string>();
      visit(parse(join(SRC, name)), (node) => {
        if (ts.isPropertyAccessExpression(node)) touched.add(node.getText());
        const field = ts.isIdentifier(node) && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
        if (ts.isIdentifier(node) && !field) touched.add(node.text);
      });
      expect([...touched].filter((one) => IMPURE.has(one))).to.deep.equal([]);
    });
  }
});

describe('tidy: files', () => {
  const everyFile = ['src', 'test', 'demo', 'scripts', 'bench'].flatMap(filesUnder);
  const tests = filesUnder('test');

  it(`no file is longer than ${LONGEST_FILE_LINES} lines`, () => {
    const long = everyFile.filter((file) => readFileSync(file, 'utf8').split('\n').length - 1 > LONGEST_FILE_LINES);
    expect(long.map((file) => relative(ROOT, file))).to.deep.equal([]);
    expect(everyFile.length).to.be.greaterThan(100);
  });

  it('no test is left out, and none keeps the others out', () => {
    const marked: string[] = [];
    for (const file of tests) {
      visit(parse(file), (node) => {
        if (!ts.isPropertyAccessExpression(node)) return;
        const left = node.expression.getText();
        if (['it', 'describe', 'context', 'this'].includes(left) && ['only', 'skip'].includes(node.name.text))
          marked.push(`${relative(ROOT, file)}: ${node.getText()}`);
      });
    }
    expect(marked).to.deep.equal([]);
  });

  it('what a file of src exports, another one imports', () => {
    const wanted = new Set([...everyFile].flatMap(importedNames));
    const idle = [...modules.keys()].flatMap((name) =>
      exportedNames(join(SRC, name))
        .map((one) => `${name}: ${one}`)
        .filter((one) => !wanted.has(one)),
    );
    expect(idle).to.deep.equal([]);
  });

  it('every file of src is part of the program, of what makes its pages, or of its benchmarks', () => {
    const scripts = ['scripts', 'bench']
      .flatMap(filesUnder)
      .flatMap((file) => importsOf(file).map(({ target }) => target));
    const reached = reachedFrom(['cli/main.ts', ...scripts]);
    expect([...modules.keys()].filter((name) => !reached.has(name) && !holdsOnlyTypes(name))).to.deep.equal([]);
  });
});

/** Functions, classes and values; types are exported with what uses them. */
function exportedNames(file: string): string[] {
  return parse(file).statements.flatMap((one) => {
    const exported =
      ts.canHaveModifiers(one) && ts.getModifiers(one)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (exported !== true) return [];
    if (ts.isVariableStatement(one)) return one.declarationList.declarations.map(({ name }) => name.getText());
    return ts.isFunctionDeclaration(one) || ts.isClassDeclaration(one) ? (one.name?.text ?? []) : [];
  });
}

/** "core/decide.ts: decide" for each name that this file imports from src. */
function importedNames(file: string): string[] {
  return parse(file).statements.flatMap((one) => {
    if (!ts.isImportDeclaration(one) || !ts.isStringLiteral(one.moduleSpecifier)) return [];
    const target = relative(SRC, join(dirname(file), one.moduleSpecifier.text));
    const bindings = one.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
    return bindings.elements.map(({ propertyName, name }) => `${target}: ${(propertyName ?? name).text}`);
  });
}

function holdsOnlyTypes(name: string): boolean {
  return parse(join(SRC, name)).statements.every(
    (one) => ts.isImportDeclaration(one) || ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one),
  );
}

describe('tidy: every rule has its test', () => {
  const titled = new Set<string>();
  for (const file of filesUnder('test')) {
    visit(parse(file), (node) => {
      if (!ts.isStringLiteralLike(node) && !ts.isTemplateHead(node)) return;
      const rule = /^(R\d+): ./.exec(node.text)?.[1];
      if (rule !== undefined) titled.add(rule);
    });
  }

  for (const rule of RULES) {
    it(`a test names ${rule}`, () => {
      expect([...titled]).to.include(rule);
    });
  }
});
