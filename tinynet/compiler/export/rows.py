"""A program as the text of a function that makes it: its arrays by name, and its rows with where they are from."""

import inspect
import re

import numba
import numpy as np
from numba import types

from ...errors import CaptureError
from ...kernels.runtime import parallel_for
from ...kernels.runtime.arguments import address
from ...source.module import number_text
from ..recorder import Ref
from ..steps import runs_of
from ..text import wrapped
from ..trace import Kind
from .standalone import packed


class Rows:
    """What the functions of several programs share: the modules' text, the images of memory, and the bodies so far."""

    def __init__(self, name, sources, state, tables, scratch):
        self.name, self.sources = name, sources
        self.state, self.tables, self.scratch = state, tables, scratch
        self.bodies = {}  # (function, dtype, types): (name, text)

    def body(self, plan, kinds):
        """The name of a compiled body."""
        function = plan.kernel.body(plan.dtype)
        key = function, plan.dtype, tuple(map(str, kinds))
        if key not in self.bodies:
            wish = function.__module__.rpartition(".")[2] if function.__name__ == "loop" else function.__name__
            wish = re.sub(r"_[0-9a-f]{12}$", "", wish).removeprefix("tinynet_lifted_")
            name = self.sources.add(function, wish)
            compiled = self.sources.new(f"{name.strip('_')}_{plan.dtype}")
            inside = ", ".join([name, self.dtype(plan.dtype), *map(self._kind, kinds)])
            self.bodies[key] = compiled, f"body({inside})"
        return self.bodies[key][0]

    def _kind(self, kind):
        self.sources.use("types", "numba", "types")
        if not isinstance(kind, types.Array):
            return f"types.{kind}"
        made = self.sources.add(parallel_for.written if kind.mutable else parallel_for.read)
        layout = "" if kind.layout == "C" else f', "{kind.layout}"'
        return f"{made}(types.{kind.dtype}, {kind.ndim}{layout})"

    def dtype(self, dtype):
        name = "bool_" if dtype.name == "bool" else dtype.name
        return self.sources.use(name, "numpy", name)

    def at(self, memory, place, x):
        """An array of the shape, strides and dtype of x in memory."""
        is_contiguous = tuple(x.strides) == _contiguous(x)
        strides = "" if is_contiguous else f", {tuple(x.strides)}"
        return f"at({memory}, {place}, {self.dtype(x.dtype)}, {tuple(x.shape)}{strides})"

    def call(self, launch, arguments):
        """A kernel that Python runs: a ufunc, or a function that is copied."""
        kernel = launch.kernel
        function = getattr(kernel.cpu, "ufunc", None) or kernel.cpu if kernel.writes else kernel.reference
        if isinstance(function, np.ufunc):
            numpy = self.sources.use("np", "numpy")
            return f"Call({numpy}.{function.__name__}, ({', '.join([*arguments[1:], arguments[0]])}))"
        try:
            name = self.sources.add(inspect.unwrap(function))
        except LookupError:
            raise CaptureError(
                f"{self.name} at {launch.origin.place}: {kernel.name} is more than its loops, and cannot be exported"
            ) from None
        return f"Call({name}, ({', '.join(arguments)},))"


