"""Texts: a model learns which character comes next."""

import math
import zlib

import numpy as np

from ...data import TextDataset, Vocabulary, read_text
from ...data.files import naming
from ...errors import ShapeError
from .base import Source, Task, is_count, require

LENGTH = 64  # characters that a model sees at once
WINDOWS = 1024  # that an epoch of a short text has at least, if it can


class TextTask(Task):
    kind, takes = "text", "text"

    def __init__(self, vocabulary, length):
        super().__init__((length,), len(vocabulary), vocabulary.characters)
        self.vocabulary, self.length = vocabulary, length

    def scores(self, loss, accuracy, test):
        return [("accuracy", accuracy), ("perplexity", math.exp(min(loss, 700)))]

    def test_data(self, path):
        with naming(path):
            return TextDataset(self.vocabulary.encode(read_text(path)), self.length)

    def to_json(self):
        return {"characters": self.vocabulary.characters, "length": self.length}

    @classmethod
    def from_json(cls, values):
        characters, length = require(values, characters=lambda x: isinstance(x, str) and len(x) > 1, length=is_count)
        return cls(Vocabulary(characters), length)


class TextSource(Source):
    """A text in a file; what is held out is its end."""

    takes = "text"

    def __init__(self, path):
        text = read_text(path)
        self.path, self.vocabulary = path, Vocabulary(text)
        if len(self.vocabulary) < 2:
            raise ValueError(f"{path}: expected a text of several characters, got {text[:10]!r}")
        self.codes = self.vocabulary.encode(text)
        self.fingerprint = f"{zlib.crc32(self.codes.tobytes()):08x}"
        self.facts = [f"{len(text):,} characters, {len(self.vocabulary)} different ones; the end is held out"]

    def __len__(self):
        return len(self.codes)

    def split(self, fraction, halve, own_test=True):
        if not own_test:
            raise ValueError(f"{self.path}: expected data with an order that does not matter for folds, got a text")
        n = len(self.codes)
        cut = min(n - LENGTH - 1, n - round(n * fraction))
        return self.parts(np.arange(max(0, cut)), np.arange(max(0, cut), n))

    def parts(self, train, test):
        stride = min(LENGTH, max(1, len(train) // WINDOWS))
        try:
            return (
                TextDataset(self.codes[train], LENGTH, stride),
                TextDataset(self.codes[test], LENGTH),
                TextTask(self.vocabulary, LENGTH),
            )
        except ShapeError:
            needed = 2 * (LENGTH + 1)
            raise ValueError(f"{self.path}: expected at least {needed} characters, got {len(self.codes)}") from None
