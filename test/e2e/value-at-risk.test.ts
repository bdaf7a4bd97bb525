import { expect } from 'chai';
import { newRandom } from '../../src/lab/random.ts';
import { checkRisk } from './rig/value-at-risk.ts';

interface Answer {
  readonly shares: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly losses: Readonly<Record<string, number>>;
}

interface Result {
  readonly tables: Readonly<Record<string, readonly number[]>>;
  readonly parameters: Readonly<Record<string, { readonly mean: number; readonly deviation: number }>>;
  readonly days: number;
  readonly answers: readonly Answer[];
}

const RUNS = 10_000;
const SHARES = { A: 10, B: 30, C: 5 };

/** What the application would say, computed here by chance of our own. */
function simulated(seed: number, days = 5, runs = RUNS): Result {
  const random = newRandom(seed);
  const normal = (mean: number, deviation: number): number =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const tables = Object.fromEntries(
    Object.keys(SHARES).map((ticker, index) => {
      const table = [10_000];
      while (table.length < 252) table.push(Math.round((table.at(-1) ?? 0) * (1 + normal(0.001, 0.01 + 0.01 * index))));
      return [ticker, table] as const;
    }),
  );
  const parameters = Object.fromEntries(
    Object.entries(tables).map(([ticker, table]) => {
      const returns = table.slice(1).map((price, day) => price / (table[day] ?? 0) - 1);
      const mean = returns.reduce((a, b) => a + b, 0) / returns.length;
      const squares = returns.reduce((a, b) => a + b * b, 0);
      return [ticker, { mean, deviation: Math.sqrt((squares - returns.length * mean ** 2) / (returns.length - 1)) }];
    }),
  );
  const start = Object.entries(SHARES).map(([ticker, count]) => ({
    value: count * (tables[ticker]?.at(-1) ?? 0),
    mean: parameters[ticker]?.mean ?? 0,
    deviation: parameters[ticker]?.deviation ?? 0,
  }));
  const before = start.reduce((total, { value }) => total + value, 0);
  const returns = Array.from({ length: runs }, () => {
    let after = 0;
    for (const { value, mean, deviation } of start) {
      let held = value;
      for (let day = 0; day < days; day += 1) held *= 1 + normal(mean, deviation);
      after += held;
    }
    return after / before - 1;
  }).sort((a, b) => a - b);
  const loss = (worst: number): number => -(returns[Math.ceil(worst * runs) - 1] ?? 0);
  return {
    tables,
    parameters,
    days,
    answers: [{ shares: SHARES, runs, losses: { 0.95: loss(0.05), 0.99: loss(0.01) } }],
  };
}

describe('checkRisk', () => {
  const right = simulated(1);
  const [answer] = right.answers;

  it('finds nothing wrong with losses that were simulated well, whatever the seed', () => {
    for (const seed of [1, 2, 3]) expect(checkRisk(simulated(seed)).problems, `seed ${seed}`).to.deep.equal([]);
  });

  it('knows the losses: many more runs come nearer', () => {
    const [at95, at99] = checkRisk(simulated(4, 5, 20 * RUNS)).answers;
    for (const one of [at95, at99]) {
      expect(Math.abs(one!.simulated - one!.expected)).to.be.below(4 * one!.standardError);
      expect(one!.standardError).to.be.below(0.01 * one!.expected);
    }
  }).timeout(30_000);

  it('is the normal quantile itself for one ticker and one day', () => {
    const { mean, deviation } = right.parameters.A!;
    const loss = 1.6448536269514722 * deviation - mean;

    const { answers, problems } = checkRisk({
      ...right,
      days: 1,
      answers: [{ shares: { A: 3 }, runs: RUNS, losses: { 0.95: loss } }],
    });

    expect(problems).to.deep.equal([]);
    expect(answers).to.have.length(1);
    expect(answers[0]!.expected).to.be.closeTo(loss, 1e-9);
    // sqrt(0.05 × 0.95 / 10,000) over the density 0.1031 / d.
    expect(answers[0]!.standardError / deviation).to.be.closeTo(0.02113, 0.0001);
  });

  const wrong: readonly (readonly [what: string, result: Result, problem: RegExp])[] = [
    ['six days in place of five', { ...simulated(1, 6), days: 5 }, /portfolio 1 at 0\.95: .* standard errors from/],
    [
      'the best runs in place of the worst',
      { ...right, answers: [{ ...answer!, losses: { 0.95: -0.02 } }] },
      /at 0\.95/,
    ],
    ['another portfolio', { ...right, answers: [{ ...answer!, shares: { ...SHARES, C: 50 } }] }, /standard errors/],
    ['no number', { ...right, answers: [{ ...answer!, shares: { X: 1 } }] }, /at 0\.95: .* is NaN standard errors/],
    ['no portfolio', { ...right, answers: [] }, /no portfolio/],
    ['half a year', { ...right, tables: { ...right.tables, A: right.tables.A!.slice(126) } }, /A has 126 prices/],
    [
      'a mean that is off',
      { ...right, parameters: { ...right.parameters, B: { mean: 0, deviation: 0.02 } } },
      /of B is off/,
    ],
    [
      'a ticker without parameters',
      { ...right, parameters: { A: right.parameters.A! } },
      /B has a table or parameters/,
    ],
  ];
  for (const [what, result, problem] of wrong) {
    it(`sees ${what}`, () => {
      expect(checkRisk(result).problems.join('\n')).to.match(problem);
    });
  }

  it('refuses what is no result', () => {
    expect(() => checkRisk({ correct: true })).to.throw();
  });
});
