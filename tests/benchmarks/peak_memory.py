"""The most memory that a training step needs, beside PyTorch's, for the networks of training_step.py.

    python tests/benchmarks/peak_memory.py [--steps 20] [network ...]

What counts is by how much the process grows over what it took to load the library, make the network and its data, and
compile: a first step on a batch of two comes before. The last column is of a compiled step, once there is a program: to
watch two steps takes twice their memory. Ratios above 1 say that tinynet needs less.
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


def measure(library, name, steps, compiled):
    tn = importlib.import_module(library)
    build, data, batch = NETWORKS[name]
    model, loss_of = build(tn), tn.nn.CrossEntropyLoss()
    optimizer = tn.optim.Adam(model.parameters(), lr=1e-3)

    def step(x, y):
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    whole, small = data(tn, batch), data(tn, 2)
    if compiled:
        step = tn.compile(step)
    for _ in range(4 if compiled else 1):
        step(*small)
    before = resident("VmRSS")
    for _ in range(4 if compiled else 0):
        step(*whole)
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to the present
    for _ in range(steps):
        step(*whole)
    return resident("VmHWM") - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"a part of a name, of: {', '.join(NETWORKS)}")
    parser.add_argument("--steps", type=int, default=20, help="default %(default)s")
    parser.add_argument("--contend", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        library, compiled, name = arguments.contend
        return print(json.dumps(measure(library, name, arguments.steps, compiled == "compiled")))
    rows = []
    for name in [n for n in NETWORKS if not arguments.networks or any(part in n for part in arguments.networks)]:
        command = [sys.executable, __file__, "--steps", str(arguments.steps), "--contend"]
        contestants = ("torch", "eager"), ("tinynet", "eager"), ("tinynet", "compiled")
        theirs, *ours = (
            json.loads(subprocess.run([*command, *which, name], capture_output=True, text=True, check=True).stdout)
            for which in contestants
        )
        shown = [f"{x / 1e6:.1f}" for x in (theirs, *ours)] + [f"{theirs / max(x, 1):.2f}×" for x in ours]
        rows.append((f"{name} ({NETWORKS[name][2]})", *shown))
    print(table(("network (batch)", "PyTorch, MB", "tinynet, MB", "compiled, MB", "ratio", "compiled"), rows))


if __name__ == "__main__":
    main()
