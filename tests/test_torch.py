"""The same program with `import torch` in place of `import tinynet`: results, gradients, gradients of gradients."""

import itertools
import warnings

import numpy as np
import pytest
from helpers import TINYNET, close, derivatives, numpy, torch_library
from samples import SAMPLES

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
torch.set_num_threads(1)
TORCH = torch_library(torch)
PUBLIC = [sample for sample in SAMPLES if sample.public]
DTYPES = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sample", PUBLIC, ids=str)
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
def test_same_result_and_gradients(sample, dtype):
    def run(library, framework):
        make = lambda a: framework.tensor(np.array(a, dtype))
        xs = [make(a).requires_grad_() for a in sample.inputs]
        return derivatives(sample.function(library, *xs), xs, make, framework=framework)

    for a, e in zip(run(TINYNET, tn), run(TORCH, torch), strict=True):
        if a is None or e is None:  # where a library leaves out a gradient that is 0
            assert not numpy(e if a is None else a).any() if (a is None) != (e is None) else True
        else:
            close(a, e, ulp=64, scale=max(1.0, float(np.abs(numpy(e)).max(initial=0))))


# Values at the edges

VALUES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 3.0, 1e-3, 30.0, -30.0, 100.0, -100.0, 1e-30, 1e30, -1e30, 1e38, 3e-39,
          np.inf, -np.inf, np.nan]  # fmt: skip
UNARY = """neg abs sign floor ceil exp log log1p sqrt rsqrt reciprocal square sin cos relu sigmoid tanh isnan isinf
    isfinite logical_not""".split()
BINARY = "add sub mul div floor_divide remainder pow maximum minimum eq ne lt le gt ge".split()
LOGICAL = "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor".split()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary_at_the_edges(name, dtype):
    values = np.array(VALUES, dtype)
    if name in ("sin", "cos"):
        values = values[np.abs(values) < 1e5]
    with np.errstate(over="ignore"):
        close(getattr(TINYNET, name)(tn.tensor(values)), getattr(TORCH, name)(torch.tensor(values)), ulp=4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary_at_the_edges(name, dtype):
    values = np.array(VALUES, dtype)
    if name == "remainder":  # PyTorch's is NaN where the quotient overflows
        values = values[(np.abs(values) > 0.1) & (np.abs(values) < 1e3) | ~np.isfinite(values)]
    x, y = np.meshgrid(values, values)
    with np.errstate(over="ignore", invalid="ignore"):  # NumPy warns, once for each line, in add, sub and mul
        actual = getattr(TINYNET, name)(tn.tensor(x), tn.tensor(y))
    close(actual, getattr(TORCH, name)(torch.tensor(x), torch.tensor(y)))


@pytest.mark.parametrize("name", [*UNARY, "gelu"])
def test_gradient_at_the_edges(name):
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        x = framework.tensor(np.array(VALUES[:-6])).requires_grad_()
        y = getattr(lib, name)(x)
        if y.requires_grad:
            y.backward(framework.ones_like(y))
            results.append(x.grad)
    if results:  # PyTorch's gelu loses its digits in the lower tail, where Φ cancels
        close(*results, ulp=16, scale=1 if name == "gelu" else None)


@pytest.mark.parametrize("name", ["mul", "div", "remainder", "pow", "maximum", "minimum"])
def test_gradient_of_two_operands_at_the_edges(name):
    x, y = (v.ravel() for v in np.meshgrid([0.0, 1.0, -1.0, 2.0, -2.5, np.inf], [0.0, 1.0, 2.0, -1.0, 0.5, np.inf]))
    if name == "remainder":
        x, y = x[(y != 0)], y[y != 0]
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        leaves = [framework.tensor(v).requires_grad_() for v in (x, y)]
        with np.errstate(invalid="ignore"):
            out = getattr(lib, name)(*leaves)
        out.backward(framework.ones_like(out))
        results.append([v.grad for v in leaves])
    for a, e in zip(*results):
        close(a, e, ulp=8)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("row", [[0, 0, 0], [1e30, 0, -1e30], [-np.inf, 0, 1], [-np.inf] * 3, [np.inf, 0, 1],
                                 [0, np.nan, 1], [1000, 1001, 999], [-1e38, -1e38, 1e38]])  # fmt: skip
def test_softmax_at_the_edges(name, row):
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        x = framework.tensor(np.array(row, np.float32)).requires_grad_()
        y = getattr(lib, name)(x, dim=0)
        y.backward(framework.tensor([1.0, 2.0, 3.0]))
        results.append((y, x.grad))
    for a, e in zip(*results):
        close(a, e, ulp=8, scale=1)


@pytest.mark.parametrize(
    "logits", [[[0, 0, 0]], [[1000, 1001, 999]], [[1e4, 0, -1e4]], [[-np.inf, 0, 1]], [[0, 1e38, -1e38]]]
)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"ignore_index": 1}])
def test_cross_entropy_at_the_edges(logits, options):
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        x = framework.tensor(np.array(logits, np.float32)).requires_grad_()
        y = lib.cross_entropy(x, framework.tensor([1]), **options)
        y.backward()
        results.append((y, x.grad))
    for a, e in zip(*results):
        close(a, e, ulp=8, scale=1)


