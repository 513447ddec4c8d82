"""Pickles of plain data, read without Python's `pickle`.

A pickle is a program, and may name any function to call. Here only those few of its instructions are carried out that
build containers, numbers and strings, and of functions only those in a table of names that the reader gives. Whatever
else a file asks for is an error that names it.
"""

import pickletools
from collections import OrderedDict

import numpy as np

from .files import brief

_MARK = object()


class PickleError(ValueError):
    """A pickle that is damaged, or that asks for more than data."""


class Function:
    """What stands for a function that a file may name: called with the machine and the file's arguments."""

    def __init__(self, call):
        self.call = call


class Machine:
    """Carries out the instructions of a pickle, on a stack and a memo as pickles have them.

    names: what stands for each name that a file may ask for, a `Function` or a value.
    """

    def __init__(self, names):
        self.names, self.stack, self.memo = names, [], {}

    def run(self, data):
        """The object that the pickle in `data` builds. Raises PickleError, and others for damaged files."""
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _PUSHED:
                self.stack.append(argument)
            elif opcode.name in _DONE:
                _DONE[opcode.name](self, argument)
            elif opcode.name == "STOP":
                (found,) = self.stack
                return found
            else:
                raise PickleError(f"the file uses {opcode.name}, an instruction that plain data does not need")
        raise PickleError("it has no end")

    def pop(self):
        found = self.stack.pop()
        if found is _MARK:
            raise PickleError("its instructions do not fit together")
        return found

    def pop_to_mark(self):
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:  # not `index`, which compares, and arrays by their elements
            if at == 0:
                raise PickleError("its instructions do not fit together")
            at -= 1
        found, self.stack[at:] = self.stack[at + 1 :], []
        return found

    def top(self, *kinds):
        if not isinstance(self.stack[-1], kinds):
            raise PickleError(f"it adds to a {type(self.stack[-1]).__name__} what only a container takes")
        return self.stack[-1]

    def global_(self, name):
        """Push what stands for a name."""
        name = name.replace(" ", ".")
        if name not in self.names:
            raise PickleError(f"the file asks for {name!r}, which is not one of {', '.join(sorted(self.names))}")
        self.stack.append(self.names[name])

    def call(self):
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, Function) or not isinstance(arguments, tuple):
            raise PickleError("it calls what is no function")
        self.stack.append(function.call(self, *arguments))

    def memoize(self, key):
        self.memo[key] = top = self.stack[-1]
        if isinstance(top, _Unfinished):
            top.keys.append(key)

    def persistent(self, key):
        """The object that the file names and does not hold."""
        raise PickleError("it names objects that it does not hold")

    def set_items(self, items):
        target = self.top(dict)
        if len(items) % 2:
            raise PickleError("a key has no value")
        for key, value in zip(items[::2], items[1::2]):
            target[key] = value

    def build(self):
        """Give an object its state. An OrderedDict of PyTorch has attributes, which are left out."""
        state, unfinished = self.pop(), self.top(OrderedDict, _Unfinished)
        if isinstance(unfinished, _Unfinished):
            built = self.stack[-1] = unfinished.built(state)
            self.memo.update((key, built) for key in unfinished.keys)


class _Unfinished:
    """An array or a dtype whose state comes with a later instruction; `keys` are its own in the memo."""

    def __init__(self):
        self.keys = []


class _Array(_Unfinished):
    def built(self, state):
        _, shape, dtype, fortran, data = state
        return _array(data, dtype, shape, "F" if fortran else "C")


class _DType(_Unfinished):
    def __init__(self, kind):
        super().__init__()
        if not isinstance(kind, str) or not (kind[:1] in "biuf" and kind[1:] in ("1", "2", "4", "8")):
            raise PickleError(f"expected arrays of booleans, integers or floats, got type {brief(kind)}")
        self.kind = kind

    def built(self, state):
        return np.dtype((state[1] if state[1] in ("<", ">") else "|") + self.kind)


def _array(data, dtype, shape, order="C"):
    """NumPy holds shape and type against the number of bytes."""
    if not isinstance(dtype, np.dtype) or min(shape, default=0) < 0:
        raise PickleError("an array is not described as NumPy does")
    data = data.encode("latin-1") if isinstance(data, str) else data  # Python 2 had no bytes
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _encoded(machine, text, encoding):
    """Bytes, as Python 3 writes them for Python 2."""
    if encoding != "latin1":
        raise PickleError(f"expected bytes written as latin1, got {brief(encoding)}")
    return text.encode("latin-1")


def _names():
    names = {
        "numpy.ndarray": np.ndarray,
        "numpy.dtype": Function(lambda machine, kind, *flags: _DType(kind)),
        "_codecs.encode": Function(_encoded),
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray._reconstruct"] = Function(lambda machine, *kind: _Array())
        names[f"{core}.numeric._frombuffer"] = Function(
            lambda machine, data, dtype, shape, order: _array(data, dtype, shape, order)
        )
    return names


NUMPY = _names()  # what NumPy's arrays are made of


def parse_pickle(data):
    """The containers, numbers, strings and NumPy arrays that a pickle builds; nothing in it is called.

    Raises PickleError for a damaged file, and for one that asks for anything else, which it names.
    """
    try:
        return Machine(NUMPY).run(data)
    except PickleError:
        raise
    except Exception as error:  # pickletools raises a dozen kinds for damaged files, from a buffer in memory
        raise PickleError(f"the pickle is damaged: {brief(error)}") from None


# The instructions whose argument is a value
_PUSHED = set(
    """BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES
    BINBYTES8 BINSTRING SHORT_BINSTRING BYTEARRAY8""".split()
)
_DONE = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "NONE": lambda m, a: m.stack.append(None),
    "NEWTRUE": lambda m, a: m.stack.append(True),
    "NEWFALSE": lambda m, a: m.stack.append(False),
    "EMPTY_DICT": lambda m, a: m.stack.append({}),
    "EMPTY_LIST": lambda m, a: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, a: m.stack.append(()),
    "EMPTY_SET": lambda m, a: m.stack.append(set()),
    "MARK": lambda m, a: m.stack.append(_MARK),
    "TUPLE": lambda m, a: m.stack.append(tuple(m.pop_to_mark())),
    "TUPLE1": lambda m, a: m.stack.append((m.pop(),)),
    "TUPLE2": lambda m, a: m.stack.append((m.pop(), m.pop())[::-1]),
    "TUPLE3": lambda m, a: m.stack.append((m.pop(), m.pop(), m.pop())[::-1]),
    "APPEND": lambda m, a: (lambda x: m.top(list).append(x))(m.pop()),
    "APPENDS": lambda m, a: (lambda x: m.top(list).extend(x))(m.pop_to_mark()),
    "ADDITEMS": lambda m, a: (lambda x: m.top(set).update(x))(m.pop_to_mark()),
    "SETITEM": lambda m, a: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, a: m.set_items(m.pop_to_mark()),
    "FROZENSET": lambda m, a: m.stack.append(frozenset(m.pop_to_mark())),
    "BINPUT": lambda m, a: m.memoize(a),
    "LONG_BINPUT": lambda m, a: m.memoize(a),
    "MEMOIZE": lambda m, a: m.memoize(len(m.memo)),
    "BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "GLOBAL": lambda m, a: m.global_(a),
    "STACK_GLOBAL": lambda m, a: m.global_(".".join([m.pop(), m.pop()][::-1])),
    "REDUCE": lambda m, a: m.call(),
    "BINPERSID": lambda m, a: m.stack.append(m.persistent(m.pop())),
    "BUILD": lambda m, a: m.build(),
}
