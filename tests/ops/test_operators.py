"""Every method of Python's data model beside PyTorch's: the two lists, and what each does with each kind of operand."""

import itertools
import operator

import numpy as np
import pytest
from helpers import close

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def special(kind):
    return {name for name in dir(kind) if name.startswith("__") and name.endswith("__")}


# What PyTorch has and tinynet has not: Python 2's, PyTorch's own protocols, and attributes on tensors
MISSING = """__annotations__ __array_wrap__ __dict__ __div__ __dlpack_c_exchange_api__ __idiv__ __long__ __nonzero__
    __rdiv__ __setstate__ __torch_dispatch__ __torch_function__"""


def test_the_same_methods():
    left_by_copies = {"__slotnames__"}
    assert special(torch.Tensor) - special(tn.Tensor) - left_by_copies <= set(MISSING.split())
    assert special(tn.Tensor) - special(torch.Tensor) - left_by_copies <= {"__slots__"}


# Operands: of each dtype, as tensors with and without dimensions, and as numbers

VALUES = {
    "float32": np.array([1.5, -2.5], np.float32), "int64": np.array([6, -5]), "int32": np.array([3, 1], np.int32),
    "float16": np.array([0.5, -3], np.float16), "uint8": np.array([200, 3], np.uint8),
    "int8": np.array([-100, 3], np.int8), "bool": np.array([True, False]), "0-d": np.array(2), "int": 2, "float": 1.5,
    "true": True,
}  # fmt: skip
BINARY = "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift".split()
COMPARISONS = "eq ne lt le gt ge".split()
INPLACE = "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift imatmul".split()
# What PyTorch refuses and tinynet computes (docs/differences.md), and the other way round
COMPUTED = {"sub", "isub"}


def operand(framework, name):
    value = VALUES[name]
    return framework.tensor(value) if isinstance(value, np.ndarray) else value


def outcome(framework, function, *names):
    """The result, and whether it is the first operand itself; or the error."""
    operands = [operand(framework, name) for name in names]
    try:
        result = function(*operands)
    except (TypeError, RuntimeError, ValueError, ZeroDivisionError) as error:
        return error, False, operands[0]
    return result, result is operands[0], operands[0]


def compare(name, *names):
    function = getattr(operator, name)
    (ours, same, first), (theirs, is_same, as_first) = (outcome(f, function, *names) for f in (tn, torch))
    if isinstance(theirs, Exception):
        return None if isinstance(ours, Exception) or name in COMPUTED else f"{name}{names}: {theirs!r}, got {ours!r}"
    if isinstance(ours, Exception):
        return f"{name}{names}: expected {theirs!r}, got {ours!r}"
    try:
        close(ours, theirs)
        assert same == is_same, f"the result is {'not ' * is_same}the first operand"
        if isinstance(first, tn.Tensor):
            close(first, as_first)
    except AssertionError as error:
        return f"{name}{names}: {error}"
    return None


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", [*BINARY, *COMPARISONS, *INPLACE, "matmul"])
def test_two_operands(name):
    pairs = [p for p in itertools.product(VALUES, repeat=2) if not {*p} <= {"int", "float", "true"}]
    if name in INPLACE:
        pairs = [p for p in pairs if p[0] not in ("int", "float", "true")]
    different = [d for d in (compare(name, *pair) for pair in pairs) if d]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("name", ["neg", "pos", "invert", "abs", "index"])
def test_one_operand(name):
    different = [d for d in (compare(name, kind) for kind in VALUES if isinstance(VALUES[kind], np.ndarray)) if d]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_bits_at_the_edges(dtype):
    limits = np.iinfo(dtype)
    values = np.array([0, 1, -1, 2, -2, 5, limits.max, limits.min], dtype)
    x, y = np.meshgrid(values, values)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        close(getattr(tn, name)(tn.tensor(x), tn.tensor(y)), getattr(torch, name)(torch.tensor(x), torch.tensor(y)))
    close(tn.bitwise_not(tn.tensor(values)), torch.bitwise_not(torch.tensor(values)))
    for count in (0, 1, 31, 32, 33, 63, 64, 65, -1):
        for name in ("bitwise_left_shift", "bitwise_right_shift"):
            if dtype == "int32" and name == "bitwise_left_shift" and 32 <= count < 64:
                continue  # PyTorch's result is that of the processor
            close(getattr(tn, name)(tn.tensor(values), count), getattr(torch, name)(torch.tensor(values), count))


