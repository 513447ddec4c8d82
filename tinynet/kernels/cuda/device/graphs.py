"""Launches side by side, made again without Python between them: as a CUDA graph, or by a loop over cuLaunchKernel.

A table has the function of each launch, the size of its grid and where its parameters lie. The loop reads it as it is;
a graph is a chain of kernel nodes made of it, whose parameters can be exchanged one by one.
"""

import ctypes
from ctypes import c_size_t, c_uint, c_ulonglong, c_void_p

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ....errors import KernelError
from ...runtime.jit import Compiled, compile_only_for, jit
from ...runtime.pointers import INT64_BYTES, load_int64
from .calls import Parameters, _function, check, library

ROW = 5  # numbers: the function, blocks, threads in x and in y, and where it is told where its parameters lie
graphs = True  # whether graphs are made where the driver has them


class Recorded:
    """Launches, as (function, blocks, threads, arguments), whose parameters are packed once, and made by each `run`."""

    def __init__(self, launches, stream):
        self.launches, self.graph = launches, None
        self.parameters = [Parameters(function.layout.size) for function, *_ in launches]
        self.rows = np.zeros((len(launches), ROW), np.int64)
        for k in range(len(launches)):
            self._pack(k, stream)
        if graphs and len(launches):
            self.graph = _or_none(lambda: Graph(self.rows))
        self.blocks = self._blocks()

    def replace(self, k, launch, stream):
        """Let a launch of the same function and grid be number k from now on."""
        self.launches[k] = launch
        self._pack(k, stream)
        self.blocks = self._blocks()
        if self.graph is not None:
            self.graph = _or_none(lambda: self.graph.replace(k, self.rows[k]))

    def _pack(self, k, stream):
        function, blocks, threads, arguments = self.launches[k]
        function.pack(self.parameters[k], stream, arguments)
        wide, high = threads if threads.__class__ is tuple else (threads, 1)
        places = self.parameters[k].places.get(function) or self.parameters[k].find(function)
        self.rows[k] = function.function.value, blocks, wide, high, ctypes.addressof(places)

    def _blocks(self):
        """The blocks of memory that the launches touch."""
        return list({x.memory.block for *_, arguments in self.launches for x in arguments if hasattr(x, "memory")})

    def run(self, stream):
        """Make all launches on a stream, in their order."""
        for block in self.blocks:
            if block.stream is not stream:
                block.used_on(stream)
        if self.graph is not None:
            self.graph.launch(stream)
            return
        launch = ctypes.cast(library().cuLaunchKernel, c_void_p).value
        failed = _LAUNCH_ALL[()](launch, self.rows.ctypes.data, len(self.rows), stream.pointer)
        if failed:
            k, status = divmod(failed, 1 << 32)
            check(status, f"kernel {self.launches[k][0].name!r} could not be launched")


def _or_none(make):
    """What `make()` gives, or None where the driver has no graphs, or not of such kernels."""
    try:
        return make()
    except (AttributeError, KernelError):
        return None


# --- the loop -----------------------------------------------------------------------------------------------------


@intrinsic
def _launch_kernel(typing, launch, function, blocks, wide, high, stream, places):
    """Call cuLaunchKernel, which lies at the address `launch`; returns its status."""

    def emit(context, builder, signature, values):
        i32, i64 = ir.IntType(32), ir.IntType(64)
        kind = ir.FunctionType(i32, [i64, *[i32] * 7, i64, i64, i64])
        address, function, blocks, wide, high, stream, places = values
        blocks, wide, high = (builder.trunc(x, i32) for x in (blocks, wide, high))
        one, zero, nothing = i32(1), i32(0), i64(0)
        arguments = [function, blocks, one, one, wide, high, one, zero, stream, places, nothing]
        return builder.zext(builder.call(builder.inttoptr(address, kind.as_pointer()), arguments), i64)

    return types.int64(*[types.int64] * 7), emit


def _launch_all(launch, rows, count, stream):
    """Make all launches of a table; returns 0, or of the first that fails its number · 2³² + the driver's status."""
    for k in range(count):
        row = rows + k * ROW * INT64_BYTES
        function, blocks = load_int64(row), load_int64(row + INT64_BYTES)
        wide, high = load_int64(row + 2 * INT64_BYTES), load_int64(row + 3 * INT64_BYTES)
        status = _launch_kernel(launch, function, blocks, wide, high, stream, load_int64(row + 4 * INT64_BYTES))
        if status:
            return (k << 32) + status
    return 0


_LAUNCH_ALL = Compiled(lambda _: compile_only_for(jit(_launch_all), *[types.int64] * 4, returns=types.int64))


# --- the graph ----------------------------------------------------------------------------------------------------


class NodeParams(ctypes.Structure):
    """CUDA_KERNEL_NODE_PARAMS_v2 of cuda.h."""

    _fields_ = [
        ("func", c_void_p),
        *((name, c_uint) for name in "gridDimX gridDimY gridDimZ blockDimX blockDimY blockDimZ sharedMemBytes".split()),
        ("kernelParams", c_void_p),
        ("extra", c_void_p),
        ("kern", c_void_p),
        ("ctx", c_void_p),
    ]


class Graph:
    """The launches of a table as a chain of nodes, each of which waits for the one before."""

    def __init__(self, rows):
        self.raw, self.executable, self.nodes = c_void_p(), c_void_p(), []
        check(_function("cuGraphCreate", c_void_p, c_uint)(ctypes.byref(self.raw), 0), "making a graph")
        add = _function("cuGraphAddKernelNode_v2", c_void_p, c_void_p, c_void_p, c_size_t, c_void_p)
        for row in rows:
            node, before = c_void_p(), self.nodes[-1:]
            after = ctypes.byref(before[0]) if before else None
            status = add(ctypes.byref(node), self.raw, after, len(before), ctypes.byref(_node_params(row)))
            check(status, "adding a kernel to a graph")
            self.nodes.append(node)
        make = _function("cuGraphInstantiateWithFlags", c_void_p, c_void_p, c_ulonglong)
        check(make(ctypes.byref(self.executable), self.raw, 0), "making a graph executable")
        self._replace = _function("cuGraphExecKernelNodeSetParams_v2", c_void_p, c_void_p, c_void_p)
        self._launch = _function("cuGraphLaunch", c_void_p, c_void_p)

    def replace(self, k, row):
        """Let node k launch what is in a row of the table from now on; returns the graph."""
        status = self._replace(self.executable, self.nodes[k], ctypes.byref(_node_params(row)))
        check(status, "changing a kernel of a graph")
        return self

    def launch(self, stream):
        check(self._launch(self.executable, stream.raw), "launching a graph")

    def __del__(self):
        if _function is not None and getattr(self, "raw", None):  # else the interpreter is going
            if self.executable:
                _function("cuGraphExecDestroy", c_void_p)(self.executable)
            _function("cuGraphDestroy", c_void_p)(self.raw)


def _node_params(row):
    handle, blocks, wide, high, places = map(int, row)
    function = c_void_p()  # a kernel of a library has a function in each context
    if _function("cuKernelGetFunction", c_void_p, c_void_p)(ctypes.byref(function), handle):
        function = c_void_p(handle)
    return NodeParams(function, blocks, 1, 1, wide, high, 1, 0, places)
