"""A step of the optimizers beside PyTorch's, for few large and many small parameters.

    python tests/benchmarks/optimizers.py [--seconds 1] [--threads 2] [optimizer or sizes ...]

PyTorch takes its fused form where there is one, else foreach. Ratios above 1 say that tinynet is faster.
"""

import argparse
import importlib
import math
import sys

from race import contend, microseconds, race, ratio, table

SIZES = {  # tensors × elements of each
    "1×1k": (1, 1_000),
    "4×25k": (4, 25_000),
    "100×1k": (100, 1_000),
    "300×100": (300, 100),
    "100×10k": (100, 10_000),
    "1×1M": (1, 1_000_000),
    "1×10M": (1, 10_000_000),
}
OPTIMIZERS = {  # name: (class, arguments, PyTorch's fastest form)
    "SGD, momentum": ("SGD", {"lr": 1e-3, "momentum": 0.9}, "fused"),
    "RMSprop": ("RMSprop", {}, "foreach"),
    "Adam": ("Adam", {}, "fused"),
    "AdamW": ("AdamW", {}, "fused"),
    "Adagrad": ("Adagrad", {}, "fused"),
}


def prepare(library, threads, optimizer, sizes):
    if library == "torch":
        lib = importlib.import_module("torch")
        lib.set_num_threads(threads)
    else:
        lib = importlib.import_module("tinynet")
        importlib.import_module("numba").set_num_threads(threads)
    (count, size), (name, arguments, form) = SIZES[sizes], OPTIMIZERS[optimizer]
    ps = [lib.randn(size).requires_grad_() for _ in range(count)]
    made = getattr(lib.optim, name)(ps, **arguments, **({form: True} if library == "torch" else {}))
    for p in ps:
        p.grad = lib.randn(size) * 0.01
    return made.step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chosen", nargs="*", help=f"names, of: {', '.join([*OPTIMIZERS, *SIZES])}")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="of both libraries (default %(default)s)")
    parser.add_argument("--contend", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        library, optimizer, sizes = arguments.contend
        return contend(lambda: prepare(library, arguments.threads, optimizer, sizes))
    chosen = [[name for name in names if name in arguments.chosen] or list(names) for names in (OPTIMIZERS, SIZES)]
    rows, ratios = [], []
    for optimizer in chosen[0]:
        for sizes in chosen[1]:
            command = [sys.executable, __file__, "--threads", str(arguments.threads), "--contend"]
            commands = {lib: [*command, lib, optimizer, sizes] for lib in ("torch", "tinynet")}
            times = race(commands, arguments.seconds)
            if times["torch"]:
                ratios.append(times["torch"] / times["tinynet"])
            rows.append((optimizer, sizes, *map(microseconds, times.values()), ratio(times["torch"], times["tinynet"])))
    print(table(("optimizer", "tensors", "PyTorch, µs", "tinynet, µs", "ratio"), rows))
    if len(ratios) > 1:
        print(f"geometric mean of the ratios: {math.prod(ratios) ** (1 / len(ratios)):.2f}×, least {min(ratios):.2f}×")


if __name__ == "__main__":
    main()
