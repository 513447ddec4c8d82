"""From items to a batch, and from NumPy's arrays to tensors."""

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

from ..arguments import wrong_kind
from ..convert import usable
from ..errors import ShapeError
from ..kernels.arrays import empty
from ..ops.creation import as_tensor, tensor
from ..ops.joining import stack
from ..tensor import Tensor, wrap
from .columns import Rows


def default_collate(batch):
    """The batch made of a list of items, by the kind of the first one.

    Tensors and arrays are stacked along a new first dimension. Python floats become a float64 tensor, integers int64,
    booleans bool, NumPy's numbers a tensor of their dtype. Dicts, lists and named tuples become one of their kind, of
    what their entries become, and a tuple a list; strings stay a list.

    Raises:
        ShapeError: Shapes or lengths differ.
        IndexError: There are no items.
        TypeError: The items are of another kind.
    """
    if isinstance(batch, Rows):
        return [column if isinstance(column, Tensor) else as_tensor(column) for column in batch.columns]
    first = _first(batch)
    if isinstance(first, Tensor):
        return _stack_tensors(batch)
    if isinstance(first, np.ndarray):
        return _stack_arrays(batch)
    if isinstance(first, np.generic) and first.dtype.kind in "biuf":
        return tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype="float64")
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _mapping_like(first, {key: default_collate([item[key] for item in batch]) for key in first})
    if isinstance(first, Sequence):
        lengths = {len(item) for item in batch}
        if len(lengths) > 1:
            raise ShapeError(f"default_collate: expected items of one length, got lengths {sorted(lengths)}")
        return _sequence_like(first, [default_collate(column) for column in zip(*batch)])
    raise TypeError(
        "default_collate: expected items of tensors, arrays, numbers, strings, dicts, tuples or lists, "
        f"got {type(first).__name__}; give the DataLoader a collate_fn"
    )


def default_convert(data):
    """The same with a tensor in the place of each array and each of NumPy's numbers, within dicts, lists and tuples.

    What a loader without batches (`batch_size=None`) makes of an item.

    Raises:
        DTypeError: An array has a dtype that no tensor has.
    """
    if isinstance(data, np.ndarray | np.generic):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _sequence_like(data, [default_convert(value) for value in data])
    return data


def _first(batch):
    try:
        return batch[0]
    except (TypeError, LookupError):
        if isinstance(batch, Sequence):
            raise IndexError("default_collate: expected at least one item, got none") from None
        raise wrong_kind("default_collate", "batch", "a list of items", batch) from None


def _stack_tensors(tensors):
    first = tensors[0].array
    for x in tensors:
        if x.requires_grad or x.array.__class__ is not np.ndarray or not _alike(x.array, first):
            return stack(tensors)
    return wrap(_stacked([x.array for x in tensors]))


def _stack_arrays(arrays):
    first = usable("default_collate", arrays[0])
    if all(isinstance(x, np.ndarray) and _alike(x, first) for x in arrays):
        return wrap(_stacked(arrays))
    return stack([tensor(x) for x in arrays])


def _alike(x, y):
    return x.dtype == y.dtype and x.shape == y.shape


def _stacked(arrays):
    """The arrays, which are alike, in a new one; by NumPy, so that no worker process compiles a kernel for it."""
    first = arrays[0]
    return np.stack(arrays, out=empty((len(arrays), *first.shape), first.dtype, first))


def _mapping_like(model, values):
    """A mapping of the type of `model` with other values, or a dict where that type cannot be made in this way."""
    try:
        if not isinstance(model, MutableMapping):
            return type(model)(values)
        out = copy.copy(model)  # which keeps what else the object has
        out.update(values)
        return out
    except TypeError:
        return values


def _sequence_like(model, values):
    """A sequence of the type of `model` with other values; a list in the place of a tuple, as in PyTorch."""
    if isinstance(model, tuple):
        return type(model)(*values) if hasattr(model, "_fields") else values
    try:
        if not isinstance(model, MutableSequence):
            return type(model)(values)
        out = copy.copy(model)
        for i, value in enumerate(values):
            out[i] = value
        return out
    except TypeError:
        return values
