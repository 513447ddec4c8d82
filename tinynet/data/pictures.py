"""Pictures of any size and kind, made into what a network was trained on.

`decode` reads a file. What comes then depends on the training data, whose style is measured (`ink_style.py`).
Of a *shape on a plain background*, such as a digit, the ink is found, cut out, scaled and centred as it is there; of
any other picture the middle is cut out and scaled.
"""

import warnings
from io import BytesIO

import numpy as np

from .files import brief

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")  # and none that calls other programs
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pbm", ".pgm", ".ppm")
PIXELS = 1 << 26  # as many as the largest telephones take
LARGEST = 1 << 28  # bytes of a file


def decode(data, longest, least=1):
    """(Pillow's image, its size as text) of the bytes of a file: in mode L, LA, RGB, RGBA, or F in [0, 1].

    A picture whose longer side has more than `longest` pixels is reduced by a whole factor. Raises ValueError for what
    is no picture, for a damaged one, one of more than PIXELS pixels, and one with a side of less than `least`.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of size, which is checked here, and of notes in the file that are damaged
            image = Image.open(BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > PIXELS:
                raise ValueError(f"expected at most {PIXELS:,} pixels, got {width} x {height}")
            if min(width, height) < least:
                raise ValueError(f"expected at least {least} x {least} pixels, got {width} x {height}")
            image.load()
            image = ImageOps.exif_transpose(image)
            text = f"{image.width} x {image.height} pixels"
            image = _in_plain_mode(image)
            return image.reduce(max(1, -(-max(image.size) // longest))), text
    except ValueError:
        raise
    except UnidentifiedImageError:
        raise ValueError(f"it is not a picture, or of another kind than {', '.join(FORMATS)}") from None
    except Exception as error:  # Pillow raises a dozen kinds for damaged files, from a buffer in memory
        raise ValueError(f"the picture is damaged: {brief(error)}") from None


def _in_plain_mode(image):
    from PIL import Image

    if image.mode[0] in "IF":  # 16 or 32 bits, of which Pillow's conversions keep the lowest 8
        return Image.fromarray(_stretched(np.asarray(image, np.float32)))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        return image.convert("LA" if grey else "RGBA")
    return image.convert("L" if grey else "RGB")


def brightness_and_opacity(image):
    """((h, w) in [0, 1], the same or None) of what `decode` returns."""
    if image.mode in ("RGBA", "LA"):
        array = np.asarray(image.convert("LA"), np.float32) / np.float32(255)
        return array[..., 0], array[..., 1]
    image = image if image.mode == "F" else image.convert("L")
    return np.asarray(image, np.float32) / np.float32(1 if image.mode == "F" else 255), None


def fitted(image, width, height, channels):
    """uint8 (channels, height, width): the middle of what `decode` returns, on white, cut to the shape and scaled."""
    from PIL import Image

    if image.mode == "F":
        image = Image.fromarray(np.uint8(np.clip(np.asarray(image) * 255 + 0.5, 0, 255)))
    if image.mode in ("RGBA", "LA"):
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        scale = min(image.width / width, image.height / height)
        left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
        box = (left, top, left + scale * width, top + scale * height)
        image = image.resize((width, height), Image.Resampling.BOX if scale > 1 else Image.Resampling.BILINEAR, box=box)
    array = np.asarray(image, np.uint8)
    return array[np.newaxis] if channels == 1 else array.transpose(2, 0, 1)


def _stretched(array):
    if not np.isfinite(array).all():
        raise ValueError("expected finite values, got NaN or infinity")
    array = array - min(0, array.min())
    return array / max(array.max(), 1e-30)
