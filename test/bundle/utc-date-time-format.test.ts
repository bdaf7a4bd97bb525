import { expect } from 'chai';
import fc from 'fast-check';
import { UtcDateTimeFormat } from '../../scripts/bundle/utc-date-time-format.ts';

/** As node-cron asks for them, and what it makes of an hour of 24. */
const OPTIONS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  weekday: 'short',
  hour12: false,
  timeZone: 'UTC',
} as const;

function byType(parts: readonly { readonly type: string; readonly value: string }[]): Record<string, string> {
  const named = Object.fromEntries(
    parts.filter(({ type }) => type !== 'literal').map(({ type, value }) => [type, value]),
  );
  return { ...named, ...(named.hour === '24' && { hour: '00' }) };
}

describe('UtcDateTimeFormat', () => {
  it('gives the parts that Intl gives', () => {
    const intl = new Intl.DateTimeFormat('en-US', OPTIONS);
    const ours = new UtcDateTimeFormat('en-US', OPTIONS);
    const date = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (at) => {
        const { timeZoneName, ...parts } = byType(ours.formatToParts(at));
        expect(parts).to.deep.equal(byType(intl.formatToParts(at)));
        expect(timeZoneName).to.equal('GMT');
      }),
    );
  });

  it('refuses every other zone', () => {
    expect(() => new UtcDateTimeFormat('en-US', { timeZone: 'Europe/Berlin' })).to.throw('UTC only');
    expect(() => new UtcDateTimeFormat('en-US', {})).to.throw('UTC only');
  });
});
