"""Formulas of one element become loops over arrays: values, types, what is computed once, and the cache on disk."""

import importlib.util
import re

import formulas_for_lift as formulas
import numba
import numpy as np
import pytest
from helpers import close, llvm_of, run_here, run_python

import tinynet as tn
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.runtime.threads import ARITHMETIC

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def apply(kernel, *arrays, scalars=()):
    out = np.empty_like(arrays[0])
    kernel.cpu(out, *arrays, *scalars)
    return out


def points(n, dtype):
    return np.linspace(0.01, 2.0, n).astype(dtype)


@DTYPES
@pytest.mark.parametrize("name", ["with_constants", "with_helper", "with_branch", "with_power"])
@pytest.mark.parametrize("n", [0, 1, 7, 1000, ARITHMETIC + 3])
def test_values(name, n, dtype):
    formula, x = getattr(formulas, name), points(n, dtype)
    out = apply(lift(formula), x)
    sample = slice(None, None, 997)
    close(out[sample], np.array([formula(float(v)) for v in x[sample]], dtype), ulp=4)


@DTYPES
def test_several_arrays_and_in_place_updates(dtype):
    kernel = lift(formulas.with_scalars, scalars=("t", "lr", "beta"), inplace=("p", "m"))
    p, m, g = points(5, dtype), points(5, dtype) - 1, points(5, dtype) * 3
    expected = [formulas.with_scalars(*(float(v) for v in row), 3, 0.1, 0.9) for row in zip(p, m, g)]
    kernel.cpu(p, m, g, 3, 0.1, 0.9)
    close(p, np.array([e[0] for e in expected], dtype), ulp=8)
    close(m, np.array([e[1] for e in expected], dtype), ulp=8)
    assert kernel.writes == 2 and repr(kernel) == "lift(with_scalars)"


def test_what_depends_on_scalars_alone_is_computed_once_and_in_float64():
    text = lift(formulas.with_scalars, scalars=("t", "lr", "beta"), inplace=("p", "m")).source(np.float32)
    body, loop = text.split("def loop")
    assert not re.search(r"\b(beta|t|lr|correction)\b", body.split("def with_scalars")[1])
    assert "correction = 1 - beta ** t" in loop and "T(1 - beta)" in loop and "T(sqrt(1 - beta ** 2))" in loop
    for line in loop.split("\n"):
        if "range(" in line or "[i]" in line:
            assert "**" not in line
    # So precise that 1 − β^t does not lose its digits to float32, as it would with β rounded first:
    kernel = lift(formulas.with_scalars, scalars=("t", "lr", "beta"), inplace=("p", "m"))
    p, m, g = (np.array([v], np.float32) for v in (0.0, 0.0, 1.0))
    kernel.cpu(p, m, g, 1, 1.0, 1 - 1e-9)
    assert m[0] == np.float32(1e-9)


@pytest.mark.parametrize("name", ["simple", "with_constants", "with_helper", "with_branch", "with_power"])
def test_float32_stays_float32(name):
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    kernel = lift(getattr(formulas, name))
    llvm = llvm_of(kernel, np.float32)
    work = [line for line in llvm.split("\n") if re.search(r"\b(fmul|fadd|fsub|fdiv|fcmp|fpext|call)\b", line)]
    assert any(re.search(r"\bfloat\b", line) for line in work)
    assert not [line for line in work if re.search(r"\bdouble\b", line)]


def test_helpers_and_constants_are_in_the_module():
    text = lift(formulas.with_helper).source(np.float32)
    assert text.index("def nested") < text.index("def helper") < text.index("def with_helper")
    assert "T(0.1)" in text and "elementary import exp" in text
    assert f"T({3 * np.pi!r})" in text or "T(3 * 3.14159" in lift(formulas.with_constants).source(np.float32)
    compile(text, "lifted", "exec")


def _lambda():
    return lambda x: x


def _closure():
    factor = 2.0

    def scaled(x):
        return x * factor

    return scaled


def _without_source():
    space = {}
    exec("def made(x):\n    return x", space)
    return space["made"]


@pytest.mark.parametrize(
    ("formula", "match"),
    [
        (_lambda(), "a function written with def, got <function"),
        (np.exp, "a function written with def, got <ufunc 'exp'>"),
        (_closure(), "scaled uses 'factor' of an outer function; make it a parameter"),
        (_without_source(), "made: its source cannot be found"),
        (formulas.uses_unknown, "uses_unknown uses 'undefined_thing', which is neither"),
        (formulas.uses_a_module, "uses_a_module uses 'np', which is neither"),
        (formulas.uses_a_string, "uses_a_string uses 'NAME', which is neither"),
    ],
)
def test_what_is_no_formula(formula, match):
    with pytest.raises(TypeError, match=match):
        lift(formula).source(np.float32)