PYTHON = {
    "in": lambda t: [1.5 in t([1.5, 2.5]), t(1.5) in t([1.5]), 2 in t([[1], [2]]), 3 in t(3), 7.0 in t([1, 2]),
                     t([1, 2]) in t([[3, 4], [1, 5]]), np.float32(1.5) in t([1.5])],
    "reversed": lambda t: [reversed(t([[1, 2], [3, 4]])), reversed(t(1)), next(iter(reversed(t([1.5, 2.5]))))],
    "complex": lambda t: complex(t([1.5])),
    "float": lambda t: [float(t([1.5])), int(t(2.7)), bool(t([[0.5]])), int(t(True))],
    "index": lambda t: [[1, 2, 3][t([1])], [1, 2][t(True)], list(range(5))[t(1) : t(3)]],
    "min": lambda t: [min(t(1.0), t(2.0)), max(t([1.0]), t([2.0])), max(t([1.0, 3.0, 2.0])), min(t(2), 3)],
    "sum": lambda t: [sum(t([1, 2])), *sorted(t([3.0, 1.0]))],
    "format": lambda t: [f"{t(1.5):.3f}", f"{t(3):d}", f"{t(True)}"],
    "len": lambda t: [len(t([[1, 2]])), *(v + 1 for v in t([1, 2]))],
    "masks": lambda t: [(t([0, 1, 2, 3]) & 1) == 0, ~(t([1.0, 2.0]) > 1) | (t([1, 0]) == 0), True ^ t([True, False])],
    "rounding": lambda t: __import__("math").floor(t(1.5)),
    "unpacking": lambda t: [*t([1, 2])],
}  # fmt: skip


@pytest.mark.parametrize("run", PYTHON.values(), ids=PYTHON)
def test_what_python_does_with_a_tensor(run):
    ours, theirs = ([x] if not isinstance(x, list) else x for x in (run(tn.tensor), run(torch.tensor)))
    for a, e in zip(ours, theirs, strict=True):
        if isinstance(e, torch.Tensor):
            close(a, e)
        else:
            assert a == e and type(a) is type(e)


REFUSED = {
    "in": lambda t: "a" in t([1]), "in a list": lambda t: [1] in t([1]), "del": lambda t: t([1]).__delitem__(0),
    "len": lambda t: len(t(1)), "iter": lambda t: iter(t(1)), "truth": lambda t: bool(t([1, 2])),
    "no truth": lambda t: bool(t([])), "float": lambda t: float(t([1, 2])), "complex": lambda t: complex(t([1, 2])),
    "int of NaN": lambda t: int(t(float("nan"))), "round": lambda t: round(t(1.5)),
    "divmod": lambda t: divmod(t(3), 2), "None": lambda t: t(1) + None, "list": lambda t: t([1]) - [1],
    "text": lambda t: t([1]) < "a", "list @": lambda t: [1.0] @ t([1.0]), "format": lambda t: f"{t([1.5]):.3f}",
    "min": lambda t: min(t([1, 2]), t([2, 1])), "positive bool": lambda t: +t([True]),
}  # fmt: skip


@pytest.mark.parametrize("run", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(run):
    for tensor in (torch.tensor, tn.tensor):
        with pytest.raises((TypeError, RuntimeError, ValueError)):
            run(tensor)


def test_an_operand_of_another_kind_is_asked():
    class Metre:
        def __radd__(self, x):
            return "radd", x

        def __rmatmul__(self, x):
            return "rmatmul", x

    x = tn.ones(2)
    assert (x + Metre())[0] == "radd" and (x @ Metre())[0] == "rmatmul"
    with pytest.raises(TypeError, match="sub: expected a tensor or a number, got Metre"):
        x - Metre()


def test_arrays_beside_tensors():
    a, y = np.array([2.0, 3.0], np.float32), tn.tensor([1.0, 2.0], requires_grad=True)
    for name in (*BINARY[:7], *COMPARISONS):
        run = getattr(operator, name)
        close(run(y, a), run(y, tn.tensor(a)))
        close(run(a, y), run(tn.tensor(a), y))
    for ours, right in [(a @ y, 8.0), (y @ a, 8.0), (np.eye(2, dtype=np.float32) @ y, [1.0, 2.0])]:
        close(ours, np.array(right, np.float32))
        assert ours.requires_grad
    close(np.array([6]) & tn.tensor([3]), np.array([2]))
    close(np.float64(2) * y, np.array([2.0, 4.0], np.float32))
    close(np.int64(1) << tn.tensor([3]), np.array([8]))
    close((y.detach() + np.ones(2)), np.array([2.0, 3.0]))
    y = y.detach()
    z = y
    z += a
    assert z is y and y.tolist() == [3, 5]


def test_negative_powers_of_integers():
    """0 but for 1 and −1 where the power is a tensor; of a number an error."""
    x, y = np.meshgrid(np.array([2, 1, -1, 0, -3]), np.array([-1, -2, 0, 3]))
    close(tn.tensor(x) ** tn.tensor(y), torch.tensor(x) ** torch.tensor(y))
    for framework in (tn, torch):
        with pytest.raises(RuntimeError, match="egative integer powers are not allowed"):
            framework.tensor([2]) ** -1
