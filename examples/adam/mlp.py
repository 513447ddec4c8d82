"""Section 6.2 of the Adam paper, in small: two hidden layers with dropout.

    python examples/adam/mlp.py                             the digits that ship with tinynet, 256 units in a layer
    python examples/adam/mlp.py --data mnist/               MNIST and 1000 units, as in the paper

The paper has Adam ahead of all others.
"""

from datasets import pictures
from experiment import RULES, Experiment, arguments, effort, run, start

from tinynet import nn
from tinynet.nn import functional as F


def cost(model, x, y):
    return F.cross_entropy(model(x), y)


def main(data=None, out="mlp.png", quick=False):
    dataset = pictures(data)
    epochs, options = effort(quick, 100)
    features, width = dataset.tensors[0].shape[1], 256 if data is None else 1000

    def model(p=0.5):
        hidden = [
            nn.Linear(features, width),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(p),
        ]
        return nn.Sequential(*hidden, nn.Linear(width, 10))

    title = f"Two layers of {width}, dropout, {'digits' if data is None else 'MNIST'}"
    return run([Experiment(title, dataset, model, cost, list(RULES), epochs)], out=out, **options)


if __name__ == "__main__":
    start(main, arguments(__doc__, "mlp.png", "a folder with MNIST's IDX files"))
