"""Sequences of different lengths: padded to one length, or packed, step by step, without padding."""

from typing import NamedTuple

import numpy as np

from ...arguments import boolean, integer, number, one_of, wrong_kind
from ...errors import ArgumentTypeError, ArgumentValueError, ShapeError
from ...kernels.arrays import host
from ...ops.creation import full, tensor
from ...ops.joining import cat, stack
from ...ops.shape import transpose
from ...tensor import Tensor
from ...tensor_arguments import expect_tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """Sequences without padding: the first elements of all of them, then the second of those that have one, and so on.

    `data` (Σ lengths, *) holds the elements, and `batch_sizes` (longest,) how many there are of each step. The longest
    sequence comes first: `sorted_indices` (N,) says where each comes from, `unsorted_indices` is the inverse, and both
    are None where sequences lay so from the beginning. Made by `pack_padded_sequence` and `pack_sequence`.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def to(self, *args, **kwargs):
        """The same with the data, and where that changes device the indices, moved or converted by `Tensor.to`."""
        data = self.data.to(*args, **kwargs)
        indices = [x if x is None else x.to(data.device) for x in (self.sorted_indices, self.unsorted_indices)]
        return PackedSequence(data, self.batch_sizes, *indices)

    def cpu(self):
        return self.to("cpu")

    def cuda(self, device=None):
        return self.to("cuda" if device is None else device)

    def float(self):
        return self.to("float32")

    def double(self):
        return self.to("float64")

    @property
    def is_cuda(self):
        return self.data.is_cuda


def invert_permutation(permutation):
    """The permutation q with q[p[i]] = i, for p (N,), or None for None."""
    if permutation is None:
        return None
    order = host(expect_tensor("invert_permutation", permutation, "permutation").array)
    return tensor(np.argsort(order), device=permutation.device)


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Padded sequences (L, N, *), with `batch_first` (N, L, *), of these lengths (N,), as a PackedSequence.

    With `enforce_sorted` the lengths must not increase; else the sequences are sorted.
    Raises ArgumentValueError for lengths that are not those of N sequences of at least 1 and at most L elements.
    """
    where, x = "pack_padded_sequence", expect_tensor("pack_padded_sequence", input)
    if x.ndim < 2:
        raise ShapeError(f"{where}: expected an input (L, N, *), got shape {x.shape}")
    x = transpose(x, 0, 1) if boolean(where, "batch_first", batch_first) else x
    if isinstance(lengths, Tensor):
        lengths = lengths.tolist() if lengths.ndim else [lengths.item()]
    lengths = np.array([integer(where, "a length", length) for length in lengths], np.int64)
    if len(lengths) != x.shape[1]:
        raise ArgumentValueError(f"{where}: expected as many lengths as sequences, {x.shape[1]}, got {len(lengths)}")
    if not len(lengths) or lengths.min() < 1 or lengths.max() > len(x):
        raise ArgumentValueError(f"{where}: expected lengths from 1 to {len(x)}, got {lengths.tolist()}")
    order = None
    if not boolean(where, "enforce_sorted", enforce_sorted):
        order = np.argsort(-lengths, kind="stable")
        lengths, order = lengths[order], tensor(order, device=x.device)
        x = x[:, order]
    elif (np.diff(lengths) > 0).any():
        raise ArgumentValueError(
            f"{where}: expected lengths that do not increase, got {lengths.tolist()}; "
            "sort the sequences, or say enforce_sorted=False"
        )
    sizes = [int((lengths > t).sum()) for t in range(lengths[0])]
    data = cat([x[t, :size] for t, size in enumerate(sizes)])
    return PackedSequence(data, tensor(np.array(sizes, np.int64)), order, invert_permutation(order))


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """The sequences padded to one length (L, N, *), with `batch_first` (N, L, *), and their lengths (N,).

    L is the longest length, or `total_length`. Raises ArgumentValueError if that is smaller.
    """
    where = "pad_packed_sequence"
    if not isinstance(sequence, PackedSequence):
        raise wrong_kind(where, "sequence", "a PackedSequence", sequence)
    data, sizes, _, restored = sequence
    padding_value, sizes = number(where, "padding_value", padding_value), sizes.tolist()
    length = len(sizes) if total_length is None else integer(where, "total_length", total_length)
    if length < len(sizes):
        raise ArgumentValueError(f"{where}: expected a total_length of at least {len(sizes)}, got {total_length}")
    padding = lambda *shape: full((*shape, *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device)
    rows, start = [], 0
    for size in sizes:
        row, start = data[start : start + size], start + size
        rows.append(row if size == sizes[0] else cat([row, padding(sizes[0] - size)]))
    if length > len(sizes):
        rows += [padding(sizes[0])] * (length - len(sizes))
    x, lengths = stack(rows), (np.array(sizes)[:, None] > np.arange(sizes[0])).sum(0)
    if restored is not None:
        x, lengths = x[:, restored], lengths[host(restored.array)]
    return transpose(x, 0, 1) if boolean(where, "batch_first", batch_first) else x, tensor(lengths)


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Tensors (length, *) of different lengths padded and stacked to (L, N, *), with `batch_first` to (N, L, *)."""
    where = "pad_sequence"
    sequences = _sequences(where, sequences)
    right = one_of(where, "padding_side", padding_side, ("right", "left")) == "right"
    padding_value, length = number(where, "padding_value", padding_value), max(map(len, sequences))
    padded = []
    for x in sequences:
        if len(x) < length:
            padding = full((length - len(x), *x.shape[1:]), padding_value, dtype=x.dtype, device=x.device)
            x = cat([x, padding] if right else [padding, x])
        padded.append(x)
    return stack(padded, 0 if boolean(where, "batch_first", batch_first) else 1)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The sequences of these lengths (N,) in what `pad_sequence` returned, as a list."""
    x = expect_tensor("unpad_sequence", padded_sequences, "padded_sequences")
    x = x if boolean("unpad_sequence", "batch_first", batch_first) else transpose(x, 0, 1)
    lengths = lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
    return [sequence[:length] for sequence, length in zip(x, lengths)]


def pack_sequence(sequences, enforce_sorted=True):
    """Tensors (length, *) as a PackedSequence; the longest must come first if `enforce_sorted`."""
    sequences = _sequences("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(sequences), [len(x) for x in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """The sequences of a PackedSequence, as a list of tensors (length, *)."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def _sequences(where, sequences):
    if not isinstance(sequences, tuple | list | Tensor):
        raise wrong_kind(where, "sequences", "a list of tensors", sequences)
    sequences = [expect_tensor(where, x, "a sequence") for x in sequences]
    if not sequences:
        raise ArgumentTypeError(f"{where}: expected at least one sequence")
    if any(x.ndim == 0 or x.shape[1:] != sequences[0].shape[1:] for x in sequences):
        shapes = [x.shape for x in sequences]
        raise ShapeError(f"{where}: expected sequences of one shape but for their lengths, got {shapes}")
    return sequences
