"""Pictures in folders: one folder for each class, the name of the folder being that of the class."""

import os
from pathlib import Path

import numpy as np

from .files import naming, read_bytes
from .picture_dataset import PictureDataset
from .pictures import ENDINGS, LARGEST, decode, fitted

SMALL = 64  # pixels, up to which pictures that all have one size keep it
SIDE = 32  # to which others are scaled
MOST = 1 << 31  # bytes of all pictures
GREY = 8  # levels by which the colours of a grey picture may differ, as those of a JPEG do
HIDDEN = (".", "__MACOSX")  # how what systems leave in folders and archives begins
TEST = ("test", "val", "valid", "validation")


def picture_folder(root, side=None):
    """(train, test), a `PictureDataset` each, from pictures in sub-folders; test is None if there is one set only.

    root: a folder with a sub-folder for each class, or with `train` and `test` (or `val`), which hold these. side:
    pixels of height and width to which pictures are cut and scaled; by default they keep the size that all have, if it
    is at most 64, and else get 32. Grey pictures have one channel. Folders and files are taken in the order of their
    names; hidden ones and files that are no pictures, by their endings, are left out.

    Raises:
        ValueError: A picture is damaged or too large, or there are fewer than two classes; the message names it.
        OSError: Something cannot be read.
    """
    root = Path(root)
    folders = [entry.name for entry in _sorted(root) if entry.is_dir()]
    test = next((name for name in TEST if name in folders), None)
    if "train" not in folders or test is None:
        files = _files(root, folders)
        return _read(files, folders, side), None
    classes = [entry.name for entry in _sorted(root / "train") if entry.is_dir()]
    more = {entry.name for entry in _sorted(root / test) if entry.is_dir()} - {*classes}
    if more:
        raise ValueError(f"{root / test / min(more)}: expected one of the classes of {root / 'train'}, got another")
    parts = [_files(root / name, classes) for name in ("train", test)]
    read = _read(parts[0] + parts[1], classes, side)
    n = len(parts[0])
    return tuple(PictureDataset(read.images[rows], read.labels[rows], classes) for rows in (slice(n), slice(n, None)))


def _sorted(folder):
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(HIDDEN))


def _files(root, classes):
    """[(file, label)] of all pictures in the folders of the classes."""
    if len(classes) < 2:
        got = (
            f"one, {classes[0]!r}"
            if classes
            else f"none; sort them as {root / 'cat' / '1.jpg'} and {root / 'dog' / '2.jpg'}"
        )
        inner = [entry for entry in _sorted(root / classes[0]) if entry.is_dir()] if classes else []
        hint = f"; {root / classes[0]} has {len(inner)}: give that" if len(inner) > 1 else ""
        raise ValueError(f"{root}: expected a sub-folder of pictures for each of several classes, got {got}{hint}")
    found = []
    for label, name in enumerate(classes):
        files = [Path(folder) / file for folder, _, files in os.walk(root / name) for file in files]
        pictures = sorted(f for f in files if f.suffix.lower() in ENDINGS and not f.name.startswith("."))
        if not pictures and (root / name).is_dir():
            got = f"others, such as {min(files).name}" if files else "none"
            raise ValueError(f"{root / name}: expected pictures ({', '.join(ENDINGS)}), got {got}")
        found += [(file, label) for file in pictures]
    return found


def _read(files, classes, side):
    """The dataset of the files: decoded once, small, in colour, and made grey if none has a colour."""
    size = _common_size(files) if side is None else (side, side)
    if len(files) * size[0] * size[1] * 3 > MOST:
        raise ValueError(f"{len(files):,} pictures of {size[0]} x {size[1]} are more than {MOST:,} bytes; use fewer")
    images = np.empty((len(files), 3, size[1], size[0]), np.uint8)
    for image, (file, _) in zip(images, files):
        image[...], _ = read_fitted(file, *size, channels=3)
    if _spread(images) <= GREY:
        images = np.ascontiguousarray(images[:, 1:2])
    return PictureDataset(images, np.array([label for _, label in files], np.int64), classes)


def read_fitted(path, width, height, channels):
    """(uint8 (channels, height, width), the size as text) of a picture in a file; see `fitted`."""
    with naming(path):
        image, text = decode(read_bytes(path, LARGEST), 4 * max(width, height))
        return fitted(image, width, height, channels), text


def _spread(images):
    """The largest difference of the colours of a pixel."""
    spread = 0
    for image in images:
        spread = max(spread, int((image.max(0) - image.min(0)).max()))
        if spread > GREY:
            break
    return spread


def _common_size(files):
    """(width, height) of the pictures, if they are all the same and small; else that of a small square."""
    from PIL import Image, UnidentifiedImageError

    sizes = set()
    for file, _ in files:
        try:
            with Image.open(file) as image:  # reads the header alone
                sizes.add(image.size)
        except (UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError):
            return SIDE, SIDE  # decoding it will say what is wrong
        if len(sizes) > 1 or max(image.size) > SMALL:
            return SIDE, SIDE
    return sizes.pop()
