"""Cases for memory: every family of kernels, forward and backward, on shapes at the edges of what it is cut into.

Long, wide, deep, thin, dilated, strided, empty, expanded; both dtypes; arrays whose elements do not follow each other.
`kernels/test_memory_safety.py` runs them against forbidden pages, and `cuda/test_hostile.py` on the emulated GPU.
"""

import functools
import itertools

import numpy as np
from cuda_cases import lies_alike
from helpers import LAYOUTS, TINYNET, OnDevice, derivatives
from samples import SAMPLES
from samples_products import INVERSES

import tinynet as tn
from tinynet.nn import functional as F
from tinynet.tensor import wrap

CASES = {}


def expanded(a):
    """The first number of each row, repeated by a stride of 0."""
    return np.broadcast_to(a[..., :1], a.shape) if a.ndim else a


ALL_LAYOUTS = {**LAYOUTS, "expanded": expanded}


def orders(function, inputs, seed, dtype, layout, second=False, device="cpu"):
    """The result of a function, its gradients and, with `second`, theirs, by inputs that lie in memory as `layout`."""
    tn.manual_seed(0)
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(a) if isinstance(a, tuple) else a for a in inputs]
    lay = ALL_LAYOUTS[layout]
    put = lies_alike if device == "cuda" else np.asarray
    real = lambda a: wrap(put(lay(np.array(a, dtype)))).requires_grad_()
    xs = [real(a) if a.dtype.kind == "f" else wrap(put(a.copy())) for a in arrays]
    y = function(*xs)
    found = derivatives(y, [x for x in xs if x.requires_grad], real, orders=1 + second)
    return [x for x in found if x is not None]


def add(name, function, *inputs, dtypes=("float32", "float64"), layouts=tuple(ALL_LAYOUTS), second=False):
    """Cases of a function of tensors; an input is an array, or the shape of one."""
    inputs = [a if isinstance(a, tuple) else np.asarray(a) for a in inputs]
    shapes = " ".join("x".join(map(str, a if isinstance(a, tuple) else a.shape)) or "()" for a in inputs)
    seed = len(CASES)
    for dtype, layout in itertools.product(dtypes, layouts):
        case = functools.partial(orders, function, inputs, seed, dtype, layout, second)
        CASES[f"{name} {shapes} {dtype} {layout}"] = case


def call(name, *args, **options):
    return lambda *xs: getattr(TINYNET, name)(*xs, *args, **options)


LARGE = {"layouts": ("contiguous",)}  # for arrays that all threads work on
REGULAR = {"layouts": tuple(LAYOUTS)}  # for matrices that must have an inverse, as none with equal columns has

# Every sample of every operation

for number, sample in enumerate(SAMPLES):

    def run(*xs, function=sample.function):
        return function(OnDevice(TINYNET, xs[0].device), *xs)

    options = REGULAR if sample.op in INVERSES else {}
    add(f"sample {number} {sample.op}", run, *sample.inputs, second=True, **options)

# Convolutions: x, weight, options

