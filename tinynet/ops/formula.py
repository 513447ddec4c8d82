"""`formula`: an elementwise operation of one's own, from a scalar function in Python."""

import functools
import inspect

import numpy as np

from ..arguments import wrong_kind
from ..autograd.graph import record
from ..errors import ArgumentTypeError, DTypeError, ShapeError
from ..kernels.arrays import DeviceArray, empty, empty_like
from ..kernels.launch import launch
from ..kernels.lifting.derivative import derivative as derived
from ..kernels.lifting.formula import parse
from ..kernels.own import OwnFormula, frozen
from ..kernels.runtime.disk_cache import LIFTED
from ..tensor import Tensor
from .operands import common_shape, converted, operand

FUNCTIONS = "formula"


def formula(function=None, *, derivative=None):
    """An elementwise operation from a scalar function, compiled for CPU and GPU, and with gradients of any order.

        @tn.formula
        def swish(x, beta):
            return x / (1 + exp(-beta * x))

        y = swish(x, 1.5)                 # tensors, which broadcast, and numbers

    The function is written with `def`, of numbers: arithmetic, comparison, branches, loops, functions of `math`, and
    other such functions. It is one loop over the elements, and in a compiled step (`compile`) a part of larger ones.
    Numbers at the end of a call are the same for all elements; what only they decide is computed once, in float64.
    Global numbers that it names are constants: as they are when it is first used, also in derivatives.

    Its derivatives are found line by line, as one would by hand, and `swish.derivative("x")` is what was found, as a
    formula of (g, x, beta). Where none can be, or a better one is known, give it: `derivative=` is a function of the
    same parameters or, for several tensors, a dict {parameter: function}.

    Raises: TypeError for what is no such function; at a call DTypeError for tensors that are not floating, ShapeError
    where the shapes do not broadcast, NameError where it names what there is not.
    """
    if function is None:
        return functools.partial(formula, derivative=derivative)
    return FormulaOperation(function, derivative)


class FormulaOperation:
    """What `formula` returns: call it with tensors and numbers."""

    def __init__(self, function, derivative=None):
        if not inspect.isfunction(function):
            raise wrong_kind("formula", "function", "a function written with def", function)
        self.parameters = list(inspect.signature(function).parameters)
        if not self.parameters or function.__code__.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            raise ArgumentTypeError(
                f"formula {function.__name__}: expected parameters, each with a name, and at least one"
            )
        self.function = function
        self.given = self._by_parameter(derivative)
        self._kernels, self._derivatives = {}, {}
        parse(function)
        functools.update_wrapper(self, function)

    def _by_parameter(self, derivative):
        given = derivative if isinstance(derivative, dict) else {self.parameters[0]: derivative} if derivative else {}
        for name, by in given.items():
            by = getattr(by, "function", by)
            if (
                name not in self.parameters
                or not inspect.isfunction(by)
                or list(inspect.signature(by).parameters) != self.parameters
            ):
                raise ArgumentTypeError(
                    f"formula {self.function.__name__}: expected as derivative a function of "
                    f"({', '.join(self.parameters)}), or a dict of them by parameter, got {name}: {by!r}"
                )
        return {name: getattr(by, "function", by) for name, by in given.items()}

    def _kernel(self, numbers):
        """The kernel for calls that end in so many numbers."""
        if numbers not in self._kernels:
            self._kernels[numbers] = OwnFormula(frozen(self.function), numbers)
        return self._kernels[numbers]

    @property
    def source(self):
        """The text of the function; of a derivative, that of the module in which it stands with what it calls."""
        module = inspect.getmodule(self.function)
        is_derived = module is not None and module.__name__.startswith(LIFTED)
        return inspect.getsource(module if is_derived else self.function)

    def derivative(self, parameter):
        """g · ∂/∂parameter, as an operation of (g, *parameters). Raises: TypeError where no derivative is known."""
        if parameter not in self.parameters:
            raise ArgumentTypeError(f"formula {self.function.__name__}: has no parameter {parameter!r}")
        if parameter not in self._derivatives:
            by = self.given.get(parameter)
            found = derived(frozen(self.function), parameter, None if by is None else frozen(by))
            self._derivatives[parameter] = FormulaOperation(found)
        return self._derivatives[parameter]

    def __call__(self, *args, **kwargs):
        name = self.function.__name__
        if kwargs or len(args) != len(self.parameters):
            args = inspect.signature(self.function).bind(*args, **kwargs)
            args.apply_defaults()
            args = args.args
        inputs = [operand(name, x) for x in args]
        count = len(inputs)
        while count and not isinstance(inputs[count - 1], Tensor):
            count -= 1
        if not count:
            raise ArgumentTypeError(f"{name}: expected a tensor among its arguments, got numbers alone")
        tensors, numbers = inputs[:count], [float(x) for x in inputs[count:]]
        dtype = functools.reduce(np.promote_types, [x.array.dtype for x in tensors if isinstance(x, Tensor)])
        if dtype.kind != "f":
            raise DTypeError(f"{name}: expected floating tensors, got {dtype}")
        tensors = [converted(name, x, dtype) for x in tensors]
        out = _result(name, tensors)
        launch(self._kernel(len(numbers)), out, *[x.array for x in tensors], *numbers)
        rules = [self._rule(parameter, tensors, numbers) for parameter in self.parameters[:count]]
        return record(name, out, tuple(tensors), *rules)

    def _rule(self, parameter, tensors, numbers):
        return lambda g: self.derivative(parameter)(g, *tensors, *numbers)

    def __repr__(self):
        return f"<formula {self.function.__name__}({', '.join(self.parameters)})>"


def _result(name, tensors):
    """An array for the result, in the order of memory of an operand of its shape."""
    arrays = [x.array for x in tensors]
    try:
        shape = common_shape(*[x.shape for x in arrays])
    except ValueError:
        shapes = ", ".join([str(x.shape) for x in arrays])
        raise ShapeError(f"{name}: expected shapes that broadcast together, got {shapes}") from None
    like = next((x for x in arrays if isinstance(x, DeviceArray)), arrays[0])
    for x in arrays:
        if x.shape == shape and x.__class__ is like.__class__ and 0 not in x.strides:
            return empty_like(x)
    return empty(shape, like.dtype, like)
