"""Formulas of one's own: values, derivatives of every order, and their place in a compiled step."""

import math
from math import copysign, exp, sin, sqrt, tanh

import numpy as np
import pytest

import tinynet as tn
from tinynet.kernels.kernel import KERNELS
from tinynet.kernels.lifting.derivative import TABLE, derivative

SCALE = 0.5


def bent(z, s):
    return tanh(s * z)


def of_all_kinds(x, y, p):
    t = bent(x, y) * SCALE
    if x > 0:
        t += sqrt(x * x + 1) * y**3
    else:
        t -= sin(y) * x
    for _ in range(2):
        t = t * x + y
    return t + max(x, y) * p - abs(x) ** 1.5 / (+y) + x ** (y + 1.0 if x > 0 else 2.0)


def swish(x, beta):
    """x σ(βx)."""
    return x / (1 + exp(-beta * x))


READS = """\"\"\"Written by tinynet: derivatives of a formula.\"\"\"


from math import exp


def gaussian_by_x(x, s):
    d_y = 0.0
    d_y = 1.0 / s
    y = x / s
    return exp(-y ** 2) * -(2 * y * d_y)


def gaussian_grad_x(g, x, s):
    return g * gaussian_by_x(x, s)
"""


def slope(f, at, k, h=1e-6):
    """∂f/∂(argument k) by a central difference."""
    up, down = list(at), list(at)
    up[k], down[k] = up[k] + h, down[k] - h
    return (f(*up) - f(*down)) / (2 * h)


def from_text(text):
    """A function whose source can be found."""
    from tinynet.kernels.lifting.module import load

    return load("f", f"from math import *\n\n\n{text}\n").f