CONVOLUTIONS = [
    ((1, 16, 16000), (16, 16, 3), {"padding": 1}),
    ((1, 3, 20000), (5, 3, 50), {"stride": 7}),
    ((2, 1, 1, 3000), (1, 1, 1, 9), {"padding": (0, 4)}),
    ((1, 2, 3000, 1), (3, 2, 7, 1), {"padding": (3, 0)}),
    ((1, 700, 2, 2), (3, 700, 2, 2), {}),
    ((1, 3, 2, 2), (700, 3, 2, 2), {"padding": 1}),
    ((3, 5, 1, 1), (2, 5, 1, 1), {}),
    ((2, 3, 1, 1), (4, 3, 5, 5), {"padding": 2}),
    ((1, 2, 3, 3), (2, 2, 3, 3), {"padding": 40}),
    ((1, 2, 3, 3), (2, 2, 1, 1), {"padding": 9, "stride": 8}),
    ((2, 2, 50), (3, 2, 3), {"dilation": 24}),
    ((1, 2, 40, 40), (3, 2, 2, 2), {"dilation": (39, 1)}),
    ((1, 2, 40, 40), (3, 2, 2, 2), {"dilation": (1, 38), "padding": 1, "stride": (1, 7)}),
    ((2, 2, 30, 31), (3, 2, 2, 3), {"stride": (29, 11)}),
    ((33, 17, 5, 3), (34, 1, 3, 3), {"groups": 17, "padding": 1}),
    ((2, 34, 9, 9), (34, 1, 3, 3), {"groups": 34, "padding": 1}),
    ((2, 34, 9, 70), (34, 1, 3, 5), {"groups": 34, "stride": 2, "padding": (3, 4), "dilation": (1, 2)}),
    ((2, 6, 9, 9), (9, 2, 3, 3), {"groups": 3, "padding": (0, 3)}),
    ((40, 3, 4, 4), (17, 3, 3, 3), {"padding": "same"}),
    ((70, 1, 1, 1), (1, 1, 1, 1), {}),
    ((0, 3, 8, 8), (4, 3, 3, 3), {"padding": 1}),
    ((2, 3, 33, 34), (3, 3, 3, 3), {"padding": 1}),
    ((5, 3, 7, 300), (2, 3, 3, 3), {"padding": 1}),
    ((9, 4, 9, 20), (5, 4, 5, 5), {}),
    ((9, 1, 9, 28), (6, 1, 5, 5), {"padding": 2}),
]
TRANSPOSED = [
    ((10, 7), (10, 17, 2), {"dilation": 100_000, "groups": 2}),
    ((1, 4, 3000), (4, 3, 4), {"stride": 2, "padding": 1}),
    ((1, 2, 9), (2, 3, 3), {"stride": 500}),
    ((2, 3, 4, 4), (3, 2, 3, 3), {"stride": 3, "padding": 2, "output_padding": 2}),
    ((1, 2, 1, 1), (2, 33, 9, 2), {"stride": (2, 9), "output_padding": (1, 8)}),
    ((1, 2, 30, 3), (2, 2, 2, 2), {"dilation": (1, 50), "padding": (0, 24)}),
    ((2, 17, 5, 5), (17, 1, 3, 3), {"groups": 17, "stride": 2}),
    ((1, 300, 2, 2), (300, 1, 2, 2), {}),
    ((0, 3, 4, 4), (3, 2, 3, 3), {"stride": 2}),
]
for name, cases in ("conv", CONVOLUTIONS), ("conv_transpose", TRANSPOSED):
    for x, weight, options in cases:
        outputs = weight[1] * options.get("groups", 1) if cases is TRANSPOSED else weight[0]
        add(f"{name} {options}", call(f"{name}{len(weight) - 2}d", **options), x, weight, (outputs,))
add("conv large", call("conv2d", padding=1), (8, 16, 40, 40), (40, 16, 3, 3), (40,), **LARGE)
add("conv large", call("conv2d", padding=1, groups=32), (8, 32, 60, 60), (32, 1, 3, 3), **LARGE)
add("conv large", call("conv2d", padding=1), (8, 3, 150, 150), (3, 3, 3, 3), **LARGE)
add("conv_transpose large", call("conv_transpose2d", stride=2), (8, 32, 30, 30), (32, 16, 3, 3), **LARGE)

# Products

EDGES = (1, 2, 3, 4, 5, 8, 31, 32, 33)
for m, k, n in [(1, 1, 1), (1, 300, 130), (1, 5, 129), (3, 257, 5), (4, 257, 5), (7, 1, 33), (7, 0, 5), (0, 3, 4),
                (5, 3, 0), (6, 256, 17), (8, 256, 32), (9, 513, 63), (129, 5, 33), (130, 2, 1), (3, 9, 1),
                (2, 2000, 2)]:  # fmt: skip
    add("matmul", lambda x, y: x @ y, (m, k), (k, n))
    add("linear", call("linear"), (m, k), (n, k), (n,))
