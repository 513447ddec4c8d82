"""Timing of contestants that take turns, each in a process of its own.

Thread pools of two libraries in one process spin against each other and slow both down by orders of magnitude; and a
shared machine drifts. So each contestant is a process, which waits while the others run, and a round times every one
of them for a moment. What counts is the median over the rounds, and the ratio of medians within one race.

A contestant is a script that calls `contend(prepare)`; `prepare()` returns the function to time.
"""

import json
import statistics
import subprocess
import sys
import time


def contend(prepare):
    """The contestant's side: answer each request {"calls": n} on standard input with the seconds that n calls took."""
    try:
        function = prepare()
        function()
    except ImportError as error:  # a library that is not installed is an empty column, not a failure
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        calls = json.loads(line)["calls"]
        function()  # wakes the threads
        start = time.perf_counter()
        for _ in range(calls):
            function()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


class Contestant:
    """A running process on the other end of `contend`."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.absent = self._answer().get("absent")
        self.times = []

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the contestant {self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def time(self, calls):
        """Seconds per call, over so many calls."""
        self.process.stdin.write(json.dumps({"calls": calls}) + "\n")
        self.process.stdin.flush()
        return self._answer()["seconds"] / calls

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def race(commands, seconds=3.0, turn=0.03):
    """{name: median seconds per call, or None if absent} for {name: command}, with turns of about `turn` seconds."""
    contestants = {name: Contestant(command) for name, command in commands.items()}
    try:
        runners = [c for c in contestants.values() if c.absent is None]
        calls = [max(1, int(turn / max(c.time(3), 1e-7))) for c in runners]
        end = time.perf_counter() + seconds * len(runners)
        while time.perf_counter() < end or min(len(c.times) for c in runners) < 5:
            for contestant, n in zip(runners, calls):
                contestant.times.append(contestant.time(n))
    finally:
        for contestant in contestants.values():
            contestant.close()
    return {name: statistics.median(c.times) if c.times else None for name, c in contestants.items()}


def microseconds(seconds):
    return "—" if seconds is None else f"{seconds * 1e6:,.1f}"


def ratio(theirs, ours):
    return "—" if None in (theirs, ours) else f"{theirs / ours:.2f}×"


def table(header, rows):
    """Rows of text as an aligned table."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(header, *rows)]
    lines = [
        [str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(row, widths))] for row in rows
    ]
    head = [str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(header, widths))]
    return "\n".join(["  ".join(head), "  ".join("─" * w for w in widths), *("  ".join(line) for line in lines)])
