"""Norms, softmax with cross entropy, and attention, forward and backward, beside PyTorch's.

    python tests/benchmarks/rows.py [--seconds 3] [case ...]

The same program runs on both libraries; images have their channels last in memory in both. Ratios above 1 say that
tinynet is faster.
"""

import argparse
import importlib
import math
import sys

from race import contend, microseconds, race, ratio, table


def batch_norm(tn, n, channels, height, width):
    """Images with their channels last, and a gradient of the same layout."""
    x, g = (tn.randn(n, height, width, channels).permute(0, 3, 1, 2) for _ in range(2))
    norm, leaf = tn.nn.BatchNorm2d(channels), x.detach().requires_grad_()
    return lambda: tn.autograd.grad(norm(leaf), [leaf, *norm.parameters()], g)


def layer_norm(tn, rows, width):
    x, g, norm = tn.randn(rows, width).requires_grad_(), tn.randn(rows, width), tn.nn.LayerNorm(width)
    return lambda: tn.autograd.grad(norm(x), [x, *norm.parameters()], g)


def cross_entropy(tn, rows, classes):
    x, target = tn.randn(rows, classes).requires_grad_(), tn.randint(0, classes, (rows,))
    return lambda: tn.autograd.grad(tn.nn.functional.cross_entropy(x, target), x)


def attention(tn, batch, heads, length, width):
    """Heads as views into a projection, as a transformer has them."""
    q, k, v, g = (tn.randn(batch, length, heads, width).permute(0, 2, 1, 3) for _ in range(4))
    q, k, v = (x.detach().requires_grad_() for x in (q, k, v))
    attend = tn.nn.functional.scaled_dot_product_attention
    return lambda: tn.autograd.grad(attend(q, k, v, is_causal=True), [q, k, v], g)


CASES = {
    "batch norm (64, 32, 32, 32)": (batch_norm, 64, 32, 32, 32),
    "batch norm (64, 64, 16, 16)": (batch_norm, 64, 64, 16, 16),
    "layer norm (768, 128)": (layer_norm, 768, 128),
    "cross entropy (768, 65)": (cross_entropy, 768, 65),
    "cross entropy (64, 10)": (cross_entropy, 64, 10),
    "attention (12, 4, 64, 32) causal": (attention, 12, 4, 64, 32),
    "attention (12, 4, 256, 32) causal": (attention, 12, 4, 256, 32),
}


def prepare(library, name):
    tn = importlib.import_module(library)
    build, *shape = CASES[name]
    tn.manual_seed(0)
    return build(tn, *shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"a part of a name, of: {', '.join(CASES)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        return contend(lambda: prepare(*arguments.contend))
    rows, ratios = [], []
    for name in CASES:
        if arguments.cases and not any(part in name for part in arguments.cases):
            continue
        commands = {lib: [sys.executable, __file__, "--contend", lib, name] for lib in ("torch", "tinynet")}
        times = race(commands, arguments.seconds)
        if times["torch"]:
            ratios.append(times["torch"] / times["tinynet"])
        rows.append((name, *map(microseconds, times.values()), ratio(times["torch"], times["tinynet"])))
    print(table(("forward and backward", "PyTorch, µs", "tinynet, µs", "ratio"), rows))
    if len(ratios) > 1:
        print(f"geometric mean of the ratios: {math.prod(ratios) ** (1 / len(ratios)):.2f}×")


if __name__ == "__main__":
    main()