@pytest.mark.parametrize("logit", [-1e30, -200, -1, 0, 1, 200, 1e30])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_binary_cross_entropy_at_the_edges(logit, target):
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        x = framework.tensor([logit], dtype=framework.float64).requires_grad_()
        y = lib.binary_cross_entropy_with_logits(x, framework.tensor([target], dtype=framework.float64))
        y.backward()
        results.append((y, x.grad))
    for a, e in zip(*results):
        close(a, e, ulp=8, scale=1)


# Type promotion

NUMBERS = {
    "float32": 2.5, "float64": 1.5, "float16": 0.5, "int64": 2, "int32": 3, "int16": 300, "int8": -1, "uint8": 7,
    "bool": True,
}  # fmt: skip


def _operands(framework):
    for dtype in DTYPES:
        values = np.array([1, 2, 3] if dtype != "bool" else [True, True, True]).astype(dtype)
        yield f"{dtype} tensor", framework.tensor(values)
        yield f"{dtype} 0-d", framework.tensor(values[1])
        yield f"{dtype} number", NUMBERS[dtype]


def _apply(lib, name, x, y):
    return lib.where(lib.tensor(True), x, y) if name == "where" else getattr(lib, name)(x, y)


@pytest.mark.parametrize("name", [*BINARY, *LOGICAL, "where"])
def test_type_promotion(name):
    """Whatever PyTorch computes has the same dtype and value; of what it refuses differences and extremes are too."""
    ours, theirs = list(_operands(tn)), list(_operands(torch))
    different = []
    for ((a, x), (_, tx)), ((b, y), (_, ty)) in itertools.product(zip(ours, theirs), repeat=2):
        if "number" in a and "number" in b:
            continue
        try:
            expected = _apply(TORCH, name, tx, ty)
        except (TypeError, RuntimeError):
            if name in ("sub", "maximum", "minimum"):
                with pytest.raises((tn.DTypeError, TypeError), match=r"use ~|use clamp\(m"):
                    _apply(TINYNET, name, x, y)
            continue
        try:
            close(_apply(TINYNET, name, x, y), expected)
        except (tn.DTypeError, AssertionError) as error:
            different.append(f"{name}({a}, {b}): {error}")
    assert not different, "\n".join(different)


