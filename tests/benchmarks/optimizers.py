"""A step of the optimizers beside PyTorch's, for few large and many small parameters.

    python tests/benchmarks/optimizers.py [--seconds 1] [--threads 2] [optimizer or sizes ...]

PyTorch takes its fused form where there is one, else foreach. Ratios above 1 say that tinynet is faster. Rows "clipped"
limit the norm of all gradients too: `step(max_norm=1)`, and in PyTorch `clip_grad_norm_` before `step`. At 10M
elements there is a third contestant, and the last column is its time over tinynet's: a loop that reads and writes as
much and does next to no arithmetic, and for 8-bit state `Adam` on 32 bits.
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
OPTIMIZERS = {  # name: (class, arguments, PyTorch's class and fastest form, buffers of state)
    "SGD, momentum": ("SGD", {"lr": 1e-3, "momentum": 0.9}, ("SGD", "fused"), 1),
    "RMSprop": ("RMSprop", {}, ("RMSprop", "foreach"), 1),
    "Adam": ("Adam", {}, ("Adam", "fused"), 2),
    "AdamW": ("AdamW", {}, ("AdamW", "fused"), 2),
    "Adagrad": ("Adagrad", {}, ("Adagrad", "fused"), 1),
    "Adam, 8-bit": ("Adam8bit", {}, ("Adam", "fused"), None),
}
LARGE = ("1×1M", "1×10M")


def goals(optimizer, sizes, clipped):
    """(least ratio to PyTorch, least ratio to the third contestant), None where there is none."""
    against_torch = 50 if sizes == "300×100" and "8-bit" not in optimizer else 1.5 if clipped else 1.0
    third = None if sizes != "1×10M" or clipped else 1.0 if "8-bit" in optimizer else 0.9
    return against_torch, third


def touch_one(p, a, g):
    return p + g, a + g


def touch_two(p, a, b, g):
    return p + g, a + g, b + g


def prepare(library, threads, optimizer, sizes, clipped):
    if library == "torch":
        lib = importlib.import_module("torch")
        lib.set_num_threads(threads)
    else:
        lib = importlib.import_module("tinynet")
        importlib.import_module("numba").set_num_threads(threads)
    (count, size), (name, arguments, (theirs, form), buffers) = SIZES[sizes], OPTIMIZERS[optimizer]
    if library == "third" and buffers:
        return loop(buffers, size)
    if library == "third":
        name = theirs
    ps = [lib.randn(size).requires_grad_() for _ in range(count)]
    made = getattr(lib.optim, theirs)(ps, **arguments, **{form: True}) if library == "torch" else None
    made = made or getattr(lib.optim, name)(ps, **arguments)
    for p in ps:  # by a walk backwards, so that gradients lie where each library has them in training
        (p * 0.01).sum().backward()
    if not clipped:
        return made.step
    if library == "torch":
        return lambda: (lib.nn.utils.clip_grad_norm_(ps, 1.0), made.step())
    return lambda: made.step(max_norm=1.0)


def loop(buffers, size):
    """A loop over the parameters, their gradients and so many buffers of state, in place."""
    numpy, lift = importlib.import_module("numpy"), importlib.import_module("tinynet.kernels.lifting.lift").lift
    touch, names = (touch_one, ["p", "a"]) if buffers == 1 else (touch_two, ["p", "a", "b"])
    kernel, arrays = lift(touch, inplace=names, flush=True), [numpy.zeros(size, "f") for _ in range(buffers + 2)]
    return lambda: kernel.cpu(*arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = [*OPTIMIZERS, *SIZES, "clipped"]
    parser.add_argument("chosen", nargs="*", help=f"names, of: {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="of both libraries (default %(default)s)")
    parser.add_argument("--contend", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        library, optimizer, sizes, clipped = arguments.contend
        return contend(lambda: prepare(library, arguments.threads, optimizer, sizes, clipped == "clipped"))
    chosen = [[n for n in names if n in arguments.chosen] or list(names) for names in (OPTIMIZERS, SIZES)]
    cases = [(o, s, c) for o in chosen[0] for s in chosen[1] for c in ("", "clipped") if not c or s in LARGE]
    if "clipped" in arguments.chosen:
        cases = [case for case in cases if case[2]]
    rows, ratios = [], []
    for optimizer, sizes, clipped in cases:
        goal, goal_of_third = goals(optimizer, sizes, clipped)
        command = [sys.executable, __file__, "--threads", str(arguments.threads), "--contend"]
        libraries = ("torch", "tinynet") if goal_of_third is None else ("torch", "tinynet", "third")
        times = race({lib: [*command, lib, optimizer, sizes, clipped] for lib in libraries}, arguments.seconds)
        ours = times["tinynet"]
        if times["torch"]:
            ratios.append(times["torch"] / ours)
        third = f"{times['third'] / ours:.0%} (≥ {goal_of_third:.0%})" if goal_of_third else ""
        cells = microseconds(times["torch"]), microseconds(ours), ratio(times["torch"], ours), f"≥ {goal:g}×"
        rows.append((optimizer, f"{sizes} {clipped}".strip(), *cells, third))
    print(table(("optimizer", "tensors", "PyTorch, µs", "tinynet, µs", "ratio", "goal", "of the third"), rows))
    if len(ratios) > 1:
        print(f"geometric mean of the ratios: {math.prod(ratios) ** (1 / len(ratios)):.2f}×, least {min(ratios):.2f}×")


if __name__ == "__main__":
    main()
