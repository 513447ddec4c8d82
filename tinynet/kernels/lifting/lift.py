"""`lift`: a scalar formula becomes a loop over arrays.

    adam = lift(rules.adam, inplace=("p", "exp_avg", "exp_avg_sq"), scalars=("t", "lr", ...))
    launch(adam, p, m, v, g, t, lr, ...)

The formula's text is rewritten in one way: an expression in which only scalars and numbers occur is computed once
before the loop, in float64, and then rounded to the arrays' type. This is what makes `1 - beta2**t` cheap and exact,
and it keeps `0.5 * x` in float32, which Numba would promote to float64.

The result is a module of its own, whose name holds a hash of its text: so its machine code is found again in the next
process. The text is written into the cache folder, where a reader or a debugger can open it.
"""

import ast
import builtins
import contextlib
import functools
import hashlib
import inspect
import linecache
import math
import sys
import textwrap
from types import FunctionType, ModuleType

import numba
import numpy as np
from numba import types

from ... import formulas
from .. import elementary
from ..kernel import In, InOut, Kernel, Out, Scalar
from ..runtime.disk_cache import LIFTED
from ..runtime.folder import cache_folder, write_whole
from ..runtime.jit import Compiled, compiling, settle
from ..runtime.threads import ARITHMETIC

# Where denormals are flushed, and in sums, a thread takes so many elements at a time. A sum is cut by this number and
# not by the number of threads, so that its bits never vary.
CHUNK = 4096

# A number per tensor stands in an array once for so many elements: an arena starts each tensor at a multiple of it.
ALIGN = 16


class lift(Kernel):
    """A kernel `(out, *inputs, *scalars)` from a formula of one element, compiled per dtype when first used.

    `scalars` names the formula's parameters that are numbers, the same for all elements; the others are arrays.
    `inplace` names the arrays that the formula updates: it returns their new values in that order, and they come
    first in the call. Without it the formula returns one value, and the kernel takes an `out` array first.
    Arrays are one-dimensional, contiguous, of one dtype and length; those named by `per_tensor` hold one number for
    each `ALIGN` elements; those named by `uniform` are arrays of one number, the same for all elements, which another
    launch has computed: they come after the other inputs. `before` is a line to put before the formula, `more`
    names the scalars it needs. With `flush=True` denormal numbers count as 0. From `parallel_from` elements on all
    threads take part.
    """

    def __init__(
        self,
        formula,
        *,
        scalars=(),
        inplace=(),
        per_tensor=(),
        uniform=(),
        before="",
        more=(),
        flush=False,
        parallel_from=ARITHMETIC,
    ):
        self.formula, self.scalars, self.inplace = formula, (*scalars, *more), tuple(inplace)
        self.per_tensor, self.uniform = tuple(per_tensor), tuple(uniform)
        self.before, self.flush = before, flush
        self.parallel_from = parallel_from
        self.serial = Compiled(lambda dtype: self.compile(dtype, parallel=False))  # dtype: compiled loop
        self.parallel = Compiled(lambda dtype: self.compile(dtype, parallel=True))
        parameters = list(inspect.signature(formula).parameters)
        inputs = [name for name in parameters if name not in (*scalars, *inplace, *uniform)] + [*uniform]
        self._inputs = len(inputs)
        super().__init__(formula.__name__, self.roles(inputs), formula.__doc__)
        unknown = [name for name in (*scalars, *inplace, *per_tensor) if name not in parameters]
        if unknown:
            raise TypeError(f"formula {formula.__name__}({', '.join(parameters)}) has no parameter {unknown[0]!r}")

    def roles(self, inputs):
        """{argument: its role}, in the order of a call."""
        outputs = dict.fromkeys(self.inplace, InOut) or {"out": Out}
        return {**outputs, **dict.fromkeys(inputs, In), **dict.fromkeys(self.scalars, Scalar)}

    def cpu(self, out, *inputs):
        """Run it on the CPU."""
        (self.serial if out.size < self.parallel_from else self.parallel)[out.dtype](out, *inputs)

    def compile(self, dtype, parallel):
        """The compiled loop for arrays of `dtype`, serial or parallel."""
        kinds = *self.arrays(numba.from_dtype(dtype)), *[types.float64] * len(self.scalars)
        return compiled(self.name, self.source(dtype), "parallel" if parallel else "serial", kinds)

    def arrays(self, real):
        """The types of the arrays. One version takes writable and read-only inputs alike."""
        return [*[written(real)] * max(len(self.inplace), 1), *[read(real)] * self._inputs]

    def source(self, dtype):
        """The text of the lifted module: the formula with its scalar parts taken out, and the two loops."""
        return Emitter(self, np.dtype(dtype).name).module()

    def __repr__(self):
        return f"lift({self.formula.__name__})"


