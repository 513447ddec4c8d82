"""A program as text: Python that reads like the step, with the names of the function's own tensors.

Each part says which line of the user's code it came from, and in which module it ran. A kernel is a call of its
definition (`tinynet.kernels.reference`), a loop is written as its formulas, and what a loop keeps in registers is a
name without an index. The text is a module: run it, and the definitions compute what the program computes, so that a
debugger steps through it.
"""

import inspect
import math
import re
from itertools import permutations

import numpy as np

from ..kernels import reference
from ..kernels.kernel import Declared
from ..kernels.lifting.lift import ALIGN, lift
from .imports import Imports
from .loops import formula_of
from .recorder import Ref, may_change, ref_of
from .trace import Kind, drawn_numbers

WIDTH = 100  # where the lines of the user's code stand


class Text:
    """The text of a program. `source` is the module, `arguments` the arrays that its function takes, by name."""

    def __init__(self, program, name, arguments):
        self.program, self.trace, self.name = program, program.trace, name
        self.names, self.views = {}, {}  # Ref: name; buffer: (Ref, name) of the array that has all of it
        self.imports, self.arguments, self.numbers = Imports({"i"}), {}, {}
        self._name_functions()
        self.drawn = drawn_numbers(self.trace)
        self.made, self.objects = set(), {}
        self._name_inputs(arguments)
        self._name_state()
        body = self._body()
        self.source = self._module(body)

    # Names

    def _new(self, wish):
        name = re.sub(r"\W+", "_", wish).strip("_") or "x"
        return self.imports.new(f"_{name}" if name[0].isdigit() else name)

    def _name_functions(self):
        """Give each launch the name of the function by which it is written."""
        self.called = {}  # number of a launch: the name
        for name in "broadcast_to empty float32 float64 int64 ndindex".split():
            self.imports.use(name, "numpy", name)
        self.imports.use("as_strided", "numpy.lib.stride_tricks", "as_strided")
        for part in self.program.parts:
            for k in () if part.is_dead else part.launches:
                kernel = self.trace.launches[k].kernel
                if part.loop is not None or _is_users(kernel):
                    self.called[k] = self.imports.function(formula_of(kernel)[0])
                elif type(kernel) is lift:
                    self.called[k] = self.imports.function(kernel.formula)
                elif isinstance(kernel, Declared):
                    self.called[k] = self.imports.use(kernel.name, reference.__name__, kernel.name)
                else:
                    self.called[k] = kernel.name
                    self.imports.taken.add(kernel.name)

    def _name_inputs(self, arguments):
        for ref, wish in zip(self.trace.inputs, arguments):
            self.names.setdefault(ref, self._new(wish))

    def _name_state(self):
        entry = self.program.entry
        for path, x in entry.world.tensors:
            ref = ref_of(x.array)
            if ref not in self.names and self.trace.known_buffer(ref) is not None:
                self.names[ref] = self._new(path)
            home = x._leaf and x._leaf.home if x._leaf is not None else None
            if home is not None:
                self.names.setdefault(ref_of(home.array), self._new(f"{path}_grad"))

    def of(self, ref, wish):
        """The name of an array; what has none is named after the kernel that has it first."""
        if ref not in self.names and self.trace.known_buffer(ref) is not None and _is_dense(ref):
            for other, name in self.names.items():
                if (other.start, other.stop, other.dtype) == (ref.start, ref.stop, ref.dtype) and _is_dense(other):
                    if self.trace.buffer(ref).kind not in (Kind.TEMPORARY, Kind.OUTPUT):
                        self.arguments.setdefault(name, other)
                        return name + _rearranged(other, ref)
        if ref not in self.names:
            self.names[ref] = self._new(wish)
        name, buffer = self.names[ref], self.trace.buffer(ref)
        if buffer is None or buffer.kind in (Kind.TEMPORARY, Kind.OUTPUT):
            return name
        self.arguments.setdefault(name, ref)
        return name

    # The body

    def _body(self):
        lines, before = [], None
        for part in self.program.parts:
            if part.is_dead:
                continue
            launches = [self.trace.launches[k] for k in part.launches]
            origin = launches[0].origin
            where = {"backward": "backward of ", "update": ""}.get(origin.phase, "") + (origin.module or "")
            if origin.phase == "backward" and not origin.module:
                where = "backward"
            title = (where or origin.phase, origin.place)
            if title != before:
                lines += ["", f"# {title[0]}".ljust(WIDTH - 8 - len(title[1])) + title[1]]
                before = title
            if part.loop is not None or _is_users(launches[0].kernel):
                lines += self._loop(part.launches)
            else:
                lines += self._launch(part.launches[0])
        return lines[1:]

    def _allocated(self, ref, wish):
        """The line that makes an array, if the program has not had it before, and its name."""
        name, buffer = self.of(ref, wish), self.trace.buffer(ref)
        if buffer is None or buffer.kind not in (Kind.TEMPORARY, Kind.OUTPUT) or ref in self.made:
            return [], name
        self.made.add(ref)
        owner = self.views.get(buffer)
        if owner is None:
            whole = ref.stop - ref.start == buffer.size and ref.shift == 0
            self.views[buffer] = ref, name
            if whole and _is_dense(ref):
                return [f"{name} = {_empty(ref)}"], name
            self.views[buffer] = None, f"{name}_memory"
            lines = [f"{name}_memory = empty({buffer.size // ref.dtype.itemsize}, {ref.dtype})"]
            return [*lines, f"{name} = {_view(f'{name}_memory', ref, buffer)}"], name
        rearranged = _rearranged(owner[0], ref) if owner[0] is not None else None
        return [f"{name} = {owner[1]}{rearranged}" if rearranged else f"{name} = {_view(owner[1], ref, buffer)}"], name

    def _operand(self, launch, i, x, k):
        """An argument of a launch as text."""
        label, _ = launch.kernel.argument(i)
        if isinstance(x, Ref):
            lines, name = self._allocated(x, f"{launch.kernel.name}_{label}" if label != "out" else launch.kernel.name)
            self.pending += lines
            return name
        if isinstance(x, np.dtype):
            return x.name
        if hasattr(x, "_fields"):
            self.imports.use(type(x).__name__, type(x).__module__, type(x).__name__)
        if x.__class__ is tuple:
            inside = [self._operand(launch, i, y, k) for y in x]
            return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
        if (k, i) in self.drawn or (launch.call >= 0 and may_change(launch.kernel, i, x)):
            return self._number(k, i, label)
        if isinstance(x, float) and not math.isfinite(x):
            return f"float('{x}')"
        if isinstance(x, int | float | str | tuple | type(None)):
            return repr(x)
        name = self._new(type(x).__name__.lower())  # which is given as an argument
        self.objects[name] = x
        return name

    def _number(self, k, i, label):
        if (k, i) in self.drawn:
            draw, is_seed = self.drawn[k, i]
            label = "seed" if is_seed else f"counter_{draw}"
            if label in self.numbers:
                return label
            name = label
        else:
            name = self._new(label)
        self.numbers[name] = k, i
        return name

    def _launch(self, k):
        launch, self.pending = self.trace.launches[k], []
        kernel = launch.kernel
        texts = [self._operand(launch, i, x, k) for i, x in enumerate(launch.arguments)]
        if type(kernel) is lift:
            return [*self.pending, *self._update(k, kernel, texts)]
        return [*self.pending, f"{self.called[k]}({', '.join(texts)})"]

    def _update(self, k, kernel, texts):
        """The loop of an update rule, as its formula."""
        by_name = dict(zip(kernel.parameters, texts))
        at = {
            name: f"{text}[i // {ALIGN}]" if name in kernel.per_tensor else f"{text}[i]"
            for name, text in by_name.items()
        }
        at.update({name: by_name[name] for name in kernel.scalars})
        at.update({name: f"{by_name[name]}[0]" for name in kernel.uniform})
        targets = ", ".join(at[name] for name in kernel.inplace or ("out",))
        lines = [f"for i in range({texts[0]}.size):"]
        parameters = list(inspect.signature(kernel.formula).parameters)
        if kernel.prologue:
            target, _, value = kernel.prologue.partition(" = ")
            value = re.sub(r"[A-Za-z_]\w*", lambda word: at.get(word[0], word[0]), value)
            lines.append(f"    {target} = {value}")
            at[target] = target
        lines.append(f"    {targets} = {self.called[k]}({', '.join(at[name] for name in parameters)})")
        return lines

    def _loop(self, numbers):
        """Elementwise kernels in one loop, as their formulas."""
        launches = [self.trace.launches[k] for k in numbers]
        lines, inner, registers, widened = [], [], {}, []
        shape = launches[0].arguments[0].shape
        for k, launch in zip(numbers, launches):
            self.pending = []
            out, *rest = launch.arguments
            operands = []
            for i, x in enumerate(rest, 1):
                if x in registers:
                    operands.append(registers[x])
                elif isinstance(x, Ref):
                    text = self._operand(launch, i, x, k)
                    if x.shape != shape:
                        wide = self._new(f"{text}_wide")
                        widened.append(f"{wide} = broadcast_to({text}, {shape})")
                        text = wide
                    operands.append(f"{text}[i]")
                else:
                    operands.append(self._operand(launch, i, x, k))
            call = f"{self.called[k]}({', '.join(operands)})"
            buffer = self.trace.buffer(out)
            if buffer is not None and buffer.internal:
                registers[out] = self._new(launch.kernel.name)
                inner.append(f"    {registers[out]} = {call}")
            else:
                target = self._operand(launch, 0, out, k)
                inner.append(f"    {target}[i] = {call}")
            lines += self.pending
        return [*lines, *widened, f"for i in ndindex({', '.join(map(str, shape))}):", *inner]

    # The module

    def _module(self, body):
        trace = self.trace
        given = [*self.numbers, *self.objects]
        parameters = [*self.arguments, *(["*", *given] if given else [])]
        count = len(trace.launches)
        kinds = {kind: [b for b in trace.order if b.kind is kind] for kind in Kind}
        about = [
            f"`{self.name}` as tinynet runs it: {count} kernels in {len(self.program.parts)} parts.",
            "",
            f"Memory: {_bytes(self.program.memory.size)} for arguments, results and what is computed on the way, which "
            f"would be {_bytes(sum(b.size for b in kinds[Kind.TEMPORARY]))}",
            "if nothing shared it; what outlives the step stays where it is.",
        ]
        head = f"def {re.sub(r'[^0-9a-zA-Z_]', '_', self.name)}({', '.join(parameters)}):"
        out = ['"""' + about[0], *about[1:], '"""', "", *self.imports.lines(wrapped), "", "", *wrapped(head)]
        for line in body:
            out += wrapped(f"    {line}") if line and not line.startswith("#") else [f"    {line}".rstrip()]
        results = [self.names[ref] for ref in trace.results if ref in self.names]
        out += ["", f"    return {', '.join(results)}"] if results else []
        return "\n".join(out) + "\n"