class ProgramText:
    """The text of `def _program_0(): ... return Program(...)`."""

    def __init__(self, rows, n, program, names, numbers, draws, counters):
        self.rows, self.n, self.program, self.names = rows, n, program, names
        self.numbers, self.draws, self.counters = numbers, draws, counters
        self.arrays, self.lines = {}, []  # {Ref: its name here}, and the lines that make them

    def text(self):
        """The lines of the function."""
        program = self.program
        checks, steps = self._checks(), self._steps()
        options = {
            "inputs": ", ".join(map(self._ref, program.trace.inputs)),
            "outputs": ", ".join(map(self._ref, program.trace.results)),
            "changed": ", ".join(map(str, program.changed_inputs)),
            "draws": ", ".join(map(str, self.draws)),
            "counts": ", ".join(map(repr, sorted(set(self.numbers.values()) & set(self.counters)))),
        }
        constants, fixed = self._constants()
        lines = [f"def _program_{self.n}():", f"    work = memory({program.memory.size})", *self.lines, *constants]
        lines += ["    return Program("]
        for name, inside in (("checks", checks), ("fixed", fixed), ("steps", steps)):
            if inside or name == "steps":
                lines += [f"        {name}=[", *[f"            {line}" for line in inside], "        ],"]
        lines += [f"        {name}=[{x}]," for name, x in options.items() if x or name in ("inputs", "outputs")]
        return [*lines, "    )", "", ""]

    def _checks(self):
        lines = []
        for _, launch in self.program.steps.checks:
            row, found = self._row(launch.runs[0], {}), self._argument(launch.runs[0].arguments[0])
            lines += _lines(f"({row}, {found}, {self.rows.call(launch, list(map(self._argument, launch.arguments)))}),")
        return lines

    def _steps(self):
        """Tables of rows and calls, with a comment where the module or the user's line is another."""
        program, lines, is_open, before = self.program, [], False, None
        checked = {k for k, _ in program.steps.checks}
        for part in program.parts:
            k, launch = part.launches[0], program.trace.launches[part.launches[0]]
            if part.is_dead or k in checked:
                continue
            runs, origin = runs_of(part, launch), launch.origin
            if is_open != (runs is not None):
                lines.append("]),") if is_open else None
                is_open = runs is not None
                lines.append("Table([") if is_open else None
            indent = "    " * is_open
            where = f"{indent}# {' '.join(filter(None, (origin.phase, origin.module)))}".ljust(60) + origin.place
            lines += [where] * (where.strip() != before)
            before = where.strip()
            if runs is None:
                arguments = [self._argument(x, (k, i)) for i, x in enumerate(launch.arguments)]
                lines += _lines(self.rows.call(launch, arguments) + ",")
            else:
                for run in runs:
                    row = self._row(run, {j: (k, i) for j, i in run.numbers.items()})
                    lines += [indent + line for line in _lines(f"{row},")]
        return [*lines, "]),"] if is_open else lines

    def _row(self, run, numbers):
        plan = run.plan
        kinds = plan.kernel.signature(numba.from_dtype(plan.dtype))
        values = [self._constant(x, plan) for x in plan.constants]
        for j, (kind, x) in enumerate(zip(kinds[len(values) :], run.arguments)):
            if j in numbers:
                values.append(f'Number("{self.numbers[numbers[j]]}")')
            elif isinstance(kind, types.Array):
                values.append(self._argument(x))
            else:
                values.append(number_text(float(x) if kind is types.float64 else int(x)))
        options = [f"{plan.tasks}"] if plan.tasks != 1 or plan.parallel or plan.scratch else []
        options += ["parallel=True"] if plan.parallel else []
        options += [f"scratch={plan.scratch}"] if plan.scratch else []
        options += [f"beyond={(*[0] * len(plan.constants), *plan.beyond)}"] if any(plan.beyond) else []
        arguments = f"({', '.join(values)},)" if len(values) == 1 else f"({', '.join(values)})"
        return f"Row({', '.join([self.rows.body(plan, kinds), arguments, *options])})"

    def _constant(self, x, plan):
        """A constant of a plan: a number, or an address in one of its arrays."""
        is_address = any(address(array) <= x < address(array) + array.nbytes for array in plan.arrays)
        return f"TABLES.ctypes.data + {self.rows.tables.place(x)}" if is_address else number_text(x)

    def _argument(self, x, place=None):
        """An argument of a launch as text."""
        if place in self.numbers:
            return f'Number("{self.numbers[place]}")'
        if isinstance(x, Ref):
            return self._ref(x)
        if isinstance(x, np.ndarray):
            start = address(x)
            image = self.rows.scratch if self.rows.scratch.place(start) is not None else self.rows.tables
            return self.rows.at(image.name, image.place(start) if x.size else 0, x)
        if x.__class__ is tuple:
            return f"({', '.join(map(self._argument, x))}{',' if len(x) == 1 else ''})"
        return number_text(x) if isinstance(x, int | float) else repr(x)

    def _ref(self, ref):
        """An array of the program, by name if it has one in the program's own text."""
        if ref not in self.arrays:
            buffer = self.program.trace.buffer(ref)
            if buffer is None:
                made = self.rows.at("work", 0, ref)
            elif buffer.kind is Kind.STATE:
                made = self.rows.at("STATE", self.rows.state.place(ref.address), ref)
            else:
                made = self.rows.at("work", self.program.memory.offsets[buffer] + ref.address - buffer.start, ref)
            name = self.names.get(ref)
            if name is None:
                return made
            self.arrays[ref] = name = f"{name}_array" if name in self.rows.sources.taken else name
            self.lines.append(f"    {name} = {made}")
        return self.arrays[ref]

    def _constants(self):
        """(lines that fill arrays once, pairs of an array and what it has at the beginning of each step)."""
        once, fixed = [], []
        refreshed = {address(x) for x, _ in self.program.refreshed}
        for ref, values in self.program.trace.recorder.constants.items():
            buffer = self.program.trace.buffer(ref)
            if buffer is None or buffer.kind is not Kind.CONSTANT:
                continue
            content = f'unpacked("{packed(np.ascontiguousarray(values).tobytes())}")'
            whole = f"at({content}, 0, {self.rows.dtype(values.dtype)}, {values.shape})"
            if address(self.program.memory.array(ref)) in refreshed:
                fixed.append(f"({self._ref(ref)}, {whole}),")
            else:
                once.append(f"    {self._ref(ref)}[...] = {whole}")
        return once, fixed


def _contiguous(x):
    """The strides of a contiguous array of this shape."""
    steps, step = [], x.dtype.itemsize
    for length in reversed(x.shape):
        steps.append(step)
        step *= length
    return tuple(reversed(steps))


def _lines(call):
    """A call as several lines where it is too long."""
    end = "," if call.endswith(",") else ""
    lines = wrapped(call.removesuffix(","))
    return [*lines[:-1], lines[-1] + end]
