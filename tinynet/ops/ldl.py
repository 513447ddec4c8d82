"""A = L D Lᵀ of symmetric matrices that need not be positive definite, on the host; and systems solved by it."""

import math

import numpy as np

from .. import dtypes, return_types
from ..arguments import boolean
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, LinAlgError, ShapeError
from ..kernels.arrays import host
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .lapack import by_lapack, expect_matrices, refusing

ALPHA = (1 + math.sqrt(17)) / 8  # bounds how much elements grow in one step, whichever pivot it takes


def ldl_factor(A, *, hermitian=False):
    """(LD, pivots): L, without its ones, and D in one lower triangle, for A = L D Lᵀ; only that of A is read.

    D is diagonal but for blocks of two rows. A pivot p > 0 is the row, from 1 on, with which a row changed places; two
    equal ones −p say that a block begins, whose second row did. `hermitian` is accepted: for real numbers it is the
    same.

    Raises: ShapeError, DTypeError; LinAlgError where D has a 0 on its diagonal; GraphError for gradients.
    """
    found = _factored("ldl_factor", A, hermitian)
    _check("ldl_factor", found)
    return return_types.linalg_ldl_factor(*found[:2])


def ldl_factor_ex(A, *, hermitian=False, check_errors=False):
    """(LD, pivots, info): see `linalg.ldl_factor`; info is the first row of D, from 1 on, that is 0, or 0.

    Raises: ShapeError, DTypeError; GraphError for gradients, with `check_errors` LinAlgError where info is not 0.
    """
    found = _factored("ldl_factor_ex", A, hermitian)
    if boolean("ldl_factor_ex", "check_errors", check_errors):
        _check("ldl_factor_ex", found)
    return return_types.linalg_ldl_factor_ex(*found)


def ldl_solve(LD, pivots, B, *, hermitian=False):
    """X with A X = B for B (..., n, k), where A (..., n, n) is what `ldl_factor` has factored; stacks broadcast.

    Raises: ShapeError, DTypeError, ArgumentValueError for what does not fit; GraphError for a gradient by LD.
    """
    boolean("ldl_solve", "hermitian", hermitian)
    LD, B = expect_matrices("ldl_solve", LD, square=True), expect_matrices("ldl_solve", B)
    pivots = expect_tensor("ldl_solve", pivots, "pivots")
    if pivots.array.shape != LD.array.shape[:-1] or B.array.shape[-2] != LD.array.shape[-1]:
        raise ShapeError(
            f"ldl_solve: expected LD (..., n, n), pivots (..., n) and B (..., n, k), got {LD.shape}, {pivots.shape} "
            f"and {B.shape}"
        )
    if LD.array.dtype != B.array.dtype or pivots.array.dtype.kind != "i":
        raise DTypeError(
            f"ldl_solve: expected one dtype and pivots of integers, got {LD.dtype}, {B.dtype} and {pivots.dtype}"
        )
    rows, n = np.abs(host(pivots.array)), LD.array.shape[-1]
    if rows.size and not 1 <= rows.min() <= rows.max() <= n:
        raise ArgumentValueError(f"ldl_solve: expected pivots from 1 to {n}, or below 0")
    out = by_lapack("ldl_solve", _of_stack(_solved, (2, 1, 2)), LD, pivots, B)
    refuse = refusing("ldl_solve: has no gradient by LD")
    return record("ldl_solve", out, (LD, B), refuse, lambda g: ldl_solve(LD, pivots, g))


def _factored(name, A, hermitian):
    """(LD, pivots, info) as tensors."""
    boolean(name, "hermitian", hermitian)
    A = expect_matrices(name, A, square=True)
    LD, pivots, info = by_lapack(name, _of_stack(_eliminated, (2,)), A)
    refuse = refusing(f"{name}: has no gradient; use linalg.solve or linalg.inv of the matrix")
    return record("ldl", LD, (A,), refuse), wrap(pivots), wrap(info)


def _check(name, found):
    if (info := host(found[2].array)).any():
        raise LinAlgError(f"{name}: expected D without a 0 on its diagonal, got one in row {info.max()}")


def _of_stack(function, ndims):
    """A function of arrays of these dimensions, of stacks of them: as `np.vectorize`, but also of none."""

    def run(*arrays):
        stack = np.broadcast_shapes(*[x.shape[: x.ndim - n] for x, n in zip(arrays, ndims)])
        given = [np.broadcast_to(x, (*stack, *x.shape[x.ndim - n :])) for x, n in zip(arrays, ndims)]
        found = [function(*[x[i] for x in given]) for i in np.ndindex(stack)]
        found = found or [function(*[np.ones(x.shape[len(stack) :], x.dtype) for x in given])]  # for the shapes
        of_one = [tuple(map(np.asarray, one)) if isinstance(one, tuple) else (one,) for one in found]
        count = math.prod(stack)
        stacked = [np.stack(parts)[:count].reshape((*stack, *parts[0].shape)) for parts in zip(*of_one)]
        return tuple(stacked) if len(stacked) > 1 else stacked[0]

    return run


def _eliminated(a):
    """(L and D in one lower triangle, pivots, info) of one matrix: Bunch & Kaufman (1977)."""
    a = np.tril(a) + np.tril(a, -1).T
    n, k, info, pivots = len(a), 0, 0, np.zeros(len(a), dtypes.int32)
    while k < n:
        rest = a[k:, k:]  # what is left to factor
        pivot, size = _pivot(rest)
        last = size - 1
        rest[[last, pivot]] = rest[[pivot, last]]
        rest[:, [last, pivot]] = rest[:, [pivot, last]]
        block, below = rest[:size, :size], rest[size:, :size]
        if rest[:, 0].any():
            columns = below.copy()
            below[...] = columns / block if size == 1 else columns @ np.linalg.inv(block)
            rest[size:, size:] -= below @ columns.T
        elif not info:
            info = k + 1
        pivots[k : k + size] = (k + pivot + 1) * (1 if size == 1 else -1)
        k += size
    return np.tril(a), pivots, np.int32(info)


def _pivot(a):
    """(which row to exchange with the last of the next block of D, how many rows that block has: 1 or 2)."""
    first = abs(a[0, 0])
    below = np.abs(a[1:, 0])
    if not below.any() or first >= ALPHA * below.max():
        return 0, 1
    row = 1 + int(below.argmax())
    largest = np.abs(np.delete(a[row], row)).max()
    if first * largest >= ALPHA * below.max() ** 2:
        return 0, 1
    return row, 1 if abs(a[row, row]) >= ALPHA * largest else 2


def _solved(a, pivots, b):
    """X for one matrix: the steps of the elimination for the right-hand sides, D, and the same steps backwards."""
    x, blocks, k = b.copy(), [], 0
    while k < len(a):
        blocks.append(slice(k, k + 1 if pivots[k] > 0 else k + 2))
        k = blocks[-1].stop
    swap = lambda block: [
        [block.stop - 1, abs(pivots[block.start]) - 1],
        [abs(pivots[block.start]) - 1, block.stop - 1],
    ]
    for block in blocks:
        one, other = swap(block)
        x[one] = x[other]
        x[block.stop :] -= a[block.stop :, block] @ x[block]
    with np.errstate(all="ignore"):
        for block in blocks:
            D = np.tril(a[block, block]) + np.tril(a[block, block], -1).T
            x[block] = x[block] / D if len(D) == 1 else np.linalg.solve(D, x[block])
    for block in reversed(blocks):
        x[block] -= a[block.stop :, block].T @ x[block.stop :]
        one, other = swap(block)
        x[one] = x[other]
    return x
