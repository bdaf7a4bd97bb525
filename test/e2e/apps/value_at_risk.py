"""The talk's demo: a person asks what a random portfolio may lose within a week, one Spark job a question, and thinks in
between.

Question 1: mean and deviation of the daily returns of each ticker, from a year-long table of its prices. The others: a
Monte Carlo of one random portfolio each, one run a seed. Prices, portfolios and seeds follow from --seed, so every run
gives the same answers. Each task also waits for --seconds, as if it had more to compute: a machine with two cores can
then have many running at a time. With --go-on PREFIX the person thinks about answer N until the file PREFIXN
is there.

Result: the tables, and of each portfolio its shares and the losses that 95 and 99 of 100 runs stay below, as shares of
its value."""

import argparse
import itertools
import math
import random
import time

from harness import application, wait_for_file

TRADING_DAYS = 252
WORST = {"0.95": 0.05, "0.99": 0.01}

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--tickers", type=int, default=12)
parser.add_argument("--portfolios", type=int, default=2)
parser.add_argument("--runs", type=int, default=10_000, help="seeds of each portfolio")
parser.add_argument("--days", type=int, default=5)
parser.add_argument("--tasks", type=int, default=32, help="of each Monte Carlo")
parser.add_argument("--seconds", type=float, default=1.5, help="that each task waits")
parser.add_argument("--pause", type=float, default=15.0, help="seconds in which the person thinks")
parser.add_argument("--go-on")
parser.add_argument("--out")
args = parser.parse_args()
seed, days, seconds = args.seed, args.days, args.seconds


def price_table(ticker):
    """A year of closing prices, in cents."""
    rng = random.Random(f"{seed}/{ticker}")
    mean, deviation = rng.uniform(-0.0005, 0.0015), rng.uniform(0.008, 0.03)
    price = rng.uniform(2_000, 30_000)
    table = []
    for _ in range(TRADING_DAYS):
        table.append(max(1, round(price)))
        price *= 1 + rng.gauss(mean, deviation)
    return table


def daily_returns(table):
    return [(tomorrow - today) / today for today, tomorrow in itertools.pairwise(table)]


def read_table(ticker):
    time.sleep(seconds)
    return [(ticker, (1, r, r * r)) for r in daily_returns(price_table(ticker))]


def added(a, b):
    return tuple(x + y for x, y in zip(a, b))


def mean_and_deviation(sums):
    count, total, squares = sums
    mean = total / count
    return mean, math.sqrt((squares - count * mean * mean) / (count - 1))


def returns_of(run_seeds, portfolio, parameters):
    """What the portfolio gains in each run, as a share of its value."""
    time.sleep(seconds)
    before = sum(portfolio.values())
    for run_seed in run_seeds:
        rng = random.Random(run_seed)
        after = 0.0
        for ticker, value in portfolio.items():
            mean, deviation = parameters[ticker]
            for _ in range(days):
                value *= 1 + rng.gauss(mean, deviation)
            after += value
        yield after / before - 1


with application(args.out) as (sc, say):

    def think(number):
        say("PHASE", name="pause", number=number)
        time.sleep(args.pause)
        wait_for_file(args.go_on and f"{args.go_on}{number}")

    tickers = [f"T{number:02}" for number in range(args.tickers)]
    say("PHASE", name="question", number=1, text="mean and deviation of each ticker")
    sums = sc.parallelize(tickers, len(tickers)).flatMap(read_table).reduceByKey(added, 4)
    parameters = dict(sums.mapValues(mean_and_deviation).collect())
    tables = {ticker: price_table(ticker) for ticker in tickers}

    think(1)

    answers = []
    for number in range(args.portfolios):
        say("PHASE", name="question", number=number + 2, text=f"value at risk of portfolio {number + 1}")
        rng = random.Random(f"{seed}/portfolio {number}")
        shares = {ticker: rng.randint(1, 100) for ticker in tickers}
        portfolio = {ticker: count * tables[ticker][-1] for ticker, count in shares.items()}
        run_seeds = sc.parallelize(rng.sample(range(10**12), args.runs), args.tasks)
        returns = sorted(run_seeds.mapPartitions(lambda each: returns_of(each, portfolio, parameters)).collect())
        losses = {level: -returns[math.ceil(worst * len(returns)) - 1] for level, worst in WORST.items()}
        answers.append({"shares": shares, "runs": len(returns), "losses": losses})
        think(number + 2)
    correct = set(parameters) == set(tickers) and all(answer["runs"] == args.runs for answer in answers)
    parameters = {ticker: {"mean": m, "deviation": d} for ticker, (m, d) in parameters.items()}
    say("RESULT", tables=tables, parameters=parameters, days=days, answers=answers, correct=correct)
