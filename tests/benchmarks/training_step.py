"""A whole training step, zero_grad + forward + backward + Adam, beside PyTorch's.

    python tests/benchmarks/training_step.py [--seconds 3] [network ...]

The same program runs on both libraries; PyTorch takes its fused Adam. Ratios above 1 say that tinynet is faster.
"""

import argparse
import importlib
import itertools
import math
import sys

from race import contend, microseconds, race, ratio, table


def mlp(*sizes):
    """A network of linear layers with ReLU between them."""

    def build(tn):
        layers = []
        for n_in, n_out in itertools.pairwise(sizes):
            layers += [tn.nn.Linear(n_in, n_out), tn.nn.ReLU()]
        return tn.nn.Sequential(*layers[:-1])

    return build, sizes[0], sizes[-1]


NETWORKS = {  # name: (network, batch size)
    "tiny MLP 2-16-16-2": (mlp(2, 16, 16, 2), 100),
    "digits MLP 64-64-32-10": (mlp(64, 64, 32, 10), 32),
    "MLP 784-256-128-10": (mlp(784, 256, 128, 10), 64),
}


def prepare(library, name):
    tn = importlib.import_module(library)
    (build, features, classes), batch = NETWORKS[name]
    tn.manual_seed(0)
    model, loss_of = build(tn), tn.nn.CrossEntropyLoss()
    fused = {"fused": True} if library == "torch" else {}
    optimizer = tn.optim.Adam(model.parameters(), lr=1e-3, **fused)
    x, y = tn.randn(batch, features), tn.randint(0, classes, (batch,))

    def step():
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"a part of a name, of: {', '.join(NETWORKS)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        return contend(lambda: prepare(*arguments.contend))
    chosen = [n for n in NETWORKS if not arguments.networks or any(part in n for part in arguments.networks)]
    rows, ratios = [], []
    for name in chosen:
        commands = {lib: [sys.executable, __file__, "--contend", lib, name] for lib in ("torch", "tinynet")}
        times = race(commands, arguments.seconds)
        if times["torch"]:
            ratios.append(times["torch"] / times["tinynet"])
        rows.append(
            (
                f"{name} ({NETWORKS[name][1]})",
                *map(microseconds, times.values()),
                ratio(times["torch"], times["tinynet"]),
            )
        )
    print(table(("network (batch)", "PyTorch, µs", "tinynet, µs", "ratio"), rows))
    if len(ratios) > 1:
        print(f"geometric mean of the ratios: {math.prod(ratios) ** (1 / len(ratios)):.2f}×")


if __name__ == "__main__":
    main()
