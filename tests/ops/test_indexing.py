"""Any index that PyTorch takes: the same elements, the same gradient, the same assignment."""

import numpy as np
import pytest
from helpers import close, leaf
from hypothesis import assume, given
from hypothesis import strategies as st

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def numbers(size):
    return st.integers(-size, size - 1) if size else st.nothing()


def slices(size):
    bound = st.none() | st.integers(-size - 2, size + 2)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 3))


def arrays(size, shapes):
    elements = numbers(size)

    def fill(shape):
        n = int(np.prod(shape))
        return st.lists(elements, min_size=n, max_size=n).map(lambda v: np.array(v, np.int64).reshape(shape))

    return st.sampled_from(shapes if size else [s for s in shapes if 0 in s]).flatmap(fill)


def masks(shape):
    n = int(np.prod(shape))
    return st.lists(st.booleans(), min_size=n, max_size=n).map(lambda v: np.array(v, bool).reshape(shape))


@st.composite
def indices(draw, shape):
    """A tuple of parts for a tensor of this shape; its arrays broadcast together."""
    family = draw(st.sampled_from([[()], [(2,), (1,)], [(3,), (1, 3), (2, 1)], [(0,), (1,)]]))
    parts, dim, masked, ellipsis = [], 0, False, False
    while dim < len(shape):
        kind = draw(st.sampled_from(["int", "slice", "array", "mask", "none", "ellipsis", "stop", "slice", "array"]))
        rest = shape[dim:]
        if kind == "stop":
            break
        if kind == "none":
            parts.append(None)
        elif kind == "ellipsis" and not ellipsis:
            ellipsis = True
            parts.append(...)
            dim += draw(st.integers(0, len(rest)))
        elif kind == "int" and rest[0]:
            parts.append(draw(numbers(rest[0])))
            dim += 1
        elif kind == "slice":
            parts.append(draw(slices(rest[0])))
            dim += 1
        elif kind == "array" and not masked and (rest[0] or (0,) in family):
            parts.append(draw(arrays(rest[0], family)))
            dim += 1
        elif kind == "mask" and not masked and not any(isinstance(p, np.ndarray) for p in parts):
            n = draw(st.integers(1, len(rest)))
            masked = True
            parts.append(draw(masks(rest[:n])))
            dim += n
    if draw(st.booleans()) and not ellipsis:
        parts.append(...)
    return tuple(parts)


@st.composite
def cases(draw):
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 0]), min_size=0, max_size=4)))
    index = draw(indices(shape))
    return shape, index[0] if len(index) == 1 and draw(st.booleans()) else index


def of(framework, index):
    convert = lambda p: framework.tensor(p) if isinstance(p, np.ndarray) else p
    return tuple(map(convert, index)) if isinstance(index, tuple) else convert(index)


def values(shape):
    return np.arange(1.0, 1 + int(np.prod(shape))).reshape(shape)


@given(cases())
def test_look_up(case):
    shape, index = case
    if not _fits(shape, index):
        with pytest.raises(IndexError):
            tn.tensor(values(shape))[of(tn, index)]
        return
    results = []
    for framework in (tn, torch):
        x = framework.tensor(values(shape)).requires_grad_()
        y = x[of(framework, index)]
        u = framework.tensor(np.cos(values(tuple(y.shape)))).requires_grad_()
        (gx,) = framework.autograd.grad(y, x, u, create_graph=True)
        gx.backward(framework.tensor(np.sin(values(shape))))
        results.append((y, gx, u.grad))
    for a, e in zip(*results):
        close(a, e, ulp=8, scale=1)


@given(cases(), st.sampled_from(["number", "tensor", "row"]))
def test_assignment(case, kind):
    """Values, and the gradients to what was there before and to what was put in."""
    shape, index = case
    assume(_fits(shape, index) and _names_each_element_once(shape, index))
    results = []
    for framework in (tn, torch):
        place = of(framework, index)
        target = tuple(framework.tensor(values(shape))[place].shape)
        value = framework.tensor(-values({"number": (), "tensor": target, "row": target[-1:]}[kind])).requires_grad_()
        x = framework.tensor(values(shape)).requires_grad_()
        y = x * 1
        y[place] = value
        u = np.cos(values(shape))
        grads = framework.autograd.grad(y, [x, value], framework.tensor(u))
        plain = framework.tensor(values(shape))
        plain[place] = value.detach()
        results.append((y, plain, *grads))
    for a, e in zip(*results):
        close(a, e, ulp=8, scale=1)


def _fits(shape, index):
    """Whether PyTorch takes the index: an ellipsis may stand for other dimensions than it was drawn for."""
    try:
        torch.zeros(shape)[of(torch, index)]
    except IndexError:
        return False
    return True


