"""Pictures of digits from files, in the form in which `digits` gives them."""

import math
from pathlib import Path

import numpy as np

from .arrays import parse_npy, parse_npz
from .digits import LEVELS, SIDE
from .files import read_bytes
from .ink import DIGITS, read_ink
from .pictures import ENDINGS
from .tables import parse_csv

PIXELS = SIDE * SIDE
MOST = 1 << 24  # numbers, or 262,144 images
BYTES = 1 << 28  # of a file; as text, a number takes a dozen


def read_images(path, invert=False, say=None):
    """The images in a file as a float32 array (n, 64) in [0, 1], 1 for ink.

    .npy, .npz: rows of 64 numbers, or 8×8 numbers per image. .csv: rows of 64 numbers, or 8 rows of 8. An .npz holds
    one array, or one called `images`. Values are read as 0 to 1, or, if one is above 1, as 0 to 16, or, if one is above
    16, as 0 to 255. Pictures (PNG, JPEG, GIF, BMP, TIFF, WebP, PPM) hold one digit, of any size and colour.

    invert: the ink is dark in an array; in a picture, ink and paper are the other way round than found.
    say: a function that is called with what was done to a picture, such as print.
    Raises ValueError, which names the file, for other files, shapes and values, and OSError if it cannot be read.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".npy", ".npz", ".csv", *ENDINGS):
        raise ValueError(
            f"{path}: expected a file that ends in .npy, .npz, .csv, .png, .jpg or that of another kind of picture, "
            f"got {repr(path.suffix) if path.suffix else 'no ending'}"
        )
    try:
        data = read_bytes(path, BYTES)
        if kind in ENDINGS:
            picture = read_ink(data, DIGITS, invert, "a digit")
            if say is not None:
                say(f"{path.name}: {picture.text}")
            return picture.ink.reshape(1, PIXELS)
        images = _in_unit_range(_images(data, kind))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return 1 - images if invert else images


def _images(data, kind):
    """The numbers in the bytes of a file, as rows of 64."""
    if kind == ".csv":
        table = parse_csv(data)
        array = np.array(table[0] if len(table) == 1 else table)
        _check_shape(array.shape)
    else:
        array = parse_npy(data, _check_shape) if kind == ".npy" else parse_npz(data, "images", _check_shape)
    return array.reshape(-1, PIXELS).astype(np.float64)


def _check_shape(shape):
    pictures = len(shape) in (2, 3) and shape[-2:] == (SIDE, SIDE)
    if 0 in shape or not (pictures or (len(shape) in (1, 2) and shape[-1] == PIXELS)):
        expected = f"(n, {PIXELS}), (n, {SIDE}, {SIDE}) or ({SIDE}, {SIDE})"
        raise ValueError(f"expected numbers of shape {expected}, got shape {shape}")
    if math.prod(shape) > MOST:
        raise ValueError(f"expected at most {MOST // PIXELS:,} images, got shape {shape}")


def _in_unit_range(images):
    if not np.isfinite(images).all():
        raise ValueError("expected values in [0, 255], got NaN or infinity")
    if images.min() < 0 or images.max() > 255:
        raise ValueError(f"expected values in [0, 255], got {images.min():g} to {images.max():g}")
    top = next(top for top in (1, LEVELS, 255) if images.max() <= top)
    return (images / top).astype(np.float32)
