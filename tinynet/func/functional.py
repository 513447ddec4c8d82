"""`autograd.functional`: Jacobians, Hessians and products with them, at given inputs.

`func` takes and returns tensors, one or several in a tuple. Results are outside of the graph unless `create_graph`
asks for derivatives of theirs. With `strict` it is an error if an output does not depend on an input, else a 0.
"""

from ..arguments import boolean, one_of
from ..autograd.backward import grad
from ..errors import ArgumentTypeError, ArgumentValueError, GraphError, ShapeError
from ..ops.creation import ones_like
from ..tensor import Tensor
from .evaluation import Evaluation
from .jacobians import by_columns, by_rows
from .transforms import Pushforward


class _Call:
    """An evaluation, and in which form its inputs and outputs came."""

    def __init__(self, where, func, inputs, create_graph, strict):
        self.where, self.one_input = where, isinstance(inputs, Tensor)
        self.create_graph = boolean(where, "create_graph", create_graph)
        self.strict = boolean(where, "strict", strict)
        inputs = _tensors(where, "inputs", inputs)
        self.here = Evaluation(where, func, inputs, None, tuple(range(len(inputs))))
        self.one_output = isinstance(self.here.result, Tensor)
        self.outputs = list(_tensors(where, "what func returns", self.here.result))
        for i, y in enumerate(self.outputs):
            if self.strict and not y.requires_grad:
                raise GraphError(
                    f"{where}: output {i} of func does not depend on the inputs, which strict=True refuses"
                )
            if self.strict:
                self.check_dependence(f"output {i} of func", [y])

    def check_dependence(self, what, tensors):
        """Raise GraphError if one of the inputs has no part in these, each of which requires grad."""
        found = grad(tensors, self.here.inputs, [ones_like(y) for y in tensors], retain_graph=True, allow_unused=True)
        for k, g in enumerate(found):
            if g is None:
                raise GraphError(f"{self.where}: {what} does not depend on input {k}, which strict=True refuses")

    def number(self):
        """The output, which must be one number."""
        if not self.one_output or self.outputs[0].numel() != 1:
            raise ShapeError(f"{self.where}: expected func to return a tensor with a single element")
        return self.outputs[0]

    def gradients(self, outputs, us, inputs=None, record=None):
        record = self.create_graph if record is None else record
        found = self.here.gradients(outputs, us, inputs, record)
        for k, g in enumerate(found):
            if self.strict and record and not g.requires_grad:
                raise GraphError(f"{self.where}: gradient {k} does not depend on the inputs, which strict=True refuses")
        return found

    def like_inputs(self, tensors):
        return tensors[0] if self.one_input else tuple(tensors)

    def like_outputs(self, found):
        return found[0] if self.one_output else tuple(found)

    def result(self):
        """What func returned."""
        return self.like_outputs([y if self.create_graph else y.detach() for y in self.outputs])


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """∂func(inputs)/∂input, of shape (*output's, *input's); for a tuple of outputs a tuple, and of inputs as well.

    `strategy="forward-mode"` computes columns in place of rows, and wants `vectorize=True`, which changes nothing else.

    Raises: TypeError for what is no tensor, RuntimeError for what `strict` refuses, NotImplementedError.
    """
    one_of("jacobian", "strategy", strategy, ("reverse-mode", "forward-mode"))
    by_row = strategy == "reverse-mode"
    if not (by_row or vectorize):
        raise NotImplementedError("jacobian: strategy='forward-mode' is only there with vectorize=True, as in PyTorch")
    call = _Call("jacobian", func, inputs, create_graph, strict)
    found = (
        [by_rows(call.here, y, create_graph) for y in call.outputs]
        if by_row
        else by_columns(call.here, call.outputs, create_graph)
    )
    if strict and create_graph and not all(g.requires_grad for of_y in found for g in of_y):
        raise GraphError("jacobian: it does not depend on an input, which strict=True refuses with create_graph=True")
    return call.like_outputs([call.like_inputs(of_y) for of_y in found])


def hessian(
    func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"
):  # fmt: skip
    """∂²func(inputs)/∂input², of a func that returns one number, of shape (*input's, *input's); for a tuple of inputs a
    tuple of tuples.

    Raises: as `jacobian`, and RuntimeError for more than one number.
    """

    def gradient(*inputs):
        call = _Call("hessian", func, inputs, True, strict)
        return tuple(call.gradients([call.number().reshape(())], [None]))

    one = isinstance(inputs, Tensor)
    found = jacobian(gradient, (inputs,) if one else inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found[0][0] if one else found


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """func(inputs), and vᵀJ with its Jacobian J, a tensor for each input. v is like the outputs; None for one number.

    Raises: TypeError for what is no tensor, RuntimeError for a v that does not fit and what `strict` refuses.
    """
    call = _Call("vjp", func, inputs, create_graph, strict)
    vs = _vectors("vjp", v, call.outputs, "output of func")
    return call.result(), call.like_inputs(call.gradients(call.outputs, vs))


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(inputs), and Jv with its Jacobian J, a tensor for each output. v is like the inputs; None for one number.

    Raises: as `vjp`.
    """
    call = _Call("jvp", func, inputs, create_graph, strict)
    vs = _vectors("jvp", v, call.here.inputs, "input")
    push = Pushforward(call.here, call.outputs)
    return call.result(), call.like_outputs(call.gradients(push.pulled, vs, push.us))


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """func(inputs), one number, and vᵀH with its Hessian H, a tensor for each input. v is like the inputs.

    Raises: as `vjp`, and RuntimeError for more than one number.
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """func(inputs), one number, and Hv with its Hessian H, a tensor for each input: as `vhp`, since H is symmetric.

    Raises: as `vhp`.
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(where, func, inputs, v, create_graph, strict):
    call = _Call(where, func, inputs, create_graph, strict)
    y, vs = call.number(), _vectors(where, v, call.here.inputs, "input")
    slopes = call.gradients([y.reshape(())], [None], record=True)
    return call.result(), call.like_inputs(call.gradients(slopes, vs))


def _tensors(where, name, given):
    given = given if isinstance(given, tuple) else (given,)
    for x in given:
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(
                f"{where}: expected {name} to be a tensor or a tuple of them, got {type(x).__name__}"
            )
    return given


def _vectors(where, v, models, what):
    """The v of a product, a list of tensors in the shapes of `models`."""
    if v is None:
        if len(models) != 1 or models[0].numel() != 1:
            raise ArgumentValueError(f"{where}: v may be None only for a single {what} with a single element")
        return [ones_like(models[0])]
    vs = list(_tensors(where, "v", v))
    if len(vs) != len(models):
        raise ArgumentValueError(f"{where}: expected a tensor in v for each {what}, {len(models)}, got {len(vs)}")
    for g, x in zip(vs, models):
        if g.shape != x.shape:
            raise ShapeError(f"{where}: expected v of the shape {x.shape} of the {what}, got {g.shape}")
    return vs
