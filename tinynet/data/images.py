"""Pictures of digits from files, in the form in which `digits` gives them."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .digits import LEVELS, SIDE


def read_images(path, invert=False):
    """The images in a file as a float32 array (n, 64) in [0, 1], 1 for ink.

    .npy, .npz: rows of 64 numbers, or 8×8 numbers per image. .csv: rows of 64 numbers, or 8 rows of 8. .png: one
    picture, 8×8 or a multiple of that, of which the mean over equal blocks is taken. An .npz holds one array, or one
    called `images`. Values are read as 0 to 1, or, if one is above 1, as 0 to 16, or, if one is above 16, as 0 to 255.
    invert: the ink is dark on a light background. Raises ValueError for other files, shapes and values, and OSError
    if the file cannot be read.
    """
    path = Path(path)
    readers = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".png": _png}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path}: expected a file that ends in {', '.join(readers)}, got {path.suffix or path.name!r}")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: expected images, got an empty file")
    try:
        array = readers[path.suffix.lower()](path)
    except (ValueError, SyntaxError, EOFError, BadZipFile) as error:  # SyntaxError: Pillow's word for a damaged PNG
        raise ValueError(f"{path} cannot be read as {path.suffix}: {error}") from None
    images = _flat(array, path)
    if not np.isfinite(images).all() or images.min() < 0 or images.max() > 255:
        raise ValueError(f"{path}: expected values in [0, 255], got {images.min():g} to {images.max():g}")
    top = next(top for top in (1, LEVELS, 255) if images.max() <= top)
    images = (images / top).astype(np.float32)
    return 1 - images if invert else images


def _flat(array, path):
    """An array of images as rows of 64 numbers."""
    array = np.asarray(array)
    pixels = SIDE * SIDE
    fits = array.ndim in (2, 3) and array.shape[-2:] == (SIDE, SIDE)
    fits = fits or (array.ndim in (1, 2) and array.shape[-1] == pixels)
    if not fits or array.size == 0 or array.dtype.kind not in "buif":
        raise ValueError(
            f"{path}: expected numbers of shape (n, {pixels}), (n, {SIDE}, {SIDE}) or ({SIDE}, {SIDE}), "
            f"got {array.dtype} of shape {array.shape}"
        )
    return array.reshape(-1, pixels).astype(np.float64)


def _npy(path):
    return np.load(path, allow_pickle=False)


def _npz(path):
    # opened here, because NumPy forgets to close a file that turns out to be damaged
    with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
        name = file.files[0] if len(file.files) == 1 else "images"
        if name not in file.files:
            raise ValueError(f"expected one array, or one called 'images', got {', '.join(file.files) or 'none'}")
        return file[name]


def _csv(path):
    table = np.loadtxt(path, delimiter=",", ndmin=2)
    return table[0] if len(table) == 1 else table


def _png(path):
    try:
        from matplotlib.image import imread
    except ImportError:
        raise ValueError("reading pictures needs matplotlib, which is not installed; use .npy or .csv") from None
    picture = imread(path)
    if picture.ndim == 3:  # colours, perhaps with transparency in an even channel
        picture = picture[..., : 3 if picture.shape[2] >= 3 else 1].mean(axis=2)
    height, width = picture.shape
    if height != width or height % SIDE:
        raise ValueError(f"expected a square picture with a side of {SIDE} pixels or a multiple, got {height}×{width}")
    k = height // SIDE
    return picture.reshape(SIDE, k, SIDE, k).mean(axis=(1, 3))
