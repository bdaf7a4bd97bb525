/**
 * The master's `/app/?appId=` page, for what stands nowhere else (spark.md 3.4). HTML is no interface: it is read by
 * its labels, from 2.4 to 4.x, and what is not there is undefined.
 */
import { parse, type HTMLElement } from 'node-html-parser';
import { err, ok, type Result } from '../core/result.ts';
import type { ApplicationPage, PlacedExecutor } from '../core/spark-view.ts';

/** Parses the page. Never throws; a page of another kind is malformed. */
export function parseApplicationPage(html: string, what: string): Result<ApplicationPage> {
  const root = parse(html);
  const items = root.querySelectorAll('li').map((item) => textOf(item));
  if (!items.some((text) => text.startsWith('ID:'))) {
    return err({ kind: 'malformed', what, detail: 'the answer is not the page of an application' });
  }
  const limit = valueOf(items, 'Executor Limit:');
  const cores = valueOf(items, 'Cores:');
  return ok({
    executorLimit: limitIn(limit),
    grantedExecutors: grantedIn(limit),
    coresMax: limitIn(cores),
    executors: executorsIn(root),
    uiAddress: uiAddressIn(root),
  });
}

function textOf(element: HTMLElement): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}

function valueOf(items: readonly string[], label: string): string | undefined {
  return items
    .find((text) => text.startsWith(label))
    ?.slice(label.length)
    .trim();
}

/** "26 (2 granted)" and "Unlimited (2 granted, 3 left)"; a part of it, from a page that was cut off, says nothing. */
const LIMIT = /^(?:(\d{1,10})|unlimited) \((\d{1,10}) granted\b/i;

function limitIn(text: string | undefined): number | 'unlimited' | undefined {
  const found = LIMIT.exec(text ?? '');
  return found === null ? undefined : (countIn(found[1]) ?? 'unlimited');
}

function grantedIn(text: string | undefined): number | undefined {
  return countIn(LIMIT.exec(text ?? '')?.[2]);
}

/** An empty cell is no 0. */
function wholeCell(text: string | undefined): number | undefined {
  return countIn(/^\d{1,10}$/.exec(text ?? '')?.[0]);
}

function countIn(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** The first table with the executors' headers; the one of removed executors comes after it. */
function executorsIn(root: HTMLElement): PlacedExecutor[] {
  const heading = root.querySelectorAll('h4').find((one) => textOf(one).startsWith('Executor Summary'));
  const all = root.querySelectorAll('table');
  // Old versions have no heading that is linked to its table: the order in the page decides.
  const table = all.find((one) => heading === undefined || one.range[0] > heading.range[0]);
  if (table === undefined) return [];
  const headers = table.querySelectorAll('th').map((one) => textOf(one));
  const at = (name: string): number => headers.indexOf(name);
  const columns = {
    id: at('ExecutorID'),
    worker: at('Worker'),
    cores: at('Cores'),
    memory: at('Memory'),
    state: at('State'),
  };
  if (Object.values(columns).includes(-1)) return [];
  return table.querySelectorAll('tr').flatMap((row) => {
    const cells = row.querySelectorAll('td').map((cell) => textOf(cell));
    const id = cells[columns.id];
    const workerId = cells[columns.worker];
    const cores = wholeCell(cells[columns.cores]);
    const memoryMiB = wholeCell(cells[columns.memory]);
    if (id === undefined || workerId === undefined || cores === undefined || memoryMiB === undefined) return [];
    return [{ id, workerId, cores, memoryMiB, state: cells[columns.state] ?? '' }];
  });
}

/** With the reverse proxy on, the link leads to the master's own `/proxy/`, which is no address of the application's. */
function uiAddressIn(root: HTMLElement): string | undefined {
  const link = root.querySelectorAll('a').find((one) => textOf(one) === 'Application Detail UI');
  const href = link?.getAttribute('href');
  return href !== undefined && /^https?:\/\//i.test(href) ? href : undefined;
}
