"""`compile`: a function whose launches become a program after its first calls."""

import functools
import gc
import threading
import warnings

from .. import capture
from ..arguments import boolean, wrong_kind
from ..autograd.mode import mode
from ..convert import HoldsArray
from ..errors import CaptureError
from ..kernels.launch import observer
from ..kernels.runtime.memory import release
from ..trees import flatten
from .agreement import difference
from .entry import Entry, argument_names, flattened, key_of, modes
from .gradients import state_of
from .host import streams
from .program import Program
from .recorder import Recorder, ref_of
from .result import Result, has_graph, is_plain, unaccounted, unreturnable
from .text import Text
from .trace import Trace, sort_buffers
from .world import World

TRIES = 6  # traces in a row of which no two agree, before it is said that none will
PROGRAMS = 64  # of one function at most
MISSES = 2  # in a row, after which a program is dropped: an optimizer does not do what it did
TRACES = 8  # of one function that wait for another one

_capturing = threading.Lock()  # held by the thread whose call is watched


def compile(
    function=None, *, fullgraph=False, dynamic=None, backend="tinynet", mode=None, options=None, disable=False,
    fallback=False,
):  # fmt: skip
    """A function that does what `function` does, without the Python in it: a training step, an evaluation, a model.

        step = tn.compile(train_step)
        loss = step(x, y)

    The first calls run as they are, and are watched. Once two of them have done the same, what they did is a program:
    its kernels, forward, backward and update, follow each other without Python between them, and memory is found once.
    Other shapes, modes, groups or flags make another program. `step.source` is the program as text.

    A function that reads a value (`loss.item()`, `if loss < 1`, `print(loss)`), or does something else than compute
    with tensors, cannot be captured. That is an error which names the line; with `fallback=True` the function then runs
    as it is. So do, without an error, a function whose result has a graph that is still to be walked (put `backward`
    into it, or call it under `no_grad`), and one with an argument that requires grad. With `disable=True` the function
    itself is returned. The other arguments are PyTorch's, and change nothing: a program is always of the whole
    function, and of one shape.

    Raises: TypeError for what is no function; at a call CaptureError, and what the function raises.
    """
    fallback = boolean("compile", "fallback", fallback)
    if function is None:
        return functools.partial(compile, disable=disable, fallback=fallback)
    if not callable(function):
        raise wrong_kind("compile", "function", "a function or a Module", function)
    return function if boolean("compile", "disable", disable) else CompiledStep(function, fallback)