for a, b in [((2, 3, 4), (4, 5)), ((3, 1, 2, 9), (4, 9, 33)), ((5,), (5, 7)), ((3, 7), (7,)), ((2, 0, 4), (4, 3)),
             ((2, 3, 1, 4), (2, 1, 4, 1)), ((0, 3, 4), (0, 4, 5))]:  # fmt: skip
    add("matmul", lambda x, y: x @ y, a, b)
for m, k, n in [(300, 257, 131), (33, 3000, 300), (3, 5000, 300), (2000, 2000, 1), (1, 2000, 2000), (20, 9000, 20)]:
    add("matmul large", lambda x, y: x @ y, (m, k), (k, n), layouts=("contiguous", "transposed"))
    add("linear large", lambda x, w, b: F.relu(F.linear(x, w, b)), (m, k), (n, k), (n,), **LARGE)
add("matmul far", lambda x, y: x.T @ y, (300, 2048), (300, 130), **LARGE)
add("matmul stacks large", lambda x, y: x @ y, (8, 5, 100, 90), (8, 1, 90, 33), **LARGE)

# Attention: T, S, D, E

for t, s, d, e in [(1, 1, 1, 1), (33, 129, 5, 7), (32, 128, 16, 16), (31, 257, 3, 40), (65, 5, 33, 1), (3, 4, 0, 2),
                   (3, 4, 2, 0), (3, 0, 2, 2), (0, 3, 2, 2)]:  # fmt: skip
    shapes = (2, 3, t, d), (2, 3, s, d), (2, 3, s, e)
    for options in {}, {"is_causal": True}, {"dropout_p": 0.4}:
        add(f"attention {options}", call("scaled_dot_product_attention", **options), *shapes)
    mask = np.random.default_rng(0).random((t, s)) < 0.7
    add("attention mask", call("scaled_dot_product_attention"), *shapes, mask)
add("attention heads", lambda q: F.scaled_dot_product_attention(*q.view(2, 40, 3, 3, 8).permute(2, 0, 3, 1, 4)),
    (2, 40, 72), layouts=("contiguous",))  # fmt: skip
add("attention large", call("scaled_dot_product_attention", is_causal=True), *[(2, 4, 300, 40)] * 3, **LARGE)

# Rows: softmax, losses, norms

