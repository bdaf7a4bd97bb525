"""A person at a notebook: bursts of work, each with a shuffle, and pauses to think in between.
Result: one sum per burst and whether all are right."""

import argparse
import time

from harness import application

parser = argparse.ArgumentParser()
parser.add_argument("--bursts", type=int, default=3)
parser.add_argument("--tasks", type=int, default=12)
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--pause", type=float, default=10.0)
parser.add_argument("--out")
args = parser.parse_args()
seconds = args.seconds


def nap(number):
    time.sleep(seconds)
    return number % 4, number


with application(args.out) as (sc, say):
    sums = []
    for burst in range(args.bursts):
        if burst > 0:
            say("PHASE", name="pause", burst=burst)
            time.sleep(args.pause)
        say("PHASE", name="burst", burst=burst)
        pairs = sc.parallelize(range(args.tasks), args.tasks).map(nap)
        sums.append(pairs.reduceByKey(lambda a, b: a + b, 4).values().sum())
    expected = args.tasks * (args.tasks - 1) // 2
    say("RESULT", sums=sums, expected=expected, correct=all(s == expected for s in sums))
