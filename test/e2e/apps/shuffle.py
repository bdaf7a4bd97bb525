"""Map tasks that write shuffle data, reduce tasks that read it, and then, after a pause, a second job over the same
shuffle. A shuffle lost in between makes the map tasks run again. Result: the sums and whether they are right."""

import argparse
import time

from harness import application

parser = argparse.ArgumentParser()
parser.add_argument("--map-tasks", type=int, default=20)
parser.add_argument("--map-seconds", type=float, default=0.5)
parser.add_argument("--reduce-tasks", type=int, default=10)
parser.add_argument("--reduce-seconds", type=float, default=0.1)
parser.add_argument("--records", type=int, default=200, help="per map task")
parser.add_argument("--pause", type=float, default=0.0, help="seconds of idleness before each further job")
parser.add_argument("--jobs", type=int, default=2, help="jobs over the same shuffle")
parser.add_argument("--out")
args = parser.parse_args()
map_seconds, reduce_seconds, records = args.map_seconds, args.reduce_seconds, args.records
keys = args.reduce_tasks * 3


def write(partition, _):
    time.sleep(map_seconds)
    for record in range(records):
        number = partition * records + record
        yield number % keys, number


def read(pairs):
    time.sleep(reduce_seconds)
    yield sum(total for _, total in pairs)


with application(args.out) as (sc, say):
    last = args.map_tasks * records
    expected = last * (last - 1) // 2
    shuffled = (
        sc.parallelize(range(args.map_tasks), args.map_tasks)
        .mapPartitionsWithIndex(write)
        .reduceByKey(lambda a, b: a + b, args.reduce_tasks)
    )
    sums = []
    for job in range(args.jobs):
        if job > 0 and args.pause > 0:
            say("PHASE", name="pause", job=job)
            time.sleep(args.pause)
        say("PHASE", name="job", job=job)
        sums.append(shuffled.mapPartitions(read).sum())
    say("RESULT", sums=sums, expected=expected, correct=all(s == expected for s in sums))
