"""Several Python threads compute at the same time, and each gets the bits that it gets alone."""

import os
import subprocess
import sys
import threading
import time

from guarded import as_usual
from hostile import CASES

KINDS = (  # how the names of the cases begin
    "conv {'groups': 3,", "conv {'groups': 34", "conv {'padding': 1} 2x3x33", "conv_transpose {'stride': 3",
    "matmul 9x513", "matmul large 300", "linear 129", "attention {} 2x3x33", "max_pool {'kernel_size': 3",
    "avg_pool {'kernel_size': 3", "softmax -1 129", "cross_entropy {'ignore_index': 0, 'reduction': 'mean'} 129",
    "layer_norm 129", "batch_norm True 257", "sum 0 5x33", "max 1 large 70000x5", "embedding {} 5x33", "gelu 7",
    "Adam [(3,)", "SGD [(3,)", "Adam8bit [(3,)",
)  # fmt: skip
THREADS = 6
SECONDS = 30 if "THOROUGH" in os.environ else 1


def test_threads_get_the_bits_that_one_gets_alone():
    # Two arenas make the threads share what malloc hands out: one soon writes where another has freed too early.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "NUMBA_NUM_THREADS": "2"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [], done.stdout


def main():
    """Print the number of cases, and those of which a thread got something else than it gets alone."""
    names = [next(n for n in CASES if n.startswith(kind) and "float64" not in n) for kind in KINDS]
    expected, wrong = {name: as_usual(CASES[name]) for name in names}, set()
    stop = time.monotonic() + SECONDS

    def work(first):
        while time.monotonic() < stop:
            for name in names[first:] + names[:first]:
                try:
                    if as_usual(CASES[name]) != expected[name]:
                        wrong.add(name)
                except Exception as error:
                    wrong.add(f"{name}: {error!r}")

    threads = [threading.Thread(target=work, args=(k * len(names) // THREADS,)) for k in range(THREADS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(len(names), *sorted(wrong), sep="\n")


if __name__ == "__main__":
    main()
