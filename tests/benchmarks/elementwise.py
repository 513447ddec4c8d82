"""Elementwise functions and sums, beside PyTorch's and NumPy's.

    python tests/benchmarks/elementwise.py [--seconds 1] [name ...]

Ratios above 1 say that tinynet is faster. "gelu +" is forward and backward. On a machine that others use too, threads
that wait for each other are all one measures: OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 compares the loops themselves.
"""

import argparse
import functools
import importlib
import math
import sys

import numpy as np
from race import contend, microseconds, race, ratio, table

SIZES = (1_000, 100_000, 1_000_000)
FUNCTIONS = ("exp", "tanh", "gelu +")
SUMS = {  # name: (shape, dimensions)
    "sum of 32×64 over 0": ((32, 64), (0,)),
    "sum of 32×64 over 1": ((32, 64), (1,)),
    "sum of 32×64": ((32, 64), (0, 1)),
    "sum of 1000×1000 over 0": ((1000, 1000), (0,)),
    "sum of 1000×1000 over 1": ((1000, 1000), (1,)),
    "sum of 64×32×28×28 over 0, 2, 3": ((64, 32, 28, 28), (0, 2, 3)),
    "max of 1000×1000": ((1000, 1000), None),
}
TASKS = [*(f"{name} of {size:,}" for name in FUNCTIONS for size in SIZES), *SUMS]


def prepare(library, task):
    lib = importlib.import_module(library)
    values = np.random.default_rng(0).standard_normal
    if task in SUMS:
        shape, dim = SUMS[task]
        x = values(shape, np.float32)
        if library == "numpy":
            return lambda: x.max() if dim is None else x.sum(axis=dim)
        x = lib.tensor(x)
        return x.max if dim is None else lambda: x.sum(dim)
    name, size = task.split(" of ")
    x = values(int(size.replace(",", "")), np.float32)
    if name == "gelu +":
        if library == "numpy":
            raise ImportError("NumPy has no gradients")
        x, g = lib.tensor(x).requires_grad_(), lib.tensor(values(len(x), np.float32))
        gelu = importlib.import_module(f"{library}.nn.functional").gelu

        def forward_backward():
            x.grad = None
            gelu(x).backward(g)

        return forward_backward
    return functools.partial(getattr(lib, name), x if library == "numpy" else lib.tensor(x))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", help=f"a part of a name, of: {'; '.join(TASKS)}")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        return contend(lambda: prepare(*arguments.contend))
    rows, ratios = [], []
    for task in TASKS:
        if arguments.tasks and not any(part in task for part in arguments.tasks):
            continue
        libraries = ("numpy", "torch", "tinynet")
        times = race({lib: [sys.executable, __file__, "--contend", lib, task] for lib in libraries}, arguments.seconds)
        if times["torch"]:
            ratios.append(times["torch"] / times["tinynet"])
        to_others = (ratio(times[lib], times["tinynet"]) for lib in ("numpy", "torch"))
        rows.append((task, *map(microseconds, times.values()), *to_others))
    print(table(("task", "NumPy, µs", "PyTorch, µs", "tinynet, µs", "to NumPy", "to PyTorch"), rows))
    if len(ratios) > 1:
        print(f"geometric mean of the ratios to PyTorch: {math.prod(ratios) ** (1 / len(ratios)):.2f}×")


if __name__ == "__main__":
    main()