ELEMENTARY = "tinynet.kernels.elementary"


def written(kind):
    """The type of an array that a loop writes."""
    return types.Array(kind, 1, "C")


def read(kind):
    """The type of an array that a loop reads, which may be read-only."""
    return types.Array(kind, 1, "C", readonly=True)


class Emitter:
    """Writes the module of a `lift` for one dtype."""

    loop_names = frozenset(["T", "i", "out", "prange", "chunk", "start", "block", "register", "intp", "uintp"])

    def __init__(self, lifted, dtype):
        self.lifted, self.dtype, self.name = lifted, dtype, lifted.formula.__name__
        function, self.body = _parse(lifted.formula), None
        if lifted.before:
            function.body[:0] = ast.parse(lifted.before).body
            known = {a.arg for a in function.args.args}
            function.args.args += [ast.arg(name) for name in (*lifted.uniform, *lifted.scalars) if name not in known]
        for clash in _local_names(function) & {*self.loop_names, self.name}:
            raise TypeError(f"formula {self.name}: the loop needs the name {clash!r} itself; choose another")
        last = (*lifted.uniform, *lifted.scalars)
        self.elements = [*(a.arg for a in function.args.args if a.arg not in last), *lifted.uniform]
        self.helpers, self.imports = {}, {"numba": {"prange"}, "numpy": {f"{dtype} as T"}}
        found = self.library(self.name, lifted.formula)
        if found is not None:  # the device has a function of its own for the whole formula
            self.imports[found[0]], self.numbers, self.prologue = {found[1]}, [], []
            return
        _resolve(function, lifted.formula, self.helpers, self.imports, self.library)
        taken = _take_out_scalars(function, lifted.scalars)
        self.numbers = list(taken.names.values())
        function.args.args = [ast.arg(p) for p in [*self.elements, *self.numbers]]
        self.body = ast.unparse(ast.fix_missing_locations(function))
        self.prologue = [ast.unparse(line) for line in taken.prologue]
        self.prologue += [f"{k} = T({text})" for text, k in taken.names.items()]

    @staticmethod
    def library(name, value):
        """(module, what to import) for a function that the loops are to call in place of `value`, or None."""
        vectorised = _vectorised().get(value)
        if vectorised is None:
            return None
        return ELEMENTARY, vectorised if vectorised == name else f"{vectorised} as {name}"

    def module(self):
        loops = [self.loop("serial", "@jit", False), self.loop("parallel", "@jit(parallel=True)", True)]
        imports = "\n".join(f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(self.imports.items()))
        if self.lifted.flush:
            imports += "\n\nfrom tinynet.kernels.runtime.denormals import flush_denormals, restore"
        head = f'"""Written by tinynet: the formula `{self.name}` as loops over {self.dtype} arrays."""\n\n{imports}'
        head += "\n" * (1 if self.lifted.flush else 2) + "from tinynet.kernels.runtime.jit import always_inline, jit"
        functions = [text for text, _ in self.helpers.values()] + [self.body] * (self.body is not None)
        return "\n\n\n".join([head, *(f"@always_inline\n{text}" for text in functions), *loops]) + "\n"

    def loop(self, kind, decorator, parallel):
        inplace = self.lifted.inplace
        arrays = [*inplace, *(e for e in self.elements if e not in inplace)] if inplace else ["out", *self.elements]
        size = f"{arrays[0]}.size"
        signature = f"def {kind}({', '.join([*arrays, *self.lifted.scalars])}):"
        if not (self.lifted.flush or self.lifted.per_tensor):
            lines = self.over("prange" if parallel else "range", size)
        elif parallel:
            lines = [
                f"for chunk in prange(({size} + {CHUNK - 1}) // {CHUNK}):",
                f"    start = {CHUNK} * intp(chunk)",
                *(f"    {line}" for line in self.flushed("uintp(start)", f"uintp(min(start + {CHUNK}, {size}))")),
            ]
        else:
            lines = self.flushed("uintp(0)", f"uintp({size})")
        lines = [*self.loads(), *self.prologue, *lines]
        return "\n".join([decorator, signature, *(f"    {line}" for line in lines)])

    def loads(self):
        """Lines that load what is the same for all elements."""
        return [f"{name}_0 = {name}[0]" for name in self.lifted.uniform]

    def operand(self, name, index):
        """Element `index` of an array, as an argument of the formula."""
        return f"{name}_0" if name in self.lifted.uniform else f"{name}[{index}]"

    def flushed(self, start, stop):
        """A loop from `start` to `stop`, unsigned, so that Numba need not think of x[-1] and LLVM can vectorise it."""
        self.imports["numpy"] |= {"intp", "uintp"}
        lines = self.over("range", f"{start}, {stop}")
        if self.lifted.per_tensor:
            unit = f"uintp({ALIGN})"
            inner = self.over("range", f"block * {unit}, block * {unit} + {unit}")
            lines = [f"for block in range({start} // {unit}, {stop} // {unit}):", *(f"    {line}" for line in inner)]
        return ["register = flush_denormals()", *lines, "restore(register)"] if self.lifted.flush else lines

    def over(self, range_, limits):
        """The loop itself."""
        operands = [self.operand(e, "block" if e in self.lifted.per_tensor else "i") for e in self.elements]
        call = f"{self.name}({', '.join(operands + self.numbers)})"
        written = self.lifted.inplace or ("out",)
        return [f"for i in {range_}({limits}):", f"    {', '.join(f'{w}[i]' for w in written)} = {call}"]


