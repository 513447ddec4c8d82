"""`vmap`: a function of one element becomes a function of a batch."""

import functools

from .. import random as streams
from ..arguments import integer, one_of, wrong_value
from ..autograd.batching import RecordedLevel, enter, leave, zero_slice
from ..errors import ArgumentValueError
from ..kernels.batching.array import NeedsLoop, active, inside
from ..kernels.batching.dispatch import DRAWN
from ..ops.indexing import getitem, narrow
from ..ops.joining import cat, stack
from ..tensor import Tensor
from ..trees import flatten, unflatten


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """The function that maps func over dimension `in_dims` of its arguments, all elements at once.

    `in_dims` is one number for all positional arguments, or a tuple with one for each, which may be a tree in the
    structure of the argument; None says that an argument is the same for all, as keyword arguments are. The results get
    the batch at `out_dims`, one number or a tree in the structure of the output; None for what does not differ. A
    random draw is an error, "different" for each element, or the "same" for all. With `chunk_size`, so many elements
    are computed at once.

    What reads a value on the host, such as `item()`, `if` or an operation that NumPy computes, makes the function run
    again, one element after another, or of a batch of 0 with zeros, for the shapes: the results are the same, but what
    else it does may be done twice.

    Raises: ArgumentValueError for dimensions that tensors do not have, batches of several sizes, and outputs that are
    no tensors; RuntimeError for draws where randomness is "error", and for values that differ written to a tensor that
    is the same for all.
    """
    one_of("vmap", "randomness", randomness, ("error", "different", "same"))
    if chunk_size is not None:
        integer("vmap", "chunk_size", chunk_size, 1)
    if isinstance(in_dims, bool) or not isinstance(in_dims, int | tuple):
        raise wrong_value("vmap", "in_dims to be an int, or a tuple in the structure of the arguments", in_dims)

    @functools.wraps(func)
    def mapped(*args, **kwargs):
        batch = _Batch(func, in_dims, args, kwargs)
        step = chunk_size or max(batch.size, 1)
        starts = range(0, batch.size, step) or [0]
        parts = [batch.run(i, min(step, batch.size - i), randomness) for i in starts]
        return _joined(parts, out_dims)

    return mapped


class _Batch:
    """A call of a mapped function: its leaves, the dimension of the batch in each, and the size of the batch."""

    def __init__(self, func, in_dims, args, kwargs):
        self.func = func
        self.leaves, self.structure = flatten((args, kwargs))
        self.dims = _spread(in_dims, args, "in_dims") + [None] * len(flatten(kwargs)[0])
        sizes = {}
        for i, (x, dim) in enumerate(zip(self.leaves, self.dims)):
            if dim is None:
                continue
            if not isinstance(x, Tensor):
                raise ArgumentValueError(
                    f"vmap: got in_dim={dim} for a {type(x).__name__}; give None for what is no tensor"
                )
            if not -x.ndim <= dim < x.ndim:
                raise ArgumentValueError(f"vmap: got in_dim={dim} for a tensor of shape {x.shape}")
            self.dims[i] = dim % x.ndim
            sizes[x.shape[dim]] = x
        if len(sizes) != 1:
            found = f"got sizes {sorted(sizes)}" if sizes else "got no tensor to map over"
            raise ArgumentValueError(
                f"vmap: expected all tensors to have the same size in the mapped dimension, {found}"
            )
        self.size = next(iter(sizes))

    def run(self, first, size, randomness):
        """The outputs for a part of the batch: their leaves, each with the batch in front, and their structure."""
        leaves = self.leaves
        if size < self.size:
            leaves = [x if dim is None else narrow(x, dim, first, size) for x, dim in zip(leaves, self.dims)]
        state = streams.get_rng_state()
        level = RecordedLevel(size, randomness)
        try:
            with inside((*active.levels, level)):
                inner = [x if dim is None else enter(x, level, dim) for x, dim in zip(leaves, self.dims)]
                found, structure = self.call(inner)
        except NeedsLoop as error:
            if error.level is not level:
                raise
            streams.set_rng_state(state)
            return self.loop(leaves, size, randomness)
        return [leave(x, level, 0) for x in found], structure

    def call(self, leaves):
        args, kwargs = unflatten(self.structure, leaves)
        found, structure = flatten(self.func(*args, **kwargs))
        for y in found:
            if not isinstance(y, Tensor):
                raise ArgumentValueError(f"vmap: expected the function to return tensors, got a {type(y).__name__}")
        return found, structure

    def loop(self, leaves, size, randomness):
        state, rows = streams.get_rng_state(), []
        one = lambda x, d, b: getitem(x, (*[slice(None)] * d, b)) if size else zero_slice(x, d)
        for b in range(size or 1):
            if randomness == "same":
                streams.set_rng_state(state)
            rows.append(self.call([x if d is None else one(x, d, b) for x, d in zip(leaves, self.dims)]))
            if randomness == "error" and streams.get_rng_state() != state:
                raise RuntimeError(DRAWN)
        return [narrow(stack(of_one), 0, 0, size) for of_one in zip(*[found for found, _ in rows])], rows[0][1]


def _spread(dims, tree, name):
    """A dimension or None for each leaf of a tree, from one for all or a tree of them in the same structure."""
    if dims is None or (isinstance(dims, int) and not isinstance(dims, bool)):
        return [dims] * len(flatten(tree)[0])
    if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys():
        return [d for key in tree for d in _spread(dims[key], tree[key], name)]
    if isinstance(dims, tuple | list) and isinstance(tree, tuple | list) and len(dims) == len(tree):
        return [d for one, part in zip(dims, tree) for d in _spread(one, part, name)]
    raise wrong_value("vmap", f"{name} to be dimensions in the structure of what it is for", dims)


def _joined(parts, out_dims):
    """The outputs of a function, from those of the parts of a batch, with the batch where `out_dims` says."""
    structure = parts[0][1]
    columns = [found[0] if len(found) == 1 else cat(found) for found in zip(*[found for found, _ in parts])]
    dims = _spread(out_dims, unflatten(structure, columns), "out_dims")
    return unflatten(structure, [_placed(x, dim) for x, dim in zip(columns, dims)])


def _placed(x, dim):
    if dim is None:
        if not bool((x == x[:1]).all()):
            raise ArgumentValueError("vmap: got None in out_dims for an output that differs from element to element")
        return x[0]
    if not -x.ndim <= dim < x.ndim:
        raise ArgumentValueError(f"vmap: got out_dim={dim} for an output of shape {x.shape[1:]}")
    return x if dim % x.ndim == 0 else x.movedim(0, dim)
