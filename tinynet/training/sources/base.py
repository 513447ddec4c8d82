"""A source, the data of a run; and a task, what goes in and what comes out, which is saved with the run."""

import math
from typing import NamedTuple

import numpy as np

from ...data import DataLoader, TensorDataset
from ...data.files import brief
from ...nn import CrossEntropyLoss, MSELoss
from ...tensor import wrap


class Examples(NamedTuple):
    """What a file holds, as the model sees it: inputs; targets or None; a name for each; the pictures or None."""

    inputs: np.ndarray
    targets: np.ndarray | None
    names: list
    pictures: np.ndarray | None = None  # (n, height, width) in [0, 1], to be drawn

    def first(self, count):
        """The first examples, or all."""
        return Examples(*(None if field is None else field[:count] for field in self))


class Task:
    """What goes into a model and what comes out of it.

    kind: of the source. takes: `vectors`, `pictures` or `text`. input_shape: of one example. outputs: how many numbers
    come out. classes: their names, or None of a regression.
    """

    kind = takes = None

    def __init__(self, input_shape, outputs, classes=None):
        self.input_shape, self.outputs = tuple(input_shape), outputs
        self.classes = None if classes is None else tuple(classes)

    def loss(self):
        """The loss to train by."""
        return MSELoss() if self.classes is None else CrossEntropyLoss()

    @property
    def chance(self):
        """The loss of guessing: the logarithm of the number of classes, or the variance, which is 1."""
        return 1.0 if self.classes is None else math.log(self.outputs)

    def scores(self, loss, accuracy, test):
        """[(name, value)] of what says more than the loss on a dataset."""
        if self.classes is not None:
            return [("accuracy", accuracy)]
        y = np.concatenate([y.array for _, y in DataLoader(test, 512)])
        return [("RMSE", math.sqrt(loss) * self.target_std), ("R2", 1 - loss / max(float(y.var()), 1e-30))]

    def number(self, output):
        """The number that a regression's output says, in the target's unit."""
        return output * self.target_std + self.target_mean

    target_mean, target_std = 0.0, 1.0

    def read(self, path, **options):
        """The `Examples` in a file. Raises ValueError for other files."""
        raise NotImplementedError

    def held_out(self, batch):
        """The `Examples` of a batch (inputs, targets) of the dataset."""
        inputs, targets = (tensor.array for tensor in batch)
        return Examples(inputs, targets, [f"held-out row {i + 1}" for i in range(len(inputs))])

    def test_data(self, path):
        """The dataset in a file that has answers too. Raises ValueError for other files."""
        examples = self.read(path)
        if examples.targets is None:
            raise ValueError(f"{path}: expected the answers too, got none")
        return TensorDataset(wrap(examples.inputs), wrap(examples.targets))

    def to_json(self):
        raise NotImplementedError

    @classmethod
    def from_json(cls, values):
        raise NotImplementedError


class Source:
    """The data of a run: `len(source)` examples, and a test part of its own or None.

    takes: `vectors`, `pictures` or `text`, as of its task. facts: what was found in the data, a line each. fingerprint:
    a checksum of the data.
    """

    takes = "vectors"
    test = None
    facts = ()
    fingerprint = ""

    def __len__(self):
        raise NotImplementedError

    def split(self, fraction, halve, own_test=True):
        """(train, test, task): `halve(range(n), fraction)` cuts at random, where there is no test part.

        own_test: False leaves that of the source alone.
        """
        n = len(self)
        if self.test is not None and own_test:
            return self.parts(np.arange(n), None)
        train, test = (np.array(list(part), np.int64) for part in halve(range(n), fraction))
        if not len(train) or not len(test):
            raise ValueError(
                f"expected examples to train on and to hold out, got {len(train)} and {len(test)}, of {n} in all; "
                "--held-out takes another fraction"
            )
        return self.parts(train, test)

    def parts(self, train, test):
        """(train, test, task) of the examples at these positions; statistics are of the first alone."""
        raise NotImplementedError


def require(values, **kinds):
    """The values of a JSON object by name, of these kinds. Raises ValueError that names one that is not."""
    found = []
    for name, kind in kinds.items():
        value = values.get(name)
        if not kind(value):
            raise ValueError(f"its entry {name!r} is {brief(value)}")
        found.append(value)
    return found


def is_strings(value):
    return isinstance(value, list) and len(value) > 0 and all(isinstance(x, str) for x in value)


def is_numbers(value):
    return isinstance(value, list) and all(is_number(x) for x in value)


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value):
    return type(value) is int and 0 < value < 2**31
