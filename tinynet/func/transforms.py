"""Functions made of functions: gradients, and products with the Jacobian from the left and from the right."""

from ..autograd.mode import enable_grad
from ..errors import ArgumentTypeError, ShapeError
from ..ops.creation import zeros_like
from ..tensor import Tensor
from ..trees import flatten, unflatten
from .evaluation import Evaluation, tensors_of


def grad(func, argnums=0, has_aux=False):
    """The function x ↦ ∂func(x)/∂x of a function that returns a number.

    It takes the arguments of func, and returns the gradient by that of number `argnums`, which is a tensor or holds
    tensors in tuples, lists and dicts, in the same structure; by several for a tuple of numbers. With `has_aux` func
    returns a pair (output, aux), and the function (gradient, aux). Gradients have gradients where they can, so that
    `grad(grad(func))` is the second derivative.
    """

    def gradient(*args, **kwargs):
        found, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func, argnums=0, has_aux=False):
    """The function that returns what `grad` does, and beside it the output of func: (gradient, output).

    With `has_aux` it returns (gradient, (output, aux)).
    """

    def gradient_and_value(*args, **kwargs):
        here = Evaluation("grad", func, args, kwargs, argnums)
        out, aux = here.split_aux() if has_aux else (here.result, None)
        if not isinstance(out, Tensor):
            raise ArgumentTypeError(f"grad: expected func to return a tensor, got {type(out).__name__}")
        if out.ndim:
            raise ShapeError(f"grad: expected func to return a tensor without dimensions, got shape {out.shape}")
        found = here.in_tree(here.gradients([out], [None]))
        out = here.given(out)
        return found, (out, here.given(aux)) if has_aux else out

    return gradient_and_value


def vjp(func, *primals, has_aux=False):
    """The output of func(*primals), and the function u ↦ Jᵀu with its Jacobian J, a tuple with one entry a primal.

    u has the structure of the output. With `has_aux` func returns a pair (output, aux), and this (output, function,
    aux).
    """
    here = Evaluation("vjp", func, primals, None, tuple(range(len(primals))))
    out, aux = here.split_aux() if has_aux else (here.result, None)
    ys, structure = tensors_of("vjp", out)

    def pullback(cotangents):
        us, given = flatten(cotangents)
        if given != structure:
            raise ArgumentTypeError("vjp: expected cotangents in the structure of the output of func, got another one")
        _check_like("vjp", "a cotangent of the output's", us, ys)
        return here.in_tree(here.gradients(ys, us))

    found = here.given(out), pullback
    return (*found, here.given(aux)) if has_aux else found


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """The output of func(*primals), and Jv with its Jacobian J and the tangents v, in the structure of the output.

    It is the derivative of u ↦ ⟨Jᵀu, v⟩, so func is walked through backwards, and that walk too. With `strict` an
    output that does not depend on the primals is an error, and no zeros.
    """
    for name, value in ("primals", primals), ("tangents", tangents):
        if not isinstance(value, tuple):
            raise ArgumentTypeError(f"jvp: expected {name} to be a tuple, such that func(*primals) is a call")
    here = Evaluation("jvp", func, primals, None, tuple(range(len(primals))))
    out, aux = here.split_aux() if has_aux else (here.result, None)
    ys, structure = tensors_of("jvp", out)
    vs, given = flatten(tangents)
    if given != flatten(primals)[1]:
        raise ArgumentTypeError("jvp: expected tangents in the structure of the primals, got another one")
    _check_like("jvp", "a tangent of the primal's", vs, here.inputs)
    if strict and not all(y.requires_grad for y in ys):
        raise ArgumentTypeError(
            "jvp: an output of func does not depend on the primals, which strict=True does not allow"
        )
    pushed = unflatten(structure, Pushforward(here, ys)(vs))
    found = here.given(out), pushed
    return (*found, here.given(aux)) if has_aux else found


class Pushforward:
    """v ↦ Jv at an evaluation, by the derivative of u ↦ ⟨Jᵀu, v⟩, which is linear in u."""

    def __init__(self, here, outputs):
        self.here, self.recorded = here, here.recorded(*outputs)
        with enable_grad():
            self.us = [zeros_like(y).requires_grad_() for y in outputs]
            self.pulled = here.gradients(outputs, self.us, record=True)

    def __call__(self, vs):
        record = self.recorded or (self.here.recording and any(v.requires_grad for v in vs))
        return self.here.gradients(self.pulled, vs, self.us, record)


def _check_like(where, what, given, models):
    for x, model in zip(given, models):
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(f"{where}: expected {what} kind, a tensor, got {type(x).__name__}")
        if x.shape != model.shape:
            raise ShapeError(f"{where}: expected {what} shape {model.shape}, got {x.shape}")
