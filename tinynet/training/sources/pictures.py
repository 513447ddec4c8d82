"""Pictures of classes: folders, MNIST and its relatives, CIFAR-10, and arrays of pictures."""

import zlib
from pathlib import Path

import numpy as np

from ...data import PictureDataset, Subset, cifar10, cifar100, mnist, picture_folder, read_idx, read_npz
from ...data.arrays import parse_npy
from ...data.files import naming, read_bytes
from ...data.ink import FAINT, InkStyle, read_ink
from ...data.ink_style import ink_style
from ...data.picture_folder import read_fitted
from ...data.pictures import ENDINGS, LARGEST
from ...data.table_encoding import listed
from .base import Examples, Source, Task, is_count, is_number, is_numbers, is_strings, require

CIFAR = {"cifar10": cifar10, "cifar100": cifar100}


class PictureTask(Task):
    """Pictures of one shape (channels, height, width). style: how shapes on plain backgrounds lie there, or None."""

    kind, takes = "pictures", "pictures"

    def __init__(self, shape, classes, mean, std, style=None):
        super().__init__(shape, len(classes), classes)
        self.mean, self.std, self.style = mean, std, style

    def dataset(self, images, labels):
        return PictureDataset(images, labels, self.classes, self.mean, self.std)

    def read(self, path, invert=False, say=None):
        """The pictures in a picture file, a folder of such, an .npy, .npz or IDX file."""
        path = Path(path)
        if path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.suffix.lower() in ENDINGS and not f.name.startswith("."))
            if not files:
                raise ValueError(f"{path}: expected pictures, got a folder without any")
        elif path.suffix.lower() in ENDINGS:
            files = [path]
        else:
            return self._read_array(path, invert)
        images = np.stack([self._picture(file, invert, say) for file in files])
        return self.examples(images, None, [file.name for file in files])

    def _read_array(self, path, invert):
        kind = path.suffix.lower()
        if kind == ".npz":
            arrays = read_npz(path)
            named = [arrays[name] for name in ("images", "x", "x_test", "test_images") if name in arrays]
            if not named and len(arrays) > 1:
                raise ValueError(f"{path}: expected one array, or one called 'images' or 'x', got {', '.join(arrays)}")
            array = named[0] if named else next(iter(arrays.values()))
        elif kind == ".npy":
            with naming(path):
                array = parse_npy(read_bytes(path, LARGEST), lambda shape: None)
        elif "idx" in path.name:
            array = read_idx(path)
        else:
            got = repr(path.suffix) if kind else "no ending"
            raise ValueError(f"{path}: expected a picture such as .png, a folder of them, .npy, .npz or IDX, got {got}")
        with naming(path):
            images = self._images(array)
            images = 255 - images if invert else images
        return self.examples(images, None)

    def _images(self, array):
        one = array.ndim == (2 if self.input_shape[0] == 1 else 3)
        images = pictures_of(array[np.newaxis] if one else array)
        if images.shape[1:] != self.input_shape:
            got = f"got {images.shape[1:]}"
            raise ValueError(f"expected pictures (channels, height, width) = {self.input_shape}, {got}")
        return images

    def _picture(self, path, invert, say):
        """uint8 (channels, height, width) of a picture in a file."""
        channels, height, width = self.input_shape
        if self.style is not None:
            with naming(path):
                picture = read_ink(read_bytes(path, LARGEST), self.style, invert)
            pixels = np.uint8(np.round(255 * (1 - picture.ink if self.style.dark else picture.ink)))[np.newaxis]
            text = picture.text
        else:
            pixels, size = read_fitted(path, width, height, channels)
            if np.ptp(pixels.astype(int)) <= 255 * FAINT:
                raise ValueError(f"{path}: expected something to see, got a blank picture ({size})")
            pixels, text = (255 - pixels if invert else pixels), f"{size}; the middle, scaled to {width} x {height}"
        if say is not None:
            say(f"{path.name}: {text}")
        return pixels

    def examples(self, images, labels, names=None):
        scaled = self.dataset(images[:0], np.zeros(0, np.int64)).scaled(images)
        names = names or [f"image {i + 1}" for i in range(len(images))]
        if self.style is None:
            return Examples(scaled, labels, names)
        return Examples(scaled, labels, names, (255 - images[:, 0] if self.style.dark else images[:, 0]) / 255)

    def held_out(self, batch):
        inputs, labels = (tensor.array for tensor in batch)
        shape = (-1, 1, 1)
        pixels = inputs * np.reshape(self.std, shape) + np.reshape(self.mean, shape)
        return self.examples(np.uint8(np.round(np.clip(pixels, 0, 1) * 255)), labels)

    def test_data(self, path):
        """Pictures in sub-folders that are called as the classes are."""
        _, height, width = self.input_shape
        found = picture_folder(path, height if height == width else None)[0]
        names = {name: i for i, name in enumerate(self.classes)}
        for name in found.classes:
            if name not in names:
                raise ValueError(f"{path}: expected folders called as the classes, {listed(names)}, got {name!r}")
        labels = np.array([names[name] for name in found.classes], np.int64)[found.labels]
        images = found.images
        if images.shape[1] < self.input_shape[0]:
            images = np.repeat(images, self.input_shape[0], 1)
        with naming(path):
            return self.dataset(self._images(images), labels)

    def to_json(self):
        style = None if self.style is None else self.style._asdict()
        values = {"shape": [*self.input_shape], "classes": [*self.classes], "mean": self.mean, "std": self.std}
        return {**values, "style": style}

    @classmethod
    def from_json(cls, values):
        shape, classes, mean, std, style = require(
            values,
            shape=lambda x: isinstance(x, list) and len(x) == 3 and all(map(is_count, x)) and max(x) <= 4096,
            classes=is_strings,
            mean=is_numbers,
            std=lambda x: is_numbers(x) and min(x, default=0) > 0,
            style=lambda x: x is None or isinstance(x, dict),
        )
        if not len(mean) == len(std) == shape[0]:
            raise ValueError(f"it has a mean and a deviation for {len(mean)} and {len(std)} channels of {shape[0]}")
        return cls(shape, classes, mean, std, None if style is None else _style(style, shape))


