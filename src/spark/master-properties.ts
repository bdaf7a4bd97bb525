/** The Spark properties of a master, from its `/environment/` page (4.0 and later; spark.md 4.5). */
import { parse } from 'node-html-parser';
import { err, ok, type Result } from '../core/result.ts';

/**
 * Parses the page: what was set, by key. Never throws; a page without Spark's own properties is malformed.
 *
 * HTML is no interface: rows of two cells whose first begins with "spark." are taken, wherever they stand.
 */
export function parseMasterProperties(html: string, what: string): Result<ReadonlyMap<string, string>> {
  const rows = parse(html)
    .querySelectorAll('tr')
    .map((row) => row.querySelectorAll('td').map((cell) => cell.textContent.trim()));
  const properties = rows.flatMap((cells): [string, string][] => {
    const [key, value, more] = cells;
    return key?.startsWith('spark.') === true && value !== undefined && more === undefined ? [[key, value]] : [];
  });
  if (properties.length > 0) return ok(new Map(properties));
  return err({ kind: 'malformed', what, detail: 'the answer shows no Spark properties' });
}
