"""Saving figures small: a palette in place of full colours makes a third of a PNG."""

import io

from PIL import Image  # matplotlib brings it along


def save(figure, path, colours=256):
    """Write a matplotlib figure as a PNG with a palette."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    image = Image.open(buffer).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    image.save(path, format="PNG", optimize=True)
