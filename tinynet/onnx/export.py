"""`export`: a module as a graph of ONNX.

The module is called a few times, with examples of several sizes, and what it does is traced (`trace.py`). What is the
same each time is a part of the graph; a number that is not is the size of something (`sizes.py`). Then each call is
translated to nodes (`translators/`), and these are written (`graph.py`).
"""

import inspect
import os

import numpy as np

from .. import trees
from ..arguments import integer, wrong_kind, wrong_value
from ..autograd.mode import no_grad
from ..errors import DeviceError, ExportError, UninitializedError
from ..nn.module import Module
from ..nn.parameter import is_lazy
from ..tensor import Tensor, wrap
from .sizes import plans_of, resized, symbols_of
from .trace import Tracer

OPSET, OLDEST = 18, 18
LARGEST_FILE = 2**31 - 2**20  # bytes that a message of protobuf can have


def export(
    model, args=(), f=None, *, kwargs=None, input_names=None, output_names=None, opset_version=None, dynamic_axes=None
):
    """Write the graph of a module's `forward` to the file `f`, in the format ONNX; returns it as an `onnx.ModelProto`.

    `args`, a tensor or a tuple, and `kwargs` are example arguments, which the module is called with. It is exported as
    in evaluation, and left in the mode in which it was. The inputs are the tensors among the arguments, named by
    `input_names`, or else as `forward` names them; the outputs are the tensors in the result. Initializers have the
    names of the state dict.

    The first dimension of each input may have any size in the graph, "batch". `dynamic_axes` says instead which may:
    {"x": {0: "batch", 1: "time"}}, or {"x": [0, 1]}, and {} for none. Sizes of one name are equal.

    Raises: ExportError for what a graph cannot say, with the line and the module; ArgumentTypeError, ArgumentValueError
    for arguments that do not fit; UninitializedError, DeviceError for a model that has no shape yet, or lies on a GPU;
    ImportError where onnx is not installed.
    """
    onnx = _package()
    from .assembly import assemble

    if not isinstance(model, Module):
        raise wrong_kind("onnx.export", "model", "a Module", model)
    newest = onnx.defs.onnx_opset_version()
    opset = OPSET if opset_version is None else integer("onnx.export", "opset_version", opset_version, OLDEST, newest)
    args = args if isinstance(args, tuple) else (args,)
    _check_state(model)
    example = _Example(model, args, dict(kwargs or {}), input_names)
    symbols = symbols_of(example.inputs, dynamic_axes)
    plan, traces = _traces(model, example, symbols)
    proto = assemble(type(model).__name__, traces, opset, symbols, plan, output_names, dynamic_axes)
    onnx.checker.check_model(proto)
    _save(onnx, proto, f)
    return proto


def _package():
    try:
        import onnx
    except ImportError:
        raise ImportError(
            'onnx.export needs the package onnx: pip install -e ".[onnx]" in the clone of tinynet'
        ) from None
    return onnx


def _check_state(model):
    for name, x in _state(model).items():
        if is_lazy(x):
            raise UninitializedError(f"onnx.export: the shape of {name!r} is not known yet; call the model once before")
        if x.is_cuda:
            raise DeviceError(f"onnx.export: expected a model on the CPU, got {name!r} on {x.device}; use model.cpu()")


def _state(model):
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _save(onnx, proto, f):
    if f is None:
        return
    if hasattr(f, "write"):
        f.write(proto.SerializeToString())
        return
    if not isinstance(f, str | os.PathLike):
        raise wrong_kind("onnx.export", "f", "a path, a file or None", f)
    beside = proto.ByteSize() > LARGEST_FILE
    where = {"save_as_external_data": True, "location": f"{os.path.basename(f)}.data"} if beside else {}
    onnx.save_model(proto, os.fspath(f), **where)


class _Example:
    """The arguments of the example call, and the inputs among them: [(name, tensor)]."""

    def __init__(self, model, args, kwargs, input_names):
        self.leaves, self.structure = trees.flatten((args, kwargs))
        self.places = [i for i, x in enumerate(self.leaves) if isinstance(x, Tensor)]
        names = _names_of(model, args, kwargs)
        if input_names is not None:
            if len(input_names) > len(self.places):
                raise wrong_value("onnx.export", f"at most {len(self.places)} input_names", list(input_names))
            names = [*input_names, *names[len(input_names) :]]
        if len(set(names)) < len(names) or not all(isinstance(name, str) and name for name in names):
            raise wrong_value("onnx.export", "input_names that differ", names)
        self.names, self.inputs = names, list(zip(names, (self.leaves[i] for i in self.places)))
        for name, x in self.inputs:
            if x.is_cuda:
                raise DeviceError(f"onnx.export: expected inputs on the CPU, got {name!r} on {x.device}")
        if len({id(x) for _, x in self.inputs}) < len(self.inputs):
            raise wrong_value("onnx.export", "each input to be a tensor of its own", names)

    def arguments(self, tensors):
        """The arguments, with other tensors as inputs: (args, kwargs)."""
        leaves = list(self.leaves)
        for i, x in zip(self.places, tensors):
            leaves[i] = x
        return trees.unflatten(self.structure, leaves)


def _names_of(model, args, kwargs):
    """Names for the tensors among the arguments: those of the parameters of `forward`, with numbers in a container."""
    try:
        bound = inspect.signature(model.forward).bind(*args, **kwargs)
    except TypeError as error:
        raise wrong_value("onnx.export", f"arguments that forward takes ({error})", args) from None
    named = []
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named += value.items()
        else:
            named.append((name, value))
    order = {id(x): i for i, x in enumerate(trees.flatten((args, kwargs))[0])}
    found = []
    for name, value in named:
        leaves = [x for x in trees.flatten(value)[0] if isinstance(x, Tensor)]
        alone = isinstance(value, Tensor)
        found += [(order[id(x)], name if alone else f"{name}_{i}") for i, x in enumerate(leaves)]
    return [name for _, name in sorted(found)]


def _traces(model, example, symbols):
    """What the module does in evaluation: a plan of sizes, and [(Tracer, (results, structure))] for each of them."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        failed = None
        for plan in plans_of(example.inputs, symbols):
            try:
                return plan, _traced(model, example, symbols, plan)
            except _Failure as failure:
                failed = failed or failure
        with no_grad():
            args, kwargs = example.arguments([wrap(np.array(x.array)) for _, x in example.inputs])
            model(*args, **kwargs)  # it may fail with its own example
        raise ExportError(
            f"onnx.export: the model fails with inputs of other sizes, {failed.sizes}: {failed.error}; name the axes "
            "that may have any size in dynamic_axes, or none by dynamic_axes={}"
        ) from failed.error
    finally:
        for module, training in modes:
            module.training = training


class _Failure(Exception):
    """An error of the model's with inputs of other sizes than the example's."""

    def __init__(self, sizes, error):
        self.sizes, self.error = sizes, error


def _traced(model, example, symbols, plan):
    traces, state = [], _state(model)
    for k in range(max([len(sizes) for sizes in plan.values()], default=2)):
        tensors = [resized(x, axes, plan, k) for (_, x), axes in zip(example.inputs, symbols)]
        args, kwargs = example.arguments(tensors)
        tracer = Tracer(state)
        try:
            traces.append((tracer, tracer.trace(model, args, kwargs, dict(zip(example.names, tensors)))))
        except ExportError:
            raise
        except Exception as error:
            if not plan:
                raise
            raise _Failure({symbol: sizes[k] for symbol, sizes in plan.items()}, error) from error
    return traces
