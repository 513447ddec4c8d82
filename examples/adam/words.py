"""Section 6.1 of the Adam paper, in small: logistic regression on bags of words, with half of the input dropped.

    python examples/adam/words.py                           to which module of Python does a docstring belong?
    python examples/adam/words.py --data aclImdb/           does a review on IMDB praise the film? (as in the paper)

The paper has AdaGrad far ahead of SGD with Nesterov momentum, and Adam as fast as AdaGrad.
"""

from datasets import sentences
from experiment import Experiment, arguments, effort, run, start

from tinynet import nn
from tinynet.nn import functional as F


def cost(model, x, y):
    return F.cross_entropy(model(x), y)


def main(data=None, out="words.png", quick=False, words=None):
    dataset = sentences(data, words or (3000 if data is None else 10_000))
    epochs, options = effort(quick, 40)
    x, y = dataset.tensors
    features, classes = x.shape[1], y.max().item() + 1

    def model():
        return nn.Sequential(nn.Dropout(0.5), nn.Linear(features, classes))

    title = f"Bag of words, {'docstrings' if data is None else 'IMDB'}"
    rules = ["Adam", "SGD with Nesterov", "AdaGrad", "RMSprop"]
    return run([Experiment(title, dataset, model, cost, rules, epochs)], out=out, **options)


if __name__ == "__main__":
    parser = arguments(__doc__, "words.png", "the folder of IMDB's reviews, which holds train/pos and train/neg")
    parser.add_argument("--words", type=int, help="how many of the commonest words (default 3000, of IMDB 10,000)")
    start(main, parser)
