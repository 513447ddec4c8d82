"""Draws the figures of docs/engine.md from today's code: python docs/engine/draw.py

house.svg   the rooms, floor above floor, and who imports whom, read from the sources
step.svg    one training step: which memory flows through which kernel
hops.svg    from a line of the user's to the loop that touches memory, each hop a file and a name
"""

import argparse
import ast
import functools
from collections import Counter
from pathlib import Path

from tinynet.window.picture import INK, MUTED, Picture

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "tinynet"

# Floors from the top. A room is (name, what of the package it holds, kind, what it is for).
FLOORS = [
    [("cli", "cli.py commands info.py __main__.py", "user", "the command")],
    [
        ("training", "training serialization.py", "user", "fit, runs, checkpoints"),
        ("sklearn", "sklearn", "user", "estimators"),
        ("profiler", "profiler", "user", "where the time goes"),
        ("window", "window", "user", "what runs, shown"),
        ("onnx", "onnx", "user", "graphs for others"),
    ],
    [
        ("nn", "nn", "user", "modules"),
        ("optim", "optim amp cuda/amp.py", "user", "optimizers, schedules"),
        ("data", "data utils multiprocessing", "user", "datasets, loaders"),
        ("distributions", "distributions", "user", "probability"),
        ("func", "func", "user", "Jacobians"),
    ],
    [
        ("compiler", "compiler jit.py", "engine", "a whole step as one program"),
        ("distributed", "distributed", "engine", "processes that train together"),
    ],
    [("ops", "ops linalg.py special.py", "engine", "operations and their gradients, a family a file")],
    [
        (
            "tensor",
            "tensor.py tensor_arguments.py convert.py leaf.py origin.py printing.py versions.py",
            "engine",
            "the Tensor",
        ),
        ("autograd", "autograd", "engine", "the graph, and the walk backwards"),
    ],
    [
        ("cpu", "kernels/cpu", "kernel", "loops of the CPU"),
        ("reference", "kernels/reference kernels", "kernel", "definitions, launch"),
        ("cuda", "kernels/cuda cuda accelerator.py backends", "kernel", "loops of a GPU"),
    ],
    [
        ("lifting", "kernels/lifting", "kernel", "from formulas to loops"),
        ("elementary", "kernels/elementary", "kernel", "exp, log, tanh, erf without branches"),
    ],
    [("runtime", "kernels/runtime", "kernel", "compiling, threads, memory, plans")],
    [
        (
            "formulas",
            "formulas.py activations.py loss_formulas.py special_functions.py philox.py rules.py",
            "scalar",
            "scalar mathematics, update rules",
        ),
        ("source", "source", "scalar", "functions as text"),
        (
            "words",
            "arguments.py dtypes.py devices.py errors.py random.py defaults.py size.py trees.py memory_format.py "
            "return_types.py capture.py notebook.py",
            "scalar",
            "types, arguments, messages",
        ),
    ],
]

