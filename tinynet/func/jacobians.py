"""Jacobians and Hessians as tensors: all rows at once by one walk backwards, or all columns."""

from ..arguments import integer, one_of
from ..autograd.mode import set_grad_enabled
from ..ops.creation import eye, zeros, zeros_like
from ..trees import unflatten
from .evaluation import Evaluation, tensors_of
from .mapping import vmap
from .transforms import Pushforward


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None, _preallocate_and_copy=False):
    """The function x ↦ ∂func(x)/∂x, of shape (*output's, *input's), computed by one walk backwards for all rows.

    It takes the arguments of func. Where func returns tensors in tuples, lists and dicts, or the argument of number
    `argnums` holds them, so does the result: in the structure of the output, and in each place of it in that of the
    argument, or a tuple for a tuple of numbers. With `has_aux` func returns (output, aux), and the function (Jacobian,
    aux). With `chunk_size`, so many rows are computed at once.
    """
    if chunk_size is not None:
        integer("jacrev", "chunk_size", chunk_size, 1)

    def jacobian(*args, **kwargs):
        here = Evaluation("jacrev", func, args, kwargs, argnums)
        out, aux = here.split_aux() if has_aux else (here.result, None)
        ys, structure = tensors_of("jacrev", out)
        found = unflatten(structure, [here.in_tree(by_rows(here, y, chunk_size=chunk_size)) for y in ys])
        return (found, here.given(aux)) if has_aux else found

    return jacobian


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """The same as `jacrev`, computed by columns: faster where func has more outputs than inputs.

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


def by_rows(here, y, record=None, chunk_size=None):
    """∂y/∂x for each input x of an evaluation."""
    record = here.recorded(y) if record is None else record
    with set_grad_enabled(record):
        row = lambda e: tuple(here.gradients([y], [e], record=record))
        rows = _mapped(row, y, chunk_size)
        return [
            _shaped(of_x, (*y.shape, *x.shape), x) for x, of_x in zip(here.inputs, rows or [None] * len(here.inputs))
        ]


def by_columns(here, ys, record=None):
    """∂y/∂x for each y, a list of one for each input x of an evaluation."""
    push = Pushforward(here, ys)
    push.recorded = push.recorded if record is None else record
    found = [[] for _ in ys]
    with set_grad_enabled(push.recorded):
        for i, x in enumerate(here.inputs):
            others = [zeros_like(z.detach()) for z in here.inputs]
            column = lambda e, i=i, others=others: tuple(push([*others[:i], e, *others[i + 1 :]]))
            columns = _mapped(column, x, None)
            for k, (y, of_y) in enumerate(zip(ys, columns or [None] * len(ys))):
                last = None if of_y is None else of_y.movedim(0, -1)
                found[k].append(_shaped(last, (*y.shape, *x.shape), y))
    return found


def _mapped(function, like, chunk_size):
    """What a function makes of the unit tensors in the shape of `like`, one for each element; None for no elements."""
    n = like.numel()
    if not n:
        return None
    units = eye(n, dtype=like.dtype, device=like.device).reshape(n, *like.shape)
    return vmap(function, chunk_size=chunk_size)(units)


def _shaped(found, shape, like):
    return zeros(shape, dtype=like.dtype, device=like.device) if found is None else found.reshape(shape)
