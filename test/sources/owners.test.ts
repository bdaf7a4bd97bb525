/** From the owner in a series' name to an active application. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { ApplicationView } from '../../src/core/spark-view.ts';
import { ownerMatcher, strangersAmong, type OwnerMatch } from '../../src/sources/owners.ts';
import type { Census } from '../../src/spark/ports.ts';
import { application } from '../daemon/support/things.ts';

const BY_ID = { namespace: '${spark.app.id}' };

function named(id: string, name: string): ApplicationView {
  return { ...application(id), name };
}

interface Given {
  readonly active: readonly ApplicationView[];
  readonly ended?: readonly string[];
  /** Of applications whose own settings are known; null where they set none. */
  readonly namespaces?: Readonly<Record<string, string | null>>;
  readonly template?: string;
}

function matcherOf({ active, ended = [], namespaces = {}, template }: Given): (owner: string) => OwnerMatch {
  const census: Census = {
    endedIds: ended,
    nowEpochMs: 0,
    settingsOf: (id) => {
      const set = namespaces[id];
      if (set === undefined) return undefined;
      return set === null ? {} : { metricsNamespace: set };
    },
  };
  return ownerMatcher(active, census, template === undefined ? BY_ID : { namespace: template });
}

const A = 'app-20260101120000-0000';
const B = 'app-20260101120000-0001';
const two = [named(A, 'nightly'), named(B, 'my.report')];

describe('owners of series', () => {
  const table: readonly [what: string, given: Given, owner: string, expected: string][] = [
    ['an id', { active: two }, A, A],
    ['an id behind a prefix of the sink', { active: two }, `prod.eu-1.spark.${B}`, B],
    ['an id as Prometheus spells it', { active: two }, A.replaceAll('-', '_'), A],
    ['the same behind a prefix', { active: two }, `spark_${A.replaceAll('-', '_')}`, A],
    ['an id that lost its dashes', { active: two }, A.replaceAll('-', ''), A],
    ['a namespace from the application itself', { active: two, namespaces: { [A]: 'team.etl' } }, 'x.team.etl', A],
    ['a namespace by the setting', { active: two, template: 'prod-${spark.app.name}' }, 'prod-my.report', B],
    ['the same as Prometheus spells it', { active: two, template: '${spark.app.name}' }, 'my_report', B],
    ['a literal namespace with one application', { active: [named(A, 'x')], template: 'spark' }, 'spark', A],
    ['an id, whatever the setting says', { active: two, template: 'spark' }, B, B],
    ['an id with odd characters', { active: [named('My Job/1 (ä)', 'x')] }, 'My-Job/1-(ä)', 'My Job/1 (ä)'],
    ['the same as Prometheus spells it', { active: [named('My Job/1 (ä)', 'x')] }, 'My_Job_1____', 'My Job/1 (ä)'],
    ['the same after a StatsD server', { active: [named('My Job/1 (ä)', 'x')] }, 'My_Job-1_', 'My Job/1 (ä)'],
    ['ids that only dots tell apart', { active: [named('a.b', ''), named('a_b', '')] }, 'a.b', 'a.b'],
    ['the whole name before a part of it', { active: [named('job', ''), named('my.job', '')] }, 'my.job', 'my.job'],
    ['an id that is used again', { active: [named('daily', '')], ended: ['daily'] }, 'daily', 'daily'],
  ];
  for (const [what, given, owner, expected] of table) {
    it(`match: ${what}`, () => {
      expect(matcherOf(given)(owner)).to.deep.equal({ kind: 'application', id: expected });
    });
  }

  const ended: readonly [what: string, given: Given, owner: string][] = [
    ['an id that has ended', { active: two, ended: ['app-20251231120000-0009'] }, 'app-20251231120000-0009'],
    [
      'the same as Prometheus spells it',
      { active: two, ended: ['app-20251231120000-0009'] },
      'app_20251231120000_0009',
    ],
    ['an id whose end is like another id', { active: [named('job', '')], ended: ['my.job'] }, 'my.job'],
    ['an id that an active one is spelled like', { active: [named('a.b', '')], ended: ['a-b'] }, 'a_b'],
  ];
  for (const [what, given, owner] of ended) {
    it(`do not count: ${what}`, () => {
      expect(matcherOf(given)(owner)).to.deep.equal({ kind: 'ended' });
    });
  }

  const strangers: readonly [what: string, given: Given, owner: string, why: RegExp][] = [
    ['nobody', { active: two }, 'somebody', /^no active application/],
    ['nobody at all', { active: [] }, A, /^no active application/],
    ['no name in front', { active: two }, '', /^no active application/],
    ['a part of an id', { active: two }, '0000', /^no active application/],
    [
      'two of the same name',
      { active: [named(A, 'x'), named(B, 'x')], template: '${spark.app.name}' },
      'x',
      /^2 active/,
    ],
    ['a literal namespace of two', { active: two, template: 'spark' }, 'spark', /^2 active/],
    ['two that are spelled alike', { active: [named('a.b', ''), named('a-b', '')] }, 'a_b', /^2 active/],
    [
      'a name that the application itself does not publish under',
      { active: two, namespaces: { [A]: null }, template: '${spark.app.name}' },
      'nightly',
      /^no active application/,
    ],
  ];
  for (const [what, given, owner, why] of strangers) {
    it(`are named and not counted: ${what}`, () => {
      const found = matcherOf(given)(owner);
      expect(found.kind).to.equal('stranger');
      expect(found).to.have.property('why').that.matches(why);
    });
  }

  it('names of strangers are cut, made safe to print, and bounded in number', () => {
    const owners = ['evil\n\u001b[31m', 'x'.repeat(2000), A, ...Array.from({ length: 1000 }, (_, n) => `gone-${n}`)];
    const found = strangersAmong(owners, matcherOf({ active: two }));
    expect(found.count).to.equal(1002);
    expect(found.named).to.have.length(20);
    expect(found.named[0]?.owner).to.equal('evil??[31m');
    expect(Math.max(...found.named.map(({ owner }) => owner.length))).to.be.below(120);
  });

  it('an owner never leads to an application that does not spell its name like it', () => {
    const names = fc.stringMatching(/^[a-c._-]{1,6}$/);
    fc.assert(
      fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 5 }), names, (ids, owner) => {
        const found = matcherOf({ active: ids.map((id) => named(id, 'x')) })(owner);
        if (found.kind !== 'application') return;
        const bare = (text: string): string => text.replace(/[^a-z]/g, '');
        expect(bare(owner).endsWith(bare(found.id))).to.equal(true);
      }),
    );
  });

  it('every active application is found by its own id, whatever the others are called', () => {
    const names = fc.stringMatching(/^[a-c._-]{1,6}$/);
    fc.assert(
      fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 8 }), (ids) => {
        const match = matcherOf({ active: ids.map((id) => named(id, 'x')) });
        for (const id of ids) expect(match(id)).to.deep.equal({ kind: 'application', id });
      }),
    );
  });
});