@pytest.mark.parametrize("alpha", [2, 1.5, True, False, 0.0])
@pytest.mark.parametrize("name", ["add", "sub"])
def test_type_promotion_with_alpha(name, alpha):
    both = [(kind, x, tx) for (kind, x), (_, tx) in zip(_operands(tn), _operands(torch))]
    for (kind, x, tx), (_, y, ty) in itertools.product(both, repeat=2):
        if "number" in kind:
            continue
        try:
            expected = getattr(torch, name)(tx, ty, alpha=alpha)
        except RuntimeError:
            with pytest.raises(tn.DTypeError, match=r"expected alpha|use ~"):
                getattr(tn, name)(x, y, alpha=alpha)
        else:
            close(getattr(tn, name)(x, y, alpha=alpha), expected)


@pytest.mark.parametrize("name", [*UNARY, "sum", "mean", "max", "argmax", "any", "all", "clone", "gelu"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_of_one_operand(name, dtype):
    values = np.array([0, 1, 1]).astype(dtype)
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        try:
            results.append(getattr(lib, name)(framework.tensor(values)))
        except (TypeError, RuntimeError):
            results.append(None)
    if results[1] is not None:
        close(*results, ulp=2)


# Losses


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "shapes", [[(3, 1), (3, 1)], [(3, 1), (2,)], [(3,), (2, 3)], [(), (2,)], [(2,), ()], [(0,), (0,)]]
)
@pytest.mark.parametrize("dtypes", [("f4", "f4"), ("f4", "f8"), ("f8", "f4"), ("f4", "i8"), ("i8", "f4")])
def test_mse_loss(reduction, weighted, shapes, dtypes):
    results = []
    for lib, framework in ((TINYNET, tn), (TORCH, torch)):
        values = [np.cos(np.arange(np.prod(s)) * 3).reshape(s).astype(d) for s, d in zip(shapes, dtypes)]
        x, y = map(framework.tensor, values)
        weight = framework.tensor(np.arange(1.0, 1 + np.prod(shapes[0]), dtype="f4").reshape(shapes[0]))
        leaves = [z.requires_grad_() for z in (x, y, weight)[: 2 + weighted] if z.dtype != framework.int64]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            out = lib.mse_loss(x, y, reduction=reduction, weight=weight if weighted else None)
        assert [w.category for w in caught] == [UserWarning] * (shapes[0] != shapes[1])
        assert all(w.filename == __file__ for w in caught)
        out.sum().backward()
        results.append([out, *(z.grad for z in leaves)])
    for a, e in zip(*results, strict=True):
        close(a, e, ulp=32, scale=1)


# Reductions


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "max", "min", "argmax", "argmin", "any", "all"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (3,), (), (0, 3), (2, 0, 3), (1, 1)])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
def test_reductions(name, shape, keepdim):
    values = np.random.default_rng(0).integers(-2, 3, shape).astype(np.float32)  # with ties
    several = [(0, -1), (1,), (), [0, 1]] if name in ("sum", "mean", "var", "std") else []
    for dim in [None, 0, 1, -1, *several]:
        if dim is None and (keepdim and name not in ("argmax", "argmin")):
            continue
        options = {} if dim is None and not keepdim else {"dim": dim, "keepdim": keepdim}
        ours, theirs = (_reduced(*pair, name, values, options) for pair in ((TINYNET, tn), (TORCH, torch)))
        assert (ours is None) == (theirs is None), f"{name} of {shape} over {options}: {ours} and {theirs}"
        for a, e in zip(ours or (), theirs or (), strict=True):
            close(a, e, ulp=16, scale=1)


def _reduced(lib, framework, name, values, options):
    x = framework.tensor(values).requires_grad_()
    try:
        out = getattr(lib, name)(x, **options)
        if name in ("var", "std") and options.get("dim") == ():
            out = out.detach()  # PyTorch's gradient is inf there
    except (RuntimeError, IndexError, ValueError):
        return None
    out = list(out) if isinstance(out, tuple) else [out]
    if out[0].requires_grad:
        out[0].backward(framework.ones_like(out[0]))
        out.append(x.grad)
    return out