# Each hop is a file and a name: those of Python, then those that are compiled. A test runs each walk, and compares the
# functions that are running when the last one of Python is called.
WALK = ["autograd/backward.py: backward_from", "autograd/backward.py: _walk"]
LAUNCH = "kernels/launch.py: launch"
START = "kernels/runtime/parallel_for.py: start"
HOPS = {
    "Adam: optimizer.step()": (
        [
            "optim/engine/hooks.py: around",
            *(f"optim/engine/optimizer.py: {name}" for name in ("step", "update_all", "update", "apply")),
            LAUNCH,
            "kernels/lifting/lift.py: cpu",
        ],
        [START, "kernels/lifting/lift.py: loop", "rules.py: adam"],
    ),
    "gradient of sigmoid": (
        [
            *WALK,
            "ops/activation.py: sigmoid_grad",
            "ops/activation.py: _like",
            LAUNCH,
            "kernels/cpu/elementwise.py: two",
        ],
        [START, "kernels/lifting/lift.py: loop", "activations.py: sigmoid_grad"],
    ),
    "gradient of Linear's weight": (
        [*WALK, "ops/matmul.py: gw", LAUNCH, "kernels/cpu/gemm/matmul.py: matmul"],
        [
            START,
            "kernels/cpu/gemm/matmul.py: _gemm",
            "kernels/cpu/gemm/matmul.py: _panels",
            "kernels/cpu/gemm/microkernel.py: gemm_panel",
            "kernels/cpu/gemm/microkernel.py: _tile",
        ],
    ),
    "of a convolution's weight": (
        [*WALK, "ops/conv.py: gw", LAUNCH, "kernels/cpu/conv.py: correlate"],
        [
            START,
            "kernels/cpu/conv_loops.py: correlate",
            "kernels/cpu/conv_loops.py: _correlate_part",
            "kernels/cpu/gemm/indirect.py: gemm_indirect",
            "kernels/cpu/gemm/indirect.py: _table_tile",
        ],
    ),
    "of Linear's weight, on a GPU": (
        [
            *WALK,
            "ops/matmul.py: gw",
            LAUNCH,
            "kernels/cuda/dispatch.py: run",
            "kernels/cuda/matmul.py: matmul",
            "kernels/cuda/device/driver.py: __call__",
            "kernels/cuda/device/calls.py: __call__",
        ],
        ["kernels/cuda/matmul.py: multiply", "kernels/cuda/tiles.py: multiply"],
    ),
}


def room_of(module):
    """The name of the room that holds a file, given relative to the package, or None."""
    rooms = ((part, name) for floor in FLOORS for name, parts, *_ in floor for part in parts.split())
    found = [(len(part), name) for part, name in rooms if module == part or module.startswith(f"{part}/")]
    return max(found)[1] if found else None


def imports(path):
    """The modules of the package that a file imports, as paths relative to the package."""
    here = path.relative_to(PACKAGE.parent).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            parts = [*base, *(node.module or "").split(".")] if node.module else [*base]
            if parts[:1] == ["tinynet"]:
                for alias in node.names:
                    yield "/".join([*parts[1:], alias.name])


@functools.cache
def lines_and_arrows():
    """(room: its lines of code, (importing room, imported room): how many imports)."""
    lines, arrows = Counter(), Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).as_posix()
        room = room_of(module)
        lines[room] += len(path.read_text().splitlines())
        for target in imports(path):
            other = room_of(target) or room_of(f"{target}.py") or room_of(f"{target.rpartition('/')[0]}.py")
            if other is not None and room is not None and other != room:
                arrows[room, other] += 1
    return lines, arrows


def house():
    lines, arrows = lines_and_arrows()
    width, high, gap = 940, 58, 34
    picture = Picture(width, len(FLOORS) * (high + gap) + 16)
    places = {}
    for level, floor in enumerate(FLOORS):
        wide = (width - 60 - 24 * (len(floor) - 1)) / len(floor)
        for i, (name, *_) in enumerate(floor):
            places[name] = 30 + i * (wide + 24), 20 + level * (high + gap), wide, level
    for (room, other), count in sorted(arrows.items()):
        (x1, y1, w1, level), (x2, y2, w2, below) = places[room], places[other]
        if below == level + 1:
            picture.arrow(x1 + w1 / 2, y1 + high, x2 + w2 / 2, y2, width=min(1 + count / 12, 4))
        elif other == "reference" and below == level:  # who runs a kernel registers with its definition
            left = x1 < x2
            picture.arrow(x1 + w1 * left, y1 + high / 2, x2 + w2 * (not left), y2 + high / 2, width=2)
    for floor in FLOORS:
        for name, _, kind, purpose in floor:
            x, y, wide, _ = places[name]
            size = f"{lines[name]:,} lines"
            picture.box(x, y, wide, high, kind, [(name, 15, INK), (f"{purpose} · {size}", 12, MUTED)])
    return picture


