import { expect } from 'chai';
import type { ApplicationPage } from '../../src/core/spark-view.ts';
import { parseApplicationPage } from '../../src/spark/application-page.ts';
import { errorOf, fixture, valueOf } from './support.ts';

const BUSY = fixture('spark-3.5.7/master-app-page-busy.html');

function parsed(html: string): ApplicationPage {
  return valueOf(parseApplicationPage(html, "master's page of app-1"));
}

/** The captured page with one text replaced, which must be there. */
function busyWith(text: string | RegExp, replacement: string): ApplicationPage {
  const html = BUSY.replace(text, replacement);
  expect(html, `nothing like ${String(text)} in the page`).not.to.equal(BUSY);
  return parsed(html);
}

describe("the master's page of an application, as captured", () => {
  it('reads a busy one of 3.5.7', () => {
    expect(parsed(BUSY)).to.deep.equal({
      executorLimit: 26,
      grantedExecutors: 2,
      coresMax: 'unlimited',
      executors: [
        { id: '1', workerId: 'worker-20261123000424-127.0.1.1-7078', cores: 2, memoryMiB: 1024, state: 'RUNNING' },
        { id: '0', workerId: 'worker-20261123000424-127.0.1.2-7078', cores: 2, memoryMiB: 1024, state: 'RUNNING' },
      ],
      uiAddress: undefined,
    });
  });

  it('reads a busy one of 4.1.0', () => {
    const page = parsed(fixture('spark-4.1.0/master-app-page-busy.html.txt'));
    expect(page).to.include({ coresMax: 'unlimited', uiAddress: undefined });
    expect(page.executors).to.have.length(page.grantedExecutors ?? -1);
    expect(page.executors[0]).to.include({ cores: 2, memoryMiB: 1024, state: 'RUNNING' });
  });

  it('reads one of 4.1.0 that waits: a limit of 0 is told, and nothing placed', () => {
    expect(parsed(fixture('spark-4.1.0/master-app-page-waiting.html'))).to.deep.equal({
      executorLimit: 0,
      grantedExecutors: 0,
      coresMax: 'unlimited',
      executors: [],
      uiAddress: undefined,
    });
  });
});