# --- the derivative as a function of Python's numbers -------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name in TABLE if hasattr(math, name) or name in ("abs", "max", "min", "float")]
)
def test_derivatives_of_mathematics(name):
    arguments = ["x", "y"][: len(TABLE[name])]
    f = from_text(f"def f({', '.join(arguments)}):\n    return {name}({', '.join(arguments)})")
    at = [1.7 if name == "acosh" else 0.6, 0.35][: len(arguments)]
    for k, parameter in enumerate(arguments):
        assert derivative(f, parameter)(2.0, *at) == pytest.approx(2 * slope(f, at, k), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("x", [0.7, -0.7])
def test_derivatives_of_derivatives(x):
    at = x, 1.3, 0.4
    for k, parameter in enumerate(("x", "y", "p")):
        if x < 0 and parameter == "y":
            continue  # where x to the power of y has no derivative by y
        first = derivative(of_all_kinds, parameter)
        assert first(1.0, *at) == pytest.approx(slope(of_all_kinds, at, k), rel=1e-6)
        for j, other in enumerate(("g", "x", "y", "p")):
            if (x < 0 and other == "y") or other == "p":
                continue
            second = derivative(first, other)
            assert second(1.0, 1.0, *at) == pytest.approx(slope(first, (1.0, *at), j), rel=1e-5), (parameter, other)


def test_a_derivative_reads_as_one_would_write_it():
    def gaussian(x, s):
        y = x / s
        return exp(-(y**2))

    assert tn.formula(gaussian).derivative("x").source == READS


def test_what_has_no_derivative():
    f = from_text("def f(x):\n    return gamma(x)")
    with pytest.raises(
        TypeError, match=r"formula f: no derivative of 'gamma\(x\)' is known; give one with derivative="
    ):
        derivative(f, "x")


# --- the operation ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def operation():
    return tn.formula(swish)


def test_values_broadcast_and_take_numbers(operation):
    x, beta = tn.randn(3, 1), tn.rand(4)
    expected = x.numpy() / (1 + np.exp(-beta.numpy() * x.numpy()))
    np.testing.assert_allclose(operation(x, beta).numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(operation(beta=2, x=x).numpy(), x.numpy() / (1 + np.exp(-2 * x.numpy())), rtol=1e-6)
    assert operation(x.t(), beta[:, None]).shape == (4, 3)
    assert operation.__doc__ == "x σ(βx)." and repr(operation) == "<formula swish(x, beta)>"
    assert "swish" not in KERNELS


def test_gradients(operation):
    x = tn.randn(3, 1, dtype=tn.float64, requires_grad=True)
    assert tn.autograd.gradcheck(lambda x: operation(x, 1.5), (x,))


@pytest.mark.thorough
def test_gradients_of_gradients(operation):
    x = tn.randn(3, 1, dtype=tn.float64, requires_grad=True)
    beta = tn.rand(4, dtype=tn.float64).requires_grad_()
    assert tn.autograd.gradcheck(operation, (x, beta)) and tn.autograd.gradgradcheck(operation, (x, beta))


def test_a_derivative_that_is_given():
    def straight(x, s):  # whose derivative by itself is 0
        return copysign(s, x)

    def through(x, s):
        return s

    x = tn.randn(5, requires_grad=True)
    tn.formula(straight, derivative=through)(x, 3.0).sum().backward()
    assert x.grad.tolist() == [3.0] * 5
    with pytest.raises(TypeError, match=r"expected as derivative a function of \(x, s\)"):
        tn.formula(straight, derivative={"y": through})


def test_a_formula_takes_part_in_a_compiled_step(operation):
    def run(compiled):
        tn.manual_seed(0)
        w = tn.randn(6, requires_grad=True)
        optimizer = tn.optim.SGD([w], lr=0.1)

        @compiled
        def step(x):
            optimizer.zero_grad()
            loss = (operation(x * w, 1.5) + 1.0).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return [(step(x).item(), w.tolist()) for x in tn.randn(6, 4, 6)], step

    (found, step), (expected, _) = run(tn.compile), run(lambda step: step)
    assert found == expected
    assert " = swish(mul_1[i], 1.5)" in step.source


def module_of(tmp_path, name, factor):
    """A script with a formula `scaled` that calls a function of its own, and has a decorated one, a closure."""
    text = f"""
import functools
FACTOR = {factor}
def inner(x):
    return x * FACTOR
def scaled(x):
    return inner(x) + exp_1(x)
def exp_1(x):
    return x
@functools.lru_cache
def cached(): ...
closure = (lambda f: lambda: f)(1)
"""
    (tmp_path / f"{name}.py").write_text(text)
    scope = {"__name__": name}
    exec(compile(text, tmp_path / f"{name}.py", "exec"), scope)
    return scope


def test_formulas_of_one_name_and_numbers_that_change(tmp_path):
    scopes = [module_of(tmp_path, f"of_{k}", 2.0 + k) for k in range(2)]
    first, second = (tn.formula(scope["scaled"]) for scope in scopes)
    step = tn.compile(lambda x: second(first(x)))
    for _ in range(4):
        assert step(tn.ones(3)).tolist() == [12] * 3
    text = step.source
    assert "FACTOR_1 = 3.0" in text and "def scaled_1(x):\n    return inner_1(x) + exp_1_1(x)" in text
    scope = {}
    exec(text, scope)
    scopes[0]["FACTOR"] = 7.0  # a formula has the numbers that there were when it was first used
    x = tn.ones(3, requires_grad=True)
    first(x).sum().backward()
    assert x.grad.tolist() == [3] * 3 and step(tn.ones(3)).tolist() == [12] * 3
    later = tn.compile(lambda x: first(x))
    assert [later(tn.ones(3)).tolist() for _ in range(4)] == [[3] * 3] * 4 and "FACTOR = 2.0" in later.source


def test_numbers_may_be_set_after_a_formula_is_made(tmp_path):
    scope = module_of(tmp_path, "of_later", 2.0)
    operation, factor = tn.formula(scope["scaled"]), scope.pop("FACTOR")
    with pytest.raises(NameError, match="formula inner: name 'FACTOR' is not defined"):
        operation(tn.ones(2))
    scope["FACTOR"] = factor
    assert operation(tn.ones(2)).tolist() == [3, 3]


@pytest.mark.cuda
def test_on_a_gpu(operation):
    x = tn.randn(3, 5)
    found = [operation(x.to(device).requires_grad_(), 1.5) for device in ("cpu", "cuda")]
    np.testing.assert_allclose(*[y.detach().to("cpu").numpy() for y in found], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda f: f(1.0, 2.0), "swish: expected a tensor among its arguments, got numbers alone"),
        (lambda f: f(tn.arange(3), 2.0), "swish: expected floating tensors, got int64"),
        (lambda f: f(tn.ones(3), tn.ones(4)), r"swish: expected shapes that broadcast together, got \(3,\), \(4,\)"),
        (lambda f: f(tn.ones(3)), "missing a required argument: 'beta'"),
        (lambda f: f.derivative("z"), "formula swish: has no parameter 'z'"),
        (lambda f: tn.formula(3), "formula: expected function to be a function written with def, got 3"),
        (lambda f: tn.formula(lambda x: x), "a formula must be a function written with def"),
        (lambda f: tn.formula(lambda *x: x), "expected parameters, each with a name"),
    ],
)
def test_errors(operation, call, text):
    with pytest.raises((TypeError, ValueError), match=text):
        call(operation)
