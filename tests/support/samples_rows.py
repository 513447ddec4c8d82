"""Samples of the operations that work row by row: norms, attention, embedding; and of pieces and repetitions."""

import numpy as np
from samples import add, function, internal, method, normal, positive

from tinynet.kernels.arrays import host, put
from tinynet.ops.registry import OPS

# Norms

for shape in ((4, 3), (2, 3, 4), (2, 3, 2, 2), (3, 1, 2), (0, 3, 2)):
    for training in (True, False):
        if training and not np.prod(shape):
            continue

        def run(lib, x, *parameters, training=training, channels=shape[1]):
            running = lib.linspace(-1, 1, channels).to(x.dtype), lib.linspace(0.5, 2, channels).to(x.dtype)
            return lib.batch_norm(x, *running, *parameters, training=training)

        add("batch_norm", run, normal(*shape), normal(shape[1]), normal(shape[1]))
        add("batch_norm", run, normal(*shape))
for shape, last in (((2, 3), 3), ((2, 3, 4), 4), ((2, 3, 4), (3, 4)), ((3,), 3), ((2, 0, 3), 3), ((2, 1), 1)):
    last = (last,) if isinstance(last, int) else last
    add("layer_norm", function("layer_norm", last), normal(*shape)) if last != (1,) else None
    add(
        "layer_norm",
        # A row of one element is its own mean: all digits cancel, and 1/√eps would make the rest large.
        lambda lib, x, w, b, s=last: lib.layer_norm(x, s, w, b, eps=0.1 if s == (1,) else 1e-5),
        normal(*shape),
        normal(*last),
        normal(*last),
    )
    add(
        "layer_norm",
        lambda lib, x, b, s=last: lib.layer_norm(x, s, None, b),
        normal(*shape),
        normal(*last),
        public=False,
    )  # PyTorch's second gradient fails without a weight
    add("rms_norm", function("rms_norm", last), normal(*shape)) if last != (1,) else None
    add("rms_norm", lambda lib, x, w, s=last: lib.rms_norm(x, s, w, eps=0.1), normal(*shape), normal(*last))


def like(x, numbers):
    """Numbers as an array where x lies."""
    return put(np.ascontiguousarray(numbers, x.dtype), x.array)


def centers(x, axes, eps=1e-5):
    """Mean and 1/√(variance + eps) over axes, as arrays."""
    a = host(x.array)
    return like(x, a.mean(axes).ravel()), like(x, (a.var(axes) + eps).ravel() ** -0.5)


for i in range(3):  # each gradient that the fused ones return

    def run(lib, g, x, w, i=i):
        return OPS["layer_norm_grad"](g, x, w, (3,), 1e-5, *centers(x, -1))[i]

    add("layer_norm_grad", run, normal(2, 2, 3), normal(2, 2, 3), normal(3), public=False)
    for training in (True, False):

        def run(lib, g, x, w, i=i, training=training):
            fixed = like(x, np.arange(2.0)), like(x, np.arange(1.0, 3.0))
            statistics = centers(x, (0, 2)) if training else fixed
            return OPS["batch_norm_grad"](g, x, w, training, 1e-5, *statistics)[i]

        add("batch_norm_grad", run, normal(3, 2, 4), normal(3, 2, 4), normal(2), public=False)
for i in range(2):

    def run(lib, g, x, w, i=i):
        rstd = ((host(x.array) ** 2).mean(-1) + 0.1) ** -0.5
        return OPS["rms_norm_grad"](g, x, w, (3,), 0.1, like(x, rstd.ravel()))[i]

    add("rms_norm_grad", run, normal(2, 3), normal(2, 3), normal(3), public=False)

# Softmax

for shape, axis in (((2, 3), 1), ((2, 3, 2), 1), ((0, 3), 1)):
    add("softmax_grad", internal("softmax_grad", axis), normal(*shape), positive(*shape), public=False)
    add("log_softmax_grad", internal("log_softmax_grad", axis), normal(*shape), normal(*shape), public=False)

# Attention

