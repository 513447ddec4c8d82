"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor

class PackedSequence(NamedTuple):
    """Sequences without padding: the first elements of all of them, then the second of those that have one, and so on."""
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any

def invert_permutation(permutation):
    """The permutation q with q[p[i]] = i, for p (N,), or None for None."""
def pack_padded_sequence(input, lengths, batch_first: _bool = False, enforce_sorted: _bool = True):
    """Padded sequences (L, N, *), with `batch_first` (N, L, *), of these lengths (N,), as a PackedSequence."""
def pack_sequence(sequences, enforce_sorted: _bool = True):
    """Tensors (length, *) as a PackedSequence; the longest must come first if `enforce_sorted`."""
def pad_packed_sequence(sequence, batch_first: _bool = False, padding_value: Any = 0.0, total_length = None):
    """The sequences padded to one length (L, N, *), with `batch_first` (N, L, *), and their lengths (N,)."""
def pad_sequence(sequences, batch_first: _bool = False, padding_value: Any = 0.0, padding_side: _str = 'right'):
    """Tensors (length, *) of different lengths padded and stacked to (L, N, *), with `batch_first` to (N, L, *)."""
def unpack_sequence(packed_sequences):
    """The sequences of a PackedSequence, as a list of tensors (length, *)."""
def unpad_sequence(padded_sequences, lengths, batch_first: _bool = False):
    """The sequences of these lengths (N,) in what `pad_sequence` returned, as a list."""
