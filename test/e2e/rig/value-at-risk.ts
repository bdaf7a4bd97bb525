/**
 * Whether the losses that `apps/value_at_risk.py` simulated are right: computed once more from its price tables, without
 * chance. Pure.
 *
 * A day's return of a ticker is normal with mean m and deviation d, so the moments of its value after some days are known
 * exactly, and those of the portfolio follow, its tickers being independent. The quantile is the normal one, corrected for
 * the skewness (Cornish and Fisher); what that leaves out is far below the Monte Carlo error.
 */
import * as v from 'valibot';

const Answer = v.object({
  shares: v.record(v.string(), v.number()),
  runs: v.number(),
  losses: v.record(v.string(), v.number()),
});
const Result = v.object({
  tables: v.record(v.string(), v.array(v.number())),
  parameters: v.record(v.string(), v.object({ mean: v.number(), deviation: v.number() })),
  days: v.number(),
  answers: v.array(Answer),
});
type Result = v.InferOutput<typeof Result>;

export interface RiskAnswer {
  /** Number of the portfolio, from 1. */
  readonly portfolio: number;
  /** Share of the runs that lose less: 0.95, 0.99. */
  readonly level: number;
  readonly runs: number;
  /** Losses as shares of the portfolio's value. */
  readonly simulated: number;
  readonly expected: number;
  /** Standard error of the simulated loss in so many runs. */
  readonly standardError: number;
}

export interface RiskReport {
  readonly answers: readonly RiskAnswer[];
  /** What is wrong, in sentences; empty where all is right. */
  readonly problems: readonly string[];
}

/** One right answer in 16,000 is further off by chance. */
const MOST_STANDARD_ERRORS = 4;
const TRADING_DAYS = 252;
/** Sums of 251 numbers in another order. */
const ROUNDING = 1e-9;
/** Standard normal quantiles of 1 - level. */
const QUANTILES: Readonly<Record<string, number>> = { '0.95': -1.6448536269514722, '0.99': -2.3263478740408408 };

/** @param result fields of the application's RESULT line. Throws if they are not of that form. */
export function checkRisk(result: unknown): RiskReport {
  const parsed = v.parse(Result, result);
  const own = new Map(Object.entries(parsed.tables).map(([ticker, table]) => [ticker, statisticsOf(table)]));
  const answers = parsed.answers.flatMap((answer, index) =>
    Object.entries(answer.losses).map(([level, simulated]) => ({
      portfolio: index + 1,
      level: Number(level),
      runs: answer.runs,
      simulated,
      ...expectedLoss(level, portfolioMoments(answer.shares, parsed, own), answer.runs),
    })),
  );
  return { answers, problems: [...wrongTables(parsed), ...wrongStatistics(parsed, own), ...wrongLosses(answers)] };
}

interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

/** Of daily returns; the deviation is that of a sample. */
function statisticsOf(table: readonly number[]): Statistics {
  const returns = table.slice(1).map((price, day) => price / (table[day] ?? NaN) - 1);
  const mean = sum(returns) / returns.length;
  const deviation = Math.sqrt(sum(returns.map((one) => (one - mean) ** 2)) / (returns.length - 1));
  return { mean, deviation };
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly third: number;
}

/** Of the portfolio's return after the days. */
function portfolioMoments(
  shares: Readonly<Record<string, number>>,
  { tables, days }: Result,
  own: ReadonlyMap<string, Statistics>,
): Moments {
  const values = Object.entries(shares).map(([ticker, count]) => ({
    value: count * (tables[ticker]?.at(-1) ?? NaN),
    ...tickerMoments(own.get(ticker) ?? { mean: NaN, deviation: NaN }, days),
  }));
  const total = sum(values.map(({ value }) => value));
  return {
    mean: sum(values.map(({ value, mean }) => (value / total) * (mean - 1))),
    variance: sum(values.map(({ value, variance }) => (value / total) ** 2 * variance)),
    third: sum(values.map(({ value, third }) => (value / total) ** 3 * third)),
  };
}

/** Central moments of the product of `days` independent normal factors. */
function tickerMoments({ mean, deviation }: Statistics, days: number): Moments {
  const [a, s] = [1 + mean, deviation];
  const first = a ** days;
  const second = (a ** 2 + s ** 2) ** days;
  const third = (a ** 3 + 3 * a * s ** 2) ** days;
  return {
    mean: first,
    variance: second - first ** 2,
    third: third - 3 * first * second + 2 * first ** 3,
  };
}

function expectedLoss(
  level: string,
  { mean, variance, third }: Moments,
  runs: number,
): Pick<RiskAnswer, 'expected' | 'standardError'> {
  const z = QUANTILES[level] ?? NaN;
  const deviation = Math.sqrt(variance);
  const skewness = third / deviation ** 3;
  const worst = 1 - Number(level);
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI) / deviation;
  return {
    expected: -(mean + deviation * (z + ((z ** 2 - 1) * skewness) / 6)),
    standardError: Math.sqrt((worst * (1 - worst)) / runs) / density,
  };
}

function wrongTables({ tables }: Result): string[] {
  return Object.entries(tables)
    .filter(([, table]) => table.length !== TRADING_DAYS)
    .map(([ticker, table]) => `the table of ${ticker} has ${table.length} prices`);
}

function wrongStatistics({ parameters, tables }: Result, own: ReadonlyMap<string, Statistics>): string[] {
  return Object.keys({ ...tables, ...parameters }).flatMap((ticker) => {
    const [said, right] = [parameters[ticker], own.get(ticker)];
    if (said === undefined || right === undefined) return [`${ticker} has a table or parameters only`];
    const off = Math.max(Math.abs(said.mean - right.mean), Math.abs(said.deviation - right.deviation));
    return off <= ROUNDING ? [] : [`mean or deviation of ${ticker} is off by ${off}`];
  });
}

function wrongLosses(answers: readonly RiskAnswer[]): string[] {
  if (answers.length === 0) return ['no portfolio was simulated'];
  return answers.flatMap(({ portfolio, level, simulated, expected, standardError }) => {
    const off = Math.abs(simulated - expected) / standardError;
    if (off <= MOST_STANDARD_ERRORS) return [];
    return [`portfolio ${portfolio} at ${level}: ${simulated} is ${off.toFixed(1)} standard errors from ${expected}`];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
