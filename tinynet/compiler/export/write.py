"""`export`: the programs of a compiled step as one Python file that needs NumPy and Numba alone.

The file holds the bodies of the kernels as they stand in the library (`sources.py`), what runs them (`standalone.py`),
the memory that outlives the step (`image.py`), and for each program its rows: which body, with which arrays
(`rows.py`). Numba compiles the same functions with the same flags, so the file computes the same bits.
"""

import os
import re
import textwrap

import numpy as np

from ...convert import HoldsArray
from ...errors import CaptureError
from ...kernels.cpu.gemm import simd
from ...kernels.runtime import parallel_for
from ...kernels.runtime.table import writes
from ...source.module import number_text
from ..recorder import ref_of
from ..steps import runs_of
from ..text import Text, wrapped
from ..trace import Kind
from . import standalone
from .image import Image
from .numbers import Numbers
from .rows import ProgramText, Rows
from .sources import Sources

RUNTIME = "Body Row Number Table Call Program memory at packed unpacked body chosen save_to load_from".split()
OWN = {"PROGRAMS", "STATE", "TABLES", "SCRATCH", "state", "counters", "streams", "save", "load", "work"}
WIDTH = 116  # of the lines of an image


def export(programs, name, path):
    """Write the programs of a function of this name to a file."""
    path = os.fspath(path)
    if not programs:
        raise CaptureError(f"{name}: there is no program before two calls have done the same")
    if any(program.memory.devices for program in programs):
        raise CaptureError(f"{name}: computes on a GPU, and a file would on the CPU; export it with tensors there")
    text = Exported(programs, name).text()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Exported:
    """The file of a step; of programs for the same shapes, it has the one that ran last."""

    def __init__(self, programs, name):
        self.name = re.sub(r"\W|^(?=\d)", "_", name)
        by_shapes = {}
        for program in sorted(programs, key=lambda program: -program.ran):
            by_shapes.setdefault(_key(program), program)
        self.programs = list(by_shapes.values())
        if any(version.last_write() > self.programs[0].ran for version in self.programs[0].versions):
            raise CaptureError(f"{self.name}: its tensors were changed since it ran; call it once more, then export it")
        self.texts = [Text(program, self.name, program.argument_names) for program in self.programs]
        self.numbers = Numbers(self.programs)
        self.sources = Sources(forbidden=[parallel_for.Plan], taken={self.name, *OWN})
        for name in RUNTIME:
            self.sources.add_name(standalone.__name__, name)
        self.rows = Rows(self.name, self.sources, *_images(self.programs))
        self.arguments = _arguments(self.programs[0])

    def text(self):
        """The file."""
        programs = [line for k in range(len(self.programs)) for line in self._program(k)]
        head, function = self._head(), self._function()
        bodies = [line for name, made in self.rows.bodies.values() for line in wrapped(f"{name} = {made}")]
        keys = [f"    {_key(program)}: _program_{k}()," for k, program in enumerate(self.programs)]
        parts = [
            self._about(),
            self.sources.text(),
            *head,
            "",
            "# Bodies, each compiled for the types of its arguments",
            *bodies,
            "",
            "",
            *programs,
            *function,
            *self._bytes(),
            "PROGRAMS = {",
            *keys,
            "}",
        ]
        return "\n".join(parts) + "\n"

    def _about(self):
        shapes = [f"    {name}: {x.dtype} {x.shape}" for name, x in zip(self.arguments, self.programs[0].trace.inputs)]
        given = [
            f"`{name}`, " + ("which changed from step to step" if number.is_needed else f"{number.value!r}")
            for name, number in self.numbers.given.items()
        ]
        lines = [
            f"`{self.name}`, written by tinynet: it needs NumPy and Numba alone.",
            "",
            f"    from FILE import {self.name}",
            f"    {self.name}({', '.join(self.arguments)})",
            "",
            "takes arrays, and gives arrays:",
            "",
            *shapes,
            "",
            *([*textwrap.wrap(f"Its numbers are {'; '.join(given)}.", 100), ""] if given else []),
            "`state` has what outlives a step, by name; `save(path)` and `load(path)` write and read all of it.",
        ]
        return '"""' + "\n".join(lines) + '\n"""\n'

    def _head(self):
        """Memory, and what is counted and drawn."""
        vectors, size = self.sources.add_name(simd.__name__, "VECTOR_BYTES"), simd.VECTOR_BYTES
        lines = [
            f"if {vectors} != {size}:",
            f'    raise ImportError(f"written for a processor with vectors of {size} bytes, not {{{vectors}}}")',
            "",
        ]
        images = self.rows.state, self.rows.tables, self.rows.scratch
        lines += [f"{image.name} = memory({image.size})" for image in images]
        lines += ["", "# What outlives a step", "state = {"]
        for ref, name in self._named_state().items():
            lines.append(f"    {name!r}: {self.rows.at('STATE', self.rows.state.place(ref.address), ref)},")
        streams = [dict(zip(("seed", "block"), generator.get_state())) for generator in self.numbers.streams]
        return [
            *lines,
            "}",
            f"counters = {self.numbers.counters!r}  # a step first adds one",
            f"streams = {streams!r}  # of random numbers",
        ]

    def _named_state(self):
        """{Ref: name} of the arrays that outlive a step: tensors by their paths, others by the names in the text."""
        found = {}
        for program, text in zip(self.programs, self.texts):
            paths = {ref_of(x.array): path.lstrip(".") for path, x in program.entry.world.tensors}
            for ref, name in text.names.items():
                buffer = program.trace.known_buffer(ref)
                if buffer is not None and buffer.kind is Kind.STATE and self.rows.state.place(ref.address) is not None:
                    found.setdefault(ref, paths.get(ref, name))
        return found

    def _program(self, n):
        numbers = self.numbers
        names = self.texts[n].names
        text = ProgramText(self.rows, n, self.programs[n], names, numbers.names[n], numbers.draws[n], numbers.counters)
        return text.text()

    def _function(self):
        """What the user calls."""
        given = [
            name if number.is_needed else f"{name}={number_text(number.value)}"
            for name, number in self.numbers.given.items()
        ]
        head = f"def {self.name}({', '.join([*self.arguments, *(['*', *given] if given else [])])}):"
        numbers = ", ".join([f'"{name}": {name}' for name in self.numbers.given])
        return [
            *wrapped(head),
            f'    """{"The numbers of the optimizer are those of its last step." if given else "One call."}"""',
            f'    program, given = chosen("{self.name}", PROGRAMS, [{", ".join(self.arguments)}])',
            f"    results = program.run(given, {{{numbers}}}, counters, streams)",
            f"    return {self._result()}",
            "",
            "",
            "def save(path):",
            '    """Write what outlives a step to a file."""',
            f'    save_to(path, "{self.name}", STATE, counters, streams)',
            "",
            "",
            "def load(path):",
            '    """Read what `save` has written. Raises: ValueError for a file of something else."""',
            f'    load_from(path, "{self.name}", STATE, counters, streams)',
            "",
            "",
        ]

    def _result(self):
        """What the function returns, of `results`."""
        result, leaves, n = self.programs[0].result, [], 0
        for array, x in result.parts:
            if array is not None or isinstance(x, HoldsArray):  # which outlives the step
                leaves.append(f"results[{n}]")
                n += 1
            else:
                leaves.append(repr(x))
        return _tree(result.structure, iter(leaves))

    def _bytes(self):
        """What memory holds."""
        lines = []
        for image in (self.rows.state, self.rows.tables):
            text = standalone.packed(image.content().tobytes())
            parts = [text[k : k + WIDTH] for k in range(0, len(text), WIDTH)]
            lines += [f'{image.name}[...] = unpacked("""', *parts, '""")']
        addresses = self.rows.tables.addresses()
        if addresses:
            word = self.sources.use("int64", "numpy", "int64")
            lines += [
                f"for place, target in {addresses}:",
                f"    TABLES[place : place + 8].view({word})[0] = TABLES.ctypes.data + target",
            ]
        return [*lines, ""]


