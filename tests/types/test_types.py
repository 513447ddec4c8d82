"""What stubs say is what there is: operations return what the tables say, and every public name is in a stub."""

import ast
import contextlib
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
import results
import stubs
from helpers import ROOT, TINYNET
from samples import SAMPLES
from signatures import class_lines, function_lines

import tinynet as tn

KINDS = {
    "_bool": bool, "_int": int, "_float": float, "_str": str, "None": type(None), "Any": object, "Tensor": tn.Tensor,
    "Tensor | Any": object, "Size": tn.Size, "_device": tn.device, "np.ndarray[Any, Any]": np.ndarray,
    "complex": complex,
}  # fmt: skip


X = tn.tensor([[3.0, 1.0], [2.0, 4.0]])


class Call(NamedTuple):
    name: str
    result: object


def is_kind(name, result):
    """Whether an operation's result is of the kind that the tables say."""
    if name in results.WAYS:
        return isinstance(result, tn.Tensor | getattr(tn.return_types, name))
    kind = results.of_operation(name)
    if kind.startswith("return_types."):
        return isinstance(result, getattr(tn.return_types, kind.removeprefix("return_types.")))
    if kind.startswith(("tuple", "list")):
        return isinstance(result, list if kind[0] == "l" else tuple) and all(isinstance(x, tn.Tensor) for x in result)
    return isinstance(result, KINDS[kind])


@pytest.fixture
def calls(monkeypatch):
    """The calls of operations from now on, as they return."""
    found = []

    def watched(name, function):
        def call(*args, **kwargs):
            found.append(Call(name, function(*args, **kwargs)))
            return found[-1].result

        return call

    for place, functions in (
        (tn, tn.ops.FUNCTIONS),
        (tn.nn.functional, tn.ops.FUNCTIONAL),
        (tn.Tensor, tn.ops.METHODS),
    ):
        for name, function in functions.items():
            if callable(function) and not name.startswith("__"):
                monkeypatch.setattr(place, name, watched(name, function))
    return found


def test_operations_return_what_the_stubs_say(calls):
    done = Counter()
    for sample in SAMPLES:
        if sample.public and done[sample.op] < 3:
            done[sample.op] += 1
            sample.function(TINYNET, *(tn.tensor(x) for x in sample.inputs))
    for name in sorted({*results.OPERATIONS, *results.WAYS, *tn.ops.METHODS}):
        for arguments in (), (1,), (X,), (1, 1), (0, X.long()):
            with contextlib.suppress(TypeError, ValueError, AttributeError, RuntimeError, IndexError):
                if not name.startswith("__") and callable(method := getattr(X.clone(), name)):
                    calls.append(Call(name, method(*arguments)))
    wrong = {(c.name, type(c.result).__name__) for c in calls if not is_kind(c.name, c.result)}
    assert not wrong and len({c.name for c in calls}) > 300


def test_a_result_of_another_kind_is_found():
    x = tn.ones(2)
    assert is_kind("sum", x) and is_kind("max", x) and is_kind("numel", 3) and is_kind("split", (x, x))
    assert (
        not is_kind("sum", 3) and not is_kind("max", (x, x)) and not is_kind("numel", x) and not is_kind("split", [x])
    )


def test_stubs_are_python_and_name_what_there_is():
    """Whether they are as they would be written today is `stubs.py --check`, which is no test."""
    names = {}
    for file in stubs.texts():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names[file.relative_to(ROOT / "tinynet").as_posix()] = {
            name
            for node in ast.walk(tree)
            for name in [getattr(node, "name", None), *(a.name for a in getattr(node, "names", ()))]
        }
    assert {"randn", "Tensor", "no_grad", "FloatTensor", "save"} <= names["__init__.pyi"]
    assert {"backward", "view", "__add__", "relu_"} <= names["tensor.pyi"]
    assert {"Linear", "Conv2d", "LSTM", "Module"} <= names["nn/__init__.pyi"]
    assert (ROOT / "tinynet" / "py.typed").exists()


def test_a_signature_leaves_open_what_its_defaults_do_not_say():
    def f(input, other, dim=0, keepdim=False, *sizes, eps=1e-5, name=None):
        """The first.

        The second.
        """

    class Layer:
        """A layer."""

        def __init__(self, size, bias=True):
            self.size, self.weight = size, tn.nn.Parameter(size)
            self._hidden = self.bias = tn.nn.Parameter(size) if bias else None

        @property
        def area(self):
            return self.size

    assert function_lines("f", f, "Tensor", operation=True) == [
        "def f(input: Tensor, other: Operand, dim: _int | Sequence[_int] = 0, keepdim: _bool = False, "
        "*sizes: _int | Sequence[_int], eps: Any = 1e-05, name = None) -> Tensor:",
        '    """The first."""',
    ]
    assert class_lines(Layer, {"area": "Any"}.get) == [
        "",
        "class Layer:",
        '    """A layer."""',
        "    size: Any",
        "    weight: Parameter",
        "    bias: Parameter | Any",
        "    def __init__(self, size, bias: _bool = True) -> None: ...",
        "    @property",
        "    def area(self) -> Any: ...",
    ]
