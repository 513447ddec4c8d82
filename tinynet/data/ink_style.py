"""The style of a dataset's pictures, measured: are they shapes on a plain background, and how do these lie there?"""

import numpy as np

from .ink import BUSY, FAINT, InkStyle

SAMPLE = 1000  # pictures that are looked at
PLAIN = 0.9  # the fraction of pictures with a plain background, of one kind, from which on all are taken to have it
RARE = 0.005  # the fraction of pictures that may lie beyond a limit
ROOM = 1.25  # by which a new picture may go beyond it


def ink_style(images):
    """The `InkStyle` of uint8 pictures (n, channels, height, width); None where they are others than grey squares that
    show shapes on plain backgrounds.
    """
    n, channels, height, width = images.shape
    if channels != 1 or height != width or height < 8:
        return None
    pixels = images[:: -(-n // SAMPLE), 0].astype(np.float32) / np.float32(255)
    border = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], 1)
    paper = np.median(border, 1)
    dark = bool(np.median(paper) > 0.5)
    ink = paper[:, None, None] - pixels if dark else pixels - paper[:, None, None]
    contrast = ink.max((1, 2))
    busy = (np.abs(border - paper[:, None]) > contrast[:, None] / 2).mean(1)
    plain = (np.abs(paper - (1 if dark else 0)) < 0.15) & (busy <= BUSY) & (contrast >= FAINT)
    if plain.mean() < PLAIN:
        return None
    ink = np.clip(ink[plain] / contrast[plain, None, None], 0, 1)
    return _measured(ink, dark)


def _measured(ink, dark):
    side = ink.shape[1]
    top, bottom = _extents(ink.max(2) > 0.1)
    left, right = _extents(ink.max(1) > 0.1)
    heights, widths = bottom - top, right - left
    longest = np.maximum(heights, widths)
    fits, lengths = ("height", heights) if heights.std() <= longest.std() else ("longest", longest)
    at = np.arange(side) + 0.5
    mass = ink.sum((1, 2))
    off_by_box = np.abs((top + bottom) / 2 - side / 2) + np.abs((left + right) / 2 - side / 2)
    off_by_mass = np.abs((ink.sum(2) @ at) / mass - side / 2) + np.abs((ink.sum(1) @ at) / mass - side / 2)
    return InkStyle(
        side=side,
        fits=fits,
        extent=float(np.median(lengths) / side),
        centre="box" if off_by_box.mean() <= off_by_mass.mean() else "mass",
        least_ink=float(np.quantile(ink.mean((1, 2)), RARE)),
        most_ink=float(min(0.95, max(0.6, ROOM * np.quantile((ink > 0.5).mean((1, 2)), 1 - RARE)))),
        widest=float(max(1.6, ROOM * np.quantile(widths / heights, 1 - RARE))),
        dark=dark,
    )


def _extents(there):
    """The first and the end of the positions that are true in each row of (n, positions)."""
    return there.argmax(1), there.shape[1] - there[:, ::-1].argmax(1)
