"""Jobs of any shape, one after the other, by a plan in JSON:

  {"job": [[N, S], [M, T], …]}   a chain of stages: N tasks that sleep S seconds, a shuffle, M tasks that sleep T …
  {"again": [M, T]}              another job over the newest shuffle: M tasks, as many as read it before
  {"pause": S}                   seconds without work

Result: whether every job's sum was right."""

import argparse
import json
import time

from harness import application

parser = argparse.ArgumentParser()
parser.add_argument("--plan")
parser.add_argument("--out")
args = parser.parse_args()


def work(seconds):
    def run(index, pairs):
        total = sum(value for _, value in pairs)
        time.sleep(seconds)
        yield index, total

    return run


def values(pairs):
    return pairs.map(lambda pair: pair[1])


with application(args.out) as (sc, say):
    answers, shuffled, expected = [], None, 0
    for number, step in enumerate(json.loads(args.plan)):
        say("PHASE", name="begin", number=number)
        if "pause" in step:
            time.sleep(step["pause"])
            continue
        if "job" in step:
            (tasks, seconds), *further = step["job"]
            expected = tasks * (tasks - 1) // 2
            pairs = sc.parallelize([(n, n) for n in range(tasks)], tasks).mapPartitionsWithIndex(work(seconds))
            for tasks, seconds in further:
                shuffled = pairs.partitionBy(tasks)
                pairs = shuffled.mapPartitionsWithIndex(work(seconds))
        else:
            _, seconds = step["again"]
            pairs = shuffled.mapPartitionsWithIndex(work(seconds))
        answers.append(values(pairs).sum() == expected)
    say("RESULT", jobs=len(answers), correct=all(answers))
