"""CIFAR-10, from its binary or its pickled archive, packed or unpacked; nothing is unpickled, nothing is downloaded.

A. Krizhevsky (2009). Learning multiple layers of features from tiny images.
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from .files import brief, naming, read_bytes
from .pickles import parse_pickle
from .picture_dataset import PictureDataset

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
LARGEST = 1 << 26  # bytes of a file; each of the five has 31 million
TRAIN = [f"data_batch_{i}" for i in range(1, 6)]
PLACES = ("", "cifar-10-batches-bin", "cifar-10-batches-py")
ARCHIVES = ("cifar-10-binary.tar.gz", "cifar-10-python.tar.gz")


def cifar10(root):
    """(train, test), a `PictureDataset` each: 50,000 and 10,000 pictures of 32×32 in colour, of ten classes.

    root: the archive cifar-10-binary.tar.gz or cifar-10-python.tar.gz, what it unpacks to, or a folder with either.

    Raises:
        ValueError: A file is damaged, or asks for more than data.
        OSError: A file is missing or cannot be read.
    """
    files = _files(Path(root))
    return tuple(_dataset([files(name) for name in names]) for names in (TRAIN, ["test_batch"]))


def _dataset(batches):
    images, labels = zip(*batches)
    return PictureDataset(np.concatenate(images), np.concatenate(labels), CLASSES)


def _files(root):
    """A function from the name of a batch to its (images, labels)."""
    for folder in (root / place for place in PLACES):
        for end, parse in ((".bin", _parse_binary), ("", _parse_pickled)):
            if (folder / f"{TRAIN[0]}{end}").is_file():
                return lambda name: _batch(folder / f"{name}{end}", parse)
    archives = [root] if root.is_file() else [root / name for name in ARCHIVES]
    for archive in archives:
        if archive.is_file():
            return _from_archive(archive)
    expected = f"{TRAIN[0]}.bin, {TRAIN[0]} or {' or '.join(ARCHIVES)}"
    raise FileNotFoundError(f"{root}: expected the folder or archive of CIFAR-10, with {expected}")


def _batch(path, parse):
    with naming(path):
        return parse(read_bytes(path, LARGEST))


def _from_archive(path):
    found = {}
    try:
        with tarfile.open(path) as archive:  # nothing is written to disk
            for member in archive:
                name = member.name.rpartition("/")[2]
                if not member.isfile() or name.removesuffix(".bin") not in (*TRAIN, "test_batch"):
                    continue
                if member.size > LARGEST:
                    raise ValueError(f"{name}: expected at most {LARGEST:,} bytes, got {member.size:,}")
                parse = _parse_binary if name.endswith(".bin") else _parse_pickled
                with naming(name):
                    found[name.removesuffix(".bin")] = parse(archive.extractfile(member).read())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:  # not of what the file holds
            raise
        raise ValueError(f"{path}: the archive is damaged: {brief(error)}") from None
    missing = [name for name in (*TRAIN, "test_batch") if name not in found]
    if missing:
        raise ValueError(f"{path}: expected an archive of CIFAR-10, got one without {missing[0]}")
    return found.__getitem__


def _parse_binary(data):
    """Rows of a label and 3072 pixels."""
    if len(data) % (1 + PIXELS) or not data:
        raise ValueError(f"expected rows of {1 + PIXELS} bytes, got {len(data):,} bytes, which are not whole rows")
    rows = np.frombuffer(data, np.uint8).reshape(-1, 1 + PIXELS)
    return rows[:, 1:].reshape(-1, *SHAPE), _checked(rows[:, 0])


def _parse_pickled(data):
    """A dict with `data`, uint8 (n, 3072), and `labels`, a list of numbers."""
    found = parse_pickle(data)
    if not isinstance(found, dict):
        raise ValueError(f"expected a dict with data and labels, got {type(found).__name__}")
    found = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in found.items()}
    pixels, labels = found.get("data"), found.get("labels")
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (PIXELS,):
        got = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise ValueError(f"expected data as uint8 (n, {PIXELS}), got {got}")
    if not isinstance(labels, list) or len(labels) != len(pixels) or not all(type(y) is int for y in labels):
        raise ValueError(f"expected labels as a list of {len(pixels)} whole numbers, got {type(labels).__name__}")
    return pixels.reshape(-1, *SHAPE), _checked(labels)


def _checked(labels):
    for row, label in enumerate(labels, 1):
        if not 0 <= label < len(CLASSES):
            raise ValueError(f"row {row}: expected a label in [0, {len(CLASSES)}), got {label}")
    return np.array(labels, np.int64)
