"""Section 6.1 of the Adam paper, in small: logistic regression on dense features, with αₜ = α/√t.

    python examples/adam/logistic.py                        the digits that ship with tinynet
    python examples/adam/logistic.py --data mnist/          MNIST, as in the paper

The paper has Adam and SGD with Nesterov momentum alike, both ahead of AdaGrad.
"""

from datasets import pictures
from experiment import Experiment, arguments, effort, run, start

from tinynet import nn
from tinynet.nn import functional as F

L2 = 1e-4  # the paper does not print its own


def cost(model, x, y):
    return F.cross_entropy(model(x), y) + L2 / 2 * (model.weight * model.weight).sum()


def main(data=None, out="logistic.png", quick=False):
    dataset = pictures(data)
    epochs, options = effort(quick, 45)
    features = dataset.tensors[0].shape[1]
    title = f"Logistic regression, {'digits' if data is None else 'MNIST'}"
    rules = ["Adam", "SGD with Nesterov", "AdaGrad"]
    experiment = Experiment(title, dataset, lambda: nn.Linear(features, 10), cost, rules, epochs, decay=True)
    return run([experiment], out=out, **options)


if __name__ == "__main__":
    start(main, arguments(__doc__, "logistic.png", "a folder with MNIST's IDX files"))
