"""`out=`: results written to tensors that are given."""

import inspect
import warnings

import numpy as np
import pytest
from helpers import TINYNET
from samples import SAMPLES

import tinynet as tn
from tinynet.ops import out


class IntoEmpty:
    """The library, of which each function that takes `out` is called a second time, with empty tensors of the dtypes of
    its results."""

    def __init__(self):
        self.called = set()

    def __getattr__(self, name):
        function = getattr(TINYNET, name)
        if name not in out.FUNCTIONS.split():
            return function

        def written(*args, **kwargs):
            found = function(*args, **kwargs)
            alone = isinstance(found, tn.Tensor)
            state = tn.get_rng_state()
            outs = [tn.empty(0, dtype=y.dtype) for y in ([found] if alone else found)]
            given = outs[0] if alone else tuple(outs)
            result = getattr(tn, name)(*args, **kwargs, out=given)
            assert (
                result is given if alone else all(x is y for x, y in zip(result, outs)) and type(result) is type(found)
            )
            tn.set_rng_state(state)
            self.called.add(name)
            return result

        return written


def test_every_function_writes_what_it_returns():
    lib = IntoEmpty()
    for sample in {(s.op, s.inputs[0].ndim): s for s in SAMPLES if s.public}.values():
        inputs = [tn.tensor(x) for x in sample.inputs]
        with tn.no_grad():
            actual, expected = sample.function(lib, *inputs), sample.function(TINYNET, *inputs)
        for x, y in zip(*[[z] if isinstance(z, tn.Tensor) else z for z in (actual, expected)]):
            np.testing.assert_array_equal(x.numpy(), y.numpy(), err_msg=sample.op)
    assert len(lib.called) > 100


def test_functions_say_so():
    for space, names in (tn, out.FUNCTIONS), (tn.linalg, out.LINALG), (tn.special, out.SPECIAL):
        for name in names.split():
            assert "out" in inspect.signature(getattr(space, name)).parameters, name


def empty(lib, *shape, dtype="float32"):
    return lib.zeros(*shape, dtype=getattr(lib, dtype))


CALLS = {
    "wider": lambda lib, x: lib.add(x, x, out=empty(lib, 2, 3, dtype="float64")),
    "of a comparison": lambda lib, x: lib.gt(x, 0, out=empty(lib, 2, 3)),
    "narrower": lambda lib, x: lib.add(x, x, out=empty(lib, 2, 3, dtype="int64")),
    "integers as booleans": lambda lib, x: lib.add(x.long(), 1, out=empty(lib, 2, 3, dtype="bool")),
    "of another shape": lambda lib, x: lib.mul(x, x, out=empty(lib, 5)),
    "empty": lambda lib, x: lib.mul(x, x, out=empty(lib, 0)),
    "a sum in integers": lambda lib, x: lib.sum(x, 0, out=empty(lib, 3, dtype="int64")),
    "a sum in float64": lambda lib, x: lib.sum(x, 0, out=empty(lib, 3, dtype="float64")),
    "a mean in integers": lambda lib, x: lib.mean(x, 0, out=empty(lib, 3, dtype="int64")),
    "a norm": lambda lib, x: lib.norm(x, 2, 0, False, empty(lib, 3)),
    "a product": lambda lib, x: lib.tensordot(x, x.t(), 1, empty(lib, 2, 2)),
    "a part of": lambda lib, x: lib.exp(x[0], out=x[1]),
    "itself": lambda lib, x: lib.exp(x, out=x),
    "some of itself": lambda lib, x: lib.exp(x.view(-1)[:4], out=x.view(-1)[1:5]),
    "expanded": lambda lib, x: lib.exp(x, out=empty(lib, 1).expand(2, 3)),
    "transposed": lambda lib, x: lib.exp(x, out=empty(lib, 3, 2).t()),
    "several": lambda lib, x: lib.max(x, 1, out=(empty(lib, 2), empty(lib, 2, dtype="int64"))),
    "several in a list": lambda lib, x: lib.sort(x, out=[empty(lib, 0), empty(lib, 0, dtype="int64")]),
    "one of several": lambda lib, x: lib.max(x, 1, out=empty(lib, 2)),
    "something else": lambda lib, x: lib.exp(x, out="x"),
    "a range": lambda lib, x: lib.arange(5, out=empty(lib, 5)),
    "a range of a dtype": lambda lib, x: lib.arange(5, out=empty(lib, 5), dtype=lib.int64),
    "zeros": lambda lib, x: lib.zeros(2, out=empty(lib, 2, dtype="int64")),
    "of an input that requires grad": lambda lib, x: lib.exp(x.requires_grad_(), out=empty(lib, 2, 3)),
    "that requires grad": lambda lib, x: lib.exp(x, out=empty(lib, 2, 3).requires_grad_()),
    "without gradients": lambda lib, x: lib.no_grad()(lib.exp)(x.requires_grad_(), out=empty(lib, 2, 3)),
    "joined": lambda lib, x: lib.cat([x, x], 1, out=empty(lib, 2, 6, dtype="float64")),
    "a matrix product": lambda lib, x: lib.linalg.multi_dot([x, x.t(), x], out=empty(lib, 2, 3)),
    "a special function": lambda lib, x: lib.special.entr(x, out=empty(lib, 2, 3)),
    "None": lambda lib, x: lib.exp(x, out=None),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", CALLS)
def test_what_pytorch_does(name):
    torch = pytest.importorskip("torch")
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    found = []
    for lib in (tn, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                y = CALLS[name](lib, lib.tensor(x.copy()))
            except (RuntimeError, TypeError, ValueError) as error:
                y = error
        found.append((y, len(caught)))
    (ours, w), (theirs, v) = found
    assert w == v
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), ours
        return
    for a, b in zip(*[[y] if hasattr(y, "shape") else list(y) for y in (ours, theirs)]):
        assert str(a.dtype) == str(b.dtype).removeprefix("torch.") and a.stride() == b.stride()
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6)


def test_bad_input_changes_nothing():
    values, indices = tn.ones(2), tn.ones(2)
    with pytest.raises(TypeError, match="cannot be stored in out, of bool"):
        tn.max(tn.zeros(2, 3), 1, out=(values, tn.zeros(2, dtype=tn.bool)))
    with pytest.raises(TypeError, match="expected out to be 2 tensors, got 1"):
        tn.max(tn.zeros(2, 3), 1, out=indices)
    assert values.tolist() == indices.tolist() == [1, 1]
    base = tn.zeros(6)
    with pytest.raises(RuntimeError, match="a view cannot be resized"), pytest.warns(UserWarning, match="was resized"):
        tn.exp(tn.zeros(3), out=base[:2])
    assert not base.any()


def test_a_graph_notices():
    x, y = tn.ones(2, requires_grad=True), tn.ones(2)
    z = x * y
    tn.exp(tn.zeros(2), out=y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_resize():
    x = tn.arange(6.0)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]] and x.resize_as_(tn.zeros(3)).shape == (3,)
    assert tn.zeros(1, 2, 3, 4).resize_(2, 3, 4, 5, memory_format=tn.channels_last).stride() == (60, 1, 15, 3)
    with pytest.raises(RuntimeError, match="resize_: a tensor that requires grad"):
        x.requires_grad_().resize_(5)
