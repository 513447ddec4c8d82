"""`compile`: a function whose launches become a program after its first calls."""

import functools
import gc
import inspect
import random
import threading
import warnings
from collections import OrderedDict
from itertools import pairwise

import numpy as np

from .. import capture, devices, dtypes
from ..arguments import boolean, wrong_kind
from ..autograd.mode import mode
from ..convert import HoldsArray
from ..errors import CaptureError
from ..kernels.launch import is_observed
from ..tensor import wrap
from ..trees import flatten, unflatten
from .agreement import difference
from .gradients import Gradients, state_of
from .program import Program
from .recorder import Recorder, Ref, ref_of, refs
from .text import Text
from .trace import Kind, Trace, sort_buffers
from .world import World, value_key

TRIES = 6  # traces in a row of which no two agree, before it is said that none will
PROGRAMS = 64  # of one function at most
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
        if self._failed or capture.watcher is not None or is_observed():
            return self.function(*args, **kwargs)
        leaves, structure = _flattened(args, kwargs)
        key = _key(leaves, structure)
        for program in self.programs:
            if program.entry.admits(key):
                return self._run(program, args, kwargs, leaves)
        return self._watched(key, args, kwargs, leaves)

    def _run(self, program, args, kwargs, leaves):
        inputs = [x for x in leaves if isinstance(x, HoldsArray)]
        if program.conflicts(inputs):
            return self.function(*args, **kwargs)
        with self._lock:  # a program has one memory
            result = program.run(inputs)
            if not program.is_valid and program in self.programs:
                self.programs.remove(program)
        return result

    @property
    def source(self):
        """The program that was made last, as text."""
        if not self.programs:
            raise CaptureError(f"{self._name}: there is no program before two calls have done the same")
        return Text(self.programs[0], self._name, self.programs[0].argument_names).source

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
        if (key, _modes()) in self._with_graph or (mode.enabled and any(x._edge is not None for x in inputs)):
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
            drawn = _host_streams()
            with recorder.recording():
                result = self.function(*args, **kwargs)
            if _host_streams() != drawn:
                raise CaptureError(f"{self._name}: draws numbers from Python's or NumPy's random; use tinynet's")
            if any(x is not y for a, b in zip(before, map(_seen_of, inputs)) for x, y in zip(a, b)):
                raise CaptureError(f"{self._name}: changes an argument other than its values, as requires_grad_ does")
            if moving:
                what = moving[0].lstrip(".")
                raise CaptureError(f"{self._name}: reaches {what}, which gives something else each time; pass that")
            if recorder.refused is not None:
                raise recorder.refused
            apart = self._take(key, entry, recorder, inputs, result, args, kwargs, changes)
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
        if any(isinstance(x, HoldsArray) and _has_graph(x) for x in found):
            if len(self._with_graph) > PROGRAMS:
                self._with_graph.clear()
            self._with_graph.add((key, entry.modes))
            return None
        after = World(self.function, flatten((args, kwargs))[0])
        if not entry.world.equals(after) or capture.changes != changes:
            return f"it sets {entry.world.first_difference(after)}, which a compiled step would not do again"
        if any(x is leaf.grad for x in found for leaf in entry.world.leaves if x is not None):
            return "it returns a gradient; return a clone() of it"
        if not _is_plain(structure):
            return "it returns a container of a kind of its own; return a tuple, a list or a dict"
        results = [x.array for x in found if isinstance(x, HoldsArray)]
        trace = Trace(recorder, [x.array for x in inputs], results)
        trace.others = [x for x in found if not isinstance(x, HoldsArray)]
        before = self._traces.pop(key, None)
        self._traces[key] = trace, entry
        while len(self._traces) > TRACES:
            del self._traces[next(iter(self._traces))]
        if before is None or not before[1].equals(entry):
            return None
        apart = difference(before[0], trace)
        if apart is None:
            apart = _unreturnable(trace, found) or sort_buffers(before[0], trace)
        if apart is None and _unaccounted(trace, state_of(entry.world.leaves)):
            gc.collect()  # it may be held by a cycle of references alone
            apart = sort_buffers(before[0], trace) or _unaccounted(trace, state_of(entry.world.leaves))
        if apart is not None:
            return apart
        del self._traces[key]
        self.programs.insert(0, Program(trace, entry, Result(trace, found, structure)))
        self.programs[0].argument_names = _argument_names(self.function, args, kwargs)
        del self.programs[PROGRAMS:]
        return None


def _unaccounted(trace, grads):
    """A text if memory that the step makes is there afterwards, and is neither returned nor a gradient; else None."""
    of_calls = [ref for x in trace.launches if x.call >= 0 for argument in x.arguments for ref in refs(argument)]
    found = [*trace.results, *of_calls, *(grad for grad in grads if isinstance(grad, Ref))]
    known = {trace.known_buffer(ref) for ref in found if ref.stop > ref.start}
    for buffer in trace.order:
        if buffer.kind is Kind.OUTPUT and buffer not in known:
            launch = trace.launches[buffer.first]
            return f"the result of {launch.kernel.name} at {launch.origin.place} is kept, but not returned"
    return None


