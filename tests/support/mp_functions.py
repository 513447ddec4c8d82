"""What processes of tests run: it must be found by its name."""

import os
import signal
import time

import tinynet as tn


def put(i, queue, x):
    queue.put((i, x * (i + 1)))


def fail(i, others="end"):
    if i == 1:
        raise KeyError("x" * 200_000 if others == "long" else "the reason")
    if others == "wait":
        time.sleep(100)


def rest(i, _):
    time.sleep(100)


def leave(i, how):
    if how == "signal":
        os.kill(os.getpid(), signal.SIGTERM)
    os._exit(3)


def double(x):
    return tn.tensor(x) * 2
