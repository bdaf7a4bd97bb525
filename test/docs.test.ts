/** The documentation says what is so: links lead somewhere, and every name in it is one of the program's. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { looksLikeServiceVariable } from '../src/config/service-variables.ts';
import { LIVE_PREFIX, PREFIX } from '../src/config/setting.ts';
import { SETTING_IDS, SETTINGS } from '../src/config/settings.ts';
import { ALIAS_FLAG } from '../src/config/live.ts';
import type { DecisionReason } from '../src/core/decision.ts';
import type { DemandBasis } from '../src/core/demand.ts';
import type { RemovalPhase } from '../src/core/removal.ts';
import type { OperatingErrorKind } from '../src/core/result.ts';
import { neededPermissions } from '../src/kube/access.ts';
import { createMetrics } from '../src/status/metrics.ts';
import type { Standing } from '../src/status/report.ts';

const ROOT = join(import.meta.dirname, '..');
const NOT_OURS = /(^|\/)(node_modules|dist|coverage|\.git|\.work)(\/|$)/;

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Files below a folder of the project, as paths from its root. */
function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => relative(ROOT, join(ROOT, folder, file)))
    .filter((file) => ending.test(file) && !NOT_OURS.test(file))
    .sort();
}

const PAGES = filesIn('.', /\.md$/);
const DOCS = PAGES.filter((file) => /^(docs\/|README\.md$|CHANGELOG\.md$)/.test(file));
const MANIFESTS = filesIn('manifests', /\.(yaml|conf)$/);
const NAMING = [...DOCS, ...MANIFESTS];

/** The text without blocks of code. */
function proseOf(markdown: string): string {
  return markdown.replace(/^( *)(```|~~~)[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm, '');
}

/** The anchor that GitHub makes of a heading: lower case, no punctuation, hyphens for spaces. */
function anchorOf(heading: string): string {
  const text = heading.replace(/`/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(read(file)).matchAll(/^#{1,6} +(.+)$/gm)) {
    const base = anchorOf(heading);
    let anchor = base;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${base}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

interface Link {
  readonly text: string;
  /** Path from the root; the page itself where the link has none. */
  readonly file: string;
  readonly anchor: string | undefined;
}

function linksOf(page: string): Link[] {
  return [...proseOf(read(page)).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = '', anchor] = target.split('#', 2);
    return [{ text: target, file: path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path)), anchor }];
  });
}

function whyBroken({ file, anchor }: Link): string | undefined {
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (statSync(join(ROOT, file)).isDirectory()) return 'a folder has no headings';
  return anchorsOf(file).has(anchor) ? undefined : 'there is no such heading';
}

/** What the rows of a page's tables are about: the words in code in their first cells. */
function rowsOf(page: string): Set<string> {
  return rowsIn(read(page));
}

function rowsIn(text: string): Set<string> {
  const cells = [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)));
}

/** Codes that a page must have a row for. The types see to it that none is missing here. */
const REASONS = {
  steady: true,
  demand: true,
  floor: true,
  calendar: true,
  'grow-step': true,
  'below-min': true,
  'above-max': true,
  'at-max': true,
  'surplus-held': true,
  surplus: true,
  'dead-band': true,
  'reversal-budget': true,
  'unknown-demand': true,
  'zero-by-hand': true,
  paused: true,
  'original-steady': true,
  'original-grow': true,
  'original-shrink': true,
  'target-unknown': true,
  'master-unknown': true,
  'master-not-alive': true,
} satisfies Record<DecisionReason, true>;
const STANDINGS = {
  disabled: true,
  'dry-run': true,
  'flag-unreadable': true,
  'not-holder': true,
  'master-not-alive': true,
  'original-present': true,
  'second-writer': true,
} satisfies Record<Extract<Standing, { acts: false }>['code'], true>;
const ERROR_KINDS = {
  unreachable: true,
  timeout: true,
  malformed: true,
  refused: true,
  unauthorized: true,
  throttled: true,
  conflict: true,
  'not-found': true,
  blocked: true,
} satisfies Record<OperatingErrorKind, true>;
const PHASES = { chosen: true, marked: true, draining: true, late: true, empty: true, lowered: true } satisfies Record<
  RemovalPhase,
  true
