"""Text as numbers: characters by their place in an alphabet, and windows of them."""

import numpy as np

from ..arguments import integer
from ..errors import ShapeError
from ..tensor import wrap
from .columns import Rows
from .dataset import Dataset
from .delimited import text_of
from .files import brief, naming, read_bytes, unpacked

LARGEST = 1 << 28  # bytes of a file


def read_text(path):
    """The text in a file in UTF-8, gzipped or not, with `\\n` at the end of each line.

    Raises:
        ValueError: It is empty, or no text in UTF-8; the message names the file.
        OSError: It cannot be read.
    """
    with naming(path):
        return text_of(unpacked(read_bytes(path, LARGEST), LARGEST))


class Vocabulary:
    """The characters of a text, each with a number: `encode` and `decode`."""

    def __init__(self, characters):
        self.characters = "".join(sorted(set(characters)))
        self._points = _points(self.characters)

    def __len__(self):
        return len(self.characters)

    def encode(self, text):
        """int64 numbers of the characters. Raises ValueError for one that is not in the vocabulary."""
        points = _points(text)
        codes = np.searchsorted(self._points, points)
        codes = np.minimum(codes, max(0, len(self) - 1))
        wrong = np.flatnonzero(self._points[codes] != points) if len(self) else np.arange(len(points))
        if len(wrong):
            raise ValueError(
                f"character {wrong[0] + 1}: expected one of the {len(self)} that the text has, got {text[wrong[0]]!r}"
            )
        return codes.astype(np.int64)

    def decode(self, codes):
        """The text of an iterable of numbers."""
        return "".join(self.characters[code] for code in codes)

    def __repr__(self):
        return f"Vocabulary({brief(self.characters)!r})"


def _points(text):
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class TextDataset(Dataset):
    """Windows of a text: item i is (x, y), `length` characters and those that come one later, int64 (length,) each.

    codes: int64 array of the characters' numbers. stride: how far windows lie apart, by default `length`.

    Raises:
        ValueError: The text has fewer than `length` + 1 characters.
    """

    def __init__(self, codes, length, stride=None):
        self.codes = np.asarray(codes, np.int64)
        self.length = integer("TextDataset", "length", length, 1)
        self.stride = integer("TextDataset", "stride", length if stride is None else stride, 1)
        if self.codes.ndim != 1 or len(self.codes) <= self.length:
            raise ShapeError(
                f"TextDataset: expected more than {self.length} characters, got an array of {self.codes.shape}"
            )

    def __len__(self):
        return (len(self.codes) - self.length - 1) // self.stride + 1

    def __getitem__(self, index):
        index = range(len(self))[index]
        window = self.codes[index * self.stride : index * self.stride + self.length + 1]
        return wrap(window[:-1].copy()), wrap(window[1:].copy())

    def __getitems__(self, indices):
        at = np.asarray(indices, np.int64)[:, np.newaxis] * self.stride + np.arange(self.length + 1)
        windows = self.codes[at]
        return Rows(wrap(np.ascontiguousarray(windows[:, :-1])), wrap(np.ascontiguousarray(windows[:, 1:])))

    def __repr__(self):
        return f"TextDataset({len(self)} windows of {self.length} characters)"
