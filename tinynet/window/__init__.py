"""`tinynet.show`: a window onto what runs, from an equation to its machine code, and from a tensor to its graph."""

from ..arguments import one_of
from .page import Page


def show(what, *, dtype="float32"):
    """What an update rule, an operation or a kernel is: equation, definition, loop, machine code, and where they are.

    what: a name, such as "adam", "gelu" or "matmul"; or an operation, a kernel, an optimizer or its class.
    Returns an object that prints as that page.

    Raises:
        ValueError: there is nothing of this name, or `dtype` is neither float32 nor float64.
        TypeError: `what` is none of these.
    """
    name = getattr(dtype, "name", getattr(dtype, "__name__", dtype))  # of NumPy's dtypes and types
    return Page(what, one_of("show", "dtype", name, ("float32", "float64")))
