"""Timing of contestants that take turns, each in a process of its own.

Thread pools of two libraries in one process spin against each other and slow both down by orders of magnitude; and a
shared machine drifts. So each contestant is a process, which waits while the others run, and a round times every one
of them for a moment, after it has run for as long as its threads need to spread over the cores. What counts is the
median over the rounds, and the ratio of medians within one race.

A contestant is a script that calls `contend(prepare)`; `prepare()` returns the function to time. In a race of many
cases it returns a function that makes the function to time of a case.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import time

# Seconds for which a contestant runs before its clock starts. The system may wake a contestant's threads on one core
# and needs so long to spread them; what is of interest is the speed of a loop that goes on.
SETTLE = 0.5


def contend(prepare, cases=False, clock=time.perf_counter, finish=lambda: None, settle=SETTLE):
    """The contestant's side: answer each request {"calls": n} on standard input with the seconds that n calls took.

    With `cases`, a request {"case": arguments} comes first, and `prepare()(*arguments)` is timed from then on.
    `clock` may be `time.process_time` where one thread runs, which other processes on a busy machine do not disturb.
    Where calls return before their work is done, `finish` waits for it, at the start and at the end of a turn. `settle`
    is for how many seconds it runs before its clock starts.
    """
    try:
        function = prepare()
        if not cases:
            function()
    except ImportError as error:  # a library that is not installed is an empty column, not a failure
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    print(json.dumps({"ready": True}), flush=True)
    timed = function
    for line in sys.stdin:
        request = json.loads(line)
        if "case" in request:
            timed = None  # frees what the case before held
            timed = function(*request["case"])
        calls = request["calls"]
        if settle:
            timed()  # wakes the threads
            settled = time.perf_counter() + settle
            while time.perf_counter() < settled:
                timed()
        finish()
        start = clock()
        for _ in range(calls):
            timed()
        finish()
        print(json.dumps({"seconds": clock() - start}), flush=True)


class Contestant:
    """A running process on the other end of `contend`."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.absent = self._answer().get("absent")

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the contestant {self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def time(self, calls, **case):
        """Seconds per call, over so many calls."""
        self.process.stdin.write(json.dumps({"calls": calls, **case}) + "\n")
        self.process.stdin.flush()
        return self._answer()["seconds"] / calls

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def race(commands, seconds=3.0, turn=0.1):
    """{name: median seconds per call, or None if absent} for {name: command}, with turns of about `turn` seconds."""
    with _running(commands) as contestants:
        times = _rounds(contestants, seconds, turn)
    return {name: statistics.median(found) if found else None for name, found in times.items()}


def race_cases(commands, cases, seconds=1.0, turn=0.1, rounds=3):
    """(case, {name: seconds per call in each round, or None if absent}) for one case after another."""
    with _running(commands) as contestants:
        for case in cases:
            yield case, _rounds(contestants, seconds, turn, rounds, case=case)


@contextlib.contextmanager
def _running(commands):
    contestants = {name: Contestant(command) for name, command in commands.items()}
    try:
        yield contestants
    finally:
        for contestant in contestants.values():
            contestant.close()


def _rounds(contestants, seconds, turn, rounds=3, **case):
    """{name: its times}, for as long as `seconds` for each contestant, and at least for so many rounds."""
    runners = [c for c in contestants.values() if c.absent is None]
    calls = [max(1, int(turn / max(c.time(rounds, **case), 1e-7))) for c in runners]
    times = {name: None if c.absent else [] for name, c in contestants.items()}
    found = [x for x in times.values() if x is not None]
    end = time.perf_counter() + seconds * len(runners)
    while time.perf_counter() < end or len(found[0]) < rounds:
        for contestant, n, own in zip(runners, calls, found):
            own.append(contestant.time(n))
    return times


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
