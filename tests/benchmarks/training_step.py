"""A whole training step, zero_grad + forward + backward + Adam, beside PyTorch's.

    python tests/benchmarks/training_step.py [--seconds 3] [--threads 2] [--compilers] [network ...]

The same program runs on both libraries; PyTorch takes its fused Adam. tinynet runs it as it is, and compiled. Ratios
above 1 say that tinynet is faster.

With `--compilers` PyTorch's `torch.compile` (which needs a C++ compiler) and a step compiled by JAX are there too, and
the last columns compare compiled steps alone.
"""

import argparse
import importlib
import math
import os
import sys
from itertools import pairwise

from race import contend, microseconds, race, ratio, table


def mlp(*sizes):
    """A network of linear layers with ReLU between them."""

    def build(tn):
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [tn.nn.Linear(n_in, n_out), tn.nn.ReLU()]
        return tn.nn.Sequential(*layers[:-1])

    return build


def lenet(tn, side=28, a=6, b=16, c=120, d=84):
    """LeNet-5 on 28×28 images, with ReLU and max pooling."""
    nn = tn.nn
    return nn.Sequential(
        *(nn.Conv2d(1, a, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(b * (side // 4 - 2) ** 2, c), nn.ReLU(), nn.Linear(c, d), nn.ReLU(), nn.Linear(d, 10)),
    )


def cnn(tn, side=32, a=32, b=64):
    """Two stages of 3×3 convolution, batch norm, ReLU and max pooling on 32×32 images of three channels."""
    nn = tn.nn
    return nn.Sequential(
        *(nn.Conv2d(3, a, 3, padding=1), nn.BatchNorm2d(a), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(b * (side // 4) ** 2, 10)),
    )


def char_gpt(tn, layers=4, width=128, heads=4, time=64, characters=65):
    """A decoder of pre-norm blocks, the size of a character model."""
    nn, F = tn.nn, tn.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            n, t, _ = x.shape
            q, k, v = (
                part.reshape(n, t, heads, width // heads).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(width, 2)
            )
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).reshape(n, t, width))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.place = nn.Embedding(characters, width), nn.Embedding(time, width)
            self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, characters)

        def forward(self, x):
            h = self.token(x) + self.place(tn.arange(x.shape[1], device=x.device))
            return self.head(self.norm(self.blocks(h))).reshape(-1, characters)

    return GPT()


def recurrent(layer, inputs=28, hidden=128):
    """A recurrent layer over the rows of an image, the last of whose outputs is classified."""

    def build(tn):
        nn = tn.nn

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = getattr(nn, layer)(inputs, hidden, batch_first=True)
                self.head = nn.Linear(hidden, 10)

            def forward(self, x):
                return self.head(self.layer(x)[0][:, -1])

        return Network()

    return build


def images(*shape):
    """Random images (batch, *shape), and a class out of ten for each."""
    return lambda tn, batch: (tn.randn(batch, *shape), tn.randint(0, 10, (batch,)))


def points(tn, batch):
    return tn.randn(batch, 2), tn.randint(0, 2, (batch,))


def text(tn, batch, time=64, characters=65):
    return tn.randint(0, characters, (batch, time)), tn.randint(0, characters, (batch * time,))


NETWORKS = {  # name: (network, data, batch size)
    "tiny MLP 2-16-16-2": (mlp(2, 16, 16, 2), points, 100),
    "digits MLP 64-64-32-10": (mlp(64, 64, 32, 10), images(64), 32),
    "MLP 784-256-128-10": (mlp(784, 256, 128, 10), images(784), 64),
    "LeNet-5 28×28": (lenet, images(1, 28, 28), 64),
    "CNN 3×3 32-64, batch norm, 32×32": (cnn, images(3, 32, 32), 64),
    "char-GPT 4 layers, 128 wide, 64 long": (char_gpt, text, 12),
    "LSTM 28-128, 28 long": (recurrent("LSTM"), images(28, 28), 64),
    "GRU 28-128, 28 long": (recurrent("GRU"), images(28, 28), 64),
    "RNN 28-128, 28 long": (recurrent("RNN"), images(28, 28), 64),
}


def prepare(library, build, data, batch, device="cpu", compiled=False):
    """A training step of this network on a batch of this size; `compiled` as a program, for which it is run first."""
    tn = importlib.import_module(library)
    tn.manual_seed(0)
    model, loss_of = build(tn).to(device), tn.nn.CrossEntropyLoss()
    fused = {"fused": True} if library == "torch" else {}
    optimizer = tn.optim.Adam(model.parameters(), lr=1e-3, **fused)
    x, y = (t.to(device) for t in data(tn, batch))

    def step():
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()

    if compiled and library == "torch":
        whole = tn.compile(lambda x, y: loss_of(model(x), y))

        def step():
            optimizer.zero_grad()
            whole(x, y).backward()
            optimizer.step()

    if not compiled or library == "torch":
        return step
    step = tn.compile(step)
    for _ in range(4):
        step()
    return step


CONTESTANTS = {"PyTorch": ("torch", False), "tinynet": ("tinynet", False), "compiled": ("tinynet", True)}
COMPILERS = {"torch.compile": ("torch", True), "JAX": ("jax", True)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"a part of a name, of: {', '.join(NETWORKS)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each contestant (default %(default)s)")
    parser.add_argument("--threads", type=int, help="for both libraries (default: all)")
    parser.add_argument("--compilers", action="store_true", help="torch.compile and JAX too")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads:
        os.environ["NUMBA_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    if arguments.contend:
        contestant, name = arguments.contend
        library, compiled = (CONTESTANTS | COMPILERS)[contestant]
        if library == "jax":
            return contend(lambda: importlib.import_module("jax_networks").prepare(name, *NETWORKS[name][1:]))
        return contend(lambda: prepare(library, *NETWORKS[name], compiled=compiled))
    chosen = [n for n in NETWORKS if not arguments.networks or any(part in n for part in arguments.networks)]
    rows, ratios, contestants = [], [], CONTESTANTS | COMPILERS if arguments.compilers else CONTESTANTS
    for name in chosen:
        commands = {who: [sys.executable, __file__, "--contend", who, name] for who in contestants}
        times = race(commands, arguments.seconds)
        if times["PyTorch"]:
            ratios.append([times["PyTorch"] / times[who] for who in ("tinynet", "compiled")])
        shown = [ratio(times["PyTorch"], times[who]) for who in ("tinynet", "compiled")]
        shown += [ratio(times[who], times["compiled"]) for who in contestants if who in COMPILERS]
        rows.append((f"{name} ({NETWORKS[name][2]})", *map(microseconds, times.values()), *shown))
    against = [f"to {who}" for who in contestants if who in COMPILERS]
    head = *[f"{who}, µs" for who in contestants], "ratio", "compiled", *against
    print(table(("network (batch)", *head), rows))
    if len(ratios) > 1:
        means = [math.prod(column) ** (1 / len(ratios)) for column in zip(*ratios)]
        print(f"geometric means of the ratios: {means[0]:.2f}×, compiled {means[1]:.2f}×")


if __name__ == "__main__":
    main()
