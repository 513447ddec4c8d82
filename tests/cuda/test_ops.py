"""Every operation on the GPU, or its simulator, against the CPU: values, gradients, and gradients of gradients."""

import numpy as np
import pytest
from cuda_cases import LIBRARIES, on, same_on_both
from helpers import LAYOUTS, close, numpy, sampled
from samples import SAMPLES

import tinynet as tn
from tinynet.ops.registry import OPS

pytestmark = pytest.mark.cuda

FUSED = "_grad", "convolve", "correlate", "attention", "norm", "softmax", "cross_entropy", "pool", "linear", "_lookup"


@pytest.mark.parametrize("sample", sampled(SAMPLES, 5), ids=str)
def test_values_and_gradients(sample):
    second = any(part in sample.op for part in FUSED)  # the others' gradients are made of operations sampled here too
    same_on_both(sample.function, sample.inputs, ulp=64 if second else 16, second=second)  # sums of sums of products


ONE_EACH = list({sample.op: sample for sample in SAMPLES}.values())


@pytest.mark.parametrize("sample", sampled(ONE_EACH, 2), ids=str)
def test_in_float32_and_of_transposed_inputs(sample):
    inputs = [LAYOUTS["transposed"](a) for a in sample.inputs]
    same_on_both(sample.function, inputs, ulp=64, dtype=np.float32)


def test_every_operation_is_among_them():
    assert set(OPS) <= {sample.op for sample in ONE_EACH}


# Sizes at which kernels take another path

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (5, 3, 2), (4, 40, 3), (9, 17, 6), (3, 33, 1)])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)], ids=str)
def test_products_of_every_layout_and_with_long_sums(m, k, n, transposed):
    a, b = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    a, b = (np.asarray(x.T.copy().T if t else x) for x, t in zip((a, b), transposed))
    same_on_both(lambda lib, x, y: x @ y, [a, b], ulp=64)


def test_products_of_stacks():
    for a, b in [((2, 3, 4, 5), (2, 3, 5, 2)), ((3, 4, 5), (5, 2)), ((2, 1, 4, 5), (3, 5, 2)), ((1, 4, 5), (6, 5, 2))]:
        same_on_both(lambda lib, x, y: x @ y, [rng.standard_normal(a), rng.standard_normal(b)], ulp=64)
    same_on_both(
        lambda lib, x: x.permute(0, 2, 1, 3) @ x.permute(0, 2, 3, 1), [rng.standard_normal((2, 3, 4, 5))], ulp=64
    )


def test_products_of_integers():
    x = np.arange(6).reshape(2, 3)
    close((tn.tensor(x).cuda() @ tn.tensor(x.T).cuda()), x @ x.T)


@pytest.mark.parametrize("shape", [(70,), (3, 40), (40, 3), (2, 20, 3), (5, 2, 2, 9)], ids=str)
@pytest.mark.parametrize("name", ["sum", "max", "min", "mean"])
def test_reductions_in_several_pieces(name, shape):
    x = rng.standard_normal(shape)
    for dims in [None, 0, -1, (0, -1)] if len(shape) > 1 and name in ("sum", "mean") else [None]:
        same_on_both(lambda lib, x, d=dims: getattr(lib, name)(x, d), [x], ulp=64)


def test_positions_and_truths():
    x = rng.integers(-3, 4, (4, 9)).astype(float)
    x[1, 5] = np.nan
    for name in ("argmax", "argmin", "any", "all"):
        for dim in (0, 1):
            a, b = (getattr(on(device, x, requires_grad=False), name)(dim) for device in ("cpu", "cuda"))
            close(b, a)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32, np.bool_])
def test_arithmetic_of_every_dtype(dtype):
    x, y = (np.array(v).astype(dtype) for v in ([5, -4, 3, 0, 7], [2, 3, -2, 1, 1]))
    names = "add mul eq ne lt le gt ge maximum minimum logical_and logical_or logical_xor"
    names += "" if dtype is np.bool_ else " sub floor_divide remainder"
    if np.dtype(dtype).kind != "f":
        names += " bitwise_and bitwise_or bitwise_xor"
        close(~on("cuda", x), ~on("cpu", x))
    if np.dtype(dtype).kind == "i":
        names += " bitwise_left_shift bitwise_right_shift"
    for name in names.split():
        a, b = (getattr(lib, name)(on(d, x), on(d, y)) for d, lib in LIBRARIES.items())
        close(b, a)
        if name not in ("maximum", "minimum"):  # which take tensors only
            number = 2 if dtype is not np.bool_ else True
            close(
                getattr(LIBRARIES["cuda"], name)(on("cuda", x), number),
                getattr(LIBRARIES["cpu"], name)(on("cpu", x), number),
            )