def _images(programs):
    """The images of what outlives a step, of tables that are only read, and of arrays that only the plans know."""
    state, tables, scratch, read = [], [], [], []
    for program in programs:
        state += [buffer for buffer in program.trace.order if buffer.kind is Kind.STATE]
        for run in _runs(program):
            tables += map(ref_of, run.plan.arrays)
            for x, is_written in zip(run.arguments, writes(run.plan)):
                if isinstance(x, np.ndarray) and x.size:
                    (scratch if is_written else read).append(ref_of(x))
    work = Image("SCRATCH", scratch)
    tables += [ref for ref in read if work.place(ref.start) is None]
    return Image("STATE", state), Image("TABLES", tables), work


def _runs(program):
    """The Runs of a program, checks included."""
    for part in program.parts:
        if not part.is_dead:
            launch = program.trace.launches[part.launches[0]]
            yield from runs_of(part, launch) or launch.runs or ()


def _arguments(program):
    """The names of the arguments, each of its own."""
    names = []
    for name in program.argument_names:
        name = re.sub(r"\W", "_", name)
        while name in names:
            name += "_"
        names.append(name)
    return names


def _key(program):
    return tuple([(ref.shape, ref.dtype.name) for ref in program.trace.inputs])


def _tree(structure, leaves):
    """The text of a result, with texts as its leaves."""
    if structure is None:
        return next(leaves)
    kind, keys, inside = structure
    parts = [_tree(x, leaves) for x in inside]
    if keys is not None:
        return "{" + ", ".join([f"{key!r}: {part}" for key, part in zip(keys, parts)]) + "}"
    if issubclass(kind, list):
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
