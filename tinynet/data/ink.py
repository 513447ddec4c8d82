"""The ink of a picture: what stands out from a plain background, found, cut out, scaled and centred.

It is drawn as in the training data, whose habits an `InkStyle` holds: how large the ink is there, by which of its
sides, what is in the middle, and how thick lines are.
"""

from typing import NamedTuple

import numpy as np

from .pictures import brightness_and_opacity, decode

WORKING = 512  # pixels of the longer side, to which a larger picture is reduced first
FINE = 4  # the factor by which the picture that is drawn first is finer
FAINT = 0.03  # a contrast, of 1, that a blank sheet has too
BUSY = 0.4  # the fraction of a border that is not paper; a digit that touches all four edges leaves 0.3


class InkStyle(NamedTuple):
    """How ink lies in the pictures of a dataset.

    side: pixels of height and width. fits: the ink's `height`, or the `longest` of its sides, is `extent` of the
    picture's. centre: what is in the middle, the ink's `box` or its `mass`. least_ink, most_ink: of all, as fractions.
    widest: the largest width, in heights. dark: ink has the value 0, and paper 255, not the other way round.
    """

    side: int = 8
    fits: str = "height"
    extent: float = 1.0
    centre: str = "box"
    least_ink: float = 0.2  # all but two in a thousand of the digits have more
    most_ink: float = 0.6
    widest: float = 1.6
    dark: bool = False


DIGITS = InkStyle()


class Picture(NamedTuple):
    """`ink` is float32 (side, side) in [0, 1]; `text` says what was done to the picture."""

    ink: np.ndarray
    text: str


def read_ink(data, style, invert=False, what="one shape"):
    """The `Picture` in the bytes of a file; invert: what is taken for paper is ink.

    Raises ValueError for what is not a picture, for one that is too small or too large, and for one that is blank or
    does not show one shape on a plain background.
    """
    image, text = decode(data, WORKING, least=8)
    pixels, opacity = brightness_and_opacity(image)
    ink, contrast, busy, kind = _find_ink(pixels, opacity, invert)
    if contrast < FAINT:
        raise ValueError(f"expected {what}, got a blank picture ({text})")
    text, side = f"{text}, {kind}", style.side
    if ink.shape == (side, side):
        return Picture(ink.astype(np.float32), f"{text}; taken as it is")
    if busy > BUSY or (ink > 0.5).mean() > style.most_ink:
        raise ValueError(f"expected {what} on a plain background, got a picture that is full ({text})")
    top, bottom = _extent(ink.sum(1))
    left, right = _extent(ink.sum(0))
    if right - left > style.widest * (bottom - top):
        wide = f"{(right - left) / (bottom - top):.1f} times as wide as high"
        raise ValueError(f"expected {what}, got ink that is {wide} ({text})")
    fine = _drawn(ink, (left, top, right, bottom), style)
    image = fine.reshape(side, FINE, side, FINE).mean((1, 3))
    return Picture(image / image.max(), f"{text}; cut out, centred and scaled to {side} x {side}")


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


def _drawn(ink, box, style):
    """The ink within the box, in [0, 1], FINE times as fine as the style says, and not too thin."""
    from PIL import Image

    left, top, right, bottom = box
    size = FINE * style.side
    scale = style.extent * size / (bottom - top if style.fits == "height" else max(bottom - top, right - left))
    height, width = (min(size, max(1, round(length * scale))) for length in (bottom - top, right - left))
    scaled = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX, box=box))
    full = max(np.quantile(scaled, 0.98), scaled.max() / 2)  # the ink of a line, whatever is darker still
    scaled = np.clip(scaled / full, 0, 1)
    drawn = np.zeros((size, size), np.float32)
    y, x = (_start(scaled.sum(1), size, style), _start(scaled.sum(0), size, style))
    drawn[y : y + height, x : x + width] = scaled
    for _ in range(4):  # at most to a stroke of a fourth of the width
        if drawn.mean() < style.least_ink:
            drawn = _thickened(drawn)
    return drawn


def _start(mass, size, style):
    """Where ink with this mass, by position, begins in a picture of `size`, so that its middle is the picture's."""
    if style.centre == "box":
        return (size - len(mass) + 1) // 2
    middle = (mass * (np.arange(len(mass)) + 0.5)).sum() / mass.sum()
    return min(max(0, round(size / 2 - middle)), size - len(mass))


def _thickened(bitmap):
    """The largest of each number and its eight neighbours."""
    padded = np.pad(bitmap, 1)
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).max((2, 3))
