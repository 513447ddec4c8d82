"""From traces to a graph: they are compared, each call is translated, and what went in and came out gets its name."""

import itertools
from dataclasses import replace

from ..arguments import wrong_value
from ..errors import ExportError
from .graph import Graph, info_of
from .sizes import Ref, Value, line, merged, same


def assemble(name, traces, opset, symbols, plan, output_names, dynamic_axes):
    """The ModelProto of traces [(Tracer, (results, structure))], each with inputs of other sizes.

    Raises: ExportError where they differ in more than sizes, or hold what the graph cannot say.
    """
    from .. import __version__

    tracers = [tracer for tracer, _ in traces]
    _check_alike([tracer.made for tracer in tracers])
    results, structures = zip(*[result for _, result in traces])
    if any(structure != structures[0] for structure in structures):
        raise ExportError("onnx.export: expected a result of the same structure for inputs of any size")
    results = merged([tuple(r) for r in results], "the result")
    if not any(isinstance(x, Ref) for x in results) or not all(x is None or isinstance(x, Ref) for x in results):
        raise ExportError("onnx.export: expected a result of tensors, alone or in tuples, lists and dicts")
    reserved = [tensor.name for tensor in tracers[0].tensors if tensor.name is not None]
    names = _output_names(structures[0], results, output_names, reserved)
    assembly = _Assembly(tracers, Graph(opset, [*reserved, *names]))
    assembly.translate()
    outputs = assembly.outputs([x.number for x in results if x is not None], names)
    inputs = [value for number, value in assembly.values.items() if tracers[0].tensors[number].kind == "input"]
    named = _Names(inputs, symbols, plan, outputs, dynamic_axes)
    infos = [[info_of(value, named) for value in values] for values in (inputs, outputs)]
    return assembly.graph.model(name, *infos, ("tinynet", __version__))


def _check_alike(traces):
    """Raise ExportError unless all traces, each a list of calls, consist of the same calls."""
    for calls in itertools.zip_longest(*traces):
        first = next(call for call in calls if call is not None)
        kind = lambda call: call and (call.seam, call.name, call.outputs)
        other = next((call for call in calls if kind(call) != kind(first)), first)
        if other is not first:
            instead = f"{other.name} at {other.origin.place}" if other else "nothing"
            raise ExportError(
                f"onnx.export at {first.origin.place}: expected the same operations for inputs of any size, got "
                f"{first.name} with one size, and {instead} with another; a loop over an axis needs its size to be "
                "fixed, by dynamic_axes"
            )


