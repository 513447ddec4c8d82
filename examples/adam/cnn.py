"""Section 6.3 of the Adam paper, in small: a convolutional network on whitened pictures, without and with dropout.

    python examples/adam/cnn.py                             the digits that ship with tinynet, c16-c32-128
    python examples/adam/cnn.py --data cifar-10-batches-bin/    CIFAR-10 and c64-c64-c128-1000, as in the paper

The paper has Adam and AdaGrad fast in the first epochs, Adam and SGD far ahead of AdaGrad in the end.
"""

from datasets import coloured_pictures
from experiment import Experiment, arguments, effort, run, start

import tinynet as tn
from tinynet import nn
from tinynet.nn import functional as F


def network(channels, widths, kernel, hidden, side, dropout):
    """Stages of a convolution and a pooling that halves the picture, and a layer of hidden units."""
    layers, before = [nn.Dropout(0.2)] if dropout else [], channels
    for width in widths:
        layers += [nn.Conv2d(before, width, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)]
        before = width
    features = nn.Sequential(*layers, nn.Flatten())
    with tn.no_grad():
        size = features(tn.zeros(1, channels, side, side)).shape[1]
    drop = [nn.Dropout(0.5)] if dropout else []
    return nn.Sequential(features, nn.Linear(size, hidden), nn.ReLU(), *drop, nn.Linear(hidden, 10))


def cost(model, x, y):
    return F.cross_entropy(model(x), y)


def main(data=None, out="cnn.png", quick=False):
    dataset = coloured_pictures(data)
    epochs, options = effort(quick, 45)
    shape = (1, (16, 32), 3, 128, 8) if data is None else (3, (64, 64, 128), 5, 1000, 32)
    title = f"Convolutions, {'digits' if data is None else 'CIFAR-10'}"
    experiments = [
        Experiment(
            title + (", dropout" if dropout else ""),
            dataset,
            lambda dropout=dropout: network(*shape, dropout),
            cost,
            ["Adam", "SGD with Nesterov", "AdaGrad"],
            epochs,
        )
        for dropout in (False, True)
    ]
    return run(experiments, out=out, **options)


if __name__ == "__main__":
    start(main, arguments(__doc__, "cnn.png", "a folder with CIFAR-10's binary version"))
