"""CIFAR-10 and CIFAR-100, from their binary or pickled archives, packed or not; nothing is unpickled or downloaded.

A. Krizhevsky (2009). Learning multiple layers of features from tiny images.
"""

import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .files import brief, naming, read_bytes
from .pickles import parse_pickle
from .picture_dataset import PictureDataset

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
LARGEST = 1 << 28  # bytes of a file; the largest has 155 million


class Kind(NamedTuple):
    """A dataset: its classes, its files and where they lie, and how they hold labels."""

    title: str
    classes: tuple
    train: tuple  # names of files, which end in .bin in the binary archive
    test: str
    stem: str  # of the archives
    folders: tuple
    labels: str  # their key in the pickled files
    label_bytes: int = 1  # of a row in the binary files, of which the last is the label


CIFAR10 = Kind(
    "CIFAR-10",
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    tuple(f"data_batch_{i}" for i in range(1, 6)), "test_batch",
    "cifar-10", ("cifar-10-batches-bin", "cifar-10-batches-py"), "labels",
)  # fmt: skip
CIFAR100 = Kind(
    "CIFAR-100",
    tuple(
        """apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
        castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
        elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
        man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
        pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
        skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
        tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm""".split()
    ),
    ("train",), "test", "cifar-100", ("cifar-100-binary", "cifar-100-python"), "fine_labels", 2,
)  # fmt: skip


def cifar10(root):
    """(train, test), a `PictureDataset` each: 50,000 and 10,000 pictures of 32×32 in colour, of ten classes.

    root: the archive cifar-10-binary.tar.gz or cifar-10-python.tar.gz, what it unpacks to, or a folder with either.

    Raises:
        ValueError: A file is damaged, or asks for more than data.
        OSError: A file is missing or cannot be read.
    """
    return _parts(Path(root), CIFAR10)


def cifar100(root):
    """The same of a hundred classes, the fine ones; root: cifar-100-binary.tar.gz or cifar-100-python.tar.gz.

    Raises:
        ValueError: A file is damaged, or asks for more than data.
        OSError: A file is missing or cannot be read.
    """
    return _parts(Path(root), CIFAR100)


def _parts(root, kind):
    batches = _files(root, kind)
    return tuple(_dataset(kind, [batches(name) for name in names]) for names in (kind.train, [kind.test]))


def _dataset(kind, batches):
    images, labels = zip(*batches)
    return PictureDataset(np.concatenate(images), np.concatenate(labels), kind.classes)


def _files(root, kind):
    """A function from the name of a batch to its (images, labels)."""
    for folder in (root, *(root / name for name in kind.folders)):
        for end, parse in ((".bin", _parse_binary), ("", _parse_pickled)):
            if (folder / f"{kind.train[0]}{end}").is_file():
                return lambda name: _batch(folder / f"{name}{end}", parse, kind)
    names = [f"{kind.stem}-{form}.tar.gz" for form in ("binary", "python")]
    for archive in [root] if root.is_file() else [root / name for name in names]:
        if archive.is_file():
            return _from_archive(archive, kind)
    expected = f"{kind.train[0]}.bin, {kind.train[0]} or {' or '.join(names)}"
    raise FileNotFoundError(f"{root}: expected the folder or archive of {kind.title}, with {expected}")


def _batch(path, parse, kind):
    with naming(path):
        return parse(read_bytes(path, LARGEST), kind)


def _from_archive(path, kind):
    found, names = {}, (*kind.train, kind.test)
    try:
        with tarfile.open(path) as archive:  # nothing is written to disk
            for member in archive:
                name = member.name.rpartition("/")[2]
                if not member.isfile() or name.removesuffix(".bin") not in names:
                    continue
                if member.size > LARGEST:
                    raise ValueError(f"{name}: expected at most {LARGEST:,} bytes, got {member.size:,}")
                parse = _parse_binary if name.endswith(".bin") else _parse_pickled
                with naming(name):
                    found[name.removesuffix(".bin")] = parse(archive.extractfile(member).read(), kind)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:  # not of what the file holds
            raise
        raise ValueError(f"{path}: the archive is damaged: {brief(error)}") from None
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{path}: expected an archive of {kind.title}, got one without {missing[0]}")
    return found.__getitem__


def _parse_binary(data, kind):
    """Rows of one label or two and 3072 pixels."""
    size = kind.label_bytes + PIXELS
    if len(data) % size or not data:
        raise ValueError(f"expected rows of {size} bytes, got {len(data):,} bytes, which are not whole rows")
    rows = np.frombuffer(data, np.uint8).reshape(-1, size)
    return rows[:, kind.label_bytes :].reshape(-1, *SHAPE), _checked(rows[:, kind.label_bytes - 1], kind)


def _parse_pickled(data, kind):
    """A dict with `data`, uint8 (n, 3072), and `labels` or `fine_labels`, a list of numbers."""
    found = parse_pickle(data)
    if not isinstance(found, dict):
        raise ValueError(f"expected a dict with data and {kind.labels}, got {type(found).__name__}")
    found = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in found.items()}
    pixels, labels = found.get("data"), found.get(kind.labels)
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (PIXELS,):
        got = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise ValueError(f"expected data as uint8 (n, {PIXELS}), got {got}")
    if not isinstance(labels, list) or len(labels) != len(pixels) or not all(type(y) is int for y in labels):
        expected = f"{kind.labels} as a list of {len(pixels)} whole numbers"
        raise ValueError(f"expected {expected}, got {type(labels).__name__}")
    return pixels.reshape(-1, *SHAPE), _checked(labels, kind)


def _checked(labels, kind):
    for row, label in enumerate(labels, 1):
        if not 0 <= label < len(kind.classes):
            raise ValueError(f"row {row}: expected a label in [0, {len(kind.classes)}), got {label}")
    return np.array(labels, np.int64)
