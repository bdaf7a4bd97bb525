/** What the log says of the sources of demand: changes, once each. */
import { expect } from 'chai';
import type { SourceView } from '../../src/core/gauge-choice.ts';
import type { ApplicationSources, CycleReport } from '../../src/status/report.ts';
import { sourceLinesOf } from '../../src/status/source-line.ts';
import { reportOf } from './support.ts';

function view(source: string, more: Partial<SourceView> = {}): SourceView {
  return { source, state: 'ready', why: undefined, numbers: { target: 3, needed: 3 }, ageMs: 100, ...more };
}

function sources(inUse: string | undefined, more: Partial<ApplicationSources> = {}): ApplicationSources {
  return { application: 'app-1', inUse, sources: [view('driver'), view('graphite')], disagreement: undefined, ...more };
}

function told(before: readonly ApplicationSources[], now: readonly ApplicationSources[]): readonly string[] {
  const lines = sourceLinesOf(reportOf(2, { gaugeSources: now }), reportOf(1, { gaugeSources: before }));
  return lines.map(
    ({ level, message, fields }) => `${level}: ${message}: ${(fields.applications as string[]).join(' | ')}`,
  );
}

function withStrangers(sequence: number, ...owners: readonly string[]): CycleReport {
  const named = owners.map((owner) => ({ owner, why: 'no active application publishes under this name' }));
  const source = { name: 'graphite', ageMs: 1, periodMs: 1, error: undefined, reads: 1, failures: 0 };
  return reportOf(sequence, { sources: [{ ...source, strangers: { count: named.length, named } }] });
}

describe('log lines of sources', () => {
  const away = { state: 'failed', why: 'driver: timeout: it is silent', numbers: undefined } as const;

  it('say which source counts from now on, and why the other does not', () => {
    const now = sources('graphite', { sources: [view('driver', away), view('graphite')] });
    expect(told([sources('driver')], [now])).to.deep.equal([
      'info: another source of demand counts: app-1: from driver to graphite (driver: driver: timeout: it is silent)',
    ]);
  });

  it('say nothing of the first choice, and nothing where nothing changes', () => {
    expect(told([], [sources('driver')])).to.deep.equal([]);
    expect(told([sources('driver')], [sources('driver')])).to.deep.equal([]);
  });

  it('warn when none can be trusted any more, with what each says', () => {
    const now = sources(undefined, {
      sources: [
        view('driver', away),
        view('graphite', { state: 'stale', why: 'graphite is stale', numbers: undefined }),
      ],
    });
    expect(told([sources('driver')], [now])).to.deep.equal([
      'warn: no source of demand can be trusted: app-1: driver: timeout: it is silent; graphite is stale',
    ]);
    expect(told([now], [now])).to.deep.equal([]);
  });

  it('tell a disagreement when it begins and when it ends', () => {
    const differ = sources('driver', { disagreement: 'driver says 3, graphite says 9' });
    expect(told([sources('driver')], [differ])).to.deep.equal([
      'warn: sources of demand disagree: app-1: driver says 3, graphite says 9; driver counts',
    ]);
    expect(told([differ], [differ])).to.deep.equal([]);
    expect(told([differ], [sources('driver')])).to.deep.equal(['info: sources of demand agree again: app-1']);
  });

  it('name series of nobody when they change', () => {
    const [line, ...more] = sourceLinesOf(withStrangers(2, 'nightly'), withStrangers(1));
    expect(more).to.deep.equal([]);
    expect(line).to.deep.include({
      level: 'warn',
      fields: {
        source: 'graphite',
        series: 1,
        names: ['nightly: no active application publishes under this name'],
      },
    });
    expect(sourceLinesOf(withStrangers(3, 'nightly'), withStrangers(2, 'nightly'))).to.deep.equal([]);
    expect(sourceLinesOf(withStrangers(4), withStrangers(3, 'nightly'))).to.deep.equal([]);
  });

  it('are short, however many applications change at once', () => {
    const many = (inUse: string): ApplicationSources[] =>
      Array.from({ length: 500 }, (_, index) => sources(inUse, { application: `app-${index}` }));
    const [line] = told(many('driver'), many('graphite'));
    expect(line?.split(' | ')).to.have.length(11);
    expect(line).to.match(/\| and 490 more$/);
  });
});
