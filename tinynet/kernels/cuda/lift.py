"""Formulas lifted to kernels: the same text that becomes a loop on the CPU, one thread per element on a GPU.

What depends on numbers alone is computed on the host, once per launch, in float64, and then rounded, as the CPU's loops
do before they begin. The text of each kernel is written as a module into the cache folder, beside the CPU's.
"""

import builtins
import math

import numba
import numpy as np
from numba import types

from ..lifting.lift import ALIGN, Emitter, load
from ..lifting.lift import lift as cpu_lift
from ..runtime.plans import planned
from .array.array import CudaArray
from .array.collapse import collapse
from .device import driver

MATHEMATICS = "tinynet.kernels.cuda.device.driver"  # the module with the functions of `math` that kernels call
EXTREMA = "tinynet.kernels.cuda.extrema"  # and the one with `max` and `min`


class CudaEmitter(Emitter):
    """Writes the module of a kernel for arrays `kinds`, {name: whether it is an array}, with `dims` dimensions.

    With dims = 0 all arrays lie alike, and elements are counted through; else each has a stride for each dimension.
    """

    names = frozenset("cuda device kernel numbers size shape rest i0 i1 i2 i3".split())  # of the kernel's own

    def __init__(self, lifted, dtype, kinds=None, dims=0):
        super().__init__(lifted, dtype)
        for clash in self.names & {*self.elements, *lifted.scalars}:
            raise TypeError(f"formula {self.name}: the kernel needs the name {clash!r} itself; choose another")
        self.kinds, self.dims = kinds or {}, dims

    @staticmethod
    def library(name, value):
        if getattr(math, name, None) is value and hasattr(driver, name):
            return MATHEMATICS, name
        return (EXTREMA, name) if value is builtins.max or value is builtins.min else None

    def arrays(self):
        """The names of the arrays, outputs first, and of the elements that are numbers."""
        inplace = self.lifted.inplace
        first = [*inplace] if inplace else ["out"]
        inputs = [e for e in self.elements if e not in inplace]
        return first, [e for e in inputs if self.kinds.get(e, True)], [e for e in inputs if not self.kinds.get(e, True)]

    def module(self):
        self.imports.pop("numba")
        self.imports.setdefault(MATHEMATICS, set()).update(("cuda", "device"))
        self.imports["numpy"].add("uintp")
        imports = "\n".join(f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(self.imports.items()))
        title = f'"""Written by tinynet: the formula `{self.name}` as a CUDA kernel over {self.dtype} arrays."""'
        helpers = [f"@device\n{text}" for text, _ in self.helpers.values()]
        return (
            "\n\n\n".join([f"{title}\n\n{imports}", *helpers, f"@device\n{self.body}", self.host(), self.kernel()])
            + "\n"
        )

    def host(self):
        lines = [*self.prologue, f"return ({''.join(f'{k}, ' for k in self.from_host())})"]
        return "\n".join([f"def numbers({', '.join(self.lifted.scalars)}):", *(f"    {line}" for line in lines)])

    def from_host(self):
        """What the host hands to the kernel beside arrays."""
        return self.numbers

    def kernel(self):
        written, read, numbers = self.arrays()
        places = [f"{name}_steps" for name in (*written, *read)] if self.dims else []
        shape = ["shape"] if self.dims else []
        signature = ", ".join([*written, *read, *numbers, "size", *shape, *places, *self.numbers])
        lines = [f"def kernel({signature}):", *(f"    {line}" for line in self.loads())]
        # Unsigned, so that Numba need not think of x[-1], or of -1 // 2
        lines.append("    for i in range(uintp(cuda.grid(1)), uintp(size), uintp(cuda.gridsize(1))):")
        if self.dims:
            lines.append("        rest = i")
            for d in range(self.dims - 1, 0, -1):
                lines += [f"        i{d} = rest % shape[{d}]", f"        rest = rest // shape[{d}]"]
            lines.append("        i0 = rest")
        outputs = ", ".join(f"{w}[{self.place(w)}]" for w in written)
        operands = [self.operand(e, self.place(e)) if self.kinds.get(e, True) else e for e in self.elements]
        lines.append(f"        {outputs} = {self.name}({', '.join([*operands, *self.numbers])})")
        return "\n".join(lines)

    def place(self, name):
        if self.dims:
            return " + ".join(f"i{d} * {name}_steps[{d}]" for d in range(self.dims))
        return f"i // uintp({ALIGN})" if name in self.lifted.per_tensor else "i"


class Updates:
    """The counterpart of a `lift` over whole flat arrays: an update rule, or any formula with scalars."""

    def __init__(self, lifted):
        self.lifted, self.compiled = lifted, {}
        self.name = lifted.name
        self.arrays = lifted.writes + lifted._inputs

    def __call__(self, *arguments):
        arrays, scalars = arguments[: self.arrays], arguments[self.arrays :]
        out = arrays[0]
        if out.size:
            kernel, numbers = self.compiled.get(out.dtype) or self.compile(out.dtype)
            self.launch(kernel, arrays, numbers(scalars))

    def launch(self, kernel, arrays, numbers):
        size = arrays[0].size
        kernel(arrays[0].dtype, *driver.grid(size), *arrays, size, *numbers)

    def compile(self, dtype):
        module = load(f"{self.name}_cuda", self.source(dtype))

        def numbers(scalars):
            with np.errstate(all="ignore"):  # as compiled loops have it: 1 / 0 is inf
                return module.numbers(*map(np.float64, scalars))

        count = len(numbers([1.0] * len(self.lifted.scalars)))
        kernel = driver.Kernel(module.kernel, lambda real: self.types(real, count), listed=False, name=self.name)
        self.compiled[dtype] = kernel, numbers
        return self.compiled[dtype]

    def types(self, real, count):
        """The types of the kernel's arguments, of which `count` come from the host's function."""
        return *[real[::1]] * self.arrays, types.int64, *[real] * count

    def source(self, dtype):
        """The text of the kernel's module."""
        return CudaEmitter(self.lifted, np.dtype(dtype).name).module()

    def __repr__(self):
        return f"Updates({self.name})"


class Elementwise:
    """A kernel (out, *inputs) from a formula: inputs broadcast, with any strides, and may be numbers."""

    def __init__(self, formula):
        self.lifted, self.kernels = cpu_lift(formula), {}
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
        return CudaEmitter(self.lifted, self.real(out, dtypes).name, dict(zip(self.names, is_array)), dims).module()

    def real(self, out, dtypes):
        """The dtype in which the formula's constants are: that of the last input, which is no condition."""
        return dtypes[-1] if dtypes else out

    def types(self, out, dtypes, is_array, dims):
        arrays = [out, *(d for d, yes in zip(dtypes, is_array) if yes)]
        numbers = [numba.from_dtype(d) for d, yes in zip(dtypes, is_array) if not yes]
        places = [types.UniTuple(types.uint64, dims)] * (len(arrays) + 1) if dims else []
        return *[numba.from_dtype(d)[::1] for d in arrays], *numbers, types.int64, *places

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
