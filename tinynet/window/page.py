"""A page on an update rule, an operation or a kernel: its equation, definition, loop and machine code, and where."""

import inspect
import shutil

import numpy as np
from numba.core.dispatcher import Dispatcher

from ..kernels.lifting.lift import Loop, lift
from ..kernels.lifting.sums import lift_sum
from ..kernels.runtime.parallel_for import ParallelFor
from .assembly import can_compile, machine_code
from .reach import nearest
from .sources import MOST_GENERATED, code, definition, equation, fitted, generated, place
from .subjects import optimizers_of, subject_of

WIDEST = 120  # columns, in whatever terminal
NOT_COMPILED = "NUMBA_DISABLE_JIT is set, and nothing is compiled"


class Page:
    """What `show` finds out about a rule, an operation or a kernel; prints as text."""

    def __init__(self, what, dtype):
        self.subject, self.dtype = subject_of(what), np.dtype(dtype)
        self.loops = [] if self.subject.main is None else loops_of(self.subject.main)

    def __str__(self):
        width = min(shutil.get_terminal_size((100, 24)).columns, WIDEST)
        sections = [section for section in self._sections() if section]
        return "\n\n".join("\n".join(fitted(section, width)) for section in sections)

    __repr__ = __str__

    @property
    def assembly(self):
        """The machine code of its loops, as text; the inner loop of each is marked.

        Raises: ValueError where there is none.
        """
        self._main("machine code")
        if not self.loops:
            reason = "it has no compiled loop of its own" if can_compile() else NOT_COMPILED
            raise ValueError(f"show: {self.subject.name} has no machine code: {reason}")
        return "\n\n".join(str(_machine(loop, self.dtype)) for loop in self.loops)

    @property
    def ptx(self):
        """What NVIDIA's driver is given for a GPU, as text.

        Raises: DeviceError where PTX cannot be compiled, ValueError where there is no such kernel.
        """
        from .ptx import ptx_of

        return ptx_of(self._main("PTX"), self.dtype)

    def _main(self, wanted):
        """The kernel that computes it."""
        subject = self.subject
        if subject.main is None:
            kernels = ", ".join(dict.fromkeys(kernel.name for kernel in subject.kernels))
            hint = f": see {kernels}" if kernels else ""
            raise ValueError(f"show: {subject.name} is put together of other kernels, which have {wanted}{hint}")
        return subject.main

    def _sections(self):
        subject, kernel = self.subject, self.subject.main
        where = [f"    {place(function)}" for function in subject.functions]
        yield [f"{subject.name}, {_article(subject.kind)}", *equation(subject.doc), *(where if kernel else ())]
        if kernel is None:
            for function in subject.functions:
                yield [place(function), *code(definition(function))]
        else:
            yield self._definition(kernel)
            for loop in self.loops:
                yield self._loop(loop)
                yield _summary(loop, self.dtype)
            if not self.loops:
                yield [_without_loop(kernel)]
            elif isinstance(self.loops[0], Loop) and ufuncs_of(kernel):
                yield [f"Where arrays are small NumPy's {ufuncs_of(kernel)} does it instead."]
        yield self._related()

    def _definition(self, kernel):
        formula = getattr(kernel, "formula", None)
        function = inspect.unwrap(kernel.reference) if formula is None else formula
        doc = kernel.__doc__ if formula is None else formula.__doc__
        known = not doc or doc.strip() in self.subject.doc
        kind = "definition" if formula is None else "formula"
        of = f" of the kernel {kernel.name}" if kernel.name != self.subject.name else ""
        return [f"{kind}{of}, {place(function)}", *([] if known else equation(doc)), *code(definition(function))]

    def _loop(self, loop):
        if isinstance(loop, Loop):
            where, lines = generated(loop.lifted, self.dtype)
            return [f"generated loop, {where}", *code(lines, MOST_GENERATED)]
        function = loop.py_func if isinstance(loop, Dispatcher) else loop.body(self.dtype)
        lines = code(definition(function)) if loop is self.loops[0] else []
        return [f"loop {function.__name__}, {place(function)}", *lines]

    def _related(self):
        kernel = self.subject.main
        others = dict.fromkeys(k.name for k in self.subject.kernels if kernel is None or k.name != kernel.name)
        lines = [f"{'other kernels' if kernel else 'kernels'}: {', '.join(others)}"] if others else []
        used = optimizers_of(kernel) if isinstance(kernel, lift | lift_sum) else []
        return lines + ([f"optimizers: {', '.join(used)}"] if used else [])


def _machine(loop, dtype):
    """The Machine of a loop. Raises ValueError where there is none."""
    if not can_compile():
        raise ValueError(f"no machine code: {NOT_COMPILED}")
    try:
        machine = machine_code(loop, dtype)
    except Exception as error:  # a loop for other dtypes fails in whatever way Numba does
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(f"not compiled for {dtype}: {reason[0]}") from error
    if machine is None:
        raise ValueError("compiled when it is first called, for the types of that call")
    return machine


def _summary(loop, dtype):
    try:
        return _machine(loop, dtype).summary()
    except ValueError as error:
        return [str(error)]


def _article(kind):
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def loops_of(kernel):
    """The compiled loops that run a kernel on the CPU."""
    if isinstance(kernel, lift | lift_sum):
        return [kernel.loop]
    found = nearest(kernel.cpu, lambda x: isinstance(x, ParallelFor | lift | Dispatcher), "tinynet.kernels")
    return [x.loop if isinstance(x, lift) else x for x in found]


def ufuncs_of(kernel):
    """The name of NumPy's function that runs an elementwise kernel, or ""."""
    start = getattr(kernel.cpu, "ufunc", kernel.cpu)
    found = nearest(start, lambda x: isinstance(x, np.ufunc), "tinynet.kernels")
    return found[0].__name__ if found and not isinstance(kernel, lift | lift_sum) else ""


def _without_loop(kernel):
    run = inspect.unwrap(kernel.cpu)
    if run is inspect.unwrap(kernel.reference):
        return f"It is this definition that runs: {'no loop is registered' if can_compile() else NOT_COMPILED}."
    name = ufuncs_of(kernel)
    return f"NumPy does it, there is no loop of its own: {f'{name}, ' if name else ''}{place(run)}"
