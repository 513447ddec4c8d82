"""Memory over many steps: python tests/soak/memory.py [--steps 10000 --shapes 2000]

Trains through `fit`, as it is and compiled, for many steps, and then over batches of ever new shapes. The memory of the
process (resident, from /proc) must not grow in the second half, by when caches are full, by more than `ROOM`: 10,000
steps that kept their batches would grow by 176 MiB.
"""

import argparse
import gc

import tinynet as tn
from tinynet import nn, training

ROOM = 6 << 20  # bytes


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


class Watch(training.Callback):
    """The memory at regular moments."""

    def __init__(self, every):
        self.every, self.seen = every, []

    def on_batch_end(self, trainer):
        if trainer.step % self.every == 0:
            self.seen.append(resident())


class Endless:
    """Random batches; with `shapes` each has another number of rows and columns of pictures than those before."""

    def __init__(self, steps, shapes):
        self.steps, self.shapes = steps, shapes

    def __len__(self):
        return self.steps

    def __iter__(self):
        for i in range(self.steps):
            k = i * 7919 % self.steps  # each once, in an order without large ones at the end
            rows, side = (2 + k // 40, 8 + k % 40) if self.shapes else (32, 12)
            yield tn.rand(rows, 1, side, 12), tn.randint(0, 4, (rows,))


def network():
    tn.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 4))
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1), head)


def grown(steps, shapes, compile):
    """By how many bytes the memory grew in the second half, and how much it is."""
    model = network()
    optimizer, watch = tn.optim.Adam(model.parameters(), 1e-3), Watch(max(1, steps // 30))
    batches, loss = Endless(steps, shapes), nn.CrossEntropyLoss()
    training.fit(
        model, batches, None, optimizer, loss, epochs=1, compile=compile, callbacks=[watch], progress=False,
        max_norm=5.0,
    )  # fmt: skip
    half = len(watch.seen) // 2
    return max(watch.seen[half:]) - max(watch.seen[: half + 1]), watch.seen[-1]


def main(steps=600, shapes=200):
    failed = False
    for name, count, changing, compile in (
        ("steps", steps, False, False),
        ("compiled steps", steps, False, True),
        ("steps of new shapes", shapes, True, False),
        ("compiled steps of new shapes", shapes, True, True),
    ):
        growth, now = grown(count, changing, compile)
        flat = growth <= ROOM
        failed |= not flat
        print(f"{count:6,} {name:28}  {growth / 2**20:+6.2f} MiB at {now / 2**20:.0f} MiB{'' if flat else '  GROWS'}")
    if failed:
        raise SystemExit("memory is not flat")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600, help="(default %(default)s)")
    parser.add_argument("--shapes", type=int, default=200, help="(default %(default)s)")
    main(**vars(parser.parse_args()))
