"""What linear algebra shares: the matrices that it takes, and LAPACK's functions, which run on the host."""

import numpy as np

from ..errors import DTypeError, GraphError, LinAlgError, ShapeError
from ..kernels.arrays import put
from ..kernels.batching.array import BatchedArray, base_of, of_stacks, on_device
from ..tensor_arguments import expect_tensor


def expect_matrices(name, A, square=False):
    """A stack of matrices of float32 or float64. Raises ShapeError, DTypeError for others."""
    if expect_tensor(name, A, "A").array.ndim < 2 or (square and A.array.shape[-1] != A.array.shape[-2]):
        expected = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        raise ShapeError(f"{name}: expected {expected}, got shape {A.shape}")
    if A.array.dtype.kind != "f" or A.array.dtype.itemsize < 4:
        raise DTypeError(f"{name}: expected float32 or float64, got {A.dtype}")
    return A


def refusing(message):
    """The rule of what has no gradient, and says so. Raises: GraphError, when it is called."""

    def rule(g):
        raise GraphError(message)

    return rule


_EXPECTED = {
    "Singular matrix": "matrices that have an inverse, got a singular one",
    "Matrix is not positive definite": "positive definite matrices, got another one",
}


def by_lapack(name, function, *tensors):
    """The arrays that a function of NumPy's makes of tensors, where the first lies; one, or a tuple of them.

    Raises: LinAlgError where it finds no result.
    """
    try:
        found = of_stacks(function, *[x.array for x in tensors])
    except np.linalg.LinAlgError as error:
        expected = _EXPECTED.get(str(error), f"finite matrices: {error}")
        raise LinAlgError(f"{name}: expected {expected}") from None
    on = base_of(tensors[0].array)
    return tuple([_put(array, on) for array in found]) if isinstance(found, tuple) else _put(found, on)


def _put(array, on):
    """An array of the host's, or one of a batch, where `on` lies."""
    if array.__class__ is BatchedArray:
        return array if on.__class__ is np.ndarray else on_device(array, on)
    return put(np.asarray(array, order="C"), on)