class _Assembly:
    """The traces as one, and the graph that is made of it."""

    def __init__(self, tracers, graph):
        self.tracers, self.tensors, self.graph = tracers, tracers[0].tensors, graph
        self.values = {}  # the number of a tensor: its Value
        for number, tensor in enumerate(self.tensors):
            if tensor.kind == "input":
                self._define(number, tensor.name)

    def _define(self, number, name, values=None):
        shape = merged([tracer.tensors[number].shape for tracer in self.tracers], "a shape")
        self.values[number] = Value(name, shape, self.tensors[number].dtype, values)
        self.graph.define(name, shape)
        return self.values[number]

    def value(self, number):
        """The Value of a tensor; of one that the model holds, or a constant, when it is first used."""
        if number in self.values:
            return self.values[number]
        tensor = self.tensors[number]
        if tensor.kind == "state":
            return self._define(number, self.graph.initializer(tensor.name, tensor.values))
        values = self._constant(number)
        if values is not None:
            return self._define(number, self.graph.constant(values), values)
        return self._define(number, self._filled(number))

    def _constant(self, number):
        """The array of a tensor that is the same in all traces, and made of neither inputs nor state; else None."""
        found = [tracer.tensors[number].values for tracer in self.tracers]
        return found[0] if all(x is not None and same(x, found[0]) for x in found) else None

    def _filled(self, number):
        """A constant whose size differs from trace to trace, and that holds one number everywhere."""
        found = [tracer.tensors[number].values for tracer in self.tracers]
        if any(x is None or not x.size or (x != found[0].flat[0]).any() for x in found):
            raise self.graph.error(
                f"{self.graph.call} takes a tensor of shape {found[0].shape} that is made anew by each call, and other "
                "for inputs of other sizes; make it of the inputs, by operations"
            )
        shape = merged([x.shape for x in found], "a shape")
        return self.graph.op("Expand", self.graph.constant(found[0].flat[0]), self.graph.vector(shape))

    # Calls

    def translate(self):
        """Add the nodes of all calls."""
        for calls in zip(*[tracer.made for tracer in self.tracers]):
            if any(self._constant(number) is None for number in calls[0].outputs):
                self._translate(calls)

    def _translate(self, calls):
        first, graph = calls[0], self.graph
        graph.path, graph.place = first.origin.module.removeprefix("model").removeprefix("."), first.origin.place
        graph.call = first.name
        where = f"{first.name} at {first.origin.place}"
        arguments = merged([call.arguments for call in calls], where)
        shapes = [merged([t.tensors[number].shape for t in self.tracers], where) for number in first.outputs]
        outs = [Value("", shape, self.tensors[number].dtype) for number, shape in zip(first.outputs, shapes)]
        found = first.seam.translator(graph, outs[0], **{key: self._bound(x) for key, x in arguments.items()})
        for number, name in zip(first.outputs, found if isinstance(found, tuple) else (found,)):
            self._define(number, name)

    def _bound(self, x):
        """An argument with Values in the place of Refs."""
        if isinstance(x, Ref):
            return self.value(x.number)
        if isinstance(x, tuple | list):
            inner = [self._bound(y) for y in x]
            return type(x)(*inner) if hasattr(x, "_fields") else inner if isinstance(x, list) else tuple(inner)
        if isinstance(x, dict):
            return {key: self._bound(y) for key, y in x.items()}
        return x

    # The end

    def outputs(self, numbers, names):
        """The Values of the results under the names of outputs."""
        graph, found, renamed = self.graph, [], {}
        produced = {name for node in graph.nodes for name in node.output}
        graph.path = graph.place = ""
        for number, name in zip(numbers, names):
            value = self.value(number)
            if value.name in produced and value.name not in renamed:
                renamed[value.name] = name
            else:
                graph.op_as(name, "Identity", renamed.get(value.name, value.name))
            found.append(replace(value, name=name))
        graph.rename(renamed)
        return found


def _output_names(structure, results, given, reserved):
    """Names for the tensors among the results, which nothing else has."""
    given, names = list(given or ()), [name for name, x in zip(_paths(structure), results) if x is not None]
    if len(given) > len(names) or len({*given, *reserved}) < len(given) + len(reserved):
        raise wrong_value("onnx.export", f"at most {len(names)} output_names that nothing else has", given)
    taken = {*reserved, *given}
    for name in names[len(given) :]:
        while name in taken:
            name += "_"
        taken.add(name)
        given.append(name)
    return given


def _paths(structure, prefix=""):
    """A name for each leaf of a structure (`trees.py`)."""
    if structure is None:
        return [prefix or "output"]
    kind, keys, inner = structure
    labels = keys if keys is not None else getattr(kind, "_fields", None)
    if labels is None:
        prefix, labels = prefix or "output", range(len(inner))
    named = [f"{prefix}_{label}" if prefix else str(label) for label in labels]
    return [name for label, s in zip(named, inner) for name in _paths(s, label)]


class _Names:
    """What the sizes are called that are open."""

    def __init__(self, inputs, symbols, plan, outputs, dynamic_axes):
        self.given, self.plan = {value.name: axes for value, axes in zip(inputs, symbols)}, plan
        ndims = {value.name: value.ndim for value in outputs}
        for name, axes in (dynamic_axes or {}).items():
            if name in self.given:
                continue
            if name not in ndims:
                known = [*self.given, *ndims]
                raise wrong_value("onnx.export", f"names of inputs or outputs in dynamic_axes, {known}", name)
            if hasattr(axes, "items"):
                self.given[name] = {axis % max(ndims[name], 1): symbol for axis, symbol in axes.items()}

    def __call__(self, name, axis, n):
        if axis in self.given.get(name, ()):
            return self.given[name][axis]
        for symbol, sizes in self.plan.items():
            factor, offset = line(sizes, n.values)
            if factor is not None:
                text = symbol if factor == 1 else f"{factor}*{symbol}"
                return text if offset == 0 else f"{text} + {offset}" if offset > 0 else f"{text} - {-offset}"
        return f"{name}_dim_{axis}"
