/** How a calendar and its time zone are read, and how what is refused is to be mended. */
import { expect } from 'chai';
import fc from 'fast-check';
import { calendar, timeZone } from '../../src/config/calendar-kinds.ts';
import { formatDuration } from '../../src/config/duration.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { configOf, envOf, problemsOf } from './environments.ts';

const HOUR_MS = 3_600_000;
const OFFICE = '8 for 10h at 30 7 * * 1-5';
const kind = calendar();

function mendOf(text: string): string {
  const parsed = kind.parse(text);
  return parsed.ok ? 'accepted' : parsed.mend;
}

describe('a calendar', () => {
  it('is none by default', () => {
    expect(configOf(envOf({})).values).to.deep.include({ calendar: [], timeZone: 'UTC' });
  });

  it('is made of workers, how long and when', () => {
    expect(kind.parse(OFFICE)).to.deep.equal({
      ok: true,
      value: [{ workers: 8, lengthMs: 10 * HOUR_MS, cron: '30 7 * * 1-5', text: OFFICE }],
    });
  });

  const good: readonly (readonly [text: string, shown: string])[] = [
    ['none', 'none'],
    [OFFICE, OFFICE],
    [`${OFFICE}; 2 for 90m at 0 2 * * *`, `${OFFICE}; 2 for 90m at 0 2 * * *`],
    [`${OFFICE};`, OFFICE],
    [`\n  ${OFFICE}\r\n\n\t2  for 1h30m at 0  2\t* * * ;\n`, `${OFFICE}; 2 for 1h30m at 0 2 * * *`],
    ['1 for 1m at * * * * *', '1 for 1m at * * * * *'],
    ['10000 for 168h at 0 0 * * SUN', '10000 for 168h at 0 0 * * SUN'],
    ['3 for 1h at */15 8-18 1,15 jan-mar mon,fri', '3 for 1h at */15 8-18 1,15 jan-mar mon,fri'],
    ['3 for 1h at 0 6 L * 1#2', '3 for 1h at 0 6 L * 1#2'],
    ['3 for 1h at 0 6 29 2 *', '3 for 1h at 0 6 29 2 *'],
  ];
  for (const [text, shown] of good) {
    it(`may be ${JSON.stringify(text)}`, () => {
      const parsed = kind.parse(text);
      expect(parsed.ok && kind.show(parsed.value)).to.equal(shown);
    });
  }

  const bad: readonly (readonly [text: string, mend: string])[] = [
    [';', 'write none for no entry'],
    ['8', 'of the entry "8" make something like "8 for 10h at 30 7 * * 1-5"'],
    ['8 for 10h', 'make something like'],
    ['8 workers for 10h at 30 7 * * *', 'make something like'],
    ['-8 for 10h at 30 7 * * *', 'make something like'],
    ['none; 8 for 10h at 30 7 * * *', 'of the entry "none"'],
    [`${OFFICE}; 8 for 10h`, 'of the entry "8 for 10h"'],
    ['0 for 10h at 30 7 * * *', 'write the workers as a whole number from 1 to 10000'],
    ['10001 for 10h at 30 7 * * *', 'write the workers as a whole number from 1 to 10000'],
    ['8 for 10 at 30 7 * * *', 'write how long it lasts as a duration from 1m to 168h in whole minutes'],
    ['8 for 59s at 30 7 * * *', 'from 1m to 168h'],
    ['8 for 90s at 30 7 * * *', 'in whole minutes'],
    ['8 for 169h at 30 7 * * *', 'from 1m to 168h'],
    ['8 for 0h at 30 7 * * *', 'from 1m to 168h'],
    ['8 for 10h at 30 7 * *', 'write five fields after "at": minute, hour, day of the month, month, day of the week'],
    ['8 for 10h at 0 30 7 * * *', 'write five fields'],
    ['8 for 10h at @daily', 'write five fields'],
    ['8 for 10h at 60 7 * * *', 'write another minute: 60 is none'],
    ['8 for 10h at 30 24 * * *', 'write another hour: 24 is none'],
    ['8 for 10h at 30 7 32 * *', 'write another day of the month: 32 is none'],
    ['8 for 10h at 30 7 * 13 *', 'write another month: 13 is none'],
    ['8 for 10h at 30 7 * * mo', 'write another day of the week: mo is none'],
    ['8 for 10h at 30 7 30 2 *', 'write another day of the month: 30 is none in that month'],
    ['8 for 10h at 30 7 * * !', 'write the fields as cron has them'],
    // node-cron would write all of it out.
    ['8 for 10h at 0-99999999 7 * * *', 'write five fields'],
  ];
  for (const [text, mend] of bad) {
    it(`may not be ${JSON.stringify(text)}`, () => {
      expect(mendOf(text)).to.contain(mend);
    });
  }

  it('has 32 entries at most', () => {
    expect(kind.parse(Array.from({ length: 32 }, () => OFFICE).join(';')).ok).to.equal(true);
    expect(mendOf(Array.from({ length: 33 }, () => OFFICE).join('\n'))).to.equal('write at most 32 entries');
    expect(mendOf(Array.from({ length: 99 }, () => OFFICE).join('\n'))).to.equal('write at most 32 entries');
  });

  it('is read back as it is shown', () => {
    const field = (least: number, most: number) =>
      fc.oneof(fc.constant('*'), fc.integer({ min: least, max: most }).map(String), fc.constant(`${least}-${most}/2`));
    const entry = fc
      .tuple(
        ...[fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_080 })],
        ...[field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)],
      )
      .map(
        ([workers, minutes, ...fields]) => `${workers} for ${formatDuration(minutes * 60_000)} at ${fields.join(' ')}`,
      );
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(';', '\n', ' ; \n'),
        (entries, between) => {
          const parsed = kind.parse(entries.join(between));
          expect(parsed.ok && kind.show(parsed.value)).to.equal(entries.join('; '));
        },
      ),
    );
  });

  it('is refused in words and never by a crash, whatever stands there', () => {
    const piece = fc.constantFrom(...'8 for 10h at 30 7 * 1-5 / , L W # ? jan sun - ; \n @ 99 0x 9/0'.split(' '), ' ');
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 14 }).map((pieces) => `8 for 1h at ${pieces.join(' ')}`),
    );
    fc.assert(
      fc.property(text, (written) => {
        const parsed = kind.parse(written);
        if (!parsed.ok) expect(parsed.mend).to.match(/^(of the entry ".*" )?(write|make) /s);
      }),
      { numRuns: 1_000 },
    );
  });

  it('at start a bad one is a problem that names the setting and the mend', () => {
    const problems = problemsOf(envOf({ CALENDAR: '8 for 10h at 30 25 * * *', TIME_ZONE: 'Mars/Phobos' }));
    const [calendarProblem = '', zoneProblem = ''] = problems.map(describeProblem);
    expect(problems).to.have.length(2);
    expect(calendarProblem).to.match(/^ELASTIC_WORKER_CALENDAR=8 for 10h at 30 25 \* \* \*: allowed is none, or /);
    expect(calendarProblem).to.match(/write another hour: 25 is none, or remove it to have none$/);
    expect(zoneProblem).to.match(
      /^ELASTIC_WORKER_TIME_ZONE=Mars\/Phobos: allowed is UTC, or .* or remove it to have UTC$/,
    );
  });
});

describe('a time zone', () => {
  const zone = timeZone();

  it('is UTC or a name of the IANA', () => {
    for (const name of [
      'UTC',
      'Europe/Berlin',
      'America/Argentina/Buenos_Aires',
      'US/Eastern',
      'Etc/GMT+5',
      'Asia/Kathmandu',
    ])
      expect(zone.parse(name)).to.deep.equal({ ok: true, value: name });
  });

  it('is nothing else, and the nearest name is told', () => {
    for (const text of ['+02:00', 'Berlin', 'Europe/Berlinn', 'CET+1', ' UTC', 'UTC;', 'x'.repeat(5_000)])
      expect(zone.parse(text)).to.have.property('ok', false);
    expect(zone.parse('berlin')).to.have.property('mend', "write a name of the IANA's list, such as Europe/Berlin");
    expect(zone.parse('Europe/Berlinn')).to.have.property(
      'mend',
      "write a name of the IANA's list, such as Europe/Berlin",
    );
  });

  it('is never a crash', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        zone.parse(text);
      }),
    );
  });
});
