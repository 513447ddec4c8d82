"""What a user waits for: the import, the first command with nothing compiled yet, and the next one.

    python tests/benchmarks/startup.py [--runs 5]

Every figure is the median of whole processes. "Cold" runs have a new folder for compiled kernels each.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from race import table

FIRST_STEP = """
import tinynet as tn
from tinynet.data import DataLoader, digits
x, y = next(iter(DataLoader(digits(), batch_size=32, shuffle=True)))
model = tn.nn.Sequential(tn.nn.Linear(64, 64), tn.nn.ReLU(), tn.nn.Linear(64, 32), tn.nn.ReLU(), tn.nn.Linear(32, 10))
optimizer = tn.optim.Adam(model.parameters())
tn.nn.CrossEntropyLoss()(model(x), y).backward()
optimizer.step()
"""


def seconds(command, cache):
    """The time from start to end of a process that keeps compiled kernels in the folder `cache`."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process would compile every module anew
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="processes for each figure (default %(default)s)")
    runs = parser.parse_args().runs
    python = [sys.executable, "-c"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = (os.path.join(folder, f"cache{i}") for i in range(1000))
        train = [sys.executable, "-m", "tinynet", "train", "digits", "--out"]

        def add(what, goal, measure, n=runs):
            rows.append((what, f"{statistics.median(measure() for _ in range(n)):.2f}", goal))

        warm = next(fresh)
        seconds([*python, "import tinynet"], warm)
        bare = statistics.median(seconds([*python, "pass"], warm) for _ in range(runs))
        add(
            "import tinynet (less an empty process)", "≤ 0.5", lambda: seconds([*python, "import tinynet"], warm) - bare
        )
        add("first training step, nothing compiled", "≤ 10", lambda: seconds([*python, FIRST_STEP], next(fresh)), 3)
        seconds([*python, FIRST_STEP], warm)
        add("first training step, compiled before", "≤ 1.5", lambda: seconds([*python, FIRST_STEP], warm))
        out = (os.path.join(folder, f"run{i}") for i in range(1000))
        add("tinynet train digits, nothing compiled", "≤ 60", lambda: seconds([*train, next(out)], next(fresh)), 3)
        seconds([*train, next(out)], warm)
        add("tinynet train digits, compiled before", "", lambda: seconds([*train, next(out)], warm), 3)
    print(table(("seconds, median", "measured", "goal"), rows))


if __name__ == "__main__":
    main()