def _is_users(kernel):
    """Whether a kernel is a formula of the user's, which no module declares."""
    return isinstance(kernel, Declared) and not kernel.is_listed


def wrapped(line):
    """A line that ends in a call, or in the parameters of a function, as several lines where it is too long."""
    if len(line) <= WIDTH or "(" not in line:
        return [line]
    end = ":" if line.endswith(":") else ""
    opening = _opening(line.removesuffix(":"))
    indent = " " * (len(line) - len(line.lstrip()))
    lines, current = [line[: opening + 1]], f"{indent}   "
    for part in _parts(line[opening + 1 :].removesuffix(f"){end}")):
        if len(current) + len(part) + 2 > WIDTH:
            lines.append(current)
            current = f"{indent}   "
        current += f" {part},"
    return [*lines, current, f"{indent}){end}"]


def _opening(line):
    """Where the parenthesis opens that closes at the end of a line."""
    depth = 0
    for k in range(len(line) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(line[k], 0)
        if depth == 0:
            return k
    raise ValueError(f"no call at the end of {line!r}")


def _parts(text):
    """The arguments in a text, at the commas outside all brackets."""
    parts, depth, quoted = [""], 0, False
    for c in text:
        quoted ^= c == "'"
        depth += 0 if quoted else {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
        if c == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def _rearranged(whole, ref):
    """What makes the array `ref` of `whole`, both of all of the same memory, or None if that is not simple."""
    if (whole.shape, whole.strides) == (ref.shape, ref.strides):
        return ""
    if (whole.start, whole.stop) != (ref.start, ref.stop):
        return None
    if (whole.shape[::-1], whole.strides[::-1]) == (ref.shape, ref.strides):
        return ".T"
    if _is_ordered(whole) and _is_ordered(ref):
        return f".reshape({ref.shape})"
    for order in permutations(range(len(whole.shape))) if 2 < len(whole.shape) < 6 else ():
        if tuple([(whole.shape[d], whole.strides[d]) for d in order]) == tuple(zip(ref.shape, ref.strides)):
            return f".transpose{order}"
    return None


def _is_ordered(ref):
    """Whether an array is C-contiguous."""
    step = ref.dtype.itemsize
    for length, stride in reversed([*zip(ref.shape, ref.strides)]):
        if length > 1 and stride != step:
            return False
        step *= length
    return True


def _is_dense(ref):
    return ref.stop - ref.start == int(np.prod(ref.shape, dtype=np.int64)) * ref.dtype.itemsize


def _empty(ref):
    """The text that makes an array of this shape and order in memory."""
    order = sorted(range(len(ref.shape)), key=lambda d: (-ref.strides[d], d))
    if order == list(range(len(ref.shape))):
        return f"empty({ref.shape}, {ref.dtype})"
    shape, back = tuple(ref.shape[d] for d in order), tuple(order.index(d) for d in range(len(order)))
    return f"empty({shape}, {ref.dtype}).transpose{back}"


def _view(owner, ref, buffer):
    """The text of a view of the memory of an array."""
    offset = (ref.address - buffer.start) // ref.dtype.itemsize
    memory = f"{owner}.ravel('K')" + (f"[{offset}:]" if offset else "")
    return f"as_strided({memory}, {ref.shape}, {ref.strides})"


def _bytes(count):
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.4g} {unit}"
        count /= 1024