>;
const BASES = {
  'max-needed': true,
  target: true,
  'executor-limit': true,
  'held-plus-owed': true,
  'unlimited-without-allocation': true,
  'last-known': true,
} satisfies Record<DemandBasis, true>;

describe('the documentation', () => {
  it('is there', () => {
    expect(DOCS).to.include.members(['CHANGELOG.md', 'docs/README.md', 'docs/reference/settings.md']);
    expect(MANIFESTS).to.have.length.above(10);
  });

  for (const page of PAGES) {
    it(`${page} has no link that leads nowhere`, () => {
      const broken = linksOf(page).flatMap((link) => {
        const why = whyBroken(link);
        return why === undefined ? [] : [`${link.text}: ${why}`];
      });
      expect(broken).to.deep.equal([]);
    });
  }

  it('checks links and headings at all', () => {
    expect(DOCS.flatMap(linksOf)).to.have.length.above(50);
    const link = { text: '', file: 'docs/reference/settings.md', anchor: 'elastic_worker_hold' };
    expect(whyBroken(link)).to.equal(undefined);
    expect(whyBroken({ ...link, anchor: 'elastic_worker_hld' })).to.equal('there is no such heading');
    expect(whyBroken({ ...link, file: 'docs/reference/setting.md' })).to.equal('there is no such file');
    expect(anchorOf('The master’s `/proxy/`, and *more*')).to.equal('the-masters-proxy-and-more');
  });

  it('leads from its index to every page', () => {
    const listed = new Set(linksOf('docs/README.md').map(({ file }) => file));
    const others = DOCS.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(others.filter((page) => !listed.has(page))).to.deep.equal([]);
  });

  it('names only files and folders of the project that are there', () => {
    const missing = NAMING.flatMap((page) =>
      [...read(page).matchAll(/`((?:src|test|manifests|docs|scripts|demo|bench)\/[\w./-]*[\w/])`/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('has the version of the package in the changelog', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read('CHANGELOG.md')).to.include(`## [${version}]`);
  });

  describe('and the settings', () => {
    const variables = SETTING_IDS.map((id) => SETTINGS[id].variable);
    const liveKeys = SETTING_IDS.flatMap((id) => SETTINGS[id].liveKey ?? []);

    it('every variable that is named exists', () => {
      const unknown = NAMING.flatMap((page) =>
        [...withoutComplaints(read(page)).matchAll(new RegExp(`${PREFIX}[A-Z0-9_]+`, 'g'))]
          .map(([name]) => name)
          .filter((name) => !variables.includes(name) && !isGroupOf(variables, name) && !looksLikeServiceVariable(name))
          .map((name) => `${page}: ${name}`),
      );
      expect(unknown).to.deep.equal([]);
    });

    it('every key of the ConfigMap that is named exists', () => {
      const unknown = NAMING.flatMap((page) =>
        [...withoutComplaints(read(page)).matchAll(new RegExp(`${LIVE_PREFIX.replace('.', '\\.')}[A-Za-z0-9]+`, 'g'))]
          .map(([key]) => key)
          .filter((key) => !liveKeys.includes(key))
          .map((key) => `${page}: ${key}`),
      );
      expect(unknown).to.deep.equal([]);
    });

    it('the page of the ConfigMap has a row for every key', () => {
      const rows = rowsOf('docs/reference/cluster-config.md');
      expect([...liveKeys, ALIAS_FLAG].filter((key) => !rows.has(key))).to.deep.equal([]);
    });

    it('the page for those who come from the original has a row for every variable of its that is read', () => {
      const aliases = SETTING_IDS.flatMap((id) => SETTINGS[id].alias ?? []);
      const rows = rowsOf('docs/how-to/move-from-oshinko.md');
      expect(aliases).to.have.length.above(2);
      expect(aliases.filter((name) => !rows.has(name))).to.deep.equal([]);
    });
  });

  describe('and the metrics', () => {
    const metrics = createMetrics({ version: '0', node: '0' });

    async function typesByName(): Promise<Map<string, string>> {
      const { text } = await metrics.render('');
      return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
    }

    it('every metric has its row, with its type', async () => {
      const page = read('docs/reference/metrics.md');
      const rows = new Map(
        [...page.matchAll(/^\| `(elastic_worker_\w+)` +\| (\w+) +\|/gm)].map(([, name = '', type = '']) => [
          name,
          type,
        ]),
      );
      expect(Object.fromEntries(rows)).to.deep.equal(Object.fromEntries(await typesByName()));
    });

    it('every metric that is named anywhere exists', async () => {
      const types = await typesByName();
      const known = new Set(
        [...types].flatMap(([name, type]) =>
          type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
        ),
      );
      const unknown = NAMING.flatMap((page) =>
        [...read(page).matchAll(/(?<!#)\belastic_worker_[a-z_]*[a-z]\b/g)]
          .map(([name]) => name)
          .filter((name) => !known.has(name))
          .map((name) => `${page}: ${name}`),
      );
      expect(unknown).to.deep.equal([]);
    });

    it('every basis of demand is explained', () => {
      expectRowForAll(BASES, 'docs/reference/metrics.md');
    });
  });

  describe('and what people see', () => {
    const PAGE = 'docs/how-to/troubleshoot.md';

    for (const [what, codes] of Object.entries({ REASONS, STANDINGS, ERROR_KINDS, PHASES })) {
      it(`the page of troubles explains all ${what}`, () => {
        expectRowForAll(codes, PAGE);
      });
    }

    it('the page of troubles explains every reason of an Event, and no other', () => {
      const source = read('src/status/events-of.ts');
      const reasons = [...source.matchAll(/(?:reason: |warn(?:ing)?\()'([A-Z]\w+)'/g)].map(([, reason = '']) => reason);
      expect(reasons).to.have.length.above(5);
      const [, section = ''] = /^## Events\n([\s\S]*?)^## /m.exec(read(PAGE)) ?? [];
      const explained = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, reason = '']) => reason);
      expect(explained.sort()).to.deep.equal([...new Set(reasons)].sort());
    });

    it('the sentences that the page of troubles explains are those of the program', () => {
      const source = [...filesIn('src/core', /\.ts$/), ...filesIn('src/kube/targets', /\.ts$/)]
        .map((file) => read(file))
        .join('\n')
        .replace(/['`] \+\s+['`]/g, '');
      const sections = [...read(PAGE).matchAll(/^## (?:Blockers|Kept pods|Advice)\n([\s\S]*?)(?=^## )/gm)];
      const sentences = sections.flatMap(([, section = '']) => [...rowsIn(section)]);
      expect(sentences).to.have.length.above(18);
      const unknown = sentences.flatMap((sentence) =>
        sentence.split('…').filter((part) => !source.includes(part.trim())),
      );
      expect(unknown).to.deep.equal([]);
    });

    it('the page of commands shows the help as it is printed, and explains every command', function () {
      this.timeout(20_000);
      const help = execFileSync(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), '--help'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      });
      const page = read('docs/reference/commands.md');
      expect(page).to.include(help.trimEnd());
      const [, list = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(help) ?? [];
      const commands = [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name);
      expect(commands).to.include('run');
      const headings = [...page.matchAll(/^## (\w+)$/gm)].map(([, heading = '']) => heading);
      expect(commands.filter((name) => !headings.includes(name))).to.deep.equal([]);
    });

    it('the page of rights has a row for each right', () => {
      const rows = [...read('docs/reference/rights.md').matchAll(/^\| `([\w/]+)` +\| [^|]+\| `(\w+)`/gm)];
      const granted = rows.map(([, resource = '', verb = '']) => `${verb} ${resource}`);
      const target = { kind: 'replicationcontroller', name: 'w' } as const;
      const needed = neededPermissions({ target, byLabels: true, configMap: 'c', lease: 'l' });
      expect(granted.sort()).to.deep.equal(needed.map(({ verb, resource }) => `${verb} ${resource}`).sort());
    });
  });
});

/** `ELASTIC_WORKER_SPARK_*` stands for several. */
function isGroupOf(variables: readonly string[], name: string): boolean {
  return name.endsWith('_') && variables.some((variable) => variable.startsWith(name));
}

/** Complaints that are quoted as examples name what does not exist; each of their lines says what is allowed. */
function withoutComplaints(text: string): string {
  return text.replace(/^ *\S+=.*: allowed is .*$/gm, '');
}

function expectRowForAll(codes: Readonly<Record<string, true>>, page: string): void {
  const rows = rowsOf(page);
  expect(Object.keys(codes).filter((code) => !rows.has(code))).to.deep.equal([]);
}
