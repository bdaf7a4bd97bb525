/** How long tasks took, from a driver's `/executors`. */
import { expect } from 'chai';
import { parsePace } from '../../src/spark/holdings-json.ts';

/** With fields that the daemon does not read, as real drivers have many. */
const entry = (id: string, completedTasks: number, totalDuration: number, failedTasks = 0): object => ({
  id,
  hostPort: `10.0.0.${id}:40001`,
  isActive: true,
  activeTasks: 1,
  completedTasks,
  failedTasks,
  totalTasks: completedTasks + failedTasks + 1,
  totalDuration,
  peakMemoryMetrics: {},
});

const paceOf = (body: unknown): ReturnType<typeof parsePace> =>
  parsePace(typeof body === 'string' ? body : JSON.stringify(body), 'driver of app-1');

describe('the pace of an application', () => {
  it('is of each of its executors, without the driver', () => {
    const body = [entry('driver', 900, 5), entry('1', 10, 30_000), entry('2', 5, 45_000, 1)];
    expect(paceOf(body)).to.deep.equal({
      ok: true,
      value: new Map([
        ['1', { tasks: 10, totalMs: 30_000 }],
        ['2', { tasks: 6, totalMs: 45_000 }],
      ]),
    });
  });

  it('is nothing where no executor is there', () => {
    expect(paceOf([entry('driver', 0, 0)])).to.deep.equal({ ok: true, value: new Map() });
    expect(paceOf([])).to.deep.equal({ ok: true, value: new Map() });
  });

  for (const [name, body] of [
    ['a page', '<html>'],
    ['one executor', entry('1', 1, 1)],
    ['a count below 0', [entry('1', -1, 1)]],
    ['a time that is no number', [{ ...entry('1', 1, 1), totalDuration: '1 s' }]],
    ['a missing count', [{ ...entry('1', 1, 1), failedTasks: undefined }]],
  ] as const) {
    it(`is not known from ${name}`, () => {
      const parsed = paceOf(body);
      expect(parsed.ok).to.equal(false);
      if (!parsed.ok) expect(parsed.error).to.include({ kind: 'malformed', what: 'driver of app-1' });
    });
  }
});
