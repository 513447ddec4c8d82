"""Arrays in an .npz file: vectors or pictures, and what is to be learned of each."""

import zlib
from pathlib import Path

import numpy as np

from ...data import PictureDataset, TensorDataset, read_npz
from ...data.arrays import parse_npy
from ...data.files import naming, read_bytes
from ...data.table_encoding import listed
from ...data.tables import parse_csv
from ...tensor import wrap
from .base import Examples, Source, Task, is_number, is_numbers, is_strings, require
from .pictures import PictureSource, pictures_of

LARGEST = 1 << 31  # bytes of a file
MOST_CLASSES = 1000  # of whole numbers, where not told otherwise
PAIRS = (("x", "y"), ("X", "y"), ("images", "labels"), ("data", "target"), ("data", "labels"), ("inputs", "targets"))
SPLIT = (("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels"))


class ArrayTask(Task):
    """Vectors, standardized by the mean and deviation of each feature."""

    kind, takes = "arrays", "vectors"

    def __init__(self, mean, std, classes, target_mean=0.0, target_std=1.0):
        super().__init__((len(mean),), 1 if classes is None else len(classes), classes)
        self.mean, self.std, self.target_mean, self.target_std = mean, std, target_mean, target_std

    def encode(self, x):
        return ((x - np.array(self.mean)) / np.array(self.std)).astype(np.float32)

    def encode_target(self, y):
        if self.classes is not None:
            return y
        return ((y - self.target_mean) / self.target_std).astype(np.float32)[:, np.newaxis]

    def read(self, path, invert=False, say=None):
        """The rows of an .npy, .npz or .csv file."""
        path, targets = Path(path), None
        kind = path.suffix.lower()
        if kind == ".npz":
            arrays = read_npz(path)
            found = next((arrays[name] for name in ("x", "X", "x_test", "data", "inputs") if name in arrays), None)
            x = next(iter(arrays.values())) if found is None else found
        elif kind in (".npy", ".csv"):
            with naming(path):
                data = read_bytes(path, LARGEST)
                x = np.array(parse_csv(data)) if kind == ".csv" else parse_npy(data, lambda shape: None)
        else:
            raise ValueError(f"{path}: expected a file that ends in .npy, .npz or .csv")
        x = x[np.newaxis] if x.ndim == 1 else x
        if x.ndim != 2 or x.shape[1] != len(self.mean) or not len(x) or not np.isfinite(x).all():
            raise ValueError(f"{path}: expected finite numbers (n, {len(self.mean)}), got shape {x.shape}")
        return Examples(self.encode(x), targets, [f"row {i + 1}" for i in range(len(x))])

    def to_json(self):
        values = {"mean": self.mean, "std": self.std, "classes": self.classes and [*self.classes]}
        return {**values, "target_mean": self.target_mean, "target_std": self.target_std}

    @classmethod
    def from_json(cls, values):
        found = require(
            values,
            mean=lambda x: is_numbers(x) and len(x) > 0,
            std=lambda x: is_numbers(x) and min(x, default=0) > 0,
            classes=lambda x: x is None or is_strings(x),
            target_mean=is_number,
            target_std=is_number,
        )
        if len(found[0]) != len(found[1]):
            raise ValueError("it has other numbers of means and of deviations")
        return cls(*found)


class ArraySource(Source):
    """Vectors x (n, features) and y (n,), classes or numbers; and a test part of its own, or None."""

    def __init__(self, x, y, classes, test):
        self.x, self.y, self.classes, self.test = x, y, classes, test
        crc = zlib.crc32(np.ascontiguousarray(y), zlib.crc32(np.ascontiguousarray(x)))
        self.fingerprint = f"{crc:08x}"
        found = "regression" if classes is None else f"classification, {len(classes)} classes"
        if len(y) and classes is None and len(np.unique(y)) <= min(MOST_CLASSES, len(y) / 5):
            found += " (else say --task classification)"
        self.facts = [f"{len(x):,} rows of {x.shape[1]:,} numbers; {found}"]

    def __len__(self):
        return len(self.x)

    def parts(self, train, test):
        x, y = self.x[train], self.y[train]
        mean, std = x.mean(0, np.float64), x.std(0, np.float64)
        std[~(std > 0)] = 1
        unit = (0.0, 1.0) if self.classes is not None else (float(y.mean()), float(y.std()) or 1.0)
        task = ArrayTask(mean.tolist(), std.tolist(), self.classes, *unit)
        held_out = self.test if test is None else (self.x[test], self.y[test])
        made = [TensorDataset(wrap(task.encode(a)), wrap(task.encode_target(b))) for a, b in ((x, y), held_out)]
        return *made, task


def array_source(path, target, task):
    """The source of an .npz file: arrays x and y, or by the names that Keras, scikit-learn or MedMNIST give them."""
    arrays = read_npz(path)
    with naming(path):
        (x, y), test = _pairs(arrays, target)
        y, test = _column(y, x), test and (test[0], _column(test[1], test[0]))
        classes = _classes(y, task)
        if classes is not None:
            y = np.searchsorted(classes, y)
            if test:
                if not np.isin(test[1], classes).all():
                    raise ValueError("the test part has classes that the training part has not")
                test = test[0], np.searchsorted(classes, test[1])
            classes = [str(value) for value in classes]
        if x.ndim > 2 and classes is None:
            raise ValueError("expected classes of pictures, as whole numbers, got others; vectors may have any")
        if x.ndim > 2:
            parts = [PictureDataset(pictures_of(a), b, classes) for a, b in ((x, y), *([test] if test else []))]
            return PictureSource(*parts)
        for a in (x, *(test[:1] if test else ())):
            if a.ndim != 2 or 0 in a.shape or a.shape[1] != x.shape[-1]:
                raise ValueError(f"expected numbers (n, features) or pictures, got shape {a.shape}")
            _check_finite("x", a)
        return ArraySource(x, y, classes, test)


def _pairs(arrays, target):
    for names in SPLIT if target is None else ():
        if all(name in arrays for name in names):
            x, y, *test = (arrays[name] for name in names)
            return (x, y), tuple(test)
    pairs = PAIRS if target is None else [(name, target) for name in arrays if name != target]
    pair = next(((x, y) for x, y in pairs if x in arrays and y in arrays), None)
    if pair is None or (target is not None and len(pairs) > 1):
        raise ValueError(f"expected arrays called x and y, or two and --target, got {listed(arrays)}")
    return tuple(arrays[name] for name in pair), None


def _column(y, x):
    y = y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or x.ndim < 2 or len(x) != len(y) or len(y) < 2:
        raise ValueError(f"expected y as numbers (n,), with as many rows as x, got shapes {y.shape} and {x.shape}")
    _check_finite("y", y)
    return y


def _check_finite(name, array):
    bad = ~np.isfinite(array).reshape(len(array), -1).all(1)
    if bad.any():
        raise ValueError(f"expected finite numbers, got NaN or infinity in row {bad.argmax()} of {name}")


def _classes(y, task):
    """The values of classes, or None of a regression."""
    whole = y.dtype.kind in "iub"
    values = np.unique(y)
    if task == "classification" and not whole and not (values == np.floor(values)).all():
        raise ValueError("expected classes as whole numbers, got fractions")
    if task == "regression" or (task is None and (not whole or len(values) > min(MOST_CLASSES, max(2, len(y) // 2)))):
        return None
    if len(values) < 2:
        raise ValueError(f"expected several classes, got {values[0]} in all rows")
    return values.astype(np.int64)
