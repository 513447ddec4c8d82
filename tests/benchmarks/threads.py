"""From which size on all threads are faster than one, for the loops of update rules.

    python tests/benchmarks/threads.py [--rounds 200] [--busy]

Threads that have waited for some microseconds sleep, and to wake them takes longer than a small loop does. So each
loop is timed at once after itself, and after 1 ms of other work on one thread, as a training step leaves between two.
With `--busy` another process keeps one core busy. Times are medians in µs.
"""

import argparse
import statistics
import subprocess
import sys
import time

import numpy as np
from race import table

from tinynet.optim import adam, adam8bit, sgd

KERNELS = {"SGD, momentum": sgd.MOMENTUM.kernel, "Adam": adam.ADAM.kernel, "Adam, 8-bit": adam8bit.ADAM.kernel}
SIZES = [1 << k for k in range(14, 21)]


def arguments(name, n):
    arrays = [np.ones(n, "f") for _ in range(2 if name == "SGD, momentum" else 3)]
    g, numbers = np.full(n, 1e-3, "f"), [1.0, 1e-3, 0.9, 0.999, 1e-8, 0.0, 1.0]
    if name == "SGD, momentum":
        return [*arrays, g, 1e-3, 0.9, 0.0, 0.0, 1.0]
    if name == "Adam":
        return [*arrays, g, *numbers]
    starts = np.arange(0, n, 256)
    codes, scales = [np.zeros(n, "i1"), np.zeros(n, "u1")], [np.zeros(len(starts), "f") for _ in range(2)]
    return [arrays[0], *codes, *scales, starts, starts + 256, g, *numbers]


def work(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def median_times(loops, given, gap, rounds):
    """In turns, the median of each loop in µs."""
    times = [[] for _ in loops]
    for _ in range(rounds):
        for loop, found in zip(loops, times):
            if not gap:
                loop(*given)
            work(gap)
            start = time.perf_counter()
            loop(*given)
            found.append(time.perf_counter() - start)
    return [1e6 * statistics.median(found) for found in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=200, help="of each loop (default %(default)s)")
    parser.add_argument("--busy", action="store_true", help="while another process keeps a core busy")
    options = parser.parse_args()
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if options.busy else None
    rows = []
    try:
        for name, kernel in KERNELS.items():
            loops = [kernel.compile(np.dtype("f"), parallel) for parallel in (False, True)]
            for n in SIZES:
                given = arguments(name, n)
                times = [t for gap in (0.0, 1e-3) for t in median_times(loops, given, gap, options.rounds)]
                rows.append((name, f"{n:,}", *(f"{t:.1f}" for t in times)))
    finally:
        if other:
            other.kill()
            other.wait()
    print(table(("rule", "elements", "one thread", "all", "one, after 1 ms", "all, after 1 ms"), rows))


if __name__ == "__main__":
    main()
