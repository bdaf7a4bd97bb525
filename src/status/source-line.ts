/** What the log says of the sources of demand: changes only, all of a pass in one line of each kind. */
import type { LogLine } from './log-line.ts';
import type { ApplicationSources, CycleReport, SourceReport } from './report.ts';

/** Applications, or names of series, in one line. */
const MOST_SHOWN = 10;

/** Lines for what is different from the pass before. Pure. */
export function sourceLinesOf(report: CycleReport, previous: CycleReport | undefined): readonly LogLine[] {
  const before = new Map(previous?.gaugeSources.map((one) => [one.application, one]));
  return [
    ...lostLines(report, before),
    ...switchLines(report, before),
    ...disagreementLines(report, before),
    ...strangerLines(report, previous),
  ];
}

type Before = ReadonlyMap<string, ApplicationSources>;

/** No source can be trusted any more; told with what each one says. */
function lostLines({ gaugeSources }: CycleReport, before: Before): readonly LogLine[] {
  const lost = gaugeSources.filter(({ application, inUse }) => {
    return inUse === undefined && before.get(application)?.inUse !== undefined;
  });
  return line(
    'warn',
    'no source of demand can be trusted',
    lost.map((one) => `${one.application}: ${whyNoneOf(one)}`),
  );
}

function whyNoneOf({ sources }: ApplicationSources): string {
  return sources.map(({ source, state, why }) => why ?? `${source} is ${state}`).join('; ');
}

/** The first choice for an application is no news, and neither is the only source's coming back to life. */
function switchLines({ gaugeSources }: CycleReport, before: Before): readonly LogLine[] {
  const switched = gaugeSources.flatMap((one) => {
    const earlier = before.get(one.application);
    if (earlier === undefined || one.inUse === undefined || earlier.inUse === one.inUse) return [];
    const left = one.sources.find(({ source }) => source === earlier.inUse);
    const why = left?.why ?? (left === undefined || left.state === 'ready' ? undefined : `it is ${left.state}`);
    const from = earlier.inUse ?? 'none';
    return [`${one.application}: from ${from} to ${one.inUse}${why === undefined ? '' : ` (${from}: ${why})`}`];
  });
  return line('info', 'another source of demand counts', switched);
}

function disagreementLines({ gaugeSources }: CycleReport, before: Before): readonly LogLine[] {
  const began = gaugeSources.filter(({ application, disagreement }) => {
    return disagreement !== undefined && before.get(application)?.disagreement === undefined;
  });
  const ended = gaugeSources.filter(({ application, disagreement }) => {
    return disagreement === undefined && before.get(application)?.disagreement !== undefined;
  });
  return [
    ...line(
      'warn',
      'sources of demand disagree',
      began.map((one) => `${one.application}: ${one.disagreement ?? ''}; ${one.inUse ?? 'none'} counts`),
    ),
    ...line(
      'info',
      'sources of demand agree again',
      ended.map(({ application }) => application),
    ),
  ];
}

function strangerLines({ sources }: CycleReport, previous: CycleReport | undefined): readonly LogLine[] {
  const before = new Map(previous?.sources.map((one) => [one.name, namesOf(one)]));
  return sources.flatMap((source) => {
    const { name, strangers } = source;
    if (strangers === undefined || strangers.count === 0 || before.get(name) === namesOf(source)) return [];
    const shown = strangers.named.slice(0, MOST_SHOWN).map(({ owner, why }) => `${owner}: ${why}`);
    const fields = { source: name, series: strangers.count, names: shown };
    return [{ level: 'warn', message: 'series of no active application are not counted', fields } as const];
  });
}

function namesOf({ strangers }: SourceReport): string {
  return (strangers?.named ?? []).map(({ owner }) => owner).join('\n');
}

function line(level: LogLine['level'], message: string, applications: readonly string[]): readonly LogLine[] {
  if (applications.length === 0) return [];
  const more = applications.length - MOST_SHOWN;
  const shown = more > 0 ? [...applications.slice(0, MOST_SHOWN), `and ${more} more`] : applications;
  return [{ level, message, fields: { applications: shown } }];
}
