"""Does what the test tells it, one line of JSON at a time, so that no job begins before the test wants it to.

  {"do": "spread", "executors": N}   tasks that wait until N executors run them all
  {"do": "shuffle"}                  a job that writes a new shuffle on every executor and reads it
  {"do": "again"}                    another job over the newest shuffle; one that was lost makes map tasks run again
  {"do": "tail", "slow": N}          a job of one stage: N slow tasks, one an executor, and many short ones
  {"do": "stop"}

Each command ends with PHASE done and whether its answer was right. Result: whether all were."""

import argparse
import json
import os
import tempfile
import time

from harness import application

parser = argparse.ArgumentParser()
parser.add_argument("--commands")
parser.add_argument("--out")
args = parser.parse_args()


def lines(path):
    """Lines of a file that is still being written, as they come."""
    at = 0
    while True:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                file.seek(at)
                for line in iter(file.readline, ""):
                    if not line.endswith("\n"):
                        break
                    at += len(line)
                    yield json.loads(line)
        time.sleep(0.05)


def spread(sc, state, executors, slots):
    # Tasks that wait for each other: what is asked for stays the same until all of them run.
    meeting = tempfile.mkdtemp(prefix="meeting-", dir=os.path.dirname(args.commands))
    count = executors * slots

    def meet(number):
        open(f"{meeting}/{number}", "w", encoding="utf-8").close()
        while len(os.listdir(meeting)) < count:
            time.sleep(0.1)

    sc.parallelize(range(count), count).foreach(meet)
    return True


def shuffle(sc, state, tasks, seconds=0.7, records=50):
    keys = 30

    def write(partition, _):
        time.sleep(seconds)
        for number in range(partition * records, (partition + 1) * records):
            yield number % keys, number

    last = tasks * records
    state["expected"] = last * (last - 1) // 2
    pairs = sc.parallelize(range(tasks), tasks).mapPartitionsWithIndex(write)
    state["shuffled"] = pairs.reduceByKey(lambda a, b: a + b, 8)
    return again(sc, state)


def again(sc, state, seconds=0.1):
    def read(pairs):
        time.sleep(seconds)
        yield sum(total for _, total in pairs)

    return state["shuffled"].mapPartitions(read).sum() == state["expected"]


def tail(sc, state, slow, slowSeconds=12.0, short=24, shortSeconds=0.2, ask=0):
    if ask > 0:
        sc._jsc.sc().requestExecutors(ask)

    # Spark hands out tasks in their order, one to each executor in turn: the slow ones come to lie apart.
    def nap(number):
        time.sleep(slowSeconds if number < slow else shortSeconds)
        return number * number

    count = slow + short
    return sc.parallelize(range(count), count).map(nap).sum() == sum(n * n for n in range(count))


COMMANDS = {"spread": spread, "shuffle": shuffle, "again": again, "tail": tail}

with application(args.out) as (sc, say):
    state, answers = {}, []
    for number, command in enumerate(lines(args.commands)):
        do = command.pop("do")
        if do == "stop":
            break
        say("PHASE", name="begin", number=number)
        answers.append(COMMANDS[do](sc, state, **command))
        say("PHASE", name="done", number=number, correct=answers[-1])
    say("RESULT", commands=len(answers), correct=all(answers))