# One step of Linear, cross entropy and Adam: (name, x, y, what it is, a second line). Memory is white, a kernel green,
# a node of the graph blue.
STEP = [
    ("x", 20, 80, "memory", "(32, 64)"), ("weight", 20, 160, "memory", "(10, 64), in the arena"),
    ("linear", 220, 120, "kernel", "x weightᵀ + bias"), ("y", 420, 120, "memory", "(32, 10)"),
    ("cross_entropy", 600, 120, "kernel", "and its slope, one visit"), ("loss", 800, 120, "memory", "()"),
    ("Linear", 320, 220, "engine", "gx, gw, gb"), ("CrossEntropy", 600, 220, "engine", "gx"),
    ("1", 800, 320, "memory", "∂loss / ∂loss"), ("cross_entropy_grad", 600, 320, "kernel", "g · slope"),
    ("g", 420, 320, "memory", "∂loss / ∂y"), ("matmul", 220, 320, "kernel", "gw ← gᵀ x"),
    ("weight.grad", 20, 320, "memory", "in the arena"),
    ("p, g, m, v", 20, 440, "memory", "the arena: four buffers"),
    ("norm, factor", 220, 440, "kernel", "of all gradients"),
    ("adam", 420, 440, "kernel", "one loop over all"), ("p, m, v", 600, 440, "memory", "overwritten"),
]  # fmt: skip

FLOW = """x>linear weight>linear linear>y y>cross_entropy cross_entropy>loss loss>CrossEntropy CrossEntropy>Linear
    CrossEntropy>cross_entropy_grad Linear>matmul
    1>cross_entropy_grad cross_entropy_grad>g g>matmul matmul>weight.grad weight.grad>p,_g,_m,_v
    p,_g,_m,_v>norm,_factor norm,_factor>adam adam>p,_m,_v"""


def hops():
    """One column for each walk, its hops from the top; green is what is compiled."""
    wide, high, gap = 220, 34, 14
    most = max(len(python) + len(compiled) for python, compiled in HOPS.values())
    picture = Picture(len(HOPS) * (wide + 20) + 20, 70 + most * (high + gap))
    for i, (title, (python, compiled)) in enumerate(HOPS.items()):
        x = 20 + i * (wide + 20)
        picture.text(x + wide / 2, 34, title, 14, INK, weight="bold")
        for k, hop in enumerate([*python, *compiled]):
            file, name = hop.split(": ")
            y = 56 + k * (high + gap)
            kind = "engine" if k < len(python) else "kernel" if "/" in file else "scalar"
            picture.box(x, y, wide, high, kind, [(name, 12, INK), (file, 10, MUTED)])
            if k:
                picture.arrow(x + wide / 2, y - gap, x + wide / 2, y)
    return picture


def step():
    picture, wide, high = Picture(960, 520), 140, 52
    places = {name: (x, y) for name, x, y, *_ in STEP}
    for y, words in ((40, "forward"), (290, "backward"), (410, "step")):
        picture.text(20, y, words, 15, MUTED, "start", "bold")
    for arrow in FLOW.split():
        (x1, y1), (x2, y2) = (places[name.replace("_", " ") if "," in name else name] for name in arrow.split(">"))
        if abs(x1 - x2) < wide:
            picture.arrow(x1 + wide / 2, y1 + high, x2 + wide / 2, y2)
        elif x1 < x2:
            picture.arrow(x1 + wide, y1 + high / 2, x2, y2 + high / 2)
        else:
            picture.arrow(x1, y1 + high / 2, x2 + wide, y2 + high / 2)
    for name, x, y, kind, what in STEP:
        picture.box(x, y, wide, high, kind, [(name, 13, INK), (what, 11, MUTED)], 20 if kind == "kernel" else 6)
    return picture


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    for draw in (house, step, hops):
        (HERE / f"{draw.__name__}.svg").write_text(str(draw()))