def test_special_values():
    x = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 1e38, -1e38, 88.8, -1000.0], np.float32)
    names = "exp log log1p sqrt tanh sigmoid relu gelu abs sign floor ceil neg isnan isinf isfinite".split()
    for name in names:
        a, b = (getattr(lib, name)(on(d, x)) for d, lib in LIBRARIES.items())
        close(b, a, ulp=8)
    for name in ("div", "maximum", "minimum", "pow", "remainder", "floor_divide"):
        a, b = (getattr(lib, name)(on(d, x[:, None]), on(d, x[None])) for d, lib in LIBRARIES.items())
        close(b, a, ulp=8)


def test_the_same_bits_every_time():
    x = on("cuda", rng.standard_normal((7, 50)), np.float32)
    for f in (lambda: x.sum(), lambda: x @ x.mT, lambda: x.softmax(1), lambda: x.sum(0)):
        assert numpy(f()).tobytes() == numpy(f()).tobytes()


# Random numbers and dropout


@pytest.mark.parametrize("n", [1, 7, 30])
@pytest.mark.parametrize("dtype", [tn.float32, tn.float64], ids=str)
def test_the_same_random_numbers_as_on_the_cpu(n, dtype):
    for draw in ("uniform_", "normal_"):
        found = []
        for device in ("cpu", "cuda"):
            tn.manual_seed(3)
            found.append(getattr(tn.empty(n, dtype=dtype, device=device), draw)())
        close(found[1], found[0], ulp=0 if draw == "uniform_" else 8, scale=1.0)


def test_the_same_dropout_mask_as_on_the_cpu():
    found = []
    for device in ("cpu", "cuda"):
        tn.manual_seed(5)
        found.append(numpy(LIBRARIES[device].dropout(tn.ones(13, 5, device=device), 0.3)))
        tn.manual_seed(5)
        found.append(numpy(tn.bernoulli(tn.full((6,), 0.4, device=device))))
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[3])


# Functions without a gradient, and options that no sample has

X = rng.standard_normal((3, 4))
OTHERS = {
    "one_hot": lambda lib, x: lib.one_hot(lib.tensor([[1, 0], [2, 1]])),
    "sum of bool": lambda lib, x: (x > 0).sum(1),
    "any, all": lambda lib, x: (x > 0).any() & (x > -9).all(),
    "argmax": lambda lib, x: x.argmax() + x.argmin(0).sum(),
    "bool index": lambda lib, x: x[x > 0],
    "int pow": lambda lib, x: (x * 3).int() ** 2,
    "where on numbers": lambda lib, x: lib.where(x > 0, 1.0, 0.0),
    "max_norm": lambda lib, x: lib.embedding(lib.tensor([0, 2]), x.clone().detach(), max_norm=1.0),
    "indices of max_pool": lambda lib, x: lib.max_pool2d(x.reshape(1, 1, 3, 4), 2, return_indices=True)[1],
    "norm": lambda lib, x: tn.nn.utils.get_total_norm([x]).to(x.device),
    "triangles": lambda lib, x: x.tril() - x.triu(1),
    "repeats": lambda lib, x: lib.repeat_interleave(x, lib.tensor([1, 0, 2]), 0),
    "std": lambda lib, x: x.std(0) + x.var() + x.max() - x.min(),
    "cast": lambda lib, x: x.long().float().double().int().bool(),
    "strided copies": lambda lib, x: (x[::2, 1::2] + x[1:, :2]).T.contiguous(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_functions_without_a_gradient(name):
    expected, actual = (OTHERS[name](lib, on(device, X, requires_grad=False)) for device, lib in LIBRARIES.items())
    assert actual.is_cuda
    close(actual, expected, ulp=16, scale=4.0)


def test_gradients_per_occurrence():
    same_on_both(
        lambda lib, w: lib.embedding(lib.tensor([0, 2, 0]), w, padding_idx=1, scale_grad_by_freq=True), [X], ulp=16
    )


def test_draws_by_probability_are_the_cpus():
    for draw in (lambda p: tn.multinomial(p, 3), lambda p: tn.multinomial(p, 5, replacement=True), tn.bernoulli):
        found = []
        for device in LIBRARIES:
            tn.manual_seed(2)
            found.append(draw(tn.tensor([0.2, 0.5, 0.9, 0.4], device=device)))
        assert found[1].is_cuda
        close(found[1], found[0])
