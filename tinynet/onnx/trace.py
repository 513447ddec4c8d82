"""A trace: the operations that one call of a model consists of, with their arguments.

Python tells of each function that is called (`sys.setprofile`). For those that have a translation to ONNX, in
`translators/`, the call is noted, and what happens inside does not matter. All others are made of such calls, or they
launch a kernel themselves; and since nothing reaches memory but by a launch (`kernels/launch.py`), one that reads what
the inputs have decided, and is inside of no translated function, is found, and is an error. So is a view made outside,
by the memory that it lies in, and a number that Python reads.
"""

import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import capture, trees
from ..autograd import graph
from ..autograd.mode import mode, no_grad
from ..errors import ExportError
from ..kernels.kernel import flat
from ..kernels.launch import observe, run
from ..ops import indexing, shape
from ..origin import PACKAGE, origin
from ..tensor import Tensor
from .memory import Memory
from .sizes import Ref
from .translators import SEAMS

OPS, TENSOR = str(Path(PACKAGE, "ops")), str(Path(PACKAGE, "tensor.py"))
# Views, and by which operation what was written to them is written back
WRITTEN_BACK = {
    indexing.getitem: indexing.setitem, shape.reshaped: shape.reshaped, shape.squeeze: shape.reshaped,
    shape.unsqueeze: shape.reshaped,
}  # fmt: skip
WRAPPERS = "renamed", "writing", "method", "operator"  # functions around those that bear an operation's name
IN_PLACE = {id(f.__code__): f for f in (graph.write_in_place, graph.overwrite, graph.view_in_place)}
MOVES = {id(f.__code__) for f in (graph.write_in_place, graph.overwrite, Tensor.settle)}  # they copy what is known


class Traced(NamedTuple):
    """A tensor of a trace."""

    kind: str  # "input", "state", "constant", or "result"
    name: str | None  # of an input, and of what the model's state holds
    shape: tuple
    dtype: Any
    values: Any  # its array, unless the inputs decide what it holds
    depends: bool  # whether they do


class Call(NamedTuple):
    """A call of a translated function."""

    name: str
    seam: Any
    arguments: dict
    outputs: tuple  # the numbers of the tensors that it made
    origin: Any


class _Open(NamedTuple):
    frame: Any
    name: str
    seam: Any
    arguments: dict
    numbers: set  # of the tensors among them


