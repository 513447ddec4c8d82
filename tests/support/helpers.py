"""What the tests share: tensors of every layout, comparison to a few ulp, and one program for two libraries."""

import contextlib
import functools
import gc
import io
import os
import pydoc_data.topics
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import types

import tinynet as tn
from tinynet.autograd.graph import Node
from tinynet.kernels.arrays import host
from tinynet.kernels.launch import observe, run
from tinynet.kernels.runtime.jit import helper
from tinynet.tensor import wrap

ROOT = Path(__file__).parents[2]


def sampled(cases, every):
    """The cases for `parametrize`: one in so many is always run, the others by `pytest -m thorough`."""
    marked = lambda case: pytest.param(*(case if type(case) is tuple else (case,)), marks=pytest.mark.thorough)
    return [case if k % every == 0 else marked(case) for k, case in enumerate(cases)]


class Library:
    """A library under its functional and its top-level names, so that one function can run on either."""

    def __init__(self, *modules):
        self.modules = modules

    def __getattr__(self, name):
        return next(getattr(m, name) for m in self.modules if hasattr(m, name))


class OnDevice:
    """A library whose new tensors lie on a device."""

    makers = "tensor", "as_tensor", "zeros", "ones", "full", "empty", "arange", "linspace", "eye"

    def __init__(self, library, device):
        self.library, self.device = library, device

    def __getattr__(self, name):
        found = getattr(self.library, name)
        return functools.partial(found, device=self.device) if name in self.makers else found


TINYNET = Library(tn.nn.functional, tn)


def torch_library(torch):
    return Library(torch.nn.functional, torch)


# Layouts in memory: the same values, other strides


def transposed(a):
    return np.asarray(np.array(a.T, order="C").T)


def strided(a):
    out = np.zeros([2 * n for n in a.shape], a.dtype)[(*(slice(None, None, 2) for _ in a.shape), ...)]
    out[...] = a
    return out


def flipped(a):
    return np.asarray(np.flip(np.flip(a).copy()))


LAYOUTS = {"contiguous": np.array, "transposed": transposed, "strided": strided, "flipped": flipped}


def leaf(array, dtype=None, requires_grad=True):
    """A leaf tensor over this very array, whatever its strides."""
    return wrap(np.asarray(array, dtype)).requires_grad_(requires_grad)


def numpy(x):
    """The values of a tensor of either library, or of an array."""
    if isinstance(x, tn.Tensor):
        return host(x.array)
    return x.numpy(force=True) if hasattr(x, "detach") else np.asarray(x)


def close(actual, expected, ulp=4, scale=None):
    """Same shape, dtype, NaNs and infinities, and values within `ulp` units of rounding.

    The unit is that of each element, or of the number `scale` where elements are sums in which digits cancel.
    """
    actual, expected = numpy(actual), numpy(expected)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    assert actual.dtype == expected.dtype, f"dtype {actual.dtype}, expected {expected.dtype}"
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    limits = np.finfo(expected.dtype)
    atol = ulp * (float(limits.smallest_normal) if scale is None else float(limits.eps) * scale)
    np.testing.assert_allclose(actual, expected, rtol=ulp * float(limits.eps), atol=atol)


def derivatives(y, xs, make, orders=2, framework=tn):
    """[y, its gradients by xs, with `orders` = 2 the gradients of these by xs and the cotangent]; None for none.

    `make` makes a tensor of a NumPy array, as dtype, layout and device are to be. `y` may be a tuple.
    """
    ys = [z for z in (y if isinstance(y, tuple) else [y]) if z.requires_grad]
    if not ys:
        return [y]
    us = [make(np.cos(np.arange(z.numel())).reshape(tuple(z.shape))).requires_grad_() for z in ys]
    first = framework.autograd.grad(ys, xs, us, create_graph=orders > 1, allow_unused=True)
    second, found = [], [g for g in first if g is not None and g.requires_grad]
    if found:
        vs = [make(np.sin(np.arange(g.numel()) + 1.0).reshape(tuple(g.shape))).detach() for g in found]
        second = framework.autograd.grad(found, [*xs, *us], vs, allow_unused=True)
    return [*ys, *first, *(second or [None] * (len(xs) + len(us)) * (orders > 1))]


def graph_of(*tensors):
    """All nodes from which these tensors were made."""
    seen, stack = set(), [x._edge for x in tensors]
    while stack:
        node = stack.pop()
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            stack.extend(node.edges)
    return seen


@contextlib.contextmanager
def launches():
    """The names of the kernels launched in the block, in order."""
    names = []

    def observer(kernel, arrays):
        names.append(kernel.name)
        run(kernel, arrays)

    with observe(observer):
        yield names


@contextlib.contextmanager
def no_cycles():
    """Fails if the block leaves tensors or nodes that only the cycle collector can free."""
    gc.disable()
    gc.freeze()  # what there was before is not looked at
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        kinds = {type(x) for x in gc.garbage}
        assert not kinds & {tn.Tensor, Node}, f"reference cycles among {sorted(k.__name__ for k in kinds)}"
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()


def run_python(text, **environment):
    """What a new Python process prints that runs `text`; it can import what lies beside this file."""
    path = os.pathsep.join(filter(None, [str(ROOT / "tests" / "support"), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, **environment}
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def run_here(text):
    """What `text` prints that runs in this process, as `run_python` has one run it in a new one."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(text, {"__name__": "__main__"})
    return printed.getvalue().strip()


def on_threads(count, function, *arguments):
    """What a function returns that runs with so many threads."""
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        return function(*arguments)
    finally:
        numba.set_num_threads(before)


def gpt_losses(optimizer, seed, steps, batch, **sizes):
    """The loss of each step of `examples/char_gpt.py`, with `optimizer(parameters)`; sizes are those of its GPT."""
    text = "\n\n".join(pydoc_data.topics.topics.values())
    example = runpy.run_path(str(ROOT / "examples" / "char_gpt.py"))
    number = {c: i for i, c in enumerate(sorted(set(text)))}
    data, length = tn.tensor([number[c] for c in text]), sizes["length"]
    tn.manual_seed(seed)
    model = example["GPT"](len(number), **sizes)
    made, losses = optimizer(model.parameters()), []
    for _ in range(steps):
        at = tn.randint(len(data) - length, size=(batch, 1)) + tn.arange(length)
        loss = tn.nn.functional.cross_entropy(model(data[at]).flatten(0, 1), data[at + 1].flatten())
        made.zero_grad()
        loss.backward()
        made.step()
        losses.append(loss.item())
    return losses


def described(batch):
    """A batch of either library, with each tensor as its values, dtype and shape."""
    if isinstance(batch, Mapping):
        return type(batch), {key: described(value) for key, value in batch.items()}
    if isinstance(batch, Sequence) and not isinstance(batch, str | bytes | range):
        return type(batch), [described(value) for value in batch]
    return (batch.tolist(), str(batch.dtype).split(".")[-1]) if hasattr(batch, "tolist") else batch


def llvm_of(kernel, dtype):
    """What LLVM makes of a loop; code that comes from the disk cache cannot be inspected, so it is compiled anew."""
    loop, real = kernel.loop, numba.from_dtype(np.dtype(dtype))
    pointers = types.CPointer(types.Tuple(loop.signature(real))), types.CPointer(real)
    fresh = helper(loop.body(np.dtype(dtype)))
    fresh.compile(types.void(*pointers, types.intp))
    (llvm,) = fresh.inspect_llvm().values()
    return llvm
