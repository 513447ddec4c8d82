"""What tinynet reaches on a GPU, beside PyTorch where its CUDA build is installed, and beside the goals.

    python tests/benchmarks/gpu.py [--seconds 1] [--small]

Each library runs in a process of its own, they take turns, and medians count (`race.py`). A ratio is PyTorch's time
over tinynet's. PyTorch is taken as it comes, with its fused Adam; its convolutions may then round to TensorFloat-32,
which tinynet's do not. With `--small` Numba's simulator gets through, and PyTorch may run on the CPU: to see that all
of this works; the times mean nothing.
"""

import argparse
import gc
import importlib
import math
import os
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

from race import contend, microseconds, race_cases, ratio
from training_step import NETWORKS, char_gpt, cnn, images, lenet, mlp, points, prepare, text

SMALL = {
    "tiny MLP 2-16-16-2": (mlp(2, 3, 2), points),
    "digits MLP 64-64-32-10": (mlp(4, 3, 10), images(4)),
    "MLP 784-256-128-10": (mlp(5, 3, 10), images(5)),
    "LeNet-5 28×28": (partial(lenet, side=12, a=1, b=1, c=2, d=2), images(1, 12, 12)),
    "CNN 3×3 32-64, batch norm, 32×32": (partial(cnn, side=4, a=1, b=2), images(3, 4, 4)),
    "char-GPT 4 layers, 128 wide, 64 long": (
        partial(char_gpt, layers=1, width=4, heads=2, time=3, characters=5),
        partial(text, time=3, characters=5),
    ),
}
BYTES = {"Adam": 28, "Adam8bit": 16}  # that a step reads and writes for each element


class Side:
    """One library on its device, and what is timed of it."""

    def __init__(self, library, small):
        self.library, self.small, self.device = library, small, "cuda"
        self.networks = SMALL if small else {name: NETWORKS[name] for name in SMALL}

    def prepare(self):
        """Import the library. Raises ImportError for PyTorch without CUDA, which only small sizes may do without."""
        self.lib = importlib.import_module(self.library)
        if self.library == "torch" and not self.lib.cuda.is_available():
            print("PyTorch finds no GPU" + " and runs on the CPU" * self.small, file=sys.stderr)
            if not self.small:
                raise ImportError("PyTorch finds no GPU")
            self.device = "cpu"
        elif self.library == "tinynet" and os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
            sys.path.append(str(Path(__file__).parents[1] / "support"))
            importlib.import_module("simulator").install()
        return self.case

    def case(self, kind, *arguments):
        """The function to time."""
        self.release()
        return getattr(self, kind)(*arguments)

    def release(self):
        """Give the memory of the case before back to the driver."""
        gc.collect()
        if self.device == "cuda":
            self.lib.cuda.empty_cache()

    def finish(self):
        if self.device == "cuda":
            self.lib.cuda.synchronize()

    def launch(self):
        """The smallest kernel, by the shortest way that there is to launch it."""
        x, y = self.lib.ones(1, device=self.device), self.lib.ones(1, device=self.device)
        if self.library == "torch":
            return lambda: self.lib.neg(x, out=y)
        kernels, launch = (importlib.import_module(f"tinynet.kernels.{name}") for name in ("reference", "launch"))
        return lambda: launch.launch(kernels.neg, y.array, x.array)

    def copy(self, n):
        x, y = self.lib.ones(n, device=self.device), self.lib.ones(n, device=self.device)
        return lambda: y.copy_(x)

    def optimizer(self, name, tensors, n):
        ps = [self.lib.ones(n, device=self.device).requires_grad_() for _ in range(tensors)]
        optim = self.lib.optim
        made = optim.Adam(ps, fused=True) if self.library == "torch" else getattr(optim, name)(ps)
        for p in ps:  # by a walk backwards, so that gradients lie where each library has them in training
            (p * 0.01).sum().backward()
        return made.step

    def product(self, n, through):
        if self.library == "tinynet":
            self.lib.cuda.use_cublas(through == "cuBLAS")
        a, b = (self.lib.rand(n, n, device=self.device) for _ in range(2))
        return lambda: a @ b

    def step(self, name, batch):
        if self.library == "tinynet":
            self.lib.cuda.use_cublas(True)
        return prepare(self.library, *self.networks[name][:2], batch, self.device)

    def memory(self, name):
        """(bytes that a training step needs whatever the batch, bytes for each sample), found on two small batches."""
        (few, more), found = (1, 2) if self.small else (64, 128), []
        for batch in (few, more):
            self.release()
            self.lib.cuda.reset_peak_memory_stats()
            self.step(name, batch)()
            found.append(self.lib.cuda.max_memory_allocated())
        self.release()
        each = (found[1] - found[0]) / (more - few)
        return found[0] - few * each, each


class Row(NamedTuple):
    label: str
    case: tuple  # the name of a method of `Side`, and its arguments
    goal: float | None = None  # the least ratio
    note: str = ""


