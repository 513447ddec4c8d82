"""The graph that is written: nodes and initializers of ONNX, made one after another by the translators.

A value is named by a string: that is what `Graph.op` returns. What the traced model computed is a `Value`, which also
knows its shape and dtype. Sizes are ints, or `Dim`s where they depend on the inputs.
"""

import itertools

import numpy as np
from onnx import helper, numpy_helper

from ..errors import ExportError
from .sizes import Dim, Value, line

INT64 = np.dtype(np.int64)
MAX = np.iinfo(np.int64).max


class Graph:
    """Collects nodes, under unique names; `opset` is the version of the operators.

    While a call is translated, `path` is that of its module, `place` the line of the user's code, and `call` its name.
    """

    def __init__(self, opset, reserved):
        self.opset, self.nodes, self.initializers = opset, [], {}
        self.taken = set(reserved)
        self.constants = {}  # (dtype, shape, bytes): name
        self.sources = {}  # a Dim: (name of a tensor, axis) where it is to be found
        self.sizes = {}  # a Dim: the name of a vector of that one number
        self.path = self.place = self.call = ""

    # Names, values

    def unique(self, name):
        """The name itself, or with a number behind it if it is taken."""
        found, k = name, 1
        while found in self.taken:
            k += 1
            found = f"{name}_{k}"
        self.taken.add(found)
        return found

    def within(self, name):
        """A unique name that begins with the path of the module."""
        return self.unique("/".join([*self.path.split("."), name]) if self.path else name)

    def define(self, name, shape):
        """Note that a tensor of this name and shape is there: it tells of its sizes from now on."""
        for axis, n in enumerate(shape):
            if isinstance(n, Dim):
                self.sources.setdefault(n, (name, axis))

    def initializer(self, name, array):
        """Add an initializer under a name of its own."""
        self.initializers[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def constant(self, array, dtype=None):
        """The name of a constant, the same for equal ones."""
        array = np.asarray(array, dtype)
        key = array.dtype, array.shape, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self.initializer(self.unique("constant"), array)
        return self.constants[key]

    def op(self, kind, *inputs, outputs=1, **attributes):
        """Add a node; returns the name of its output, or of several. Inputs are names, Values, or None for none."""
        names = [x.name if isinstance(x, Value) else x or "" for x in inputs]
        while names and not names[-1]:
            names.pop()
        found = tuple([self.within(kind.lower()) for _ in range(outputs)])
        attributes = {key: value for key, value in attributes.items() if value is not None}
        node = helper.make_node(kind, names, found, name=self.within(kind), doc_string=self.place, **attributes)
        self.nodes.append(node)
        return found[0] if outputs == 1 else found

    # Numbers and sizes

    def cast(self, x, dtype):
        """A Value, a name or a number in a dtype; a number becomes a constant without dimensions."""
        if isinstance(x, Dim):
            return self.cast_to(self.op("Squeeze", self.size(x)), dtype) if dtype != INT64 else self.scalar(x)
        if not isinstance(x, Value | str):
            with np.errstate(over="ignore"):
                return self.constant(np.asarray(x).astype(dtype))
        if isinstance(x, Value) and x.dtype == dtype:
            return x.name
        return self.cast_to(x, dtype)

    def cast_to(self, x, dtype):
        """A name or a Value in a dtype, whatever it had."""
        return self.op("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def scalar(self, n):
        """A size as a tensor of int64 without dimensions."""
        return self.op("Squeeze", self.size(n)) if isinstance(n, Dim) else self.constant(n, INT64)

    def size(self, n):
        """A size as a vector of one number.

        Raises: ExportError for a Dim that is no size of a tensor, nor a multiple of one or of the product of two.
        """
        if not isinstance(n, Dim):
            return self.constant([n], INT64)
        if n not in self.sizes:
            self.sizes[n] = self._found(n)
        return self.sizes[n]

    def _found(self, n):
        if n in self.sources:
            name, axis = self.sources[n]
            return self.op("Shape", name, start=axis, end=axis + 1)
        factors = [(m,) for m in self.sources] + [(a, b) for a in self.sources for b in self.sources]
        products = [(np.prod([m.values for m in dims], axis=0).tolist(), dims) for dims in factors]
        for values, dims in products:
            factor, offset = line(values, n.values)
            if factor is not None:
                out = self.op_with("Mul", self.product(dims), factor, 1)
                return self.op_with("Add", out, offset, 0)
        for (values, dims), m, k in itertools.product(products, self.sources, (1, 2, -1)):
            if all(a + k * b == c for a, b, c in zip(values, m.values, n.values)):
                return self.op("Add", self.product(dims), self.op_with("Mul", self.size(m), k, 1))
        raise self.error(
            "expected a number that is a size of a tensor, or such a size times or plus a constant, got "
            f"{', '.join(map(str, n.values))} for inputs of other sizes"
        )

    def op_with(self, kind, x, number, neutral):
        """x combined with an int, unless that changes nothing."""
        return x if number == neutral else self.op(kind, x, self.constant([number], INT64))

    def vector(self, sizes):
        """Sizes as a vector."""
        if not any(isinstance(n, Dim) for n in sizes):
            return self.constant(list(sizes), INT64)
        return self.op("Concat", *[self.size(n) for n in sizes], axis=0) if len(sizes) > 1 else self.size(sizes[0])

    def product(self, sizes):
        """The product of sizes: an int, or the name of a vector of one number."""
        fixed = int(np.prod([n for n in sizes if not isinstance(n, Dim)], dtype=np.int64))
        out = None
        for n in sizes:
            if isinstance(n, Dim):
                out = self.size(n) if out is None else self.op("Mul", out, self.size(n))
        return fixed if out is None else out if fixed == 1 else self.op("Mul", out, self.constant([fixed], INT64))

    def arange(self, n, start=0, step=1):
        """start, start + step, ... in int64, n of them."""
        if not isinstance(n, Dim):
            return self.constant(start + step * np.arange(n), INT64)
        zero, one = self.constant(0, INT64), self.constant(1, INT64)
        out = self.op("Range", zero, self.scalar(n), one)
        out = out if step == 1 else self.op("Mul", out, self.constant(step, INT64))
        return out if start == 0 else self.op("Add", out, self.constant(start, INT64))

    def fixed(self, sizes, what):
        """Sizes that are known when the model is exported. Raises ExportError for others."""
        if any(isinstance(n, Dim) for n in sizes):
            raise self.error(f"{self.call} needs {what} of a known size; leave that axis out of dynamic_axes")
        return tuple(sizes)

    def error(self, what):
        """An ExportError that names the line of the user's code, and the module."""
        at = f" at {self.place}" if self.place else ""
        inside = f", in {self.path}" if self.path else ""
        return ExportError(f"onnx.export{at}{inside}: {what}")

    # What many translations need

    def reshape(self, x, shape):
        """x, a Value or a name, in a shape, one size of which may be −1."""
        shape, before = list(shape), x.shape if isinstance(x, Value) else ()
        if 0 in shape:
            return self.op("Reshape", x, self.vector(shape), allowzero=1)
        open_axes = [i for i, n in enumerate(shape) if isinstance(n, Dim)]
        for i in open_axes if len(open_axes) > 1 or -1 in shape else ():
            if i < len(before) and before[i] == shape[i]:
                shape[i] = 0  # keeps the size that x has there
        open_axes = [i for i in open_axes if shape[i] != 0]
        if len(open_axes) == 1 and -1 not in shape:
            shape[open_axes[0]] = -1
        return self.op("Reshape", x, self.vector(shape))

    def transpose(self, x, order):
        """x with its dimensions in another order."""
        return x if list(order) == list(range(len(order))) else self.op("Transpose", x, perm=list(map(int, order)))

    def squeeze(self, x, *axes):
        return self.op("Squeeze", x, self.constant(axes, INT64)) if axes else x

    def unsqueeze(self, x, *axes):
        return self.op("Unsqueeze", x, self.constant(axes, INT64)) if axes else x

    def reduce(self, kind, x, axes, keepdim):
        """A reduction over axes, all of them where `axes` is None."""
        axes = None if axes is None else self.constant(list(axes), INT64)
        return self.op(kind, x, axes, keepdims=int(keepdim))

    def number(self, value, x):
        """A number as a constant of the dtype of x, a Value."""
        return self.constant(value, x.dtype)

    # The end

    def op_as(self, name, kind, *inputs):
        """Add a node whose output has a name that was chosen before."""
        self.nodes.append(helper.make_node(kind, inputs, [name], name=self.unique(f"{kind}_{name}")))

    def rename(self, names):
        """Give values other names."""
        for node in self.nodes:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]

    def model(self, name, inputs, outputs, producer):
        """The ModelProto of all nodes and initializers that the outputs need."""
        needed, nodes = {x.name for x in outputs}, []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                nodes.append(node)
                needed.update(node.input)
        initializers = [tensor for key, tensor in self.initializers.items() if key in needed]
        graph = helper.make_graph(nodes[::-1], name, inputs, outputs, initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(
            graph, producer_name=producer[0], producer_version=producer[1], opset_imports=opsets,
            ir_version=helper.find_min_ir_version_for(opsets),
        )  # fmt: skip


def info_of(value, named):
    """The ValueInfoProto of an input or output; `named` tells the names of sizes that are open."""
    dims = [named(value.name, axis, n) if isinstance(n, Dim) else n for axis, n in enumerate(value.shape)]
    return helper.make_tensor_value_info(value.name, helper.np_dtype_to_tensor_dtype(value.dtype), dims)
