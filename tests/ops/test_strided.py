"""Tensors by their strides: which memory they see, and that it never leaves that of their owner."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.ops.strides import needed, owner_of

SIZES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=3)


@given(SIZES, st.integers(0, 8), st.sampled_from([0, 3, (2, 3), "transposed"]))
def test_elements_lie_in_the_memory_of_the_owner(sizes, offset, start):
    memory = tn.arange(20)
    x = memory.view(4, 5).t() if start == "transposed" else memory[start] if start == 3 else memory[:12].view(3, 4)
    shape, strides = tuple(n for n, _ in sizes), tuple(s for _, s in sizes)
    if needed(shape, strides, offset) > 20:
        with pytest.raises(ValueError, match="expected elements in memory of 20 elements"):
            x.as_strided(shape, strides, offset)
        return
    y = x.as_strided(shape, strides, offset)
    places = [offset + sum(i * s for i, s in zip(at, strides)) for at in np.ndindex(*shape)]
    assert y.shape == shape and y.flatten().tolist() == places
    assert owner_of(y.array) is owner_of(memory.array)
    writeable = len(set(places)) == len(places)
    assert y.array.flags.writeable <= writeable


def test_memory_of_another_library():
    bytes = np.arange(64, dtype=np.uint8)
    x = tn.from_numpy(bytes[4:].view(np.float32)[2:5])
    y = x.as_strided((3,), (2,), 0)
    assert y.storage_offset() == 0 and y.numpy().tobytes() == bytes.view(np.float32)[:6:2].tobytes()
    with pytest.raises(ValueError, match="as_strided"):
        x.as_strided((17,), (1,), 0)


def test_in_place():
    x = tn.arange(6.0)
    assert x.as_strided_((2, 2), (1, 2), 1) is x and x.tolist() == [[1, 3], [2, 4]]
    y = tn.zeros(2, 3)
    y.as_strided((3,), (2,)).fill_(1)
    assert y.tolist() == [[1, 0, 1], [0, 1, 0]]
    with pytest.raises(RuntimeError, match="share memory"):
        y.as_strided((3,), (0,)).fill_(1)
    for wrong in ((2,), (-1,)), ((2, 2), (1,)), ((7,), (1,)):
        with pytest.raises(ValueError, match="as_strided"):
            y.as_strided(*wrong)


def test_new_memory():
    x = tn.empty_strided((2, 3), (1, 2), dtype=tn.int64)
    assert x.stride() == (1, 2) and x.dtype == tn.int64 and not x.is_contiguous()
    assert x.new_empty_strided((2, 2), (5, 1)).stride() == (5, 1)


@pytest.mark.torch
def test_gradients_of_memory_outside_of_a_view():
    """What the view does not hold of its owner's memory gets no gradient through it."""
    torch, found = pytest.importorskip("torch"), []
    for lib in tn, torch:
        x = lib.arange(6.0).requires_grad_()
        (x[1:4].as_strided((3, 2), (1, 1), 0) * lib.arange(6.0).reshape(3, 2)).sum().backward()
        found.append(x.grad.tolist())
    assert found[0] == found[1]
