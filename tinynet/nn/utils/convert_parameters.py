"""All parameters as one vector, and back."""

from ...arguments import wrong_kind
from ...errors import ShapeError
from ...ops.joining import cat
from ...ops.shape import reshape
from ...tensor import Tensor
from ...tensor_arguments import listed

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters):
    """The elements of all parameters, one after another, as one vector; with gradients."""
    return cat([reshape(p, -1) for p in listed("parameters_to_vector", parameters, "parameters")])


def vector_to_parameters(vec, parameters):
    """Copy the elements of a vector into the parameters, one after another.

    Raises: ShapeError, and changes nothing, where the vector has too few.
    """
    if not isinstance(vec, Tensor):
        raise wrong_kind("vector_to_parameters", "vec", "a Tensor", vec)
    parameters = listed("vector_to_parameters", parameters, "parameters")
    needed = sum(p.numel() for p in parameters)
    if vec.ndim != 1 or len(vec) < needed:
        raise ShapeError(f"vector_to_parameters: expected a vector of {needed} elements, got shape {vec.shape}")
    vec, start = vec.detach(), 0
    for p in parameters:
        p.data = reshape(vec[start : start + p.numel()], p.shape)
        start += p.numel()