describe("the master's page of an application, by hand", () => {
  it('R9: tells an application without dynamic allocation by its unlimited executors', () => {
    expect(busyWith('                26\n', '                Unlimited\n').executorLimit).to.equal('unlimited');
  });

  for (const [text, coresMax] of [
    ['5 (4 granted, 1 left)', 5],
    ['2147483647 (4 granted, 1 left)', 2_147_483_647],
    ['unlimited (4 granted)', 'unlimited'],
    ['5', undefined],
    ['5 (4 gran', undefined],
    ['many (4 granted)', undefined],
    ['-5 (4 granted)', undefined],
    ['4.5 (4 granted)', undefined],
    ['12345678901 (4 granted)', undefined],
    ['', undefined],
  ] as const) {
    it(`reads "Cores: ${text}" as ${coresMax ?? 'unknown'}`, () => {
      expect(busyWith('Unlimited (4 granted)', text).coresMax).to.equal(coresMax);
    });
  }

  it('leaves what the page does not say undefined, never 0', () => {
    const page = busyWith(/<strong>Executor Limit: <\/strong>\s*26\s*\(2 granted\)/, '');
    expect(page).to.include({ executorLimit: undefined, grantedExecutors: undefined, coresMax: 'unlimited' });
  });

  it('counts no executor whose cores or memory cannot be read, and never as one of 0 cores', () => {
    for (const bad of ['', '-2', 'two', '2.5', '1e3', '0x2', 'Infinity', '99999999999']) {
      for (const cell of ['<td>2</td>', '<td>1024</td>']) {
        const page = busyWith(cell, `<td>${bad}</td>`);
        expect(page.executors.map(({ id }) => id)).to.deep.equal(['0']);
      }
    }
  });

  it('reads columns by their heads: without profiles and resources, and in another order', () => {
    const cells = (tag: string, texts: readonly string[]): string =>
      `<tr>${texts.map((one) => `<${tag}>${one}</${tag}>`).join('')}</tr>`;
    const page = (head: readonly string[], row: readonly string[]): ApplicationPage =>
      parsed(`<li>ID: app-1</li><h4>Executor Summary</h4><table>${cells('th', head)}${cells('td', row)}</table>`);
    const expected = [{ id: '7', workerId: 'worker-1', cores: 4, memoryMiB: 512, state: 'LOADING' }];
    const old = ['ExecutorID', 'Worker', 'Cores', 'Memory', 'State', 'Logs'];
    expect(page(old, ['7', '<a href="/">worker-1</a>', '4', '512', 'LOADING', '']).executors).to.deep.equal(expected);
    const mixed = ['State', 'Memory', 'Cores', 'Worker', 'ExecutorID'];
    expect(page(mixed, ['LOADING', '512', '4', 'worker-1', '7']).executors).to.deep.equal(expected);
    expect(page(['ExecutorID', 'Worker', 'Memory', 'State'], ['7', 'worker-1', '512', 'x']).executors).to.deep.equal(
      [],
    );
  });

  it('does not take executors that were removed for those that are placed', () => {
    const removed = `<h4>Removed Executors (1)</h4>${/<table[^]*<\/table>/.exec(BUSY)?.[0] ?? ''}`;
    const page = parsed(BUSY.replace('</body>', `${removed}</body>`));
    expect(page.executors).to.have.length(2);
    const before = parsed(BUSY.replace('<body>', '<body><table><tr><th>Other</th></tr></table>'));
    expect(before.executors).to.have.length(2);
  });

  it('does not let the name of an application speak for the page', () => {
    const page = busyWith(
      '<strong>Name:</strong> trace',
      '<strong>Name:</strong> Executor Limit: 999 (999 granted) &lt;/li&gt;',
    );
    expect(page).to.include({ executorLimit: 26, grantedExecutors: 2 });
  });

  it("takes the driver's address as it is linked, and a path of the master for none", () => {
    const link = /href="\/proxy\/app-[^"]*"(?=>Application Detail UI)/;
    for (const [href, uiAddress] of [
      ['http://10.1.2.3:4040', 'http://10.1.2.3:4040'],
      ['https://driver.example:4440/a?x=1&amp;y=2', 'https://driver.example:4440/a?x=1&y=2'],
      ['HTTP://[fd00::1]:4040', 'HTTP://[fd00::1]:4040'],
      ['javascript:alert(1)', undefined],
      ['file:///etc/passwd', undefined],
      ['//10.1.2.3:4040', undefined],
      ['', undefined],
    ] as const)
      expect(busyWith(link, `href="${href}"`).uiAddress, href).to.equal(uiAddress);
    expect(busyWith('>Application Detail UI<', '>Disabled<').uiAddress).to.equal(undefined);
  });

  for (const [what, html] of [
    ['nothing', ''],
    ['plain text', 'Server Error'],
    ['JSON', '{"executorLimit": 3}'],
    ['a page to log in', '<html><body><form action="/login"></form></body></html>'],
    ["the master's own page", '<html><body><ul><li><strong>URL:</strong> spark://m:7077</li></ul></body></html>'],
    ['a page that says that there is no such application', '<div>No running application with ID app-1</div>'],
  ] as const) {
    it(`is an error where the answer is ${what}`, () => {
      expect(errorOf(parseApplicationPage(html, 'page'))).to.include({ kind: 'malformed', what: 'page' });
    });
  }

  it('reads what there is of a page that was cut off, and no number that was cut in two', () => {
    const cut = (text: string): ApplicationPage => parsed(BUSY.slice(0, BUSY.indexOf(text) + text.length));
    const nothing = {
      executorLimit: undefined,
      grantedExecutors: undefined,
      coresMax: undefined,
      executors: [],
      uiAddress: undefined,
    };
    expect(cut('<strong>Cores:</strong>')).to.deep.equal(nothing);
    expect(cut('<strong>Executor Limit: </strong>\n                2')).to.deep.equal({
      ...nothing,
      coresMax: 'unlimited',
    });
    expect(cut('<td>2</td>').executors).to.deep.equal([]);
  });
});