def _parse(function):
    """The syntax tree of a plain `def`, without docstring and decorators, its global numbers put in their places."""
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise TypeError(f"a formula must be a function written with def, got {function!r}")
    if function.__closure__:
        free = function.__code__.co_freevars[0]
        raise TypeError(f"formula {function.__name__} uses {free!r} of an outer function; make it a parameter")
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except OSError:
        raise TypeError(f"formula {function.__name__}: its source cannot be found; define it in a file") from None
    tree = ast.parse(text).body[0]
    tree.decorator_list = []
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:]
    return _PutInNumbers(function.__globals__, _local_names(tree)).visit(tree)


def _local_names(tree):
    return {a.arg for a in tree.args.args} | set(_assigned_names(tree))


def _assigned_names(tree):
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


class _PutInNumbers(ast.NodeTransformer):
    """Replaces global names of numbers, such as `pi`, by their values."""

    def __init__(self, names, local):
        self.numbers = {k: v for k, v in names.items() if _is_number(v) and k not in local}

    def visit_Name(self, node):
        return ast.Constant(self.numbers[node.id]) if node.id in self.numbers else node


def _take_out_scalars(function, scalars):
    """Move what depends on scalars alone out of `function`, in place; returns the names it goes by and a prologue."""
    taken = _TakeOutScalars(scalars, _local_names(function))
    assigned = _assigned_names(function)
    arguments = {a.arg for a in function.args.args}
    for name in assigned:
        if name in taken.scalars:
            raise TypeError(f"formula {function.name} assigns to its scalar {name!r}; give the result a new name")
    body = []
    for line in function.body:
        name = line.targets[0].id if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) else None
        if name and assigned.count(name) == 1 and name not in arguments and taken.is_scalar(line.value):
            taken.scalars.add(name)
            taken.prologue.append(line)
        else:
            body.append(taken.visit(line))
    function.body = body
    return taken