def rows(small, side):
    """What is measured, in order; `side` is tinynet's, in this process."""
    n, tensors, each, edges = (64, 3, 5, (6,)) if small else (100_000_000, 300, 100, (512, 1024, 2048, 4096))
    yield Row("launch of a kernel over one number", ("launch",))
    yield Row(f"copy of {n:,} numbers", ("copy", n))
    yield Row(f"Adam over {n:,} elements", ("optimizer", "Adam", 1, n), 1.0)
    yield Row(f"Adam8bit over {n:,} elements, beside Adam", ("optimizer", "Adam8bit", 1, n))
    yield Row(f"Adam over {tensors} tensors of {each}", ("optimizer", "Adam", tensors, each), 5.0)
    ways = {"cuBLAS": 0.95} if small or has_cublas() else {}
    for edge in edges:
        for way, goal in {**ways, "own kernel": 0.5}.items():
            yield Row(f"product of {edge:,}³, {way}", ("product", edge, way), goal if edge == edges[-1] else None)
    for name in side.networks:
        need = side.memory(name)
        for batch, goal in ((1, 1.0), (2, 0.8)) if small else ((64, 1.0), (4096, 0.8)):
            size, note = fitting(*need, batch, room(side.lib))
            yield Row(f"{name} ({size:,})", ("step", name, size), goal, note)


def room(lib):
    """The bytes that each of two libraries may take."""
    free, _ = lib.cuda.mem_get_info()
    return math.inf if free is None else 0.45 * free


def fitting(fixed, each, batch, room):
    """(batch, or so many halves of it that its step needs no more memory than there is room for; a note on that)."""
    size = batch
    while size > 1 and fixed + size * each > room:
        size //= 2
    note = f"in {gib(fixed + size * each)}"
    if size < batch:
        note += f"; {batch:,} would take {gib(fixed + batch * each)}, and each library may have {gib(room)}"
    return size, note


def gib(n):
    return f"{n / 2**30:,.2f} GiB"


def has_cublas():
    return importlib.import_module("tinynet.kernels.cuda.device.cublas").library() is not None


def remark(row, times, before):
    """What the time says of the card: bytes or operations in a second."""
    kind, *arguments = row.case
    ours = times["tinynet"]
    if kind == "copy":
        return f"{8 * arguments[0] / ours / 1e9:,.0f} GB/s"
    if kind == "product":
        edge, way = arguments
        rate = f"{2 * edge**3 / ours / 1e12:.1f} TFLOP/s"
        through = before.get(("product", edge, "cuBLAS")) if way != "cuBLAS" else None
        return rate if through is None else f"{rate}, {through['tinynet'] / ours:.0%} of ours through cuBLAS"
    if kind != "optimizer":
        return row.note
    name, tensors, n = arguments
    if tensors > 1:
        return ""
    copy = 8 * n / min(t for t in before["copy", n].values() if t)
    rate = BYTES[name] * n / ours
    goal = verdict(rate / copy, 0.85) if name == "Adam" else ""
    return f"{rate / 1e9:,.0f} GB/s, {rate / copy:.0%} of the fastest copy {goal}".rstrip()


def verdict(value, goal):
    if goal is None:
        return ""
    return f"(≥ {goal:g})" if value is None else f"(≥ {goal:g}: {'met' if value >= goal else 'missed'})"


def main(small=False, seconds=1.0):
    side, before = Side("tinynet", small), {}
    side.prepare()
    print(side.lib.cuda.get_device_name() + ("" if has_cublas() else ", without cuBLAS"))
    planned = list(rows(small, side))
    command = [sys.executable, __file__, *["--small"] * small, "--contend"]
    commands = {library: [*command, library] for library in ("torch", "tinynet")}
    limits = {"seconds": 0.0, "turn": 0.0, "rounds": 1} if small else {"seconds": seconds}
    print(f"{'':52} {'PyTorch, µs':>13} {'tinynet, µs':>13} {'ratio':>8}")
    for row, (case, found) in zip(planned, race_cases(commands, [row.case for row in planned], **limits)):
        times = before[case] = {name: statistics.median(own) if own else None for name, own in found.items()}
        theirs, ours = times["torch"], times["tinynet"]
        cells = microseconds(theirs), microseconds(ours), ratio(theirs, ours)
        goal = verdict(theirs and theirs / ours, row.goal)
        line = f"{row.label:52} {cells[0]:>13} {cells[1]:>13} {cells[2]:>8} {goal:16} {remark(row, times, before)}"
        print(line.rstrip(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each library and row (default %(default)s)")
    parser.add_argument("--small", action="store_true", help="sizes for the simulator")
    parser.add_argument("--contend", choices=("torch", "tinynet"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        side = Side(arguments.contend, arguments.small)
        settle = {"settle": 0.0} if arguments.small else {}
        contend(side.prepare, cases=True, finish=side.finish, **settle)
    else:
        main(arguments.small, arguments.seconds)
