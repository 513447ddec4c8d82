"""Functions that all ranks call together: each gives its tensor, and gets what comes of those of all."""

import enum
import pickle

import numpy as np

from .. import capture
from ..arguments import boolean, integer, only, wrong_kind
from ..errors import DTypeError, ShapeError
from ..kernels.arrays import host
from ..kernels.filled import store
from ..tensor import check_writable
from ..tensor_arguments import expect_tensor, expect_tensors
from .process_group import communicator
from .tree import all_reduce as reduce_array


class ReduceOp(enum.Enum):
    """How the tensors of all ranks become one. AVG is the sum divided by the number of ranks."""

    SUM = "sum"
    AVG = "avg"
    PRODUCT = "product"
    MIN = "min"
    MAX = "max"
    BAND = "band"
    BOR = "bor"
    BXOR = "bxor"


_UFUNCS = {
    ReduceOp.SUM: np.add, ReduceOp.AVG: np.add, ReduceOp.PRODUCT: np.multiply, ReduceOp.MIN: np.minimum,
    ReduceOp.MAX: np.maximum, ReduceOp.BAND: np.bitwise_and, ReduceOp.BOR: np.bitwise_or,
    ReduceOp.BXOR: np.bitwise_xor,
}  # fmt: skip


# Sums and the like


def all_reduce(tensor, op=ReduceOp.SUM, group=None, async_op=False):
    """Replace the tensor of every rank by the reduction of all of them, in a fixed tree: the same bits on every rank.

    Raises: ShapeError if ranks give other shapes, ValueError without a process group, DTypeError for an `op` that the
    dtype does not have.
    """
    ranks, array = _begin("all_reduce", tensor, group, async_op)
    _give(tensor, _reduced("all_reduce", ranks, array, op))


def reduce(tensor, dst=None, op=ReduceOp.SUM, group=None, async_op=False, group_dst=None):
    """The same, of which only rank `dst` gets the result.

    Raises: what all_reduce does, and ValueError for a rank that is not there.
    """
    ranks, array = _begin("reduce", tensor, group, async_op)
    dst = _rank("reduce", "dst", dst, group_dst, ranks)
    found = _reduced("reduce", ranks, array, op)
    if ranks.rank == dst:
        _give(tensor, found)


def _reduced(where, ranks, array, op):
    if not isinstance(op, ReduceOp):
        raise wrong_kind(where, "op", "one of ReduceOp", op)
    bits = op in (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR)
    if (bits and array.dtype.kind == "f") or (op is ReduceOp.AVG and array.dtype.kind != "f"):
        kind = "a dtype of integers" if bits else "a floating dtype"
        raise DTypeError(f"{where}: expected {kind} for {op.name}, got {array.dtype}")
    _check_alike(where, ranks, array)
    out = array.copy()
    if array.size:
        reduce_array(ranks, out.reshape(-1), _UFUNCS[op], where, 1 / ranks.size if op is ReduceOp.AVG else None)
    return out


# Copies


def broadcast(tensor, src=None, group=None, async_op=False, group_src=None):
    """Fill the tensor of every rank with that of rank `src`.

    Raises: ShapeError if ranks give other shapes, ValueError without a process group, or for a rank that is not there.
    """
    ranks, array = _begin("broadcast", tensor, group, async_op)
    src = _rank("broadcast", "src", src, group_src, ranks)
    _check_alike("broadcast", ranks, array)
    ranks.broadcast(array, src, "broadcast")
    if ranks.rank != src:
        _give(tensor, array)


def all_gather(tensor_list, tensor, group=None, async_op=False):
    """Fill a list of tensors, one for each rank, with the tensors of all ranks.

    Raises: ShapeError for a list or tensors that do not fit, ValueError without a process group.
    """
    ranks, array = _begin("all_gather", tensor, group, async_op, written=False)
    _check_list("all_gather", "tensor_list", tensor_list, ranks, tensor)
    _check_alike("all_gather", ranks, array)
    for out, part in zip(tensor_list, ranks.all_gather(array, "all_gather")):
        _give(out, part)