def test_scalars_are_checked():
    with pytest.raises(TypeError, match="assigns_to_scalar assigns to its scalar 'lr'; give the result a new name"):
        lift(formulas.assigns_to_scalar, scalars=("lr",)).source(np.float32)
    for options in ({"scalars": ("lr",)}, {"inplace": ("lr",)}):
        with pytest.raises(TypeError, match=r"simple\(x, y\) has no parameter 'lr'"):
            lift(formulas.simple, **options)


@pytest.mark.parametrize("name", ["out", "i", "T"])
def test_names_that_the_loop_needs_itself(name, tmp_path):
    formula = formula_in_a_file(tmp_path, f"def clash({name}, y):\n    return {name} * y\n")
    with pytest.raises(TypeError, match=f"clash.*'{name}'"):
        lift(formula).source(np.float32)


def formula_in_a_file(folder, text):
    path = folder / f"formula_{abs(hash(text))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(v for v in vars(module).values() if callable(v))


def test_two_helpers_of_one_name(tmp_path):
    other = formula_in_a_file(tmp_path, "def nested(x):\n    return x * 7.0\n")
    formula = formula_in_a_file(tmp_path, "def f(x):\n    return helper(x) + nested(x)\n")
    formula.__globals__.update(helper=formulas.helper, nested=other)
    close(apply(lift(formula), np.ones(2)), np.full(2, 0.5 * 1.1 + 7))


def test_an_edited_formula_is_another_module(tmp_path):
    first = formula_in_a_file(tmp_path, "def f(x):\n    return x * 2.0\n")
    second = formula_in_a_file(tmp_path, "def f(x):\n    return x * 3.0\n")
    x = points(3, np.float32)
    close(apply(lift(first), x), x * np.float32(2))
    close(apply(lift(second), x), x * np.float32(3))
    assert lift(first).source("float32") != lift(second).source("float32")


def test_a_second_call_compiles_nothing():
    kernel, compiled = lift(formulas.simple), []
    original = kernel.loop.compile
    kernel.loop.bodies.make = lambda dtype: (compiled.append(dtype), original(dtype))[1]
    x = points(8, np.float32)
    writable, read_only = x.copy(), x.copy()
    read_only.flags.writeable = False
    for a in (x, writable, read_only, x[:5], points(3, np.float32)):
        apply(kernel, a, a)
    assert len(compiled) == 1
    apply(kernel, x.astype(np.float64), x.astype(np.float64))
    assert len(compiled) == 2
    with pytest.raises(TypeError):  # other types are refused, not compiled for
        kernel.cpu(np.empty(3, np.float32), np.ones(3), np.ones(3))


CACHED = """
import formulas_for_lift, numpy as np
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.runtime.disk_cache import DiskCache
load, found = DiskCache.load_overload, []

def watched(self, *arguments):
    code = load(self, *arguments)
    found.append(code is not None)
    return code

DiskCache.load_overload = watched
lift(formulas_for_lift.simple).cpu(np.empty(3, np.float32), np.ones(3, np.float32), np.ones(3, np.float32))
print(found)
"""


def test_the_next_process_finds_the_machine_code(tmp_path):
    assert run_python(CACHED, NUMBA_CACHE_DIR=str(tmp_path)) == "[False, False]"
    assert run_python(CACHED, NUMBA_CACHE_DIR=str(tmp_path)) == "[True, True]"


STEP = """
import numpy as np
import tinynet as tn
F = tn.nn.functional
tn.manual_seed(11)
x, w, b = tn.randn(6, 5), tn.randn(4, 5, requires_grad=True), tn.zeros(4, requires_grad=True)
y = F.dropout(F.gelu(F.linear(x, w, b).sigmoid()) + (x @ w.T).tanh(), 0.25)
(F.cross_entropy(y, tn.tensor([0, 1, 2, 3, 0, 1])) + F.log_softmax(y, dim=0)[0].sum()).backward()
print(np.concatenate([y.detach().numpy().ravel(), w.grad.numpy().ravel(), b.grad.numpy()]).tolist())
"""


def test_without_compilation_the_values_are_the_same_to_rounding():
    import json

    compiled, plain = json.loads(run_here(STEP)), json.loads(run_python(STEP, NUMBA_DISABLE_JIT="1"))
    np.testing.assert_allclose(plain, compiled, rtol=1e-5, atol=1e-6)
    assert np.count_nonzero(compiled) > 30


def test_lifted_kernels_of_the_library_do_not_recompile():
    x = tn.randn(40, 30, requires_grad=True)

    def run():
        TINY = tn.nn.functional
        y = TINY.gelu(x.sigmoid()).tanh().relu()
        TINY.softmax(y, dim=1).sum().backward()

    run()
    import numba.core.dispatcher as dispatcher

    compile_, calls = dispatcher.Dispatcher.compile, []
    try:
        dispatcher.Dispatcher.compile = lambda self, *args: (calls.append(self), compile_(self, *args))[1]
        run()
    finally:
        dispatcher.Dispatcher.compile = compile_
    assert not calls