def _names_each_element_once(shape, index):
    """Where an element is assigned twice, which one stays is open, and PyTorch's gradient counts both."""
    named = tn.tensor(np.arange(int(np.prod(shape))).reshape(shape))[of(tn, index)].numpy()
    return len(np.unique(named)) == named.size


@pytest.mark.parametrize("index", [4, -5, (0, 3), (0, 0, 0), [0, 4], 1.5, "a", slice(None, None, -1), (..., ...)])
def test_what_is_no_index(index):
    x = tn.tensor(values((4, 3)))
    before = x.array.copy()
    with pytest.raises((IndexError, TypeError, ValueError)) as error:
        x[index]
    assert "index" in str(error.value)
    with pytest.raises((IndexError, TypeError, ValueError)):
        x[index] = 1.0
    np.testing.assert_array_equal(x.array, before)


def test_what_does_not_fit_is_not_assigned():
    x = tn.tensor(values((4, 3)))
    with pytest.raises(tn.ShapeError, match=r"broadcasts to \(2, 3\), got \(2,\)"):
        x[:2] = tn.tensor([1.0, 2.0])
    np.testing.assert_array_equal(x.array, values((4, 3)))


def test_a_number_in_a_tensor_makes_a_view():
    x = tn.tensor(values((4, 3)))
    x[tn.tensor(1)].zero_()
    assert x[1].tolist() == [0, 0, 0]


def test_an_index_may_change_before_the_gradient_is_computed():
    for index in (tn.tensor([0, 2]), tn.tensor([True, False, True])):
        x = tn.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = (x * 1)[index]
        index.zero_()
        y.sum().backward()
        assert x.grad.tolist() == [1, 0, 1]


@pytest.mark.parametrize("take", [lambda x, i: x.gather(0, i), lambda x, i: (x * 1).gather(0, i)], ids=["leaf", "node"])
def test_an_index_that_was_overwritten_is_noticed(take):
    x, index = leaf(np.arange(4.0)), tn.tensor([3, 1])
    y = take(x, index)
    index.add_(-1)
    with pytest.raises(tn.GraphError, match="overwritten"):
        y.sum().backward()


SEQUENCES = {
    "range": lambda x, t: x[range(3), t([0, 1, 2])], "range back": lambda x, t: x[range(2, -1, -1)],
    "tuples": lambda x, t: x[(0, 1), (1, 2)], "a tuple in a tuple": lambda x, t: x[((0, 1),)],
    "lists": lambda x, t: x[[0, 1], [1, 2]], "NumPy": lambda x, t: x[np.array([0, 1]), np.int64(2)],
    "list of lists": lambda x, t: x[[[0, 1], [1, 2]]], "list with a slice": lambda x, t: x[[0, slice(1)]],
    "list of tensors": lambda x, t: x[[t([0, 1]), t([1, 2])]], "list of 0-d": lambda x, t: x[[t(0), t(1)]],
    "booleans": lambda x, t: x[[True, False, True, False]], "empty": lambda x, t: x[[]],
}  # fmt: skip


@pytest.mark.parametrize("look_up", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")
def test_sequences_as_indices(look_up):
    close(look_up(tn.tensor(values((4, 3))), tn.tensor), look_up(torch.tensor(values((4, 3))), torch.tensor))


def test_assignment_by_a_range():
    results = []
    for framework in (tn, torch):
        x = framework.tensor(values((4, 3)))
        x[range(3), framework.tensor([0, 1, 2])] = 0.0
        x[range(2)] += 1
        results.append(x)
    close(*results)


@pytest.mark.parametrize(
    ("shape", "index"),
    [((1, 1, 4), 0), ((1, 1, 3, 1), slice(0, 3)), ((1, 1, 1), (0, 0)), ((1, 1, 2, 4), [0, 2]), ((1, 0, 4), slice(0, 0)),
     ((2, 1, 2, 4), [0, 2]), ((2, 4), 0)],
)  # fmt: skip
@pytest.mark.parametrize("recorded", [False, True])
def test_values_with_leading_dimensions_of_1(shape, index, recorded):
    results = []
    for framework in (tn, torch):
        x = framework.zeros(3, 4)
        value = framework.tensor(np.arange(1.0, 1 + np.prod(shape), dtype="f4").reshape(shape)).requires_grad_(recorded)
        at = framework.tensor(index) if isinstance(index, list) else index
        try:
            x[at] = value
        except RuntimeError:
            results.append(None)
            continue
        if recorded:
            (x * x).sum().backward()
        results.append([x.detach(), *([value.grad] if recorded else [])])
    assert (results[0] is None) == (results[1] is None)
    for a, e in zip(*(r or [] for r in results), strict=True):
        close(a, e)
