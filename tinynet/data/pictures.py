"""Pictures of one digit, of any size and kind, made into what a network was trained on.

The images of `digits` say how much ink there is in 4×4 blocks of a bitmap of 32×32 that the digit fills from top to
bottom, centred from left to right. `read_picture` finds the ink of a picture, cuts it out, scales it to 32 rows,
thickens the lines of a thin pen, and averages over such blocks.
"""

import warnings
from io import BytesIO
from typing import NamedTuple

import numpy as np

from .digits import SIDE
from .files import brief

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")  # and none that calls other programs
PIXELS = 1 << 26  # as many as the largest telephones take
WORKING = 512  # pixels of the longer side, to which a larger picture is reduced first
BITMAP = 4 * SIDE
FAINT = 0.03  # a contrast, of 1, that a blank sheet has too
BUSY = 0.4  # the fraction of a border that is not paper; a digit that touches all four edges leaves 0.3
COVERED = 0.6  # the fraction of ink that no digit has
WIDEST = 1.6  # the largest width of a digit, in heights
LEAST_INK = 0.2  # of the bitmap; all but two in a thousand digits of the training data have more


class Picture(NamedTuple):
    """`ink` is float32 (SIDE · SIDE,) in [0, 1]; `text` says what was done to the picture."""

    ink: np.ndarray
    text: str


def read_picture(data, invert=False):
    """The `Picture` in the bytes of a file; invert: what is taken for paper is ink.

    Raises ValueError for what is not a picture, for one that is too small or too large, and for one that is blank or
    does not show one digit on a plain background.
    """
    pixels, opacity, text = _decode(data)
    height, width = pixels.shape
    ink, contrast, busy, kind = _find_ink(pixels, opacity, invert)
    if contrast < FAINT:
        raise ValueError(f"expected a digit, got a blank picture ({text})")
    text = f"{text}, {kind}"
    if (height, width) == (SIDE, SIDE):
        return Picture(ink.reshape(-1).astype(np.float32), f"{text}; taken as it is")
    if busy > BUSY or (ink > 0.5).mean() > COVERED:
        raise ValueError(f"expected a digit on a plain background, got a picture that is full ({text})")
    top, bottom = _extent(ink.sum(1))
    left, right = _extent(ink.sum(0))
    if right - left > WIDEST * (bottom - top):
        raise ValueError(
            f"expected one digit, got ink that is {(right - left) / (bottom - top):.1f} times as wide as high ({text})"
        )
    image = _bitmap(ink, (left, top, right, bottom)).reshape(SIDE, 4, SIDE, 4).mean((1, 3))
    image = image / image.max()
    return Picture(image.reshape(-1).astype(np.float32), f"{text}; cut out, centred and scaled to {SIDE} x {SIDE}")


def _decode(data):
    """(brightness (h, w) in [0, 1], opacity (h, w) or None, the size as text), no side longer than WORKING."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of size, which is checked here, and of notes in the file that are damaged
            image = Image.open(BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > PIXELS:
                raise ValueError(f"expected at most {PIXELS:,} pixels, got {width} x {height}")
            if min(width, height) < SIDE:
                raise ValueError(f"expected at least {SIDE} x {SIDE} pixels, got {width} x {height}")
            image.load()
            image = ImageOps.exif_transpose(image)
            text = f"{image.width} x {image.height} pixels"
            if image.mode[0] in "IF":  # 16 or 32 bits, of which Pillow's conversions keep the lowest 8
                image = Image.fromarray(_stretched(np.asarray(image, np.float32)))
            elif image.has_transparency_data:
                image = image.convert("RGBA").convert("LA")
            else:
                image = image.convert("L")
            image = image.reduce(max(1, -(-max(image.size) // WORKING)))
    except ValueError:
        raise
    except UnidentifiedImageError:
        raise ValueError(f"it is not a picture, or of another kind than {', '.join(FORMATS)}") from None
    except Exception as error:  # Pillow raises a dozen kinds for damaged files, from a buffer in memory
        raise ValueError(f"the picture is damaged: {brief(error)}") from None
    array = np.asarray(image, np.float32) / np.float32(1 if image.mode == "F" else 255)
    return (array[..., 0], array[..., 1], text) if array.ndim == 3 else (array, None, text)


def _stretched(array):
    if not np.isfinite(array).all():
        raise ValueError("expected finite values, got NaN or infinity")
    array = array - min(0, array.min())
    return array / max(array.max(), 1e-30)


def _find_ink(pixels, opacity, invert):
    """(ink in [0, 1], the contrast of ink and paper, the fraction of the border that is not paper, what was found).

    Paper is what most of the border is. Of a shape of one colour on a transparent ground the opacity is the ink.
    """
    kind = None
    if opacity is not None and opacity.min() < 1:
        seen = pixels[opacity > 0.5]
        if seen.size == 0 or np.ptp(seen) < 0.25:
            pixels, kind = opacity, "ink on a transparent background"
        else:
            pixels = pixels * opacity + np.median(seen) * (1 - opacity)
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    paper = np.median(border)
    dark, light = float(paper - pixels.min()), float(pixels.max() - paper)
    ink_is_dark = (dark > light) != invert
    contrast = dark if ink_is_dark else light
    ink = (paper - pixels if ink_is_dark else pixels - paper) / max(contrast, 1e-30)
    busy = float((np.abs(border - paper) > contrast / 2).mean())
    kind = kind or ("dark ink on a light background" if ink_is_dark else "light ink on a dark background")
    return np.clip(ink, 0, 1), contrast, busy, kind


def _extent(mass):
    """The first and the end of the positions that hold all but a hundredth of the mass, half of it at either end."""
    share = np.cumsum(mass) / mass.sum()
    return int(np.searchsorted(share, 0.005, "right")), int(np.searchsorted(share, 0.995)) + 1


def _bitmap(ink, box):
    """The ink within the box, in [0, 1], (BITMAP, BITMAP): all rows high, in the middle, and not too thin."""
    from PIL import Image

    left, top, right, bottom = box
    width = min(BITMAP, max(1, round((right - left) * BITMAP / (bottom - top))))
    scaled = np.asarray(Image.fromarray(ink).resize((width, BITMAP), Image.Resampling.BOX, box=box))
    bitmap = np.zeros((BITMAP, BITMAP), np.float32)
    start = (BITMAP - width + 1) // 2
    full = max(np.quantile(scaled, 0.98), scaled.max() / 2)  # the ink of a line, whatever is darker still
    bitmap[:, start : start + width] = np.clip(scaled / full, 0, 1)
    for _ in range(4):  # at most to a stroke of a fourth of the width
        if bitmap.mean() < LEAST_INK:
            bitmap = _thickened(bitmap)
    return bitmap


def _thickened(bitmap):
    """The largest of each number and its eight neighbours."""
    padded = np.pad(bitmap, 1)
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max((2, 3))
