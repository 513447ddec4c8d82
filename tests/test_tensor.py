"""Making tensors, looking at them, and taking their values to Python and NumPy; errors that say what came."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest
from helpers import TINYNET, close, leaf

import tinynet as tn
from tinynet import nn

DTYPES = (tn.float32, tn.float64, tn.int64, tn.int32, tn.bool)


# Making


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, tn.int64), (1.5, tn.float32), (True, tn.bool), ([1, 2], tn.int64), ([1, 2.5], tn.float32),
        ([[True], [False]], tn.bool), (np.ones(2), tn.float64), (np.float64(1), tn.float64), ([], tn.float32),
        (np.ones(2, "i4"), tn.int32), (2**40, tn.int64),
    ],
)  # fmt: skip
def test_dtype_of_data(data, dtype):
    x = tn.tensor(data)
    assert x.dtype == dtype and x.shape == np.shape(data)
    assert x.tolist() == np.asarray(data).tolist()


def test_tensor_copies_and_from_numpy_does_not():
    a = np.ones(3, np.float32)
    copied, shared, wrapped = tn.tensor(a), tn.from_numpy(a), tn.as_tensor(a)
    a[0] = 5
    assert copied[0] == 1 and shared[0] == 5 and wrapped[0] == 5
    assert tn.as_tensor(shared) is shared
    assert tn.as_tensor(a, dtype=tn.float64)[0] == 5
    shared[1] = 7
    assert a[1] == 7
    assert tn.tensor(copied).tolist() == copied.tolist()
    assert tn.tensor(2.0, requires_grad=True).requires_grad
    assert tn.from_dlpack(np.ones(2, np.float32)).dtype == tn.float32


@pytest.mark.parametrize(
    ("make", "kind", "match"),
    [
        (lambda: tn.tensor([1 + 2j]), tn.DTypeError, "int8, uint8, bool, got complex128"),
        (lambda: tn.tensor(["a"]), tn.DTypeError, "got <U1"),
        (lambda: tn.tensor([[1, 2], [3]]), tn.ShapeError, "sequences of one length at each depth"),
        (lambda: tn.tensor([tn.ones(2)]), tn.ShapeError, r"tensors in a sequence to have one element, got \(2,\)"),
        (lambda: tn.tensor([1, 2**40], dtype=tn.int32), ValueError, "integers that fit int32, got 1099511627776"),
        (lambda: tn.tensor([2**63]), ValueError, "integers that fit int64, got 9223372036854775808"),
        (lambda: tn.Tensor(2.5), TypeError, "Tensor: expected data to be a sequence, an array or sizes, got 2.5"),
        (lambda: tn.Tensor("12"), TypeError, "got '12'"),
        (lambda: tn.Tensor(2, -1), ValueError, "Tensor: expected size"),
        (lambda: tn.tensor([1], dtype="uint16"), tn.DTypeError, "got 'uint16'"),
        (lambda: tn.tensor([1, 2], requires_grad=True), tn.DTypeError, "floating point dtype.*int64"),
        (lambda: tn.from_numpy([1.0]), TypeError, r"got \[1.0\]"),
        (lambda: tn.zeros(2, -3), ValueError, "zeros: expected size ≥ 0, got -3"),
        (lambda: tn.arange(0, 5, -1), ValueError, "arange: expected a step from 0 towards 5, got -1"),
        (lambda: tn.randn(3, dtype=tn.int64), tn.DTypeError, "randn: expected a floating dtype, got int64"),
        (lambda: tn.randint(5, 5, (2,)), ValueError, "randint: expected high ≥ 6, got 5"),
    ],
)
def test_what_is_no_tensor(make, kind, match):
    with pytest.raises(kind, match=match):
        make()


OTHERS = {
    "uint16": (lambda: np.ones(9, np.uint16), True), "uint64": (lambda: np.ones(9, np.uint64), True),
    "big-endian": (lambda: np.ones(9, ">f4"), True), "big-endian integers": (lambda: np.ones(9, ">i8"), True),
    "long double": (lambda: np.ones(9, np.longdouble), True), "object": (lambda: np.ones(8000, object), False),
    "complex": (lambda: np.ones(9, complex), False), "structured": (lambda: np.ones(9, "f4,i4"), False),
    "text": (lambda: np.ones(9, "S3"), False), "dates": (lambda: np.ones(9, "M8[s]"), False),
}  # fmt: skip


@pytest.mark.parametrize(("make", "number"), OTHERS.values(), ids=OTHERS)
def test_arrays_of_other_dtypes(make, number):
    """Refused wherever an array comes in, before anything is computed with it; numbers can be converted."""
    array, x = make(), tn.ones(9)
    hint = r"int8, uint8, bool, got .*" + ("array.astype" if number else "")
    entries = [tn.tensor, tn.from_numpy, tn.as_tensor, nn.Parameter, lambda a: x + a, lambda a: a * x]
    for enter in entries:
        with pytest.raises(tn.DTypeError, match=hint):
            enter(array)
    for enter in (tn.Tensor, lambda a: tn.tensor(a, dtype=tn.float32), lambda a: tn.as_tensor(a, dtype=tn.float32)):
        if number:
            close(enter(array), np.ones(9, np.float32))
        else:
            with pytest.raises(tn.DTypeError, match=hint):
                enter(array)


def test_arrays_that_kernels_cannot_work_in():
    unaligned = np.ndarray(7, np.float32, bytearray(33), offset=1)
    between = np.ones(5, "f4,i2")["f0"]
    for array in (unaligned, between):
        for enter in (tn.from_numpy, tn.as_tensor, tn.Tensor):
            with pytest.raises(ValueError, match=r"aligned in memory; use array.copy\(\)"):
                enter(array)
        assert tn.tensor(array).array.flags.aligned and tn.tensor(array).tolist() == array.tolist()
    matrix = np.ones((2, 2), np.float32).view(type("Matrix", (np.ndarray,), {"__mul__": None}))
    x = tn.from_numpy(matrix)
    assert type(x.array) is type(tn.tensor(matrix).array) is np.ndarray and np.shares_memory(x.array, matrix)


DATA = [
    [1, 2], [[1, 2]], (1, 2.5), [], range(3), [True], [[], []], [np.float64(1), 2], [np.float32(1), 2.5],
    [np.int32(1)], [np.int32(1), 2], [np.int32(1), 2.5], [np.bool_(True)], [np.ones(2), np.ones(2)], [[np.arange(2)]],
]  # fmt: skip
NESTED = [
    lambda t: [t(1.0), t(2.5)], lambda t: [[t([1.0])], [t([2.0])]], lambda t: [t([[1]]), 2.5], lambda t: [t(1), True],
    lambda t: [t(True)], lambda t: (t(1), [t(2)][0]), lambda t: [np.float64(1), t(1.0)],
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy:UserWarning")
@pytest.mark.parametrize("kind", ["tensor", "Tensor"])
def test_from_sequences_as_pytorch(kind):
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(tn, kind), getattr(torch, kind)
    for data in DATA:
        close(ours(data), theirs(data))
    for data in NESTED:
        close(ours(data(tn.tensor)), theirs(data(torch.tensor)))


def test_the_class_itself():
    """`Tensor` makes float32 of numbers, takes sizes, and shares memory where nothing is to be converted."""
    assert tn.Tensor([[1, 2]]).dtype == tn.Tensor(np.arange(3)).dtype == tn.Tensor().dtype == tn.float32
    assert tn.Tensor(2, 3).shape == tn.Tensor(np.int64(2), 3).shape == (2, 3) and tn.Tensor().shape == (0,)
    assert tn.Tensor((2, 3)).tolist() == [2, 3]
    array, x = np.ones(2, np.float32), tn.arange(3)
    assert np.shares_memory(tn.Tensor(array).array, array) and tn.Tensor(x).array is x.array


def test_constructors():
    assert tn.zeros(2, 3).shape == tn.zeros((2, 3)).shape == tn.zeros([2, 3]).shape == (2, 3)
    assert tn.ones(2, dtype=tn.int64).tolist() == [1, 1] and tn.zeros(()).shape == ()
    assert tn.full((2,), 7).dtype == tn.int64 and tn.full((2,), 7.0).dtype == tn.float32
    x = tn.ones(2, 3, dtype=tn.float64)
    for f in (tn.zeros_like, tn.ones_like, tn.empty_like, tn.rand_like, tn.randn_like):
        assert (f(x).shape, f(x).dtype) == ((2, 3), tn.float64)
    assert tn.full_like(x, 3, dtype=tn.int32).tolist() == [[3] * 3] * 2
    assert tn.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert tn.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("args", [(5,), (2, 5), (5, 2, -1), (0, 1, 0.1), (5.0,), (0, 0), (1, 7, 3), (0.0, 1, 0.3)])
def test_arange(args):
    x = tn.arange(*args)
    floating = any(isinstance(a, float) for a in args)
    close(x, np.arange(*args).astype(np.float32 if floating else np.int64), ulp=2)
    assert tn.arange(3, dtype=tn.float64).dtype == tn.float64


# Looking


def test_shape_and_type():
    x = tn.zeros(2, 3, 4, dtype=tn.float64)
    assert (x.shape, x.size(), x.size(-1), x.ndim, x.dim(), x.numel(), len(x)) == ((2, 3, 4), (2, 3, 4), 4, 3, 3, 24, 2)
    assert (x.element_size(), x.nbytes, x.stride(), x.is_contiguous()) == (8, 192, (12, 4, 1), True)
    y = x.transpose(0, 2)
    assert (y.stride(), y.is_contiguous(), y.contiguous().is_contiguous()) == ((1, 4, 12), False, True)
    assert x.is_floating_point() and not tn.zeros(1, dtype=tn.int64).is_floating_point()
    assert tn.is_tensor(x) and not tn.is_tensor(1.0)
    assert [r.shape for r in x] == [(3, 4)] * 2
    for name, dtype in {"float": 0, "double": 1, "long": 2, "int": 3, "bool": 4}.items():
        assert getattr(x, name)().dtype == DTYPES[dtype]
    assert x.to(tn.float64) is x and x.to("float32").dtype == tn.float32 and x.to(int).dtype == tn.int64


def test_numbers():
    assert tn.tensor([[2.5]]).item() == 2.5 and float(tn.tensor(2.5)) == 2.5 and int(tn.tensor(2.5)) == 2
    assert [10, 20, 30][tn.tensor(1)] == 20 and bool(tn.tensor([1])) and not tn.tensor(0.0)
    assert f"{tn.tensor(1.23456):.2f}" == "1.23"
    x = tn.ones(2)
    for f in (tn.Tensor.item, float, int, bool):
        with pytest.raises((ValueError, RuntimeError), match="element"):
            f(x)
    with pytest.raises(TypeError, match="0-d"):
        len(tn.tensor(1))
    with pytest.raises(TypeError, match="0-d"):
        iter(tn.tensor(1))
    with pytest.raises(TypeError, match="integer tensor"):
        [1][tn.tensor(0.0)]


def test_comparison_with_something_else():
    x = tn.ones(2)
    assert (x == None) is False and (x != None) is True and (x == "a") is False  # noqa: E711
    assert x in {x} and len({x, tn.ones(2)}) == 2
    for function, match in [(lambda: x + None, "add: expected a tensor or a number, got None"),
                            (lambda: x < "a", "lt: expected a tensor or a number, got 'a'")]:  # fmt: skip
        with pytest.raises(TypeError, match=match):
            function()


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (lambda: tn.tensor([1.0, 2.5]), "tensor([1.0000, 2.5000])"),
        (lambda: tn.tensor(3), "tensor(3)"),
        (lambda: tn.tensor([1], dtype=tn.int32), "tensor([1], dtype=int32)"),
        (lambda: tn.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: tn.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<mul>)"),
        (lambda: tn.tensor([]), "tensor([])"),
        (lambda: tn.zeros(0, dtype=tn.int64), "tensor([], dtype=int64)"),
        (lambda: tn.zeros(0, 3), "tensor([], size=(0, 3))"),
        (lambda: tn.zeros(2, 0, dtype=tn.bool), "tensor([], size=(2, 0), dtype=bool)"),
    ],
)
def test_repr(x, text):
    assert repr(x()) == text


def test_numpy_at_the_border():
    x = tn.tensor([1.0, 2.0])
    assert x.numpy() is x.array and np.shares_memory(np.asarray(x), x.array)
    assert np.from_dlpack(x).tolist() == [1, 2]
    assert not np.shares_memory(np.array(x), x.array)
    x.requires_grad_()
    for f in (lambda: x.numpy(), lambda: np.asarray(x), lambda: np.from_dlpack(x)):
        with pytest.raises(tn.GraphError, match=r"detach\(\)\.numpy\(\)"):
            f()
    assert x.detach().numpy() is x.array
    y = tn.ones(2)
    close(y * np.array([2.0, 3.0], np.float32), np.array([2.0, 3.0], np.float32))
    close(y * np.float64(2.5), np.array([2.5, 2.5], np.float32))  # as a Python number, which does not widen
    close(tn.tensor(1.0) * np.float64(2.5), np.array(2.5, np.float32))


def test_numbers_too_large_for_float32_become_inf_quietly():
    x = tn.tensor([1.0, -1.0])
    assert (x * 1e300).tolist() == [float("inf"), float("-inf")]
    assert (x.double() * 1e300).tolist() == [1e300, -1e300]
    assert tn.tensor([1e300, 2.0]).tolist() == [float("inf"), 2.0]
    assert tn.zeros(2).fill_(-1e300).tolist() == [float("-inf")] * 2


# Leaves


def test_requires_grad():
    x = tn.ones(2)
    assert x.is_leaf and not x.requires_grad and x.grad_fn is None and x.grad is None
    assert x.requires_grad_() is x and x.requires_grad and x.is_leaf
    y = x * 2
    assert y.requires_grad and not y.is_leaf and repr(y.grad_fn) == "<mul>"
    y.requires_grad_()
    with pytest.raises(tn.GraphError, match="only for a leaf"):
        y.requires_grad = False
    with pytest.raises(tn.DTypeError, match="floating point"):
        tn.ones(1, dtype=tn.int64).requires_grad_()
    (x * 2).sum().backward()
    x.requires_grad = False
    close(x.grad, np.full(2, 2, np.float32))
    assert not (x * 2).requires_grad


def test_grad_is_checked():
    x = leaf([1.0, 2.0])
    for bad, kind, match in [
        (np.ones(2), TypeError, "got ndarray"),
        (tn.ones(3, dtype=tn.float64), tn.ShapeError, r"shape \(2,\), got \(3,\)"),
        (tn.ones(2), tn.DTypeError, "dtype float64, got float32"),
    ]:
        with pytest.raises(kind, match=match):
            x.grad = bad
    assert x.grad is None
    g = tn.ones(2, dtype=tn.float64)
    x.grad = g
    assert x.grad is g
    y = x * 2
    y.grad = g
    assert y.grad is g
    y.grad = None
    assert y.grad is None


def test_data_and_detach():
    x = leaf([1.0, 2.0])
    y = x * 1
    for z in (y.data, y.detach()):
        assert np.shares_memory(z.array, y.array) and not z.requires_grad
    x.data = tn.tensor(np.array([5.0, 6.0]))
    assert x.tolist() == [5, 6] and x.requires_grad
    for bad, kind, match in [
        ([1.0, 2.0], TypeError, "got list"),
        (tn.ones(3, dtype=tn.float64), tn.ShapeError, r"\(2,\), got \(3,\)"),
        (tn.ones(2), tn.DTypeError, "float64, got float32"),
    ]:
        with pytest.raises(kind, match=match):
            x.data = bad
    assert x.tolist() == [5, 6]


def test_copies():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    for y, grad in ((copy.deepcopy(x), [2, 4]), (pickle.loads(pickle.dumps(x)), None)):
        assert (y.tolist(), y.grad if grad is None else y.grad.tolist(), y.requires_grad) == ([1, 2], grad, True)
        assert not np.shares_memory(y.array, x.array) and y._leaf is not x._leaf
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]
    with pytest.raises(tn.GraphError, match="only leaf tensors"):
        copy.deepcopy(x * 2)


# Errors of operations: what was expected and what came


@pytest.mark.parametrize(
    ("run", "kind", "match"),
    [
        (lambda x: x + tn.ones(4), tn.ShapeError, r"add: .* broadcast together, got \(2, 3\) and \(4,\)"),
        (lambda x: x @ x, tn.ShapeError, r"matmul: expected .* got \(2, 3\) @ \(2, 3\)"),
        (lambda x: x @ tn.ones(3, 1, dtype=tn.float64), tn.DTypeError, "same dtype, got float32 and float64"),
        (lambda x: x @ tn.tensor(1.0), tn.ShapeError, "at least 1 dimension"),
        (lambda x: x.reshape(4), tn.ShapeError, r"6 elements of shape \(2, 3\) do not fit \(4,\)"),
        (lambda x: x.reshape(-1, -1), tn.ShapeError, "at most one −1"),
        (lambda x: x.T.view(6), tn.ShapeError, "no view of shape"),
        (lambda x: x.view(tn.int32), tn.DTypeError, "use to()"),
        (lambda x: x.sum(2), IndexError, "sum: expected a dimension from -2 to 1, got 2"),
        (lambda x: x.sum((0, 0)), ValueError, r"each dimension once, got \(0, 0\)"),
        (lambda x: x.permute(0, 0), tn.ShapeError, "each of 2 dimensions once"),
        (lambda x: x.expand(2, 4), tn.ShapeError, r"expand: .*\(2, 3\).*got \(2, 4\)"),
        (lambda x: x.sum_to_size(2, 2), tn.ShapeError, "sum_to_size"),
        (lambda x: x.mT.t().unsqueeze(4), IndexError, "unsqueeze"),
        (lambda x: tn.cat([]), tn.ShapeError, "at least one tensor"),
        (lambda x: tn.cat([x, tn.ones(3, 2)]), tn.ShapeError, r"agree with \(2, 3\).*got \(3, 2\) at 1"),
        (lambda x: tn.cat([tn.tensor(1.0)]), tn.ShapeError, "0-d"),
        (lambda x: tn.stack([x, x.T]), tn.ShapeError, r"got \(3, 2\) at 1"),
        (lambda x: tn.stack([]), tn.ShapeError, "at least one"),
        (lambda x: x.long().mean(), tn.DTypeError, "mean: expected a floating dtype, got int64"),
        (lambda x: tn.zeros(0).max(), tn.ShapeError, "at least one element"),
        (lambda x: tn.zeros(2, 0).argmax(1), tn.ShapeError, "at least one element along dimension 1"),
        (lambda x: x.clamp(), ValueError, "min or max"),
        (lambda x: tn.where(x, x, x), tn.DTypeError, "condition of dtype bool, got float32"),
        (lambda x: x.bool() - x.bool(), tn.DTypeError, r"\^ for"),
        (lambda x: -x.bool(), tn.DTypeError, "use ~"),
        (lambda x: x.long() ** -1, ValueError, "negative integer powers"),
        (lambda x: x.long() // 0, ZeroDivisionError, "floor_divide"),
        (lambda x: x.long() % tn.tensor([1, 0, 2]), ZeroDivisionError, "remainder"),
        (lambda x: x.gather(1, x), tn.DTypeError, "index of integers, got float32"),
        (lambda x: x.gather(1, tn.tensor([[3]])), IndexError, r"indices in \[0, 3\)"),
        (lambda x: x.gather(1, tn.tensor([0])), tn.ShapeError, "gather"),
        (lambda x: TINYNET.softmax(x.long(), dim=0), tn.DTypeError, "softmax"),
        (lambda x: TINYNET.gelu(x, approximate="x"), ValueError, "'none' or 'tanh', got 'x'"),
        (lambda x: TINYNET.dropout(x, 1.5), ValueError, r"p in \[0, 1\], got 1.5"),
        (lambda x: TINYNET.dropout(x.long()), tn.DTypeError, "dropout"),
        (lambda x: TINYNET.linear(x, tn.ones(4, 2)), tn.ShapeError, r"expected \(\*, 2\), got \(2, 3\)"),
        (lambda x: TINYNET.linear(x, tn.ones(4, 3), tn.ones(3)), tn.ShapeError, r"bias of shape \(4,\), got \(3,\)"),
        (lambda x: TINYNET.linear(x, tn.ones(4, 3), tn.ones(4, dtype=tn.float64)), tn.DTypeError, "bias.*float64"),
        (lambda x: TINYNET.linear(x.double(), tn.ones(4, 3)), tn.DTypeError, "got float64"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0, 3])), tn.TargetError, r"in \[0, 3\), got 3 at index 1"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([-1, 0])), tn.TargetError, "got -1 at index 0"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0])), tn.ShapeError, r"labels of shape \(2,\).*got \(1,\)"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([True, False])), tn.DTypeError, "labels of dtype int64"),
        (lambda x: TINYNET.cross_entropy(x, tn.ones(2, 2)), tn.ShapeError, r"probabilities of shape \(2, 3\)"),
        (lambda x: TINYNET.cross_entropy(x, tn.ones(2)), tn.ShapeError, r"int64, or .*got float32 of shape \(2,\)"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0, 1]), tn.ones(2)), tn.ShapeError, r"weight of shape \(3,\)"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0, 1]), reduction="x"), ValueError, "'mean', 'sum' or 'none'"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0, 1]), x[0].double()), tn.DTypeError, "weight.*got float64"),
        (lambda x: TINYNET.nll_loss(x, tn.tensor([0, 3])), tn.TargetError, r"nll_loss: expected labels in \[0, 3\)"),
        (lambda x: tn.bernoulli(x * 2), ValueError, r"bernoulli: expected probabilities in \[0, 1\], got 2"),
        (lambda x: tn.bernoulli(x.long()), tn.DTypeError, "bernoulli"),
        (lambda x: tn.max(x, 0.5), TypeError, "dim to be an integer"),
        (lambda x: x.sub(x.bool(), alpha=2), tn.DTypeError, "sub: expected numbers, got bool; use ~"),
        (lambda x: x - True, tn.DTypeError, "sub: expected numbers, got True"),
        (lambda x: x.bool() ** x.bool(), tn.DTypeError, "pow"),
        (lambda x: TINYNET.mse_loss(x, tn.ones(2)), tn.ShapeError, r"mse_loss.*broadcast.*\(2, 3\) and \(2,\)"),
        (lambda x: TINYNET.mse_loss(x, x, weight=tn.ones(3)), tn.ShapeError, r"weight of.*\(2, 3\), got \(3,\)"),
        (lambda x: TINYNET.mse_loss(x.long(), x.long()), tn.DTypeError, "mse_loss"),
        (lambda x: TINYNET.cross_entropy(x, tn.tensor([0, 1]).int()), tn.DTypeError, r"int64, got int32; .*long\(\)"),
        (lambda x: TINYNET.nll_loss(x, tn.tensor([0, 1]).int()), tn.DTypeError, r"int64, got int32; .*long\(\)"),
        (lambda x: TINYNET.one_hot(tn.tensor([0, 1]).int()), tn.DTypeError, r"int64, got int32; .*long\(\)"),
    ],
)  # fmt: skip
def test_errors(run, kind, match):
    x = tn.ones(2, 3)
    with pytest.raises(kind, match=match):
        run(x)
    assert x.tolist() == [[1] * 3] * 2


WRITES = {
    "add_": lambda x: x.add_(1),
    "setitem": lambda x: x.__setitem__(0, 1.0),
    "uniform_": lambda x: x.uniform_(),
    "data": lambda x: setattr(x, "data", tn.zeros(3)),
    "batch_norm": lambda x: TINYNET.batch_norm(tn.randn(4, 3), x, tn.ones(3), training=True),
    "backward": lambda x: accumulated(x).sum().backward(),
    "clip_grad_norm_": lambda x: tn.nn.utils.clip_grad_norm_(accumulated(x), 0.1),
    "clip_grad_value_": lambda x: tn.nn.utils.clip_grad_value_(accumulated(x), 0.1),
}


def accumulated(grad):
    x = tn.zeros(3, requires_grad=True)
    x.grad = grad
    return x


@pytest.mark.parametrize("name", WRITES)
def test_from_numpy_of_a_read_only_array(name):
    memory = np.ones(3, np.float32)
    array = memory.view()
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="read-only") as caught:
        x = tn.from_numpy(array)
    assert caught[0].filename == __file__
    with pytest.raises(tn.GraphError, match=f"{name}.*read-only and cannot be changed; use clone"):
        WRITES[name](x)
    assert x.tolist() == [1, 1, 1]
    memory[0] = 5
    assert x.tolist() == [5, 1, 1] and (x + 1).tolist() == [6, 2, 2] and x.clone().add_(1).tolist() == [6, 2, 2]


def test_what_is_not_covered_is_absent():
    for name in ("fft", "complex64", "mps"):
        with pytest.raises(AttributeError):
            getattr(tn, name)
    with pytest.raises(AttributeError):
        tn.ones(1).mps()


def test_an_array_times_a_tensor_is_a_tensor():
    x = tn.ones(2, requires_grad=True)
    for y in (np.ones(2, np.float32) * x, np.float32(3) + x, np.ones(2, np.float32) - x):
        assert isinstance(y, tn.Tensor) and y.requires_grad


def test_each_thread_has_a_default_device():
    with tn.device("cuda"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(tn.get_default_device).result() == "cpu" and tn.get_default_device() == "cuda"
        pool.submit(tn.set_default_device, "cuda").result()
    assert tn.get_default_device() == "cpu"


def test_without_a_gpu_the_error_says_what_is_missing_and_nothing_changes():
    if numba.config.ENABLE_CUDASIM or tn.cuda.is_available():
        pytest.skip("there is a GPU, or its simulator")
    model = tn.nn.Linear(2, 3)
    assert tn.cuda.device_count() == 0 and tn.ones(1).device == "cpu"
    for ask in (lambda: tn.ones(1).cuda(), lambda: model.to("cuda"), lambda: tn.zeros(2, device="cuda")):
        with pytest.raises(tn.DeviceError, match=r"device 'cuda' cannot be used: .*docs/cuda\.md"):
            ask()
    assert all(p.device == "cpu" for p in model.parameters()) and (model(tn.ones(1, 2)) + 1).shape == (1, 3)