def _style(values, shape):
    fractions = ("extent", "least_ink", "most_ink", "widest")
    require(
        values,
        side=lambda x: [1, x, x] == shape and x >= 8,
        fits=lambda x: x in ("height", "longest"),
        centre=lambda x: x in ("box", "mass"),
        dark=lambda x: isinstance(x, bool),
        **{name: lambda x: is_number(x) and 0 <= x for name in fractions},
    )
    if values.keys() != {*InkStyle._fields} or values["extent"] <= 0:
        raise ValueError("its entry 'style' is not one of ink")
    return InkStyle(**values)


class PictureSource(Source):
    """A `PictureDataset`, and one to test on or None."""

    takes = "pictures"

    def __init__(self, train, test=None):
        self.train, self.test = train, test
        n, (channels, height, width) = len(train) + len(test or ()), train.images.shape[1:]
        color = "grey" if channels == 1 else "in colour"
        self.facts = [f"{n:,} pictures of {width} x {height}, {color}, {len(train.classes)} classes"]

    @property
    def fingerprint(self):
        crc = 0
        for part in filter(None, (self.train, self.test)):
            crc = zlib.crc32(part.labels.tobytes(), zlib.crc32(np.ascontiguousarray(part.images), crc))
        return f"{crc:08x}"

    def __len__(self):
        return len(self.train)

    def parts(self, train, test):
        mean, std = self.train.statistics(train)
        style = ink_style(self.train.images[train[:: -(-len(train) // 1000)]])
        task = PictureTask(self.train.images.shape[1:], self.train.classes, mean, std, style)
        scaled = self.train.standardized(mean, std)
        if test is None:
            return Subset(scaled, train.tolist()), self.test.standardized(mean, std), task
        return Subset(scaled, train.tolist()), Subset(scaled, test.tolist()), task


def pictures_of(array):
    """uint8 (n, channels, height, width) of an array of pictures, with channels last or second or without.

    Raises ValueError for other shapes, and values that are neither 0 to 1 nor 0 to 255.
    """
    if array.ndim == 3:
        array = array[:, np.newaxis]
    elif array.ndim == 4 and array.shape[3] in (1, 3) and array.shape[1] not in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or 0 in array.shape:
        raise ValueError(f"expected pictures (n, height, width), with channels last or second, got shape {array.shape}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 255):  # which NaN is not either
        raise ValueError(f"expected values in [0, 255], got {low:g} to {high:g}")
    scale = 255 if array.dtype.kind in "fb" and high <= 1 else 1
    return np.ascontiguousarray(np.round(array.astype(np.float32) * scale).astype(np.uint8))


def folder_source(path, side):
    return PictureSource(*picture_folder(path, side))


def mnist_source(root, name):
    return PictureSource(*mnist(root, name))


def cifar_source(root, name):
    return PictureSource(*CIFAR[name](root))