def all_gather_into_tensor(output_tensor, input_tensor, group=None, async_op=False):
    """Fill a tensor with those of all ranks, one after another along its first dimension, or along a new one.

    Raises: ShapeError for an output that does not fit, ValueError without a process group.
    """
    where = "all_gather_into_tensor"
    ranks, array = _begin(where, input_tensor, group, async_op, written=False)
    out = expect_tensor(where, output_tensor, "output_tensor")
    joined = (ranks.size * array.shape[0], *array.shape[1:]) if array.ndim else (ranks.size,)
    if out.shape not in ((ranks.size, *array.shape), joined) or out.dtype != input_tensor.dtype:
        raise ShapeError(
            f"{where}: expected an output of shape {joined} and {array.dtype}, got {out.shape}, {out.dtype}"
        )
    check_writable(where, out)
    _check_alike(where, ranks, array)
    _give(out, ranks.all_gather(array, where).reshape(out.shape))


def gather(tensor, gather_list=None, dst=None, group=None, async_op=False, group_dst=None):
    """Fill the list of rank `dst` with the tensors of all ranks; the others give no list.

    Raises: ShapeError for a list or tensors that do not fit, ValueError for a list elsewhere, or without a group.
    """
    ranks, array = _begin("gather", tensor, group, async_op, written=False)
    dst = _rank("gather", "dst", dst, group_dst, ranks)
    _check_only_on("gather", "gather_list", gather_list, ranks, dst, tensor)
    _check_alike("gather", ranks, array)
    if ranks.rank != dst:
        ranks.send(array, dst, "gather")
        return
    for r, out in enumerate(gather_list):
        part = array if r == dst else np.empty_like(array)
        if r != dst:
            ranks.receive(part, r, "gather")
        _give(out, part)


def scatter(tensor, scatter_list=None, src=None, group=None, async_op=False, group_src=None):
    """Fill the tensor of each rank with its own of the list of rank `src`; the others give no list.

    Raises: ShapeError for a list or tensors that do not fit, ValueError for a list elsewhere, or without a group.
    """
    ranks, array = _begin("scatter", tensor, group, async_op)
    src = _rank("scatter", "src", src, group_src, ranks)
    _check_only_on("scatter", "scatter_list", scatter_list, ranks, src, tensor)
    _check_alike("scatter", ranks, array)
    if ranks.rank != src:
        ranks.receive(array, src, "scatter")
        _give(tensor, array)
        return
    for r, part in enumerate(scatter_list):
        if r == src:
            _give(tensor, _contiguous(part))
        else:
            ranks.send(_contiguous(part), r, "scatter")


def send(tensor, dst=None, group=None, tag=0, group_dst=None):
    """Send a tensor to another rank, which receives it.

    Raises: ValueError for a rank that is not another one, or without a process group.
    """
    ranks, array = _begin("send", tensor, group, False, written=False)
    dst = _other("send", "dst", dst, group_dst, ranks)
    ranks.send(array, dst, "send", integer("send", "tag", tag, 0, 30000))


def recv(tensor, src=None, group=None, tag=0, group_src=None):
    """Fill a tensor with what another rank sends, or any if none is named; returns which one it was.

    Raises: ValueError for a rank that is not another one, or without a process group.
    """
    ranks, array = _begin("recv", tensor, group, False)
    src = None if src is group_src is None else _other("recv", "src", src, group_src, ranks)
    found = ranks.receive(array, src, "recv", integer("recv", "tag", tag, 0, 30000))
    _give(tensor, array)
    return found


def barrier(group=None, async_op=False, device_ids=None, timeout=None):
    """Wait until all ranks have come here.

    Raises: ValueError without a process group.
    """
    only("barrier", "async_op", boolean("barrier", "async_op", async_op), False)
    only("barrier", "timeout", timeout, None)
    communicator("barrier", group).barrier("barrier")


# Objects


def all_gather_object(object_list, obj, group=None):
    """Fill a list with the objects of all ranks, which can be pickled.

    Raises: ValueError without a process group, or for a list of another length than there are ranks.
    """
    ranks = communicator("all_gather_object", group)
    if not isinstance(object_list, list) or len(object_list) != ranks.size:
        raise wrong_kind("all_gather_object", "object_list", f"a list of length {ranks.size}", object_list)
    object_list[:] = gathered("all_gather_object", ranks, obj)


