"""Parts of a dataset."""

import itertools
import math
import operator
import warnings

from ..arguments import integer, number, wrong_kind, wrong_value
from ..ops.random import randperm
from .dataset import Dataset, T_co, items_at, length_of


class Subset(Dataset[T_co]):
    """The items of `dataset` at `indices`, in that order; nothing is copied.

    A subclass that changes `__getitem__` is asked for one item at a time.
    """

    def __init__(self, dataset, indices):
        for name, value in (("dataset", dataset), ("indices", indices)):
            if not hasattr(value, "__getitem__"):
                raise wrong_kind("Subset", name, "a sequence", value)
        self.dataset = dataset
        self.indices = indices

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, idx):
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices):
        if type(self).__getitem__ is not Subset.__getitem__:
            return [self[i] for i in indices]
        own = self.indices
        return items_at(self.dataset, [own[i] for i in indices])

    def __repr__(self):
        return f"Subset({len(self)} of {self.dataset!r})"


def random_split(dataset, lengths, generator=None):
    """Split a dataset at random into parts of the given lengths, or of the given fractions if these sum to 1.

    The permutation is the next draw of `generator`, or of the default stream. Of fractions, each part gets the floor
    of its share, and the items left over go one each to the first parts; an empty part is warned of.

    Raises:
        ValueError: The lengths do not sum to the length of the dataset.
        TypeError: The dataset has no length, or `lengths` is no list of numbers.
    """
    n = length_of("random_split", dataset)
    if not isinstance(lengths, tuple | list):
        raise wrong_kind("random_split", "lengths", "a tuple or list of numbers", lengths)
    lengths = [number("random_split", "a length", length, 0) for length in lengths]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = [math.floor(n * fraction) for fraction in lengths]
        for i in range(n - sum(lengths)):
            lengths[i % len(lengths)] += 1
        for i in [i for i, length in enumerate(lengths) if length == 0]:
            warnings.warn(f"random_split: part {i} of {n} items is empty", stacklevel=2)
    try:
        lengths = [operator.index(length) for length in lengths]
    except TypeError:
        expected = "fractions that sum to 1, or whole lengths"
        raise wrong_value("random_split", expected, lengths) from None
    if sum(lengths) != n:
        raise ValueError(f"random_split: expected lengths that sum to the {n} items, got {lengths}, sum {sum(lengths)}")
    order = randperm(n, generator=generator).tolist()
    return [Subset(dataset, order[end - k : end]) for k, end in zip(lengths, itertools.accumulate(lengths))]


def k_fold(dataset, folds, generator=None):
    """Split a dataset at random into `folds` parts of equal length, up to one item; each is held out once.

    Returns [(the other parts, the part)], all `Subset`s. The permutation is the next draw of `generator`, or of the
    default stream.

    Raises:
        ValueError: There are fewer than two folds, or more than items.
        TypeError: The dataset has no length.
    """
    n = length_of("k_fold", dataset)
    folds = integer("k_fold", "folds", folds, 2)
    if folds > n:
        raise wrong_value("k_fold", f"at most {n} folds, the number of items,", folds)
    order = randperm(n, generator=generator).tolist()
    ends = [n * k // folds for k in range(folds + 1)]
    cuts = itertools.pairwise(ends)
    return [(Subset(dataset, order[:a] + order[b:]), Subset(dataset, order[a:b])) for a, b in cuts]
