"""Formulas lifted to kernels over elements: the same text that becomes a loop on the CPU, one thread per element."""

import math

import numba
import numpy as np
from numba import types

from ...lifting.formula import function
from ...lifting.lift import ALIGN, lift
from ...lifting.module import load
from ...runtime.plans import planned
from ..array.array import CudaArray
from ..array.collapse import collapse
from ..device import driver
from .template import loaded, module, parsed


def kernel_text(lifted, dtype, is_array=None, dims=0):
    """The text of the module of a kernel; `is_array` has {element: whether it is an array, or a number}.

    With dims = 0 all arrays lie alike, and elements are counted through; else each has a stride for each dimension.
    """
    formula, is_array = parsed(lifted, dtype), is_array or {}
    outputs = [*lifted.inplace] or ["out"]
    inputs = [e for e in formula.elements if e not in outputs]
    arrays = outputs + [e for e in inputs if is_array.get(e, True)]
    numbers = [e for e in inputs if not is_array.get(e, True)]
    strides = ["shape", *(f"{name}_strides" for name in arrays)] if dims else []

    def element(name):
        index = f"i // uintp({ALIGN})" if name in lifted.per_tensor else "i"
        if dims:
            index = " + ".join(f"i{d} * {name}_strides[{d}]" for d in range(dims))
        return formula.operand(name, index)

    lines = [*formula.loads(), "for i in range(uintp(cuda.grid(1)), uintp(size), uintp(cuda.gridsize(1))):"]
    if dims:
        lines.append("    rest = i")
        for d in range(dims - 1, 0, -1):
            lines += [f"    i{d} = rest % shape[{d}]", f"    rest = rest // shape[{d}]"]
        lines.append("    i0 = rest")
    call = formula.call(element(e) if is_array.get(e, True) else e for e in formula.elements)
    lines.append(f"    {', '.join(map(element, outputs))} = {call}")
    # Indices are unsigned, so that Numba need not think of x[-1], or of -1 // 2.
    kernel = function(f"def kernel({', '.join([*arrays, *numbers, 'size', *strides, *formula.constants])}):", lines)
    return module(lifted, formula, f"as a CUDA kernel over {dtype} arrays", kernel)


class Updates:
    """What runs a `lift` over whole flat arrays: an update rule, or any formula with scalars."""

    def __init__(self, lifted):
        self.lifted, self.compiled = lifted, {}
        self.name = lifted.name
        self.array_count = lifted.writes + lifted.input_count

    def __call__(self, *arguments):
        arrays, scalars = arguments[: self.array_count], arguments[self.array_count :]
        out = arrays[0]
        if out.size:
            kernel, constants = self.compiled.get(out.dtype) or self.compile(out.dtype)
            self.launch(kernel, arrays, constants(scalars))

    def launch(self, kernel, arrays, constants):
        size = arrays[0].size
        kernel(arrays[0].dtype, *driver.grid(size), *arrays, size, *constants)

    def compile(self, dtype):
        """(kernel, constants) for arrays of this dtype."""
        self.compiled[dtype] = loaded(self.lifted, self.source(dtype), self.types)
        return self.compiled[dtype]

    def types(self, real, count):
        """The types of the kernel's arguments, of which `count` come from the host's function."""
        return *[real[::1]] * self.array_count, types.int64, *[real] * count

    def source(self, dtype):
        """The text of the kernel's module."""
        return kernel_text(self.lifted, np.dtype(dtype).name)

    def __repr__(self):
        return f"Updates({self.name})"


class Elementwise:
    """A kernel (out, *inputs) from a formula: inputs broadcast, with any strides, and may be numbers."""

    def __init__(self, formula):
        self.lifted, self.kernels = lift(formula), {}
        self.name = formula.__name__
        self.names = list(formula.__code__.co_varnames[: formula.__code__.co_argcount])

    def __call__(self, out, *inputs):
        meta = out.meta
        key, arrays, numbers = [(meta.shape, meta.strides, meta.dtype)], [out], []
        for x in inputs:
            if x.__class__ is CudaArray:
                meta = x.meta
                key.append((meta.shape, meta.strides, meta.dtype))
                arrays.append(x)
            elif isinstance(x, np.ndarray | np.generic):
                key.append(x.dtype)
                numbers.append(x.item())
            else:
                key.append(None)
                numbers.append(x)
        found = _plan(self, tuple(key))
        if found is not None:
            kernel, configuration, layout = found
            kernel(*configuration, *arrays, *numbers, *layout)

    def kernel(self, out, dtypes, is_array, dims):
        key = out, dtypes, is_array, dims
        if key not in self.kernels:
            self.kernels[key] = self.compile(*key)
        return self.kernels[key]

    def compile(self, out, dtypes, is_array, dims):
        module = load(f"{self.name}_cuda", self.source(out, dtypes, is_array, dims))
        kinds = self.types(out, dtypes, is_array, dims)
        return driver.Kernel(module.kernel, lambda _: kinds, listed=False, name=self.name)

    def source(self, out, dtypes, is_array, dims):
        return kernel_text(self.lifted, self.real(out, dtypes).name, dict(zip(self.names, is_array)), dims)

    def real(self, out, dtypes):
        """The dtype in which the formula's constants are: that of the last input, so that conditions do not count."""
        return dtypes[-1] if dtypes else out

    def types(self, out, dtypes, is_array, dims):
        arrays = [out, *(d for d, yes in zip(dtypes, is_array) if yes)]
        numbers = [numba.from_dtype(d) for d, yes in zip(dtypes, is_array) if not yes]
        strides = [types.UniTuple(types.uint64, dims)] * (len(arrays) + 1) if dims else []
        return *[numba.from_dtype(d)[::1] for d in arrays], *numbers, types.int64, *strides

    def __repr__(self):
        return f"Elementwise({self.name})"


@planned
def _plan(elementwise, key):
    """(kernel, (dtype, blocks, threads), (size, shape, strides ...)) of an `Elementwise`, or None for no elements.

    `key` has each array's (shape, strides, dtype), the output first; the dtype of a NumPy number; None for Python's.
    """
    out, *inputs = key
    size = math.prod(out[0])
    if not size:
        return None
    is_array = tuple([x.__class__ is tuple for x in inputs])
    dtypes = tuple([x[2] if x.__class__ is tuple else out[2] if x is None else x for x in inputs])
    shape, strides = collapse([out, *(x for x in inputs if x.__class__ is tuple)])
    kernel = elementwise.kernel(out[2], dtypes, is_array, len(shape))
    return kernel, (out[2], *driver.grid(size)), (size, shape, *strides) if shape else (size,)