def _is_plain(structure):
    """Whether a result is made of tuples, lists and dicts."""
    if structure is None:
        return True
    kind, _, inside = structure
    known = kind in (tuple, list, dict, OrderedDict) or hasattr(kind, "_fields")
    return known and all(map(_is_plain, inside))


def _unreturnable(trace, found):
    """A text if a result is something that no program could give back; else None."""
    for x in found:
        if not isinstance(x, HoldsArray) and x.__class__ not in (type(None), bool, int, str):
            return f"it returns {type(x).__name__}, beside tensors; return a tensor, or read it outside"
    spans = sorted({(ref.start, ref.stop) for ref in trace.inputs})
    if any(start < stop for (_, stop), (start, _) in pairwise(spans)):
        return "two of its arguments share their memory"
    buffers = [trace.buffer(ref) for ref in trace.results if ref.stop > ref.start]
    if {trace.buffer(ref) for ref in trace.inputs if ref.stop > ref.start} & set(buffers):
        return "it returns an argument, or a view of one"
    if len(set(buffers)) < len(buffers):
        return "two of its results share their memory"
    return None


def _seen_of(x):
    """What of an argument may be seen to have changed, besides its values."""
    return x._edge, x.array, x.borrow_grad()


def _host_streams():
    """Where Python's and NumPy's own random streams stand."""
    name, words, place, *rest = np.random.get_state()
    return random.getstate(), (name, words.tobytes(), place, *rest)


def _flattened(args, kwargs):
    """The leaves of the arguments, and their structure: None for tensors by position, which costs little to see."""
    if not kwargs:
        for x in args:
            if not isinstance(x, HoldsArray):
                break
        else:
            return args, None
    return flatten((args, kwargs))


def _has_graph(x):
    """Whether somebody may still walk backwards from a tensor."""
    return getattr(x._edge, "saved", None) is not None


def _argument_names(function, args, kwargs):
    """A name for each tensor among the arguments: the parameter's, with a number where it holds several."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        parameters = []
    parameters += [f"argument_{k}" for k in range(len(parameters), len(args))]
    names = []
    for name, value in (*zip(parameters, args), *kwargs.items()):
        tensors = [x for x in flatten(value)[0] if isinstance(x, HoldsArray)]
        names += [name if len(tensors) == 1 else f"{name}_{k}" for k in range(len(tensors))]
    return names


def _key(leaves, structure):
    """What of the arguments decides which program is run.

    Shapes, strides and dtypes of tensors, and which are the same; all else by value.
    """
    arrays = [id(x.array) for x in leaves if isinstance(x, HoldsArray)]
    same = len(set(arrays)) < len(arrays) and tuple(map(arrays.index, arrays))
    return (
        structure,
        same,
        tuple(
            [
                (x.array.shape, x.array.strides, x.array.dtype, x._edge is not None)
                if isinstance(x, HoldsArray)
                else value_key(x)
                for x in leaves
            ]
        ),
    )


class Entry:
    """What was so when a function was called: shapes of arguments, its world, modes, which gradients there were."""

    def __init__(self, function, key, leaves):
        self.key, self.modes, self.structure = key, _modes(), capture.structure
        self.world = World(function, leaves)
        self.grads = Gradients(self.world.leaves)

    def admits(self, key):
        """Whether the same holds now."""
        return (
            key == self.key
            and self.structure == capture.structure
            and _modes() == self.modes
            and self.world.is_same()
            and self.grads.are_same()
        )

    def equals(self, other):
        """The same, for one that was found just now."""
        return (
            self.key == other.key
            and self.structure == other.structure
            and self.modes == other.modes
            and self.world.equals(other.world)
            and self.grads.equal(other.grads)
        )

    def tensors(self):
        """The tensors that the function can reach."""
        return [x for _, x in self.world.tensors]

    def known(self):
        """The Refs of all memory of tensors that the function can reach."""
        grads = [leaf.grad.array for leaf in self.world.leaves if leaf.grad is not None]
        homes = [leaf.home.array for leaf in self.world.leaves if leaf.home is not None]
        return [*map(ref_of, (*self.world.arrays, *grads, *homes)), *self.world.watched]


def _modes():
    return mode.enabled, dtypes.default, devices.default


class Result:
    """How to rebuild what a function returned."""

    def __init__(self, trace, found, structure):
        self.structure, self.parts = structure, []
        refs = iter(trace.results)
        for x in found:
            self.parts.append(self._part(x, trace, next(refs)) if isinstance(x, HoldsArray) else (None, x))

    def _part(self, x, trace, ref):
        buffer = trace.buffer(ref)
        if buffer is not None and buffer.kind is Kind.STATE:
            return None, x
        return ref, x._edge

    def place(self, array):
        """Find the arrays of a program in which the results lie; `array(ref)` gives one."""
        self.parts = [(ref if ref is None else array(ref), x) for ref, x in self.parts]

    def __call__(self):
        found = []
        for array, x in self.parts:
            if array is None:
                found.append(x)
            else:
                out = wrap(array.copy("K"))
                out._edge = x
                found.append(out)
        return found[0] if self.structure is None else unflatten(self.structure, found)