ROWS = (1, 1), (1, 5000), (5000, 1), (3, 4097), (129, 33), (0, 3), (1, 3, 1), (7, 3, 5)
for shape, large in [*((s, {}) for s in ROWS), ((600, 500), LARGE)]:
    for dim in (0, -1):
        add(f"softmax {dim}", call("softmax", dim), shape, **large)
        add(f"log_softmax {dim}", call("log_softmax", dim), shape, **large)
    add("layer_norm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), shape, shape[-1:], shape[-1:], **large)
    add("rms_norm", lambda x, w: F.rms_norm(x, x.shape[-1:], w), shape, shape[-1:], **large)
    labels = np.arange(np.prod(shape[:1] + shape[2:])).reshape(shape[:1] + shape[2:]) % shape[1]
    for ignored in (-100, 0, -(10**9)):
        for reduction in ("mean", "none"):
            options = {"ignore_index": ignored, "reduction": reduction}
            add(f"cross_entropy {options}", call("cross_entropy", **options), shape, labels, **large)
for reduction in ("none", "sum", "mean"):  # rows without a number in them
    add(f"cross_entropy {reduction}", call("cross_entropy", reduction=reduction), (5000, 0), np.full(5000, -100))
add("softmax", call("softmax", 1), (5000, 0))
add("layer_norm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), (5000, 0), (0,), (0,))
add("rms_norm", lambda x, w: F.rms_norm(x, x.shape[-1:], w), (5000, 0), (0,))
add("cross_entropy all ignored", call("cross_entropy"), (5, 3), np.full(5, -100))
add("nll_loss", lambda x, y: F.nll_loss(F.log_softmax(x, 1), y), (9, 5), np.arange(9) % 5)
for shape in [(1, 1), (2, 1), (7, 3), (64, 5), (257, 33), (4, 1, 1), (3, 5, 4097), (2, 3, 2, 2), (0, 3), (9, 300)]:
    for training in (True, False):

        def run(x, w, b, training=training):
            mean, var = (f(x.shape[1], dtype=x.dtype, device=x.device) for f in (tn.zeros, tn.ones))
            return F.batch_norm(x, mean, var, w, b, training=training)

        if training is False or np.prod(shape) // shape[1] > 1:
            add(f"batch_norm {training}", run, shape, shape[1:2], shape[1:2])
add("batch_norm large", call("batch_norm", None, None, training=True), (40, 8, 40, 40), **LARGE)

# Pooling

for shape, options in [
    ((1, 1, 1), {"kernel_size": 1}),
    ((1, 3, 5000), {"kernel_size": 4999, "stride": 1}),
    ((2, 17, 3000), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ((2, 1, 1, 900), {"kernel_size": (1, 2)}),
    ((2, 1, 900, 1), {"kernel_size": (7, 1), "padding": (3, 0), "stride": 1}),
    ((1, 2, 3, 3), {"kernel_size": 2, "padding": 1, "stride": 9}),
    ((1, 20, 5, 7), {"kernel_size": 3, "padding": 1, "stride": (3, 2), "ceil_mode": True}),
    ((3, 0, 4, 4), {"kernel_size": 2}),
    ((0, 2, 4, 4), {"kernel_size": 2}),
    ((1, 2, 200, 210), {"kernel_size": (199, 200), "stride": 1}),
    ((1, 33, 5, 5), {"kernel_size": 5}),
    ((3, 6, 8, 12), {"kernel_size": 2}),
    ((3, 3, 9, 6), {"kernel_size": (3, 2)}),
]:
    name = f"pool{len(shape) - 2}d"
    add(f"max_pool {options}", call(f"max_{name}", **options), shape)
    add(f"avg_pool {options}", call(f"avg_{name}", **options), shape)
    add(f"avg_pool {options}", call(f"avg_{name}", count_include_pad=False, **options), shape)
for options in [{"dilation": 3}, {"dilation": (1, 4), "padding": 1}, {"dilation": 2, "ceil_mode": True, "stride": 5}]:
    for channels in (2, 16):
        add(f"max_pool {options}", call("max_pool2d", 2, **options), (2, channels, 7, 9))
for size in (1, 2, 7, (1, 20), (20, None)):
    add(f"adaptive {size}", call("adaptive_avg_pool2d", size), (2, 3, 7, 9))
add("max_pool large", call("max_pool2d", 3, 2, 1), (8, 32, 40, 40), **LARGE)
add("max_pool large", call("max_pool2d", 3, 2, 1), (8, 3, 120, 120), **LARGE)
add("avg_pool large", call("avg_pool2d", 3, 2, 1), (8, 32, 40, 40), **LARGE)

# Reductions

for shape in [(1, 5000), (5000, 1), (17, 1025), (3, 1, 7), (2, 1024, 3), (1030, 2), (1, 1, 1), (5, 33, 1031)]:
    for dim in range(len(shape)):
        for name in ("sum", "mean", "max", "min", "argmax", "argmin", "var", "prod", "logsumexp"):
            if hasattr(tn.Tensor, name):
                add(f"{name} {dim}", lambda x, n=name, d=dim: getattr(x, n)(d), shape)
    for name in ("sum", "max", "argmax"):
        add(name, lambda x, n=name: getattr(x, n)(), shape)
add("sum (0, 2)", lambda x: x.sum((0, 2)), (5, 33, 103))
for shape in [(5, 70_000), (70_000, 5), (300, 1025, 2), (350_000,), (2, 3, 60_000)]:
    for dim in range(len(shape)):
        for name in ("sum", "max", "argmax"):
            add(f"{name} {dim} large", lambda x, n=name, d=dim: getattr(x, n)(d), shape, **LARGE)

# Indices

for rows, columns, index in [(5, 33, [[4, 0, 4], [1, 1, 4]]), (1, 1, [0]), (70, 1, []), (3, 0, [2, 1]), (9, 100, 8)]:
    index = np.array(index, np.int64)
    for options in {}, {"padding_idx": 0}, {"scale_grad_by_freq": True}:
        add(f"embedding {options}", lambda w, i, o=options: F.embedding(i, w, **o), (rows, columns), index)
    add("index", lambda x, i: x[i], (rows, columns), index)
add("embedding large", lambda w, i: F.embedding(i, w), (500, 300), np.arange(2000) % 499, **LARGE)
add("gather", lambda x, i: x.gather(1, i), (5, 7), np.arange(15).reshape(5, 3) % 7)
add("slices", lambda x: x[1:, 1::3] * x[:-1, ::3][:, :3], (9, 10))
add("cat", lambda x, y: tn.cat([x, y[:, :0], y], 1), (5, 7), (5, 1))
for name in ("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"):
    scan = lambda x, dim, n=name: getattr(TINYNET, n)(x, dim) if n[3] != "m" else getattr(TINYNET, n)(x, dim).values
    for dim in (0, 1):
        add(f"{name} large", lambda x, f=scan, dim=dim: f(x, dim), (521, 523), **LARGE)
for k in (0, 3, -2):
    add("tril", lambda x, k=k: x.tril(k), (5, 7))

# One number at a time

for shape in [(1,), (7,), (65_537,), (300_001,), (3, 1, 33)]:
    more = LARGE if np.prod(shape) > 1000 else {}
    for name in ("exp", "log1p", "tanh", "sigmoid", "gelu", "relu", "sqrt"):
        add(name, lambda x, n=name: getattr(TINYNET, n)(x * x), shape, **more)
    add("arithmetic", lambda x, y: (x * y + x / (y * y + 1) - y).clamp(-1, 1), shape, shape, **more)
    add("dropout", call("dropout", 0.3), shape, **more)
    add("bce", call("binary_cross_entropy_with_logits"), shape, shape, **more)
    add("clip", lambda x: _clipped(x), shape, **more)


def _clipped(x):
    p = tn.nn.Parameter(x.detach())
    (p * 3).sum().backward()
    norm = tn.nn.utils.clip_grad_norm_([p], 1.0)
    return norm.to(x.device), p.grad


for n in (0, 1, 2, 3, 5, 1001):
    for name, draw in {
        "normal": lambda n, dtype: tn.randn(n, dtype=dtype),
        "uniform": lambda n, dtype: tn.rand(n, dtype=dtype),
        "randint": lambda n, dtype: tn.randint(9, (n,)),
        "randperm": lambda n, dtype: tn.randperm(n),
        "bernoulli": lambda n, dtype: tn.bernoulli(tn.full((n,), 0.3, dtype=dtype)),
    }.items():
        for dtype in (tn.float32, tn.float64):
            CASES[f"{name} {n} {dtype}"] = lambda n=n, d=dtype, draw=draw: (tn.manual_seed(n), draw(n, d))[1].array

# Steps of optimizers: parameters of odd sizes, of which one has no gradient in some steps


def steps(optimizer, sizes, dtype):
    rng = np.random.default_rng(0)
    parameters = [tn.nn.Parameter(tn.tensor(rng.standard_normal(s), dtype=dtype)) for s in sizes]
    made = optimizer(parameters)
    for step in range(3):
        made.zero_grad()
        for p in parameters[step == 1 :]:
            (p * p * 3).sum().backward()
        made.step()
    return parameters


SIZES = [(3,), (17, 33), (), (1,), (0, 4), (257,)], [(700, 400), (5,)]
for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "LAMB", "Adam8bit", "Adafactor", "Muon"):
    for sizes, dtype in itertools.product(SIZES, (tn.float32, tn.float64)):
        if name == "Muon":
            sizes = [s for s in sizes if len(s) == 2 and 0 not in s]
        make = lambda ps, name=name: getattr(tn.optim, name)(ps, lr=0.01)
        CASES[f"{name} {sizes} {dtype}"] = functools.partial(steps, make, sizes, dtype)

ONCE_WRONG = {
    name: CASES[f"{name} float32 contiguous"]
    for name in (
        "conv {'padding': 1} 1x16x16000 16x16x3 16",
        "conv_transpose {'dilation': 100000, 'groups': 2} 10x7 10x17x2 34",
        "cross_entropy none 5000x0 5000",
    )
}
