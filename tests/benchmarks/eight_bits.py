"""How well 8-bit state trains: losses with `Adam` and `Adam8bit` beside each other, over several seeds.

    python tests/benchmarks/eight_bits.py [--seeds 5] [--large]

The first table is the character GPT of `examples/char_gpt.py`, by default smaller and for 600 steps; the loss is the
mean over the last 50 steps. The second tells what the codes must be able to do, with distances from the optimum:

wide: the gradients in a block range over 5 decades; the row gives the error of the smallest.
fall: half of a block's gradients become 10 times smaller after 300 steps, and v must follow them down.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from race import table

import tinynet as tn
from tinynet import optim

sys.path.append(str(Path(__file__).parents[1] / "support"))
from helpers import gpt_losses

SMALL = {"layers": 2, "heads": 4, "width": 64, "length": 64}, 600
LARGE = {"layers": 4, "heads": 4, "width": 128, "length": 64}, 1500


def gpt(optimizer, seed, sizes, steps):
    return np.mean(gpt_losses(lambda ps: optimizer(ps, lr=1e-3), seed, steps, batch=12, **sizes)[-50:])


def towards_one(optimizer, seed, scale, steps, lr, betas):
    """Parameters that go from 0 to 1 by gradients of these scales, with noise; their errors."""
    random = np.random.default_rng(seed)
    p = tn.zeros(1024, requires_grad=True)
    made = optimizer([p], lr=lambda t: lr * (1 - t / steps), betas=betas)
    for t in range(steps):
        s, target = scale(t)
        p.grad = tn.tensor((s * (p.detach().numpy() - target + random.standard_normal(1024))).astype("f"))
        made.step()
    return p.detach().numpy() - 1


def wide(optimizer, seed):
    scale = 10.0 ** (-5 * np.random.default_rng(seed).random(1024))
    error = towards_one(optimizer, seed, lambda t: (scale, 1), 1500, 0.02, (0.9, 0.999))
    return np.sqrt(np.mean(error[scale < 1e-4] ** 2))


def fall(optimizer, seed):
    half = np.arange(1024) % 2 == 0

    def scale(t):
        return (np.where(half, 0.1, 1.0), 1) if t >= 300 else (1.0, 0)

    return np.sqrt(np.mean(towards_one(optimizer, seed, scale, 3000, 0.003, (0.9, 0.99))[half] ** 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="(default %(default)s)")
    parser.add_argument("--large", action="store_true", help="the network of the example, for 1500 steps")
    arguments = parser.parse_args()
    size, seeds = LARGE if arguments.large else SMALL, range(arguments.seeds)
    rows = []
    for name in ("Adam", "Adam8bit", "AdamW", "AdamW8bit"):
        found = [gpt(getattr(optim, name), seed, *size) for seed in seeds]
        rows.append((name, f"{np.mean(found):.4f}", f"{np.std(found, ddof=1):.4f}", *(f"{x:.4f}" for x in found)))
        print(*rows[-1], flush=True)
    print(table(("char-GPT", "mean", "spread", *(f"seed {seed}" for seed in seeds)), rows))
    cells = [[np.mean([f(getattr(optim, n), s) for s in range(3)]) for f in (wide, fall)] for n in ("Adam", "Adam8bit")]
    print(
        table(("error", "wide", "fall"), [(n, *(f"{x:.3f}" for x in c)) for n, c in zip(("Adam", "Adam8bit"), cells)])
    )


if __name__ == "__main__":
    main()
