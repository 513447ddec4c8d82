"""MNIST and the datasets that are stored as it is: Fashion-MNIST, KMNIST, EMNIST. Nothing is downloaded.

Y. LeCun et al. (1998); H. Xiao et al. (2017); T. Clanuwat et al. (2018); G. Cohen et al. (2017).
"""

import string
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import nearest
from .files import naming
from .idx import read_idx
from .picture_dataset import PictureDataset

DIGITS, UPPER, LOWER = string.digits, string.ascii_uppercase, string.ascii_lowercase
MERGED = DIGITS + UPPER + "abdefghnqrt"  # the small letters that do not look like the capital ones
FASHION = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
KUZUSHIJI = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


class Kind(NamedTuple):
    """A dataset: its classes, the folder that torchvision makes for it, and how its files begin."""

    classes: tuple
    folder: str
    parts: tuple = ("train", "t10k")
    first: int = 0  # label of the first class
    turned: bool = False  # pictures are stored column by column


def _emnist(split, classes, first=0):
    return Kind(tuple(classes), "EMNIST", (f"emnist-{split}-train", f"emnist-{split}-test"), first, True)


KINDS = {
    "mnist": Kind(tuple(DIGITS), "MNIST"),
    "fashion-mnist": Kind(FASHION, "FashionMNIST"),
    "kmnist": Kind(KUZUSHIJI, "KMNIST"),
    "emnist": _emnist("balanced", MERGED),
    "emnist-byclass": _emnist("byclass", DIGITS + UPPER + LOWER),
    "emnist-bymerge": _emnist("bymerge", MERGED),
    "emnist-letters": _emnist("letters", UPPER, first=1),
    "emnist-digits": _emnist("digits", DIGITS),
    "emnist-mnist": _emnist("mnist", DIGITS),
}


def mnist(root, name="mnist"):
    """(train, test), a `PictureDataset` each, from the four IDX files in a folder, gzipped or not.

    name: mnist, fashion-mnist, kmnist, emnist (the balanced one), or emnist-byclass, -bymerge, -letters, -digits,
    -mnist. root: the folder of the files, or one that torchvision downloaded to.

    Raises:
        ValueError: There is no dataset of that name, or a file is damaged, or pictures and labels do not fit.
        OSError: A file is missing or cannot be read.
    """
    if name not in KINDS:
        raise ValueError(f"no dataset {name!r}; {nearest(name, KINDS)}")
    return tuple(_part(Path(root), name, KINDS[name], part) for part in KINDS[name].parts)


def _part(root, name, kind, part):
    pictures = _find(root, name, kind, f"{part}-images", "idx3")
    names = _find(root, name, kind, f"{part}-labels", "idx1")
    images, labels = read_idx(pictures), read_idx(names)
    with naming(pictures):
        if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape:
            raise ValueError(f"expected uint8 pictures (n, height, width), got {images.dtype} {images.shape}")
    with naming(names):
        if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
            raise ValueError(f"expected uint8 labels ({len(images)},), got {labels.dtype} {labels.shape}")
        labels = labels.astype(np.int64) - kind.first
        wrong = np.flatnonzero((labels < 0) | (labels >= len(kind.classes)))
        if len(wrong):
            expected = f"in [{kind.first}, {kind.first + len(kind.classes)})"
            raise ValueError(f"row {wrong[0] + 1}: expected a label {expected}, got {labels[wrong[0]] + kind.first}")
    if kind.turned:
        images = images.transpose(0, 2, 1)
    return PictureDataset(np.ascontiguousarray(images[:, None]), labels, kind.classes)


def _find(root, name, kind, begin, dimensions):
    """The file that begins so, in the folder or where other programs put it."""
    names = [f"{begin}{mark}{dimensions}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    if not root.is_dir():
        raise NotADirectoryError(f"{root}: expected a folder with the files of {name}, such as {names[0]}")
    for folder in (root, root / kind.folder / "raw", root / "raw", root / name, root / kind.folder, root / "gzip"):
        for file in names:
            if (folder / file).is_file():
                return folder / file
    found = sorted(entry.name for entry in root.iterdir())
    got = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
    raise FileNotFoundError(f"{root}: expected a file {names[0]}, or {names[1]}, got {got or 'an empty folder'}")