class CompiledStep:
    """What `compile` returns: call it as the function."""

    def __init__(self, function, fallback):
        self.function, self.fallback = function, fallback
        self.programs = []  # the newest first
        self._traces = {}  # key: the last Trace of it, to be agreed with
        self._tries = {}
        self._with_graph = set()  # arguments and modes for which the result has a graph, which no program has
        self._failed, self._lock = False, threading.RLock()
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        seen_by = observer()
        if self._failed or capture.watcher is not None or not (seen_by is None or hasattr(seen_by, "ran")):
            return self.function(*args, **kwargs)
        leaves, structure = flattened(args, kwargs)
        key = key_of(leaves, structure)
        for program in self.programs:
            if program.entry.admits(key):
                return self._run(program, args, kwargs, leaves)
        return self._watched(key, args, kwargs, leaves)

    def _run(self, program, args, kwargs, leaves):
        inputs = [x for x in leaves if isinstance(x, HoldsArray)]
        if program.conflicts(inputs):
            return self.function(*args, **kwargs)
        with self._lock:  # a program has one memory
            result = program.run(inputs, observer())
            if program.misses >= MISSES and program in self.programs:
                self.programs.remove(program)
        return result

    @property
    def source(self):
        """The program that was made last, as text."""
        if not self.programs:
            raise CaptureError(f"{self._name}: there is no program before two calls have done the same")
        return Text(self.programs[0], self._name, self.programs[0].argument_names).source

    def export(self, path):
        """Write the step to a Python file that needs NumPy and Numba alone, and goes on from here, with the same bits.

        The file holds all programs that there are, one for each list of shapes, the kernels that they run, and the
        memory that outlives a step: parameters, the optimizer's state, counts of steps, random streams. It has a
        function of the same name, of arrays and of the optimizer's numbers, `state`, `save(path)` and `load(path)`, and
        is for processors with vectors as wide as here.

        Raises: CaptureError if there is no program yet, if its tensors were changed since it ran, and for what NumPy
        computes in part; OSError if the file cannot be written.
        """
        from .export import export  # which reads the sources of kernels, and is seldom asked for

        export(self.programs, self._name, path)

    @property
    def _name(self):
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __getattr__(self, name):
        """What the function has, such as the parameters of a model."""
        if name.startswith("__") or name == "function":
            raise AttributeError(name)
        return getattr(self.function, name)

    def __get__(self, instance, kind=None):
        """Of a method, a compiled function for each object, which is kept as its attribute from then on."""
        if instance is None:
            return self
        method = CompiledStep(self.function.__get__(instance, kind), self.fallback)
        if hasattr(instance, "__dict__"):
            instance.__dict__[self._name] = method
        return method

    def __reduce__(self):
        return CompiledStep, (self.function, self.fallback)  # a copy finds its programs anew

    def __repr__(self):
        return f"<compiled {self._name}, {len(self.programs)} programs>"

    # Capturing

    def _watched(self, key, args, kwargs, leaves):
        """Run the function as it is, and watch it; if it does what it did before, make a program of it."""
        inputs = [x for x in leaves if isinstance(x, HoldsArray)]
        if (key, modes()) in self._with_graph or (mode.enabled and any(x._edge is not None for x in inputs)):
            return self.function(*args, **kwargs)
        if not _capturing.acquire(blocking=False):  # by another thread
            return self.function(*args, **kwargs)
        try:
            return self._captured(key, args, kwargs, leaves, inputs)
        finally:
            _capturing.release()

    def _captured(self, key, args, kwargs, leaves, inputs):
        entry = Entry(self.function, key, leaves)
        moving = entry.world.moving
        for program in self.programs:
            if program.entry.equals(entry):
                return self._run(program, args, kwargs, leaves)
        known = entry.known() + [ref_of(x.array) for x in inputs]
        spans = [(ref.start, ref.stop) for ref in known]
        recorder = Recorder(self._name, lambda: state_of(entry.world.leaves), spans, self.fallback)
        changes, before = capture.changes, list(map(_seen_of, inputs))
        try:
            drawn = streams()
            with recorder.recording():
                result = self.function(*args, **kwargs)
            if streams() != drawn:
                raise CaptureError(f"{self._name}: draws numbers from Python's or NumPy's random; use tinynet's")
            if any(x is not y for a, b in zip(before, map(_seen_of, inputs)) for x, y in zip(a, b)):
                raise CaptureError(f"{self._name}: changes an argument other than its values, as requires_grad_ does")
            if moving:
                what = moving[0].lstrip(".")
                raise CaptureError(f"{self._name}: reaches {what}, which gives something else each time; pass that")
            if recorder.refused is not None:
                raise recorder.refused
            newest = self.programs[:1]
            apart = self._take(key, entry, recorder, inputs, result, args, kwargs, changes)
            if self.programs[:1] != newest:
                release()  # two steps whose memory nobody used twice
            if len(self._tries) > PROGRAMS:
                self._tries.clear()
            self._tries[key] = self._tries.get(key, 0) + 1 if apart else 0
            if self._tries[key] >= TRIES:
                raise CaptureError(f"{self._name}: {TRIES} calls, of which no two did the same: {apart}")
        except CaptureError as error:
            if not self.fallback:
                raise
            warnings.warn(f"{error}; it runs as it is", UserWarning, stacklevel=3)
            self._failed = True
        return result

    def _take(self, key, entry, recorder, inputs, result, args, kwargs, changes):
        """Make a program of the call if it did what the call before did. Returns a text if it did not, else None."""
        found, structure = flatten(result)
        if any(isinstance(x, HoldsArray) and has_graph(x) for x in found):
            if len(self._with_graph) > PROGRAMS:
                self._with_graph.clear()
            self._with_graph.add((key, entry.modes))
            return None
        after = World(self.function, flatten((args, kwargs))[0])
        if not entry.world.equals(after) or capture.changes != changes:
            return f"it sets {entry.world.first_difference(after)}, which a compiled step would not do again"
        if any(x is leaf.grad for x in found for leaf in entry.world.leaves if x is not None):
            return "it returns a gradient; return a clone() of it"
        if not is_plain(structure):
            return "it returns a container of a kind of its own; return a tuple, a list or a dict"
        results = [x.array for x in found if isinstance(x, HoldsArray)]
        others = [x for x in found if not isinstance(x, HoldsArray)]
        trace = Trace(recorder, [x.array for x in inputs], results, others)
        before = self._traces.pop(key, None)
        self._traces[key] = trace, entry
        while len(self._traces) > TRACES:
            del self._traces[next(iter(self._traces))]
        if before is None or not before[1].equals(entry):
            return None
        apart = difference(before[0], trace)
        if apart is None:
            apart = unreturnable(trace, found) or sort_buffers(before[0], trace)
        if apart is None and unaccounted(trace, state_of(entry.world.leaves)):
            gc.collect()  # it may be held by a cycle of references alone
            apart = sort_buffers(before[0], trace) or unaccounted(trace, state_of(entry.world.leaves))
        if apart is not None:
            return apart
        del self._traces[key]
        names = argument_names(self.function, args, kwargs)
        program = Program(trace, entry, Result(trace, found, structure), before[0].launches, names)
        self.programs.insert(0, program)
        del self.programs[PROGRAMS:]
        return None


def _seen_of(x):
    """What of an argument may be seen to have changed, besides its values."""
    return x._edge, x.array, x.borrow_grad()
