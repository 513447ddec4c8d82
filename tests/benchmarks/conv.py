"""Convolutions and pooling, forward and backward, beside PyTorch's.

    python tests/benchmarks/conv.py [--seconds 1] [--threads 2] [layer ...]

Backward is by the input, the weight and the bias. Inputs lie in memory as they do inside a network: images that come
from a data set by channels, what comes from the layer before as that library's own layers leave it. Ratios above 1 say
that tinynet is faster.
"""

import argparse
import importlib
import math
import os
import sys

import numpy as np
from race import contend, microseconds, race, ratio, table

LAYERS = {  # name: (shape of x, outputs, options)
    "conv 1→6, 28², 5×5": ((64, 1, 28, 28), 6, {"kernel_size": 5, "padding": 2}),
    "conv 6→16, 14², 5×5": ((64, 6, 14, 14), 16, {"kernel_size": 5}),
    "conv 3→32, 32², 3×3": ((64, 3, 32, 32), 32, {"kernel_size": 3, "padding": 1}),
    "conv 32→64, 16², 3×3": ((64, 32, 16, 16), 64, {"kernel_size": 3, "padding": 1}),
    "conv 64→128, 8², 3×3": ((64, 64, 8, 8), 128, {"kernel_size": 3, "padding": 1}),
    "depthwise 64, 16², 3×3": ((64, 64, 16, 16), 64, {"kernel_size": 3, "padding": 1, "groups": 64}),
    "max pool 32, 32², 2×2": ((64, 32, 32, 32), None, {"kernel_size": 2}),
}


def prepare(library, name, direction):
    tn = importlib.import_module(library)
    shape, outputs, options = LAYERS[name]
    layer = tn.nn.MaxPool2d(**options) if outputs is None else tn.nn.Conv2d(shape[1], outputs, **options)
    rng = np.random.default_rng(0)

    def activations(shape):
        array = rng.standard_normal(shape, np.float32)
        if library == "tinynet" and shape[1] > 3:
            array = np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)
        return tn.Tensor(array) if library == "tinynet" else tn.from_numpy(array)

    x = activations(shape).requires_grad_()
    y = layer(x)
    g, inputs = activations(tuple(y.shape)), [x, *layer.parameters()]
    if direction == "forward":
        return lambda: layer(x)
    return lambda: tn.autograd.grad(y, inputs, g, retain_graph=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("layers", nargs="*", help=f"a part of a name, of: {', '.join(LAYERS)}")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--threads", type=int, help="for both libraries (default: all)")
    parser.add_argument("--contend", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contend:
        return contend(lambda: prepare(*arguments.contend))
    if arguments.threads:
        os.environ["NUMBA_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    rows, ratios = [], {"forward": [], "backward": []}
    for name in (n for n in LAYERS if not arguments.layers or any(part in n for part in arguments.layers)):
        for direction, found in ratios.items():
            commands = {
                lib: [sys.executable, __file__, "--contend", lib, name, direction] for lib in ("torch", "tinynet")
            }
            times = race(commands, arguments.seconds)
            if times["torch"]:
                found.append(times["torch"] / times["tinynet"])
            rows.append((name, direction, *map(microseconds, times.values()), ratio(times["torch"], times["tinynet"])))
            print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    print(table(("layer (batch 64)", "", "PyTorch, µs", "tinynet, µs", "ratio"), rows))
    for direction, found in ratios.items():
        if len(found) > 1:
            print(f"geometric mean of the ratios, {direction}: {math.prod(found) ** (1 / len(found)):.2f}×")


if __name__ == "__main__":
    main()
