"""The machine code of a loop, and what its inner loop does: how wide its vectors are, and of which instructions."""

import re
from collections import Counter
from typing import NamedTuple

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher

from ..kernels.runtime import cfunc
from .sources import NO_BREAK

# x86-64 in AT&T's notation, and ARM's, where macOS writes fadd.4s v0, v1, v2 for fadd v0.4s, v1.4s, v2.4s
LABEL = re.compile(r'^([.\w$]+|".*"):')
JUMP = re.compile(r"^(?:j\w+|b|b\.\w+|cbn?z|tbn?z)\s.*?([.\w$]+)$")
NOT_PACKED = re.compile(r"s[sd]$|s[sd]2|2s[sd]|^v?mov[dq]$|^v?u?comis")  # of x86's 128-bit registers
REGISTERS = {"zmm": 512, "ymm": 256, "xmm": 128}
WIDE = re.compile(r"%([xyz]mm)\d|\.(?:16b|8h|4s|2d)\b|\bz\d+\.[bhsd]\b")
MANGLED = re.compile(r"_{1,2}ZN[\w.$]+")
OWN = re.compile(r"_{1,2}ZN|_?tinynet\.")  # functions that are Python's, or written in LLVM's language by tinynet
LOCAL = ".L", "L"  # how labels inside a function begin, on Linux and macOS
# Of floating-point numbers; all else moves numbers, compares them or counts.
ARITHMETIC = re.compile(
    r"v?(?:add|sub|mul|div|sqrt|min|max)[ps][sd]\b|vf\w+[ps][sd]\b"  # x86-64
    r"|f(?:n?m(?:add|sub|la|ls|ul|in|ax)|add|sub|div|sqrt)"  # ARM
)
DOUBLE = re.compile(r"pd\b|\.2d\b|\bz\d+\.d\b")


class Machine(NamedTuple):
    """The machine code of a loop: its lines, and the part of them that is the inner loop, [first, last).

    Of several inner loops it is the one with most arithmetic, densely.
    """

    lines: list
    first: int
    last: int

    @property
    def inner(self):
        """The instructions of the inner loop."""
        return [line.strip() for line in self.lines[self.first : self.last] if not LABEL.match(line)]

    @property
    def bits(self):
        """Of the widest vectors in the inner loop; 0 if there are none."""
        return max(map(_bits, self.inner), default=0)

    @property
    def itemsize(self):
        """Of the numbers in these vectors: 8 or 4 bytes."""
        packed = [line for line in self.inner if _bits(line)]
        return 8 if 2 * sum(bool(DOUBLE.search(line)) for line in packed) > len(packed) else 4

    @property
    def counts(self):
        """(instruction, how often it stands in the inner loop), the most frequent first."""
        return Counter(line.split()[0] for line in self.inner).most_common()

    def summary(self):
        """Lines of text: the width of its vectors, and the instructions of its inner loop."""
        if not self.inner:
            return ["machine code: no loop"]
        counts = ", ".join(f"{count}{NO_BREAK}{name}" for name, count in self.counts)
        each = self.bits // (8 * self.itemsize)
        width = f"vectors of {self.bits} bits, {each} float{8 * self.itemsize} in each" if each else "no vectors"
        return [f"machine code: {width}; {len(self.inner)} instructions in the inner loop", f"    {counts}"]

    def __str__(self):
        """All of it, the inner loop marked."""
        inside = range(self.first, self.last)
        return "\n".join(("| " if i in inside else "  ") + line for i, line in enumerate(self.lines))


def machine_code(loop, dtype):
    """The Machine of a loop, which is compiled for arrays of a dtype, or found on disk.

    A function that is compiled for the types of its calls has none before the first: then it is None.

    Raises: what Numba raises where it cannot be compiled for the dtype.
    """
    if isinstance(loop, Dispatcher):
        libraries = [compiled.library for compiled in loop.overloads.values()]
        return _machine(libraries[0]) if libraries else None
    address = loop.bodies[np.dtype(dtype)]
    (compiled,) = [found for found in cfunc._compiled.values() if found.address == address]
    return _machine(compiled._library)


def _machine(library):
    # What came from disk has machine code and the module of LLVM that it was made of, but no text.
    text = library._codegen._tm.emit_assembly(library._get_module_for_linking())
    return machine_of(text)


def can_compile():
    """Whether there is machine code at all."""
    return not numba.config.DISABLE_JIT


def machine_of(text):
    """The Machine of an assembly listing: without the assembler's directives, and what Numba adds."""
    lines, inside = [], False
    for line in text.splitlines():
        line = re.split(r"\s(?:#|//)", line)[0].replace("\t", " ").rstrip()
        label = LABEL.match(line)
        if label and not label[1].startswith(LOCAL):
            inside = OWN.match(label[1]) is not None
        if inside and label:
            lines.append(MANGLED.sub(_plain, line))
        elif inside and line.startswith(" ") and not line.startswith(" ."):
            lines.append(f"    {MANGLED.sub(_plain, line.strip().replace(' ', '  ', 1))}")
    targets = {jump[1] for jump in map(JUMP.match, map(str.strip, lines)) if jump}
    lines = [line for line in lines if not line.startswith(LOCAL) or line.rstrip(":") in targets]
    first, last = max(_inner_loops(lines), key=lambda span: _weight(lines[slice(*span)]), default=(0, 0))
    return Machine(lines, first, last)


def _plain(symbol):
    """The name of a function, of the symbol that Numba has for it: "_ZN7tinynet8_softmaxB4v2" is _softmax."""
    rest, name = symbol[0].partition("ZN")[2], ""
    while found := re.match(r"\d+", rest):
        start, length = found.end(), int(found[0])
        name, rest = rest[start : start + length], rest[start + length :]
    return name


def _inner_loops(lines):
    """(first line, end) of each loop that has no other inside: from a label to a jump back to it."""
    places = {LABEL.match(line)[1]: i for i, line in enumerate(lines) if LABEL.match(line)}
    spans = []
    for i, line in enumerate(lines):
        jump = JUMP.match(line.strip())
        start = places.get(jump[1]) if jump else None
        if start is not None and start <= i:
            spans.append((start, i + 1))
    return [(a, b) for a, b in spans if not any((c, d) != (a, b) and a <= c and d <= b for c, d in spans)]


def _weight(lines):
    """How much a loop looks like the one that the time goes to: by its arithmetic on vectors, and how dense this is.

    Then by whatever else it does with vectors, then by arithmetic on single numbers, then by its length.
    """
    computing = [line for line in lines if ARITHMETIC.match(line.strip())]
    others = [line for line in lines if "mov" not in line]
    dense = [sum(map(_bits, found)) ** 2 / len(lines) for found in (computing, others)]
    return *dense, len(computing), len(lines)


def _bits(line):
    """Of the vectors that an instruction computes with; 0 of one of single numbers."""
    found = [REGISTERS.get(wide[1], 128) for wide in WIDE.finditer(line)]
    if not found or (max(found) == 128 and "%" in line and NOT_PACKED.search(line.split()[0])):
        return 0
    return max(found)
