"""A kernel, declared once: what it computes, and what it does with each of its arguments.

    @kernel
    def axpy(out: InOut, x: In, a: Scalar):
        \"\"\"out ← out + a x.\"\"\"
        out += a * x

The declaration is the kernel's definition in plain Python over NumPy arrays. It is read first, it is what the compiled
kernels of every device are tested against, and it is what runs under `NUMBA_DISABLE_JIT=1`, where a debugger can step
through it. Its annotations say what a launch does to memory:

    Out         an array that is written, and whose content before does not count
    InOut       an array that is read and written
    In          an array that is only read; or a number, where the definition broadcasts; or None, where it allows that
    Scalar      a number that may differ at every step, such as a learning rate; it never decides what is compiled
    (none)      structure: axes, sizes, flags, which change rarely, and may decide what is compiled

Arrays come first, and those that are written first of all, then structure and scalars. `out: Out` may be a tuple of
arrays.

A device registers what runs a kernel there:

    @axpy.on("cpu")
    def _axpy(out, x, a): ...
"""

import enum
import inspect

import numba

from .quiet import quiet

KERNELS = {}  # name: kernel, of all that are declared


class Role(enum.Enum):
    """What a kernel does with an argument."""

    OUT = "written"
    INOUT = "updated"
    IN = "read"
    STRUCTURE = "structure"
    SCALAR = "scalar"


Out, InOut, In, Scalar = Role.OUT, Role.INOUT, Role.IN, Role.SCALAR


class Kernel:
    """A kernel as operations and optimizers launch it: `cpu` and `cuda` hold what runs it on a device.

    `parameters` maps the name of each argument to its Role, in the order of a call; the last may be `*arrays`.
    """

    cuda = None  # until a GPU is in use

    def __init__(self, name, parameters, doc):
        self.name, self.parameters, self.__doc__ = name, parameters, doc
        roles = list(parameters.values())
        self.writes = sum(role in (Out, InOut) for role in roles)
        self.array_count = next((i for i, role in enumerate(roles) if role not in (Out, InOut, In)), len(roles))
        if any(role not in (Out, InOut) for role in roles[: self.writes]):
            raise TypeError(f"kernel {name}: arrays that are written must come first")

    def __repr__(self):
        return f"<kernel {self.name}({', '.join(self.parameters)})>"

    def on(self, device, function=None):
        """Let `function` run this kernel on "cpu" or "cuda"; without it, a decorator that does."""
        if function is None:
            return lambda function: self.on(device, function)
        if not (device == "cpu" and numba.config.DISABLE_JIT):
            setattr(self, device, function)
        return function

    def argument(self, i):
        """(name, role) of argument i of a call; those that a last `*arrays` takes are alike."""
        return list(self.parameters.items())[min(i, len(self.parameters) - 1)]

    def written(self, arguments):
        """Of the arguments of a call, the arrays that it writes."""
        return [x for x in arguments[: self.writes] if x is not None]

    def read(self, arguments):
        """Of the arguments of a call, the arrays and numbers that it reads."""
        found = []
        for i, role in enumerate(self.parameters.values()):
            if role in (In, InOut, Scalar) and i < len(arguments):
                found += arguments[i] if isinstance(arguments[i], tuple) else [arguments[i]]
        return [x for x in found if x is not None]


def flat(arguments):
    """The arguments of a call, with the arrays of a tuple in its place."""
    for x in arguments:
        if x.__class__ is tuple:
            yield from x
        else:
            yield x


class Declared(Kernel):
    """A kernel with a definition, `reference`, which also runs it on the CPU until something faster is registered.

    In a definition 1/0 is inf and log(−1) is NaN, without a warning, as in every kernel.
    """

    is_listed = True  # in KERNELS

    def __init__(self, name, reference, parameters, doc):
        super().__init__(name, parameters, doc)
        self.reference = self.cpu = quiet(reference)
        if self.is_listed:
            KERNELS[name] = self

    def __call__(self, *arguments):
        """Run the definition on NumPy arrays, which nobody observes; operations `launch` the kernel."""
        self.reference(*arguments)


def kernel(definition):
    """Declare the kernel that `definition` defines."""
    roles = {
        name: p.annotation if isinstance(p.annotation, Role) else Role.STRUCTURE
        for name, p in inspect.signature(definition).parameters.items()
    }
    return Declared(definition.__name__, definition, roles, definition.__doc__)
