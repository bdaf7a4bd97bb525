/** The names of gauge sources, and the list that a person makes of them. */
import type { Kind } from './kinds.ts';
import { printable } from './problem.ts';

/** In the order of the documentation. */
const SOURCE_NAMES = ['driver', 'prometheus-servlet', 'jolokia', 'carbon', 'statsd', 'graphite', 'prometheus'] as const;

export type SourceName = (typeof SOURCE_NAMES)[number];

/** Names joined by commas, the preferred one first, each once. */
export function sourceList(): Kind<readonly SourceName[]> {
  const known = SOURCE_NAMES.join(', ');
  return {
    unit: 'list',
    allowed: `one or more of ${known}, joined by commas, each once`,
    parse: (text) => {
      const names: SourceName[] = [];
      for (const part of text.split(',').map((one) => one.trim())) {
        const name = SOURCE_NAMES.find((one) => one === part);
        if (name === undefined) return { ok: false, mend: `"${printable(part)}" is no source: write ${known}` };
        if (names.includes(name)) return { ok: false, mend: `write ${name} once` };
        names.push(name);
      }
      return { ok: true, value: names };
    },
    show: (value) => value.join(','),
    showRefused: printable,
  };
}
