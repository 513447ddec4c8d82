"""Elementwise kernels and update rules at numbers near both ends of float32, at infinities and NaN.

A fused product and sum may be more exact than the formula: its exact value, rounded, is right too. So a result must
be what the formula gives in float32, or what it gives in float64.
"""

import itertools

import numpy as np
import pytest
from helpers import sampled
from optim_cases import EVERY, ids, make

import tinynet as tn
from tinynet.kernels.kernel import KERNELS
from tinynet.kernels.launch import observe, run
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.reference.elementwise import Pointwise

# The smallest is one whose square is no denormal number, which optimizers take for 0.
EXTREMES = [0.0, -0.0, 1e-12, -1e-12, 3.0, -0.5, 1e20, -1e20, 1e30, -1e30, np.inf, -np.inf, np.nan]
NUMBERS = 0.5, 2.0, 1.5  # where a formula takes numbers that are the same for all elements
TINY = 1.2e-38  # what is smaller is denormal
# Centred, RMSprop's v − a² is ∞ − ∞ where both overflow, but ∞ where a² is a part of a fused difference.
RULES = [(name, options) for name, options in EVERY if not options.get("centered")]

POINTWISE = [
    k
    for k in KERNELS.values()
    if isinstance(k, Pointwise) and k.name not in ("gcd", "where") and not k.name.startswith("bitwise")
]


def right(actual, *definitions):
    """Where `actual` is one of the definitions' values."""
    found = np.zeros(actual.shape, bool)
    with np.errstate(all="ignore"):
        for wanted in definitions:
            found |= np.isclose(actual, wanted.astype(actual.dtype), rtol=1e-5, atol=TINY, equal_nan=True)
    return found


def check(name, inputs, actual, *definitions):
    wrong = ~right(actual, *definitions)
    lines = [
        f"{name}({', '.join(str(x[i]) for x in inputs)}) = {actual[i]}, expected {[d[i] for d in definitions]}"
        for i in np.flatnonzero(wrong)[:5]
    ]
    assert not wrong.any(), "\n".join([f"{wrong.sum()} of {actual.size}", *lines])


def combinations(count):
    """Arrays that hold all combinations of extremes; of many arguments, a sample of them."""
    rows = np.array(list(itertools.product(EXTREMES, repeat=min(count, 3))), np.float32)[:2200]
    rows = np.concatenate([rows, rows[::-1, : count - rows.shape[1]]], 1) if count > 3 else rows
    return [np.ascontiguousarray(column) for column in rows.T]


def check_pointwise(kernel, compute):
    inputs = combinations(kernel.formula.__code__.co_argcount - len(kernel.scalars))
    numbers = NUMBERS[: len(kernel.scalars)]
    actual, single, double = np.empty_like(inputs[0]), np.empty_like(inputs[0]), np.empty(inputs[0].shape)
    with np.errstate(all="ignore"):
        compute(actual, *inputs, *numbers)
    kernel.reference(single, *inputs, *numbers)
    kernel.reference(double, *[x.astype(float) for x in inputs], *numbers)
    check(kernel.name, inputs, actual, single, double)


@pytest.mark.parametrize("kernel", POINTWISE, ids=lambda k: k.name)
def test_elementwise_kernels(kernel):
    check_pointwise(kernel, kernel.cpu)


# Those that NumPy computes at any size; their formulas are for the GPU.
NEVER_LIFTED = "floor", "ceil", "round", "trunc"


@pytest.mark.thorough
@pytest.mark.parametrize("kernel", [k for k in POINTWISE if k.name not in NEVER_LIFTED], ids=lambda k: k.name)
def test_their_loops_where_small_arrays_take_a_ufunc(kernel):
    check_pointwise(kernel, lift(kernel.formula, scalars=kernel.scalars).cpu)


def interpreted(lifted, dtype, arguments):
    """The arrays that a `lift` writes, when Python runs the text of its loop over copies of this dtype."""
    lines = lifted.source(dtype).replace("from math import", "from numpy import").splitlines()
    compiling = "@", "from tinynet.kernels.runtime"
    scope = {"flush_denormals": int, "restore": int}
    exec("\n".join(line for line in lines if not line.startswith(compiling)), scope)
    copies = [x.astype(dtype) if isinstance(x, np.ndarray) else x for x in arguments]
    with np.errstate(all="ignore"):
        scope["loop"]([(copies[0].size, *copies)], None, 0)
    return copies[: lifted.writes]


@pytest.mark.parametrize(("name", "options"), sampled(RULES, 2), ids=ids(RULES))
def test_update_rules(name, options):
    compared = []

    def observer(kernel, arguments):
        if type(kernel) is not lift:
            return run(kernel, arguments)
        single, double = (interpreted(kernel, dtype, arguments) for dtype in ("float32", "float64"))
        before = [x.copy() for x in arguments if isinstance(x, np.ndarray)]
        run(kernel, arguments)
        for actual, *wanted in zip(arguments, single, double):
            compared.append(kernel)
            check(kernel.name, before, actual, *wanted)

    gradients, values = combinations(2)
    p = tn.tensor(values.reshape(13, 13), requires_grad=True)
    optimizer = make(name, [p], options)
    with observe(observer):
        for _ in range(2):
            p.grad = tn.tensor(gradients.reshape(13, 13))
            optimizer.step(lambda: tn.tensor(1.0)) if name in ("SAM", "LBFGS") else optimizer.step()
    assert compared or "8bit" in name


@pytest.mark.parametrize("size", [1e19, 1e30])
def test_norms_of_large_numbers(size):
    # The mean of the squares overflows; what is divided by it is 0, and not NaN.
    assert tn.nn.functional.rms_norm(tn.full((2, 8), size), (8,)).tolist() == [[0.0] * 8] * 2
