"""In-place operations that change how a tensor sees its memory, and nothing in it: `x.unsqueeze_(0)`."""

from ..autograd.graph import view_in_place
from ..errors import GraphError
from . import shape

METHODS = "unsqueeze_ squeeze_ transpose_ t_ swapaxes_ swapdims_ detach_"


def unsqueeze_(input, dim):
    """Put a dimension of length 1 into x at `dim`."""
    return view_in_place("unsqueeze_", input, lambda x: shape.unsqueeze(x, dim))


def squeeze_(input, dim=None):
    """Take the dimensions of length 1 out of x, or those named in `dim`."""
    return view_in_place("squeeze_", input, lambda x: shape.squeeze(x, dim))


def transpose_(input, dim0, dim1):
    """Exchange two dimensions of x."""
    return view_in_place("transpose_", input, lambda x: shape.transpose(x, dim0, dim1))


def swapaxes_(input, axis0, axis1):
    """Exchange two dimensions of x."""
    return transpose_(input, axis0, axis1)


def swapdims_(input, dim0, dim1):
    """Exchange two dimensions of x."""
    return transpose_(input, dim0, dim1)


def t_(input):
    """Transpose the matrix x."""
    return view_in_place("t_", input, shape.t)


def detach_(input):
    """Take x out of the graph: it becomes a leaf that requires no gradient. Raises GraphError for a view."""
    if input._base is not None and not input.is_leaf:
        raise GraphError("detach_: a view cannot leave the graph alone; use detach()")
    input._edge = None
    return input
