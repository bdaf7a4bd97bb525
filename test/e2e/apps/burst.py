"""N tasks that sleep S seconds each; no shuffle. Result: a checksum over the task numbers. With --hold-until the
application lives on, idle, until that file is there."""

import argparse
import time

from harness import application, wait_for_file

parser = argparse.ArgumentParser()
parser.add_argument("--tasks", type=int, default=20)
parser.add_argument("--seconds", type=float, default=1.0)
parser.add_argument("--hold-until")
parser.add_argument("--out")
args = parser.parse_args()
seconds = args.seconds


def nap(number):
    time.sleep(seconds)
    return number * number


with application(args.out) as (sc, say):
    total = sc.parallelize(range(args.tasks), args.tasks).map(nap).sum()
    expected = sum(n * n for n in range(args.tasks))
    say("RESULT", tasks=args.tasks, sum=total, expected=expected, correct=total == expected)
    wait_for_file(args.hold_until)
