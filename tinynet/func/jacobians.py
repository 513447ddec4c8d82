"""Jacobians and Hessians as tensors: a row at a time by walks backwards, or a column at a time."""

import numpy as np

from ..arguments import integer, one_of
from ..autograd.mode import set_grad_enabled
from ..ops.creation import zeros
from ..ops.joining import stack
from ..tensor import wrap
from ..trees import unflatten
from .evaluation import Evaluation, tensors_of
from .transforms import Pushforward


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None, _preallocate_and_copy=False):
    """The function x ↦ ∂func(x)/∂x, of shape (*output's, *input's), computed a row at a time.

    It takes the arguments of func. Where func returns tensors in tuples, lists and dicts, or the argument of number
    `argnums` holds them, so does the result: in the structure of the output, and in each place of it in that of the
    argument, or a tuple for a tuple of numbers. With `has_aux` func returns (output, aux), and the function (Jacobian,
    aux). `chunk_size` changes nothing.
    """
    if chunk_size is not None:
        integer("jacrev", "chunk_size", chunk_size, 1)

    def jacobian(*args, **kwargs):
        here = Evaluation("jacrev", func, args, kwargs, argnums)
        out, aux = here.split_aux() if has_aux else (here.result, None)
        ys, structure = tensors_of("jacrev", out)
        found = unflatten(structure, [here.in_tree(by_rows(here, y)) for y in ys])
        return (found, here.given(aux)) if has_aux else found

    return jacobian


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """The same as `jacrev`, computed a column at a time: faster where func has more outputs than inputs.

    `randomness` changes nothing: func is called once.
    """
    one_of("jacfwd", "randomness", randomness, ("error", "different", "same"))

    def jacobian(*args, **kwargs):
        here = Evaluation("jacfwd", func, args, kwargs, argnums)
        out, aux = here.split_aux() if has_aux else (here.result, None)
        ys, structure = tensors_of("jacfwd", out)
        found = unflatten(structure, [here.in_tree(of_one) for of_one in by_columns(here, ys)])
        return (found, here.given(aux)) if has_aux else found

    return jacobian


def hessian(func, argnums=0):
    """The function x ↦ ∂²func(x)/∂x², the Jacobian of the Jacobian."""
    return jacrev(jacrev(func, argnums), argnums)


def by_rows(here, y, record=None):
    """∂y/∂x for each input x of an evaluation."""
    record = here.recorded(y) if record is None else record
    rows = [here.gradients([y], [e], record=record) for e in _units(y)]
    with set_grad_enabled(record):
        return [
            _together(of_x, 0, (*y.shape, *x.shape), x) for x, of_x in zip(here.inputs, _transposed(rows, here.inputs))
        ]


def by_columns(here, ys, record=None):
    """∂y/∂x for each y, a list of one for each input x of an evaluation."""
    push = Pushforward(here, ys)
    push.recorded = push.recorded if record is None else record
    found = [[] for _ in ys]
    for i, x in enumerate(here.inputs):
        columns = []
        for e in _units(x):
            vs = [e if k == i else wrap(np.zeros(z.shape, z.dtype)).to(z.device) for k, z in enumerate(here.inputs)]
            columns.append(push(vs))
        with set_grad_enabled(push.recorded):
            for k, (y, of_y) in enumerate(zip(ys, _transposed(columns, ys))):
                found[k].append(_together(of_y, -1, (*y.shape, *x.shape), y))
    return found


def _units(x):
    """The unit tensors in the shape of x, one for each element."""
    for i in range(x.numel()):
        e = np.zeros(x.shape, x.dtype)
        e.reshape(-1)[i] = 1
        yield wrap(e).to(x.device)


def _transposed(rows, like):
    return zip(*rows) if rows else [()] * len(like)


def _together(parts, dim, shape, like):
    return stack(parts, dim).reshape(shape) if parts else zeros(shape, dtype=like.dtype, device=like.device)
