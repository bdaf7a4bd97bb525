"""What the applications share: a Spark context made from the properties given at submission, and lines for the test.

A line is a word and a JSON object: APP once the application is registered, PHASE at its turning points, RESULT at
the end. They go to standard output, and to the file --out names, since a driver in the cluster prints elsewhere."""

import contextlib
import json
import os
import time

from pyspark import SparkConf, SparkContext


def wait_for_file(path):
    """The test decides when to go on: it creates the file."""
    while path and not os.path.exists(path):
        time.sleep(0.1)


@contextlib.contextmanager
def application(out):
    def say(word, **fields):
        line = word + " " + json.dumps({"atMs": int(time.time() * 1000), **fields})
        print(line, flush=True)
        if out:
            with open(out, "a", encoding="utf-8") as file:
                file.write(line + "\n")

    context = SparkContext(conf=SparkConf())
    try:
        say("APP", id=context.applicationId, pid=os.getpid(), ui=context.uiWebUrl)
        yield context, say
    finally:
        context.stop()