def broadcast_object_list(object_list, src=None, group=None, device=None, group_src=None):
    """Replace the objects in the list of every rank by those of rank `src`, which can be pickled.

    Raises: ValueError without a process group, or for a rank that is not there.
    """
    ranks = communicator("broadcast_object_list", group)
    src = _rank("broadcast_object_list", "src", src, group_src, ranks)
    if not isinstance(object_list, list):
        raise wrong_kind("broadcast_object_list", "object_list", "a list", object_list)
    found = gathered("broadcast_object_list", ranks, object_list if ranks.rank == src else None)
    object_list[:] = found[src]


def gathered(where, ranks, obj):
    """The objects of all ranks, in their order: each is padded to the longest pickle."""
    data = np.frombuffer(pickle.dumps(obj), np.uint8)
    sizes = ranks.all_gather(np.array([data.size]), where)[:, 0]
    padded = np.zeros(sizes.max(), np.uint8)
    padded[: data.size] = data
    return [pickle.loads(row[:n].tobytes()) for row, n in zip(ranks.all_gather(padded, where), sizes)]


# Arguments


def _begin(where, tensor, group, async_op, written=True):
    """The communicator, and the tensor's values in a contiguous array on the host, which may be its own memory."""
    only(where, "async_op", boolean(where, "async_op", async_op), False)
    expect_tensor(where, tensor, "tensor")
    if written:
        check_writable(where, tensor)
    ranks = communicator(where, group)
    if capture.watcher is not None:
        capture.watcher.refuse(f"calls {where}, which talks to other processes")
    return ranks, _contiguous(tensor)


def _contiguous(tensor):
    return np.ascontiguousarray(host(tensor.array)).reshape(tensor.array.shape)


def _give(tensor, array):
    """tensor ← array."""
    store(tensor.array, array)
    tensor.mark_written()


def _rank(where, name, rank, in_group, ranks):
    """The rank that is named, as that of the world or of the group, which are the same."""
    rank = in_group if rank is None else rank
    if rank is None:
        raise wrong_kind(where, name, "a rank", rank)
    return integer(where, name, rank, 0, ranks.size - 1)


def _other(where, name, rank, in_group, ranks):
    rank = _rank(where, name, rank, in_group, ranks)
    if rank == ranks.rank:
        raise ValueError(f"{where}: expected {name} to be another rank, got {rank}, which is this one")
    return rank


def _check_alike(where, ranks, array):
    """Raise ShapeError on every rank if one gives another shape or dtype."""
    if ranks.size == 1:
        return
    number = dtype_number(array)
    found = ranks.all_gather(np.array([array.ndim, number, *array.shape[:30], *[0] * (30 - array.ndim)]), where)
    for r, row in enumerate(found):
        if not np.array_equal(row, found[0]):
            theirs, first = (tuple(x[2 : 2 + x[0]].tolist()) for x in (row, found[0]))
            raise ShapeError(
                f"{where}: expected tensors alike on all ranks, got {first} on rank 0, {theirs} on rank {r}"
            )


def dtype_number(array):
    """A number that tells dtypes apart."""
    return array.dtype.num


def _check_list(where, name, tensors, ranks, like):
    tensors = expect_tensors(where, tensors, name)
    if len(tensors) != ranks.size:
        raise ShapeError(
            f"{where}: expected {name} to have a tensor for each of {ranks.size} ranks, got {len(tensors)}"
        )
    for x in tensors:
        if x.shape != like.shape or x.dtype != like.dtype:
            raise ShapeError(f"{where}: expected {name} of shape {like.shape}, {like.dtype}, got {x.shape}, {x.dtype}")
        check_writable(where, x)


def _check_only_on(where, name, tensors, ranks, rank, like):
    """A list on one rank, none on the others."""
    if ranks.rank == rank:
        if tensors is None:
            raise ValueError(f"{where}: expected {name} on rank {rank}, got None")
        _check_list(where, name, tensors, ranks, like)
    elif tensors is not None:
        raise ValueError(f"{where}: expected no {name} but on rank {rank}, got one on rank {ranks.rank}")
