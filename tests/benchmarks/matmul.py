"""Matrix products of the sizes that networks have, beside PyTorch's (MKL, or OpenBLAS on Arm) and NumPy's (OpenBLAS).

    python tests/benchmarks/matmul.py [--threads 2] [--seconds 1] [size ...]

A size is m×k×n, of C (m, n) = A (m, k) B (k, n). Each product is timed plain, with A transposed in memory, as in the
gradient of a weight, and with B transposed, as in a linear layer. Ratios above 1 say that tinynet is faster; each is
the median over rounds in which all take their turn, since a shared machine is never the same twice.
"""

import argparse
import math
import os
import statistics
import sys
import time

from race import contend, microseconds, race_cases, table

SIZES = (
    "100×2×16", "32×64×64", "32×64×32", "1×784×256", "64×784×256", "784×64×256", "64×256×128", "128×4096×10",
    "768×128×384", "768×128×512", "768×512×128", "512×768×128", "1024×1024×1024", "2048×2048×2048",
)  # fmt: skip
LAYOUTS = {"A B": (False, False), "Aᵀ B": (True, False), "A Bᵀ": (False, True)}
LIBRARIES = ("torch", "numpy", "tinynet")


def prepare(library, threads):
    """A function from a case (size, layout) to its product as this library computes it, into memory it is given."""
    import numpy as np

    if library == "torch":
        import torch

        torch.set_num_threads(threads)
    elif library == "tinynet":
        from tinynet.kernels.cpu.gemm.matmul import matmul

    def product(size, layout):
        m, k, n = map(int, size.split("×"))
        rng = np.random.default_rng(0)
        sides = [((m, k), LAYOUTS[layout][0]), ((k, n), LAYOUTS[layout][1])]
        a, b = (rng.random(s[::-1], np.float32).T if turned else rng.random(s, np.float32) for s, turned in sides)
        out = np.empty((m, n), np.float32)
        if library == "torch":
            a, b, out = map(torch.from_numpy, (a, b, out))
            return lambda: torch.mm(a, b, out=out)
        if library == "numpy":
            return lambda: np.matmul(a, b, out)
        return lambda: matmul(out, a, b)

    return product


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sizes", nargs="*", help=f"m×k×n, or mxkxn (default {' '.join(SIZES)})")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each library (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each number of the table (default %(default)s)")
    parser.add_argument("--contend", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        clock = time.process_time if arguments.threads == 1 else time.perf_counter
        return contend(lambda: prepare(arguments.contend, arguments.threads), cases=True, clock=clock)
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    own = [sys.executable, __file__, "--threads", str(arguments.threads), "--contend"]
    cases = [(s.replace("x", "×"), layout) for s in arguments.sizes or SIZES for layout in LAYOUTS]
    rows, ratios = [], {"torch": [], "numpy": []}
    for (size, layout), times in race_cases({lib: [*own, lib] for lib in LIBRARIES}, cases, arguments.seconds):
        ours = times["tinynet"]
        beside = []
        for library, found in ratios.items():
            beside.append(statistics.median(t / o for t, o in zip(times[library], ours)) if times[library] else None)
            found += beside[-1:] if times[library] else []
        middle = [statistics.median(times[lib]) if times[lib] else None for lib in LIBRARIES]
        speed = 2e-9 * math.prod(map(int, size.split("×"))) / middle[-1]
        shown = ["—" if x is None else f"{x:.2f}×" for x in beside]
        rows.append((f"{size}  {layout}", *map(microseconds, middle), f"{speed:.0f}", *shown))
    header = ("m×k×n", "PyTorch, µs", "NumPy, µs", "tinynet, µs", "GFLOP/s", "beside PyTorch", "beside NumPy")
    print(table(header, rows))
    means = [f"{math.prod(x) ** (1 / len(x)):.2f}× {name}" for name, x in ratios.items() if x]
    print(f"geometric means of the ratios on {arguments.threads} threads: {', '.join(means)}")


if __name__ == "__main__":
    main()