class _TakeOutScalars(ast.NodeTransformer):
    """Replaces each maximal expression of scalars by a name, and remembers what the name stands for."""

    def __init__(self, scalars, local):
        self.scalars, self.prologue, self.names = set(scalars), [], {}
        self.prefix = next(p for p in ("k", "const", "_k") if not any(name.startswith(p) for name in local))

    def visit(self, node):
        if isinstance(node, ast.expr) and self.is_scalar(node):
            if not any(isinstance(n, ast.Name) and n.id in self.scalars for n in ast.walk(node)):
                return _rounded(node)
            return ast.Name(self.names.setdefault(ast.unparse(node), f"{self.prefix}{len(self.names)}"), ast.Load())
        return super().visit(node)

    def visit_BinOp(self, node):
        return _visit_operands(self, node)

    def visit_Call(self, node):
        node.args = [self.visit(a) for a in node.args]
        return node

    def is_scalar(self, node):
        if isinstance(node, ast.Constant):
            return _is_number(node.value)
        if isinstance(node, ast.Name):
            return node.id in self.scalars
        parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        parts = [n for n in parts if isinstance(n, ast.expr)]
        return bool(parts) and all(self.is_scalar(n) for n in parts)


class _RoundNumbers(ast.NodeTransformer):
    """In a helper every parameter may be an element, so each number is rounded where it stands."""

    def visit_Constant(self, node):
        return _rounded(node) if _is_number(node.value) else node

    def visit_BinOp(self, node):
        return _visit_operands(self, node)


def _visit_operands(visitor, node):
    """Visit both sides, but leave the 2 of `x**2` alone: with a literal exponent Numba multiplies."""
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and type(node.right.value) is int:
        node.left = visitor.visit(node.left)
        return node
    return visitor.generic_visit(node)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(node):
    return ast.Call(ast.Name("T", ast.Load()), [node], [])


def _resolve(tree, function, helpers, imports, library):
    """Find what `tree` refers to: functions of `library` and `math` are imported, other functions become helpers."""
    local = _local_names(tree)
    for name in {n.id: None for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in local and n.id != "T"}:
        value = function.__globals__.get(name, getattr(builtins, name, None))
        found = library(name, value) if callable(value) else None
        if found is not None:
            imports.setdefault(found[0], set()).add(found[1])
        elif isinstance(value, FunctionType):
            if name not in helpers:
                helper = _parse(value)
                _resolve(helper, value, helpers, imports, library)
                # Stored after the helpers that it calls itself, so that they are defined first.
                helpers[name] = ast.unparse(ast.fix_missing_locations(_RoundNumbers().visit(helper))), value
            elif helpers[name][1] is not value:
                raise TypeError(f"formula {function.__name__} reaches two functions called {name!r}; rename one")
        elif getattr(math, name, None) is value and value is not None:
            # Where Numba does not compile, NumPy's functions behave as compiled ones do: exp(1000) is inf.
            module = "numpy" if numba.config.DISABLE_JIT and hasattr(np, name) else "math"
            imports.setdefault(module, set()).add(name)
        elif not hasattr(builtins, name):
            raise TypeError(
                f"formula {function.__name__} uses {name!r}, which is neither a number, nor a function written with "
                "def, nor of the module math"
            )


@functools.cache
def _vectorised():
    """{function: name} of what the CPU's own elementary functions stand in for; they vectorise and `math`'s do not."""
    return {
        getattr(home, name): name for home in (math, formulas) for name in elementary.__all__ if hasattr(home, name)
    }


_loops = Compiled(lambda key: _compile_loop(*key))


def compiled(name, text, kind, kinds):
    """The loop `kind` of the module with this text, for arguments of these types; no other version may be compiled."""
    return _loops[name, text, kind, kinds]


def _compile_loop(name, text, kind, kinds):
    loop = getattr(load(name, text), kind)
    return loop if numba.config.DISABLE_JIT else settle(loop, *kinds)


def load(name, text):
    """The module with this text. It is written into the cache folder, but what lies there is not what is run."""
    name = f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    module = LIFTED + name
    with compiling:
        if module not in sys.modules:
            path, made = _write(name, text), ModuleType(module)
            linecache.cache[path] = len(text), None, text.splitlines(True), path  # for debuggers, if it is not there
            made.__file__ = path
            exec(compile(text, path, "exec"), made.__dict__)
            sys.modules[module] = made  # machine code from disk looks it up by its name
        return sys.modules[module]


def _write(name, text):
    """Where the text stands in the cache folder, unless that cannot be written to."""
    if cache_folder() is None:
        return f"<lifted {name}>"
    path, text = cache_folder() / "lifted" / f"{name}.py", text.encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != text:
            write_whole(path, text)
    return str(path)
