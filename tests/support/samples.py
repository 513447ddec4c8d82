"""Samples of every differentiable function: inputs small enough to check all gradients, shapes odd enough to matter.

A sample is a function `(library, *tensors)`, so that tinynet and PyTorch run the same line.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from tinynet.ops.registry import OPS

# The inputs of a sample depend on nothing but their shapes: one more sample changes no other.

_drawn = Counter()  # how many arrays of a kind the sample has so far


def _stream(kind):
    _drawn[kind] += 1
    return np.random.default_rng([2015, kind, _drawn[kind]])


def normal(*shape):
    return _stream(0).standard_normal(shape)


def positive(*shape):
    return 0.3 + _stream(1).random(shape)


def unit(*shape):
    return _stream(2).uniform(-0.9, 0.9, shape)


class Sample(NamedTuple):
    op: str  # the name in the registry, or of a composed function
    function: object
    inputs: tuple  # float64 arrays
    public: bool = True  # whether PyTorch has it
    reference: object = None  # for what PyTorch has not: the value, as a function of the input arrays

    def __str__(self):
        return f"{self.op}-{'-'.join('x'.join(map(str, a.shape)) or '0d' for a in self.inputs)}"


def method(name, *args, **kwargs):
    return lambda lib, x: getattr(x, name)(*args, **kwargs)


def function(name, *args, **kwargs):
    return lambda lib, *xs: getattr(lib, name)(*xs, *args, **kwargs)


def internal(name, *args, **options):
    return lambda lib, *xs: OPS[name](*xs, *args, **options)


ONE = [(2, 3), (), (0, 3), (2, 1, 4)]
TWO = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ()), ((0, 3), (3,)), ((), ())]

SAMPLES = []


def add(op, run, *inputs, public=True, reference=None):
    SAMPLES.append(Sample(op, run, inputs, public and reference is None, reference))
    _drawn.clear()


# Elementwise, one operand

for name, draw in {
    "neg": normal, "abs": normal, "sign": normal, "floor": normal, "ceil": normal, "exp": normal, "log": positive,
    "log1p": positive, "sqrt": positive, "sin": normal, "cos": normal, "relu": normal, "sigmoid": normal,
    "tanh": normal, "gelu": normal, "clone": normal, "square": normal, "rsqrt": positive, "reciprocal": positive,
}.items():  # fmt: skip
    for shape in ONE:
        add(name, function(name), draw(*shape))
for shape in ONE:
    add("gelu", function("gelu", approximate="tanh"), normal(*shape))
    add("clamp", function("clamp", min=-0.5, max=0.5), normal(*shape))
    add("clamp", function("clamp", min=0.1), normal(*shape))
    add("clamp", function("clamp", max=0.1), normal(*shape))
    add("pow", function("pow", 3), normal(*shape))
    add("pow", function("pow", 2), normal(*shape))
    add("pow", function("pow", 0), normal(*shape))
    add("pow", lambda lib, x: 2.0**x, normal(*shape))
    add("add", lambda lib, x: 1 + x + 1.5, normal(*shape))
    add("sub", lambda lib, x: 1 - x - 1.5, normal(*shape))
    add("mul", lambda lib, x: 2 * x * 1.5 * True, normal(*shape))
    add("div", lambda lib, x: 2 / x / 1.5, positive(*shape))
    add("remainder", lambda lib, x: x % 0.7, normal(*shape))
    add("to", lambda lib, x: x.to(lib.float32).to(x.dtype) * 0 + x, normal(*shape))
    add("masked_fill", lambda lib, x: x.masked_fill(x.detach() > 0, -2.0), normal(*shape))


# Elementwise, two operands

for name, draw in {
    "add": normal, "sub": normal, "mul": normal, "div": positive, "remainder": positive, "pow": positive,
    "maximum": normal, "minimum": normal,
}.items():  # fmt: skip
    for a, b in TWO:
        add(name, function(name), draw(*a), draw(*b))
for a, b in TWO:
    add("where", lambda lib, x, y: lib.where(x.detach() > 0.2, x, y), normal(*a), normal(*b))
    add("where", lambda lib, x, y: lib.where(x.detach() > 0.2, x * y, 0.0), normal(*a), normal(*b))
add("add", function("add", alpha=2.5), normal(2, 3), normal(3))
add("sub", function("sub", alpha=-2.5), normal(2, 3), normal(3))
add("mul", lambda lib, x: x * x * x, normal(2, 3))  # a tensor used three times
for name in ("maximum", "minimum"):
    add(name, lambda lib, x, name=name: getattr(lib, name)(x, lib.tensor([0.0, 5.0, -5.0])), normal(2, 3))

# The gradients of activations, which have gradients themselves

for name in ("relu_grad", "sigmoid_grad", "tanh_grad", "gelu_grad", "bce_with_logits"):
    for shape in ((2, 3), (), (0, 3)):
        add(name, internal(name), normal(*shape), unit(*shape), public=False)
for shape in ((2, 3), (), (0, 3)):
    add("bce_with_logits_grad", internal("bce_with_logits_grad"), normal(*shape), normal(*shape), positive(*shape),
        public=False)  # fmt: skip

# Shape

add("reshape", method("reshape", 3, 2), normal(2, 3))
add("reshape", method("reshape", (2, -1)), normal(2, 3, 4))
add("reshape", method("reshape", -1), normal())
add("reshape", method("reshape", ()), normal(1, 1))
add("reshape", method("reshape", 0, 5), normal(0, 3))
add("reshape", lambda lib, x: x.transpose(0, 1).reshape(-1), normal(2, 3))  # no view exists
add("view", lambda lib, x: x.contiguous().view(6), normal(2, 3))
add("flatten", method("flatten"), normal(2, 3, 2))
add("flatten", method("flatten", 1), normal(2, 3, 2))
add("flatten", method("flatten", -2, -1), normal(2, 3, 2))
add("flatten", method("flatten"), normal())
add("permute", method("permute", 2, 0, 1), normal(2, 3, 4))
add("permute", method("permute", (1, -1, 0)), normal(2, 3, 4))
add("permute", method("permute", 1, 0), normal(0, 3))
add("transpose", method("transpose", 0, -1), normal(2, 3, 4))
add("transpose", method("transpose", 1, 1), normal(2, 3))
add("transpose", lambda lib, x: x.T, normal(2, 3))
add("transpose", lambda lib, x: x.mT, normal(2, 3, 4))
add("expand", method("expand", 4, 2, 3), normal(2, 1))
add("expand", method("expand", -1, 3), normal(2, 1))
add("expand", method("expand", 2, 3), normal())
add("expand", method("expand", 0, 3), normal(1, 3))
add("broadcast_to", function("broadcast_to", (2, 2, 3)), normal(2, 3))
add("squeeze", method("squeeze"), normal(1, 2, 1, 3))
add("squeeze", method("squeeze", 0), normal(1, 2, 1))
add("squeeze", method("squeeze", (0, -1)), normal(1, 2, 1))
add("squeeze", method("squeeze", 1), normal(1, 2, 1))
add("squeeze", method("squeeze"), normal())
add("squeeze", method("squeeze", 0), normal(1, 0))
add("unsqueeze", method("unsqueeze", 0), normal(2, 3))
add("unsqueeze", method("unsqueeze", -1), normal(2, 3))
add("unsqueeze", method("unsqueeze", 0), normal())
add("sum_to_size", method("sum_to_size", 2, 1), normal(4, 2, 3))
add("sum_to_size", method("sum_to_size", 3), normal(2, 3))
add("sum_to_size", method("sum_to_size", 1), normal(0, 3))
add("contiguous", lambda lib, x: x.transpose(0, 1).contiguous(), normal(2, 3))
for shapes, dim in [([(2, 3), (1, 3)], 0), ([(2, 3), (2, 0), (2, 1)], 1), ([(2, 3), (2, 3)], -2)]:
    add("cat", lambda lib, *xs, d=dim: lib.cat(xs, d), *(normal(*s) for s in shapes))
add("cat", lambda lib, x: lib.cat([x, x * 2, x], 1), normal(2, 3))
add("stack", lambda lib, x, y: lib.stack([x, y]), normal(2, 3), normal(2, 3))
add("stack", lambda lib, x, y: lib.stack([x, y], dim=-1), normal(2, 3), normal(2, 3))
add("stack", lambda lib, x, y: lib.stack([x, y]), normal(), normal())

# Indexing

INDICES = {
    "int": lambda lib: 1, "negative": lambda lib: -1, "slice": lambda lib: slice(0, 3, 2), "none": lambda lib: None,
    "ellipsis": lambda lib: (..., 1), "pair": lambda lib: (1, 2), "empty": lambda lib: slice(2, 1),
    "list": lambda lib: [0, 2], "mask": lambda lib: lib.tensor([True, False, True]),
    "array": lambda lib: lib.tensor([[0], [-1]]), "0d": lambda lib: lib.tensor(1),
    "arrays": lambda lib: (lib.tensor([0, 1]), lib.tensor([[1], [0]])),
    "apart": lambda lib: (lib.tensor([0, 1]), slice(None), lib.tensor([1, 0])),
    "int-slice-array": lambda lib: (0, slice(None), lib.tensor([1, 0])),
    "mask-int": lambda lib: (lib.tensor([True, False, True]), 1), "all": lambda lib: (),
    "none-array": lambda lib: (None, lib.tensor([0, 1]), None), "true": lambda lib: True,
}  # fmt: skip
for name, index in INDICES.items():
    add("getitem", lambda lib, x, i=index: x[i(lib)], normal(3, 4, 2))

    def assign(lib, x, value, i=index):  # an index that names an element twice has no gradient by the value
        y = x * 1
        y[i(lib)] = value
        return y

    add("with_item", assign, normal(3, 4, 2), normal())
    if name in ("int", "slice", "arrays", "mask-int"):
        add("with_item", assign, normal(3, 4, 2), normal(2))
add("getitem", lambda lib, x: x[[0, 2, 0]], normal(3, 2))  # elements named twice
add("getitem", lambda lib, x: x[lib.tensor([[0, -1], [0, 1]]), lib.tensor([1, 1])], normal(3, 2))
add("getitem", lambda lib, x: x[0, :, lib.tensor([1, 0, 1])], normal(3, 4, 2))
add("getitem", lambda lib, x: x[None], normal())
add("getitem", lambda lib, x: x[lib.tensor([], dtype=lib.int64)], normal(3, 2))
add("getitem", lambda lib, x: x[x.detach() > 9], normal(3, 2))
add("narrow", function("narrow", 1, 1, 2), normal(2, 4))
for shape, dim, index in [
    ((2, 3), 1, [[0, 2, 2], [1, 1, 0]]), ((2, 3), 1, [[0, 2, 2, 1], [1, 1, 0, 0]]), ((3, 4), 1, [[0, 3]]),
    ((3, 2), -2, [[2], [2]]), ((2, 3), 1, [[], []]), ((2, 3, 2), 1, [[[0, 2]], [[1, 1]]]),
]:  # fmt: skip
    add("gather", lambda lib, x, d=dim, i=index: lib.gather(x, d, lib.tensor(i, dtype=lib.int64)), normal(*shape))

# Reductions

DIMS = [((2, 3), None), ((2, 3), 0), ((2, 3), -1), ((2, 3, 4), (0, 2)), ((2, 3, 4), (1,)), ((), None), ((), 0)]
for shape, dim in [*DIMS, ((0, 3), 0), ((0, 3), 1), ((0, 3), None)]:
    for keepdim in (False, True):
        add("sum", lambda lib, x, d=dim, k=keepdim: lib.sum(x, d, keepdim=k), normal(*shape))
for shape, dim in DIMS:
    for keepdim in (False, True):
        add("mean", lambda lib, x, d=dim, k=keepdim: lib.mean(x, d, keepdim=k), normal(*shape))
for shape, dim in DIMS[:5]:
    for keepdim in (False, True):
        for correction in (0, 1):
            add("variance", function("var", dim, keepdim=keepdim, correction=correction), normal(*shape))
            add("std", function("std", dim, keepdim=keepdim, correction=correction), normal(*shape))
for name in ("max", "min"):
    for shape in ((2, 3), (4,), ()):
        add(name, function(name), normal(*shape))
        add(name, lambda lib, x, name=name: getattr(lib, name)(x, -1)[0], normal(*shape))
    add(name, lambda lib, x, name=name: getattr(lib, name)(x, 0, keepdim=True).values, normal(2, 3))
    add(name, lambda lib, x, name=name: getattr(lib, name)(x, 1)[0], normal(0, 3))

# Products

for a, b in [
    ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3, 4)), ((2, 2, 3), (2, 3, 2)),
    ((3, 1, 2, 3), (2, 3, 2)), ((2, 3), (2, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)),
    ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)),
]:  # fmt: skip
    add("matmul", function("matmul"), normal(*a), normal(*b))
add("matmul", lambda lib, x: x @ x.T, normal(2, 3))
for shape in ((5, 3), (3,), (2, 2, 3), (0, 3)):
    add("linear", function("linear"), normal(*shape), normal(4, 3), normal(4))
    add("linear", function("linear"), normal(*shape), normal(4, 3))

# Softmax and losses

for shape, dim in [((2, 3), 1), ((2, 3), 0), ((2, 3, 2), -2), ((), 0), ((0, 3), 1), ((3, 0), 1)]:
    add("softmax", function("softmax", dim=dim), normal(*shape))
    add("log_softmax", function("log_softmax", dim=dim), normal(*shape))
    masked = lambda lib, x, d=dim: lib.softmax(x.masked_fill(lib.tensor([False, True, False]), -np.inf), dim=d)
    if (shape, dim) == ((2, 3), 1):
        add("softmax", masked, normal(*shape))

LABELS = {(4, 3): [0, 2, 1, 2], (3,): 1, (2, 3, 2): [[0, 2], [1, 1]], (2, 3, 2, 1): [[[0], [2]], [[1], [1]]]}
WEIGHT = [0.5, 2.0, 1.5]
for reduction in ("mean", "sum", "none"):
    for shape, labels in LABELS.items():
        for options in ({}, {"ignore_index": 2}, {"label_smoothing": 0.1}, {"weighted": True},
                        {"weighted": True, "ignore_index": 2, "label_smoothing": 0.3}):  # fmt: skip

            def run(lib, x, labels=labels, reduction=reduction, weighted=False, **options):
                weight = lib.tensor(WEIGHT, dtype=x.dtype) if weighted else None
                target = lib.tensor(labels)
                return lib.cross_entropy(x, target, weight=weight, reduction=reduction, **options)

            add("cross_entropy", lambda lib, x, run=run, o=options: run(lib, x, **o), normal(*shape))
    for shape in ((4, 3), (3,), (2, 3, 2)):
        for smoothing in (0.0, 0.2):

            def run(lib, x, target, reduction=reduction, smoothing=smoothing):
                weight = lib.tensor(WEIGHT, dtype=x.dtype)
                return lib.cross_entropy(x, target, weight, reduction=reduction, label_smoothing=smoothing)

            add("cross_entropy", run, normal(*shape), positive(*shape))
    add("nll_loss", lambda lib, x, r=reduction: lib.nll_loss(x, lib.tensor([0, 2]), reduction=r), normal(2, 3))
    for options in ({"ignore_index": 1}, {}):

        def run(lib, x, reduction=reduction, options=options):
            weight = lib.tensor(WEIGHT, dtype=x.dtype)
            return lib.nll_loss(x, lib.tensor([0, 2, 1, 2]), weight, reduction=reduction, **options)

        add("nll_loss", run, normal(4, 3))
    add("mse_loss", function("mse_loss", reduction=reduction), normal(2, 3), normal(2, 3))

    def bce(lib, x, target, weight=WEIGHT, pos_weight=WEIGHT, reduction=reduction):
        weight, pos_weight = (lib.as_tensor(w, dtype=x.dtype) for w in (weight, pos_weight))
        return lib.binary_cross_entropy_with_logits(x, target, weight, pos_weight=pos_weight, reduction=reduction)

    add("binary_cross_entropy_with_logits", bce, normal(2, 3), positive(2, 3))
    add("binary_cross_entropy_with_logits", bce, normal(2, 3), positive(2, 3), positive(3), positive(3), public=False)
    add("binary_cross_entropy_with_logits",
        function("binary_cross_entropy_with_logits", reduction=reduction), normal(2, 3), positive(2, 3))  # fmt: skip

for mean, shape in [(False, (4,)), (False, ()), (True, ())]:

    def run(lib, g, x, mean=mean):
        counted = lib.tensor([[1.0], [1.0], [0.0], [1.0]], dtype=x.dtype)
        slope = (lib.softmax(x.detach(), 1) - lib.eye(3, dtype=x.dtype)[[0, 2, 0, 1]]) * counted
        return OPS["cross_entropy_grad"](g, x, lib.tensor([0, 2, -1, 1]), slope / 3 if mean else slope, -1, mean)

    add("cross_entropy_grad", run, normal(*shape), normal(4, 3), public=False)

# Random: with the place in the stream given, dropout is a function like others

for shape in ((4, 5), (), (0, 3)):
    add("_dropout", internal("_dropout", 0.4, 7, 3), normal(*shape), public=False)

# In place: the same results and gradients as the operation that is not

for name, args in [("add_", (1.5,)), ("mul_", (2.0,)), ("sub_", (0.5,)), ("div_", (3.0,)), ("pow_", (2,)),
                   ("clamp_", (-0.5, 0.5)), ("neg_", ()), ("exp_", ()), ("fill_", (2.0,)), ("zero_", ())]:  # fmt: skip
    add(name, lambda lib, x, name=name, args=args: getattr(x * 1, name)(*args) * x, normal(2, 3))
add("sqrt_", lambda lib, x: (x * 1).sqrt_(), positive(2, 3))
add("masked_fill_", lambda lib, x: (x * 1).masked_fill_(x.detach() > 0, 3.0), normal(2, 3))
for name in ("add_", "sub_", "mul_", "div_", "copy_"):
    add(name, lambda lib, x, y, name=name: getattr(x * 1, name)(y), normal(2, 3), positive(3))
add("pow_", lambda lib, x, y: (x * 1).pow_(y), positive(2, 3), positive(3))

import samples_conv  # noqa: E402, F401 - the samples of other files
import samples_functions  # noqa: E402, F401
import samples_layers  # noqa: E402, F401
import samples_order  # noqa: E402, F401
import samples_products  # noqa: E402, F401
import samples_rearrange  # noqa: E402, F401
import samples_recurrent  # noqa: E402, F401
import samples_rows  # noqa: E402, F401
import samples_spatial  # noqa: E402, F401
