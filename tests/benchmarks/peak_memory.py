"""The most memory that a training step needs, beside PyTorch's, for the networks of training_step.py.

    python tests/benchmarks/peak_memory.py [--steps 20] [network ...]

What counts is by how much the process grows over what it took to load the library, make the network and its data, and
compile: a first step on a batch of two comes before. Ratios above 1 say that tinynet needs less.
"""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

from race import table
from training_step import NETWORKS


def resident(field):
    """Bytes of the process in memory, now (`VmRSS`) or at most so far (`VmHWM`)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(lines[field].split()[0])


def measure(library, name, steps):
    tn = importlib.import_module(library)
    build, data, batch = NETWORKS[name]
    model, loss_of = build(tn), tn.nn.CrossEntropyLoss()
    optimizer = tn.optim.Adam(model.parameters(), lr=1e-3)

    def step(x, y):
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    whole, small = data(tn, batch), data(tn, 2)
    step(*small)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to the present
    for _ in range(steps):
        step(*whole)
    return resident("VmHWM") - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"a part of a name, of: {', '.join(NETWORKS)}")
    parser.add_argument("--steps", type=int, default=20, help="default %(default)s")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        return print(json.dumps(measure(*arguments.contend, arguments.steps)))
    rows = []
    for name in [n for n in NETWORKS if not arguments.networks or any(part in n for part in arguments.networks)]:
        command = [sys.executable, __file__, "--steps", str(arguments.steps), "--contend"]
        theirs, ours = (
            json.loads(subprocess.run([*command, lib, name], capture_output=True, text=True, check=True).stdout)
            for lib in ("torch", "tinynet")
        )
        rows.append(
            (f"{name} ({NETWORKS[name][2]})", *(f"{x / 1e6:.1f}" for x in (theirs, ours)), f"{theirs / ours:.2f}×")
        )
    print(table(("network (batch)", "PyTorch, MB", "tinynet, MB", "ratio"), rows))


if __name__ == "__main__":
    main()
