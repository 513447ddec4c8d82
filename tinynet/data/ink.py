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
GRAIN = 4  # deviations of the paper's noise, below which nothing is ink
LARGE = 128  # pixels, from which on no stroke is a single one
LOST = 7  # deviations that the darkest spot of a blank sheet has too
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
    side = style.side
    ink, contrast, busy, kind = _find_ink(pixels, opacity, invert, fitting=pixels.shape == (side, side))
    if contrast < FAINT:
        raise ValueError(f"expected {what}, got a blank picture ({text})")
    if not ink.any():
        raise ValueError(f"expected {what} on a plain background, got a picture where nothing stands out ({text})")
    text = f"{text}, {kind}"
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
    if (image > image.max() / 2).mean() > max(style.most_ink, 0.9):
        raise ValueError(f"expected {what}, got a spot of {right - left} x {bottom - top} pixels ({text})")
    return Picture(image / image.max(), f"{text}; cut out, centred and scaled to {side} x {side}")


def _find_ink(pixels, opacity, invert, fitting):
    """(ink in [0, 1], the contrast of ink and paper, the fraction of the border that is not paper, what was found).

    Paper is what most of the border is. Of a shape of one colour on a transparent ground the opacity is the ink.
    fitting: the picture is one as the training data are, whose paper is even and without noise. There is no ink if
    nothing stands out from the noise.
    """
    kind = None
    if opacity is not None and opacity.min() < 1:
        seen = pixels[opacity > 0.5]
        if seen.size == 0 or np.ptp(seen) < 0.25:
            pixels, kind = opacity, "ink on a transparent background"
        else:
            pixels = pixels * opacity + np.median(seen) * (1 - opacity)
    paper, noise = (np.median(_border(pixels)), 0.0) if fitting else _paper(pixels)
    pixels = pixels - paper
    dark, light = -float(pixels.min()), float(pixels.max())
    ink_is_dark = (dark > light) != invert
    contrast = dark if ink_is_dark else light
    busy = float((np.abs(_border(pixels)) > contrast / 2).mean())
    kind = kind or ("dark ink on a light background" if ink_is_dark else "light ink on a dark background")
    if LOST * noise >= contrast:
        return np.zeros_like(pixels), contrast, busy, kind
    ink, grain = (-pixels if ink_is_dark else pixels) / max(contrast, 1e-30), GRAIN * noise / max(contrast, 1e-30)
    ink = np.clip((ink - grain) / (1 - grain), 0, 1)
    return (ink if min(ink.shape) < LARGE else _without_specks(ink)), contrast, busy, kind


def _without_specks(ink):
    """No pixel has more than the third of its neighbours and itself, so that lines stay, and single dots do not."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(ink, 1), (3, 3)).reshape(*ink.shape, 9)
    return np.minimum(ink, np.partition(windows, -3, -1)[..., -3])


def _border(pixels):
    return np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])


def _paper(pixels):
    """(the paper's brightness at each pixel, the deviation of its noise), by the border without ink on it.

    Light falls from one side, so the brightness is a plane, by least squares. What it does not explain is noise.
    """
    border = _border(pixels)
    level = np.median(border)
    y, x = np.meshgrid(*(np.linspace(-1, 1, length) for length in pixels.shape), indexing="ij")
    near = np.abs(border - level) <= np.abs(pixels - level).max() / 2
    if not near.any():
        return level, 0.0
    terms = np.stack([np.ones(near.sum()), _border(y)[near], _border(x)[near]], 1)
    at, down, across = np.linalg.lstsq(terms, border[near])[0]
    paper = at + down * y + across * x
    noise = float(np.quantile(np.abs(border - _border(paper))[near], 0.95) / 1.96)
    return paper.astype(pixels.dtype), noise


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
