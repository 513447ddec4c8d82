"""Arguments: what counts as a number, a size or a dimension, and what the errors say."""

import math
import re

import numpy as np
import pytest

import tinynet as tn
from tinynet import arguments
from tinynet.errors import ArgumentTypeError, ArgumentValueError, DimensionError
from tinynet.tensor_arguments import expect_tensor, expect_tensors

WRONG_KINDS = [
    1.0,
    2.5,
    "1",
    b"1",
    None,
    True,
    [1],
    (1,),
    {1},
    1j,
    np.float64(1),
    np.bool_(True),
    tn.tensor(1.0),
    tn.tensor(True),
]


def raises(error, text):
    return pytest.raises(error, match="^" + re.escape(text))


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3), tn.tensor(3), tn.tensor([3])])
def test_what_counts_as_an_integer(value):
    for found in (arguments.integer("f", "n", value), *arguments.sizes("f", "n", (value,))):
        assert type(found) is int and found == 3
    assert arguments.ntuple("f", "n", value, 2) == (3, 3)
    assert arguments.axis_of("f", value, 4) == 3


@pytest.mark.parametrize("value", WRONG_KINDS, ids=repr)
def test_nothing_else_counts_as_an_integer(value):
    with raises(ArgumentTypeError, "f: expected n to be an integer, got "):
        arguments.integer("f", "n", value)
    with raises(ArgumentTypeError, "f: expected dim to be an integer, got "):
        arguments.axis_of("f", value, 4)


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0, 1, 2**63 - 1, "n ≥ 1, got 0"),
        (5, 0, 4, "n in [0, 4], got 5"),
        (2**63, -(2**63), 2**63 - 1, "n to fit int64, got 9223372036854775808"),
        (2**400, 0, 2**63 - 1, "n to fit int64, got an integer of 401 bits"),
        (-1, 0, 2**63 - 1, "n ≥ 0, got -1"),
    ],
)
def test_integers_lie_in_an_interval(value, low, high, expected):
    with raises(ArgumentValueError, f"f: expected {expected}"):
        arguments.integer("f", "n", value, low, high)


@pytest.mark.parametrize("value", [1, 1.5, True, np.float32(1.5), np.int64(2), tn.tensor(1.5), np.array(2.0), math.inf])
def test_what_counts_as_a_number(value):
    found = arguments.number("f", "eps", value)
    assert isinstance(found, int | float) and found == value


@pytest.mark.parametrize("value", ["1", None, [1.0], 1j, np.ones(2), tn.ones(1), {1}, object()], ids=str)
def test_nothing_else_counts_as_a_number(value):
    with raises(ArgumentTypeError, "f: expected eps to be a number, got "):
        arguments.number("f", "eps", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.1, "p in [0, 1], got -0.1"),
        (math.nan, "p in [0, 1], got nan"),
        (10**400, "p to fit int64, got an integer"),
    ],
)
def test_numbers_lie_in_an_interval(value, expected):
    with raises(ArgumentValueError, f"dropout: expected {expected}"):
        arguments.number("dropout", "p", value, 0, 1)


def test_without_an_interval_nan_is_a_number():
    assert math.isnan(arguments.number("f", "x", math.nan))


def test_booleans():
    assert [arguments.boolean("f", "b", v) for v in (True, np.bool_(False), 1, 0)] == [True, False, True, False]
    for value in ("True", None, 2, 1.0, [], tn.ones(2)):
        with raises(ArgumentTypeError, "f: expected b to be a bool, got "):
            arguments.boolean("f", "b", value)


def test_sizes_come_one_by_one_or_as_a_sequence():
    for value in ((2, 3), ((2, 3),), ([2, np.int64(3)],)):
        assert arguments.sizes("zeros", "size", value) == (2, 3)
    for value in (("23",), ({2, 3},), (np.array([2, 3]),), (range(2),), ([2, [3]],), (2.0, 3), (None,)):
        with raises(ArgumentTypeError, "zeros: expected size to be an integer, got "):
            arguments.sizes("zeros", "size", value)
    with raises(ArgumentValueError, "zeros: expected size ≥ 0, got -1"):
        arguments.sizes("zeros", "size", (2, -1))


def test_one_number_or_one_for_each_axis():
    assert arguments.ntuple("f", "stride", [1, 2], 2) == (1, 2) and arguments.ntuple("f", "stride", [3], 2) == (3, 3)
    with raises(ArgumentValueError, "f: expected stride to be an integer or 2 of them, got (1, 2, 3)"):
        arguments.ntuple("f", "stride", (1, 2, 3), 2)
    with raises(ArgumentValueError, "f: expected stride ≥ 1, got 0"):
        arguments.ntuple("f", "stride", (1, 0), 2, 1)


def test_dimensions_count_from_both_ends():
    assert [arguments.axis_of("f", d, 3) for d in (0, 2, -1, -3)] == [0, 2, 2, 0]
    with raises(DimensionError, "f: expected a dimension from -3 to 2, got 3"):
        arguments.axis_of("f", 3, 3)


def test_one_of_some_words():
    assert arguments.one_of("f", "mode", "a", ("a", "b")) == "a"
    for value in ("c", None, 1, np.ones(2), ["a"]):
        with raises(ArgumentValueError, "f: expected mode to be 'a' or 'b', got "):
            arguments.one_of("f", "mode", value, ("a", "b"))


def test_tensors():
    x = tn.ones(2)
    assert expect_tensor("relu", x) is x and expect_tensors("cat", (x, x)) == [x, x]
    with raises(ArgumentTypeError, "relu: expected input to be a Tensor, got [1, 2]"):
        expect_tensor("relu", [1, 2])
    with raises(ArgumentTypeError, "cat: expected tensors[1] to be a Tensor, got None"):
        expect_tensors("cat", [x, None])
    with raises(ArgumentTypeError, "cat: expected tensors to be a tuple or list of tensors, got Tensor"):
        expect_tensors("cat", x)


@pytest.mark.parametrize("value", ["x" * 99, list(range(99)), np.ones(3), 10**5000, {"a": 1}], ids=type)
def test_errors_show_no_more_than_a_line(value):
    nested = []
    for _ in range(10**5):
        nested = [nested]
    assert len(arguments.shown(value)) <= 80 and arguments.shown(nested) == "list"