class Tracer:
    """Watches one call of a model in this thread; `made` and `tensors` are the calls and tensors that it consists of.

    It is the observer of launches (`__call__`), and `capture.watcher`.
    """

    def __init__(self, state):
        self.made, self.tensors = [], []
        self.memory = Memory()
        self.views = {}  # the number of a view: (the number of what it is a part of, the seam that writes it back, how)
        self.open, self.refused, self.thread = None, None, threading.get_ident()
        for name, x in state.items():
            self._add(x, Traced("state", name, x.array.shape, x.array.dtype, x.array, False))

    def trace(self, function, args, kwargs, inputs):
        """Call the function with arguments that hold the inputs {name: tensor}.

        Returns the leaves of its result, Refs in the place of tensors, and its structure.
        """
        for name, x in inputs.items():
            self._add(x, Traced("input", name, x.array.shape, x.array.dtype, None, True))
        path, modules, profiler = mode.path, mode.modules, sys.getprofile()
        mode.path, mode.modules = "", ()
        try:
            with capture.watched_by(self), observe(self, self.thread), no_grad():
                sys.setprofile(self._profile)
                try:
                    result = function(*args, **kwargs)
                finally:
                    sys.setprofile(profiler)
        finally:
            mode.path, mode.modules = path, modules
        if self.refused is not None:  # and somebody else has caught it
            raise self.refused
        leaves, structure = trees.flatten(result)
        found = [Ref(self.number_of(x)) if isinstance(x, Tensor) else x for x in leaves]
        self.memory = Memory()  # with all that was computed
        return found, structure

    # Calls

    def _profile(self, frame, event, value):
        if event == "call":
            if self.open is None:
                seam = SEAMS.get(id(frame.f_code))
                if seam is not None:
                    self._enter(frame, seam)
        elif event == "return":
            if self.open is not None:
                if frame is self.open.frame:
                    self._leave(value)
            elif id(frame.f_code) in IN_PLACE and value is not None:
                self._written(frame)

    def _enter(self, frame, seam):
        given = frame.f_locals
        if seam.inside is not None and seam.inside(*[given[name] for name in seam.asked]):
            return
        numbers = set()
        arguments = {name: self._described(given[name], numbers) for name in seam.arguments}
        self.open = _Open(frame, given.get("name", seam.name), seam, arguments, numbers)

    def _described(self, x, numbers):
        """An argument with Refs in the place of tensors, whose numbers are added to `numbers`."""
        if isinstance(x, Tensor):
            numbers.add(self.number_of(x))
            return Ref(self.number_of(x))
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return type(x)(*[self._described(y, numbers) for y in x])
        if isinstance(x, tuple | list):
            return (list if isinstance(x, list) else tuple)([self._described(y, numbers) for y in x])
        if isinstance(x, dict):
            return {key: self._described(y, numbers) for key, y in x.items()}
        if isinstance(x, slice):
            return slice(*[self._described(y, numbers) for y in (x.start, x.stop, x.step)])
        if isinstance(x, np.integer | np.bool_ | np.floating):
            return x.item()
        return x.copy() if isinstance(x, np.ndarray) else x

    def _leave(self, value):
        (frame, name, seam, arguments, given), self.open = self.open, None
        if seam.writes is not None:
            x = frame.f_locals[seam.writes]
            self._rebind(x, self._call(name, seam, arguments, given, [x])[0], name)
            return
        leaves = [x for x in trees.flatten(value)[0] if isinstance(x, Tensor)]
        if not all(map(self.memory.is_live, leaves)):  # else what was given came back; or the call ended in an error
            for x, number in zip(leaves, self._call(name, seam, arguments, given, leaves)):
                self.memory.hold(x, number)

    def _call(self, name, seam, arguments, given, leaves):
        """Add a call, of tensors with the numbers `given`; returns the numbers of the tensors that it made."""
        sources = [self.tensors[n] for n in given]
        depends = any(source.depends for source in sources)
        is_constant = all(source.values is not None and source.kind != "state" for source in sources)
        first = len(self.tensors)
        for x in leaves:
            values = np.array(x.array) if is_constant else None
            self.tensors.append(Traced("result", None, x.array.shape, x.array.dtype, values, depends))
        numbers = tuple(range(first, len(self.tensors)))
        self.made.append(Call(name, seam, arguments, numbers, origin()))
        if seam.function in WRITTEN_BACK:
            source = arguments.get("x", arguments.get("input"))
            self.views[first] = source.number, SEAMS[id(WRITTEN_BACK[seam.function].__code__)], arguments.get("index")
        return numbers

    # Tensors

    def _add(self, x, traced):
        self.tensors.append(traced)
        self.memory.hold(x, len(self.tensors) - 1)

    def number_of(self, x):
        """The number of a tensor; one that is not known lies in the memory of one that is, or is a constant.

        Raises: ExportError for one whose memory was changed through another, or that sees a part of another's.
        """
        memory = self.memory
        if not memory.is_live(x):
            if memory.number(x) is not None:
                self.refuse(
                    f"uses a tensor after {memory.stale[id(x)]} has changed its memory through another; write to the "
                    "tensor itself, or use the operation that is not in place"
                )
            twins = memory.twins(x.array)
            if twins:
                memory.hold(x, memory.number(twins[0]))
            elif self._depends(x.array):
                self.refuse(f"takes a view of a tensor, of shape {x.array.shape}, that the exporter does not know")
            else:
                self._add(x, Traced("constant", None, x.array.shape, x.array.dtype, np.array(x.array), False))
        return memory.number(x)

    def _depends(self, array):
        """Whether an array lies in the memory of a tensor that the inputs decide."""
        return any(self.tensors[self.memory.number(y)].depends for y in self.memory.sharing(array))

    def _written(self, frame):
        given = frame.f_locals
        if "out" in given:  # of `view_in_place`, which changes no memory
            self.memory.hold(given["x"], self.number_of(given["out"]))
        elif "result" in given:
            self._rebind(given["x"], self.number_of(given["result"]), given["op"])
        else:  # of `overwrite`
            x, value = given["x"], given["value"]
            number = self.number_of(value)
            if value.array.shape != x.array.shape:
                seam = SEAMS[id(shape.expand.__code__)]
                (number,) = self._call(seam.name, seam, {"input": Ref(number)}, {number}, [x])
            self._rebind(x, number, given["op"])

    def _rebind(self, x, number, op, done=frozenset()):
        """Let x, whose memory was written, be another number, and so the tensors that lie just there.

        What it is a part of becomes what it was, with the new part written back. Other views are stale. Returns the ids
        of those that are not.
        """
        memory = self.memory
        whole, seam, index = self.views.get(memory.number(x), (None, None, None))
        same = memory.twins(x.array)
        done = {*done, id(x), *map(id, same)}
        others = [y for y in memory.sharing(x.array) if id(y) not in done]
        for y in (*same, *others):
            if self.tensors[memory.number(y)].kind == "state":
                name = self.tensors[memory.number(y)].name
                self.refuse(f"changes {name!r} of the model's state in place, which a graph cannot")
        for y in (x, *same):
            memory.hold(y, number)
        base = next((y for y in others if memory.is_live(y) and memory.number(y) == whole), None)
        if base is not None:
            if seam.writes is None:
                arguments = {"x": Ref(number)}
            else:
                arguments = {"x": Ref(whole), "index": index, "value": Ref(number)}
            (new,) = self._call(seam.name, seam, arguments, {whole, number}, [base])
            self.views[number] = new, seam, index
            done = self._rebind(base, new, op, done)
        for y in others:
            if id(y) not in done:
                memory.stale[id(y)] = op
        return done

    # Launches, and what the host does

    def __call__(self, kernel, arguments):
        """The observer of launches."""
        who = sys._getframe(3).f_code  # which has launched it: `launch` and what shows it to observers lie between
        if self.open is None and kernel.writes and id(who) not in MOVES:
            arrays = [x for x in flat(arguments) if isinstance(x, np.ndarray)]
            if any(self._depends(x) for x in arrays) or any(map(self.memory.sharing, flat(kernel.written(arguments)))):
                self.refuse("cannot be said in ONNX, or not with these arguments")
        run(kernel, arguments)

    def _mine(self):
        return threading.get_ident() == self.thread

    def reads(self, array):
        """A value read on the host."""
        if self.open is None and self._mine() and isinstance(array, np.ndarray) and self._depends(array):
            self.refuse("looks at the numbers of a tensor, of which a graph would know one example alone")

    def draws_from(self, generator, first, blocks):
        """Blocks taken from a random stream."""
        if self._mine():
            self.refuse("draws random numbers")

    def calls(self, method, args, kwargs, hooked=False):
        """A call that a compiled step would have to make again."""
        return method(*args, **kwargs)

    def converts(self, array):
        """A NumPy array that becomes a tensor: a constant, unless it differs from one trace to another."""

    def seeds(self):
        """A random stream that is set to another place: nothing is drawn from it."""

    def sets(self, what):
        """A number of an optimizer's."""

    def refuse(self, what):
        """Raises ExportError for what the running line of the user's code does."""
        where = origin(1)
        at = f" at {where.place}" if where.place else ""
        self.refused = ExportError(f"onnx.export{at}: {_operation()} {what}")
        raise self.refused


def _operation():
    """The name of the operation of the library's that runs: of the outermost of `ops/` that the user's frame has."""
    frame, found = sys._getframe(2), "the model"
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        name, file = frame.f_code.co_name, frame.f_code.co_filename
        if (file.startswith(OPS) or file == TENSOR) and name not in WRAPPERS and name[0] not in "<":
            found = name
        frame = frame.f_back
    return found
