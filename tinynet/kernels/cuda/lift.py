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
from .array.array import CudaArray
from .device import driver

PLANS = 4096  # of a formula, that are kept
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
        lines = [f"def kernel({signature}):"]  # unsigned, so that Numba need not think of x[-1], or of -1 // 2
        lines.append("    for i in range(uintp(cuda.grid(1)), uintp(size), uintp(cuda.gridsize(1))):")
        if self.dims:
            lines.append("        rest = i")
            for d in range(self.dims - 1, 0, -1):
                lines += [f"        i{d} = rest % shape[{d}]", f"        rest = rest // shape[{d}]"]
            lines.append("        i0 = rest")
        outputs = ", ".join(f"{w}[{self.place(w)}]" for w in written)
        operands = [f"{e}[{self.place(e)}]" if self.kinds.get(e, True) else e for e in self.elements]
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
        self.lifted, self.kernels, self.plans = cpu_lift(formula), {}, {}
        self.name = formula.__name__
        self.names = list(formula.__code__.co_varnames[: formula.__code__.co_argcount])

    def __call__(self, out, *inputs):
        meta = out.meta
        key = [(meta.shape, meta.strides, meta.dtype)]
        arrays, numbers = [out], []
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
        key = tuple(key)
        kernel, launch = self.plans.get(key) or self.plan(key, out, inputs, arrays)
        if kernel is not None:
            kernel(*launch[:3], *arrays, *numbers, *launch[3:])

    def plan(self, key, out, inputs, arrays):
        """The kernel for arrays that lie so, and what it is launched with beside them; kept, as steps are repeated."""
        if not out.size:
            return None, ()
        is_array = tuple([x.__class__ is CudaArray for x in inputs])
        dtypes = tuple([x.dtype if isinstance(x, np.ndarray | CudaArray) else out.dtype for x in inputs])
        shape, steps = collapsed(out, arrays[1:])
        kernel = self.kernel(out.dtype, dtypes, is_array, len(shape))
        if len(self.plans) >= PLANS:
            self.plans.clear()
        places = (shape, *steps) if shape else ()
        self.plans[key] = kernel, (out.dtype, *driver.grid(out.size), out.size, *places)
        return self.plans[key]

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


def collapsed(out, arrays):
    """(shape, steps): as few dimensions as there can be, and for each of (out, *arrays) its steps along them.

    The shape is () if all lie alike, and densely: then element i of one belongs to element i of all.
    """
    shape = out.shape
    strides = [out.strides, *(x.strides if x.shape == shape else np.broadcast_to(x, shape).strides for x in arrays)]
    if all(s == strides[0] for s in strides) and _is_dense(shape, strides[0], out.itemsize):
        if all(x.itemsize == out.itemsize for x in arrays):
            return (), ()
    if all(x.flags.c_contiguous and x.shape == shape for x in (out, *arrays)):
        return (), ()
    kept = []  # [size, strides of all], the outermost dimension first
    for d in sorted((d for d in range(out.ndim) if shape[d] != 1), key=lambda d: -strides[0][d]):
        step = [s[d] for s in strides]
        if kept and all(before == s * shape[d] for before, s in zip(kept[-1][1], step)):
            kept[-1] = [kept[-1][0] * shape[d], step]
        else:
            kept.append([shape[d], step])
    kept = kept or [[1, [0] * len(strides)]]
    items = [x.itemsize for x in (out, *arrays)]
    steps = [tuple(k[1][j] // items[j] for k in kept) for j in range(len(items))]
    return tuple(k[0] for k in kept), steps


def _is_dense(shape, strides, item):
    """Whether an array covers one piece of memory, each element once."""
    expected = item
    for stride, n in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride != expected:
            return False
        expected *= n
    return True
