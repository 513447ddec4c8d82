"""What the templates of CUDA kernels share: the formula as a device function, its constants computed on the host.

Constants are computed once per launch, in float64, and then rounded, as the CPU's loops do before they begin. The text
of each kernel is written as a module into the cache folder, beside the CPU's.
"""

import builtins
import math

import numpy as np

from ...lifting.formula import Formula, function
from ...lifting.module import load
from ..device import driver

DRIVER = "tinynet.kernels.cuda.device.driver"  # the module with the functions of `math` that kernels call
EXTREMA = "tinynet.kernels.cuda.extrema"  # and the one with `max` and `min`
RESERVED = frozenset("T i cuda device kernel constants size shape rest i0 i1 i2 i3 out uintp".split())


def parsed(lifted, dtype, reserved=RESERVED):
    """The formula of a kernel as CUDA's kernels take it."""
    formula = Formula(lifted, dtype, _device_function, reserved)
    formula.use(DRIVER, "cuda", "device")
    formula.use("numpy", "uintp")
    return formula


def _device_function(name, value):
    """(module, what to import) of what kernels call in place of a function, or None."""
    if getattr(math, name, None) is value and hasattr(driver, name):
        return DRIVER, name
    return (EXTREMA, name) if value is builtins.max or value is builtins.min else None


def module(lifted, formula, kind, kernel, extra=()):
    """The text of a module: `constants`, which the host calls with the scalars, and the text of the kernel.

    `extra` is what the host hands to the kernel before the formula's constants.
    """
    values = "".join(f"{k}, " for k in (*extra, *formula.constants))
    host = function(f"def constants({', '.join(lifted.scalars)}):", [*formula.hoisted, f"return ({values})"])
    return formula.module(kind, "@device", host, kernel)


def loaded(lifted, text, types):
    """(kernel, constants) of a module; of the kernel's types, `types(real, n)`, n are for what the host computes."""
    found = load(f"{lifted.name}_cuda", text)

    def constants(scalars):
        with np.errstate(all="ignore"):  # as compiled loops have it: 1 / 0 is inf
            return found.constants(*map(np.float64, scalars))

    count = len(constants([1.0] * len(lifted.scalars)))
    return driver.Kernel(found.kernel, lambda real: types(real, count), listed=False, name=lifted.name), constants