SEES = [[True, False, True, True], [False, False, False, False], [True, True, False, True]]  # the second sees nothing
for lead in ((), (2,), (2, 3), (1, 2, 1)):
    for options in ({}, {"is_causal": True}, {"scale": 0.3}, {"mask": SEES}, {"mask": [[0.5, -1.0, -np.inf, 0.0]]}):

        def run(lib, q, k, v, mask=None, **options):
            if mask is not None:
                mask = lib.tensor(mask) if mask is SEES else lib.tensor(mask, dtype=q.dtype)
            return lib.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options)

        run = lambda lib, *xs, run=run, o=options: run(lib, *xs, **o)
        add("attention", run, normal(*lead, 3, 2), normal(*lead, 4, 2), normal(*lead, 4, 3))
attend = function("scaled_dot_product_attention")
add("attention", attend, normal(2, 1, 3, 2), normal(3, 4, 2), normal(1, 1, 4, 2))  # leading dimensions broadcast
add("attention", attend, normal(0, 2, 3, 2), normal(0, 2, 4, 2), normal(0, 2, 4, 2))
add("attention", attend, normal(2, 0, 2), normal(2, 4, 2), normal(2, 4, 2))
add("attention", lambda lib, x: lib.scaled_dot_product_attention(x, x, x, is_causal=True), normal(2, 5, 3))
add("attention", attend, normal(2, 3, 2), normal(2, 4, 2), normal(2, 4, 2), normal(3, 4))  # a mask with a gradient


def dropped(lib, q, k, v):
    return OPS["attention"](q, k, v, None, 0.5, False, 0.4, 7, 3)


add("attention", dropped, normal(2, 3, 2), normal(2, 5, 2), normal(2, 5, 2), public=False)
for i in range(3):
    for causal in (False, True):

        def run(lib, g, q, k, v, i=i, causal=causal):
            options = 0.5, causal, 0.4, 7, 3
            y = OPS["attention"](q, k, v, None, *options)
            scores = host(q.array) @ host(k.array).swapaxes(-1, -2) * 0.5
            if causal:
                scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
            lse = like(q, np.log(np.exp(scores).sum(-1)).reshape(1, -1, q.shape[-2]))
            return OPS["attention_grad"](g, q, k, v, y.detach(), None, lse, *options)[i]

        add("attention_grad", run, normal(2, 3, 2), normal(2, 3, 2), normal(2, 5, 2), normal(2, 5, 2), public=False)

# Embedding

for indices in ([[1, 0, 1], [3, 1, 1]], [2], 2, [[]]):
    for options in ({}, {"padding_idx": 1} if indices == [2] else {}):

        def run(lib, w, indices=indices, options=options):
            return lib.embedding(lib.tensor(indices, dtype=lib.int64), w, **options)

        add("_lookup", run, normal(4, 3), public=indices != [[]])  # PyTorch has no second gradient of nothing
for padding in (-1, 1):
    run = lambda lib, g, p=padding: OPS["_lookup_grad"](g, lib.tensor([[1, 0, 1], [3, 1, 1]]), 4, p)
    add("_lookup_grad", run, normal(2, 3, 2), public=False)

# Pieces and repetitions

add("split", lambda lib, x: lib.split(x, 2)[1] * lib.split(x, 2)[0].sum(), normal(5, 2))
add("split", lambda lib, x: x.split([1, 0, 3], dim=-1)[2], normal(2, 4))
add("chunk", lambda lib, x: lib.cat(lib.chunk(x, 3, 1)[::-1], 1), normal(2, 5))
add("unbind", lambda lib, x: lib.stack(lib.unbind(x, 1)[::-1]), normal(2, 3))
for diagonal in (0, 1, -1):
    add("tril", function("tril", diagonal), normal(3, 4))
    add("triu", function("triu", diagonal), normal(2, 3, 2))
add("repeat", method("repeat", 2, 1, 3), normal(2, 3))
add("repeat", method("repeat", (0, 2)), normal(2, 3))
add("repeat", method("repeat", 3), normal())
add("repeat_interleave", function("repeat_interleave", 2), normal(2, 3))
add("repeat_interleave", function("repeat_interleave", 3, 1), normal(2, 3))
add("repeat_interleave", lambda lib, x: lib.repeat_interleave(x, lib.tensor([2, 0, 1]), dim=1), normal(2, 3))

# Devices

add("to_device", lambda lib, x: x.cpu().exp().to(x.device) * x, normal(2, 3), reference=lambda x: np.exp(x) * x)
