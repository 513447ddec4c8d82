"""Samples of activations, losses and distances that are composed of other operations."""

import numpy as np
from samples import add, function, internal, normal, positive, unit

from tinynet.ops import activation, gates, rectifiers, regression_loss

for name in """celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish relu6 selu silu softplus
        softshrink softsign tanhshrink rrelu""".split():  # fmt: skip
    for shape in ((2, 3), (), (0, 3)):
        # PyTorch's hardsigmoid, and two of the losses below, have no second gradient.
        add(name, function(name), 2 * normal(*shape), public=name != "hardsigmoid")
for name in "celu elu hardswish leaky_relu mish relu6 selu silu".split():
    add(f"{name}_", lambda lib, x, name=name: getattr(lib, name)(x * 1, inplace=True) * x, normal(2, 3))
for kind in (rectifiers.SELU, rectifiers.HARDSWISH, rectifiers.RELU6, gates.MISH, gates.SILU, gates.LOG_SIGMOID,
             activation.GELU_TANH):  # fmt: skip
    add("activate", internal("activate", kind), 2 * normal(2, 3), public=False)
    add("activate_grad", internal("activate_grad", kind), normal(2, 3), 2 * normal(2, 3), public=False)
add("celu", function("celu", 0.7), normal(2, 3), public=False)  # PyTorch's has 1/α in float32
add("elu", function("elu", 2.0), normal(2, 3))
add("elu", function("elu"), np.array([1e3, -1e3, 0.5]))
add("softplus", function("softplus", 2.0, 0.5), normal(2, 3))
add("threshold", function("threshold", 0.1, 5.0), normal(2, 3))
add("prelu", function("prelu"), normal(2, 3, 2), normal(3))
add("prelu", function("prelu"), normal(2, 3), normal(1))
add("glu", function("glu"), normal(2, 4))
add("glu", function("glu", 0), normal(2, 4))

# The gradients of losses, which have gradients themselves
for kind, reference in (
    (regression_loss.SQUARED_ERROR, lambda x, y: np.square(x - y)),
    (regression_loss.ABSOLUTE_ERROR, lambda x, y: np.abs(x - y)),
    (regression_loss.huber(0.7, 0.5, 2.0),
     lambda x, y: np.where(np.abs(x - y) < 0.7, np.square(x - y) / 2, 2 * np.abs(x - y) - 0.7)),
):  # fmt: skip
    add("pair_loss", internal("pair_loss", kind), normal(2, 3), normal(2, 3), reference=reference)
    add("pair_loss_grad", internal("pair_loss_grad", kind), normal(2, 3), normal(2, 3), normal(2, 3), public=False)
add("binary_cross_entropy_grad", internal("binary_cross_entropy_grad"),
    normal(2, 3), 0.5 + unit(2, 3) / 2, 0.5 + unit(2, 3) / 2, public=False)  # fmt: skip

SIGNS = [[1, -1, 1], [-1, -1, 1]]
for reduction in ("mean", "sum", "none"):
    for name in ("l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss"):
        add(name, function(name, reduction=reduction), normal(2, 3), normal(2, 3))

    def entropy(p, target, reduced={"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction]):
        return reduced(-target * np.log(p) - (1 - target) * np.log1p(-p))

    # PyTorch's second gradient of this has an ε in its denominator; and its kl_div warns of the mean.
    add("cross_entropy_of_probabilities", function("binary_cross_entropy", reduction=reduction),
        0.5 + unit(2, 3) / 2, 0.5 + unit(2, 3) / 2, reference=entropy)  # fmt: skip
    add("kl_div", function("kl_div", reduction=reduction), normal(2, 3), positive(2, 3), public=reduction != "mean")

    def signed(lib, x, name, reduction=reduction, **options):
        return getattr(lib, name)(x, lib.tensor(SIGNS, dtype=x.dtype), reduction=reduction, **options)

    for name in ("hinge_embedding_loss", "soft_margin_loss"):
        add(name, lambda lib, x, name=name, run=signed: run(lib, x, name), normal(2, 3))
    for name, inputs in (("margin_ranking_loss", [normal(2, 3), normal(2, 3)]),):
        add(name, lambda lib, x, y, r=reduction: lib.margin_ranking_loss(
            x, y, lib.tensor(SIGNS, dtype=x.dtype), 0.3, reduction=r), *inputs)  # fmt: skip
    add("cosine_embedding_loss", lambda lib, x, y, r=reduction: lib.cosine_embedding_loss(
        x, y, lib.tensor([1, -1, -1, 1]), -0.4, reduction=r), normal(4, 3), normal(4, 3))  # fmt: skip
    add("triplet_margin_loss", function("triplet_margin_loss", reduction=reduction),
        normal(2, 3), normal(2, 3), normal(2, 3))  # fmt: skip
    add("multi_margin_loss", lambda lib, x, r=reduction: lib.multi_margin_loss(
        x, lib.tensor([0, 2]), 2, 0.8, lib.tensor([0.5, 1.0, 2.0], dtype=x.dtype), reduction=r),
        normal(2, 3), public=False)  # fmt: skip
    add("multilabel_margin_loss", lambda lib, x, r=reduction: lib.multilabel_margin_loss(
        x, lib.tensor([[0, 2, -1], [1, -1, 0]]), reduction=r), normal(2, 3), public=False)  # fmt: skip
    add("multilabel_soft_margin_loss", lambda lib, x, r=reduction: lib.multilabel_soft_margin_loss(
        x, lib.tensor([[0, 1, 1], [1, 0, 0]], dtype=x.dtype), reduction=r), normal(2, 3))  # fmt: skip
    add("gaussian_nll_loss", function("gaussian_nll_loss", full=True, reduction=reduction),
        normal(2, 3), normal(2, 3), positive(2, 3))  # fmt: skip
add("smooth_l1_loss", function("smooth_l1_loss", beta=0.3), normal(2, 3), normal(2, 3))
add("huber_loss", function("huber_loss", delta=0.3), normal(2, 3), normal(2, 3))
add("poisson_nll_loss", function("poisson_nll_loss", False, True), positive(2, 3), 3 * positive(2, 3))
add("kl_div", function("kl_div", reduction="batchmean", log_target=True), normal(2, 3), normal(2, 3))
add("triplet_margin_loss", function("triplet_margin_loss", swap=True), normal(2, 3), normal(2, 3), normal(2, 3))
add("normalize", function("normalize"), normal(2, 3))
add("normalize", function("normalize", 1.0, -1), normal(2, 3, 2))
add("cosine_similarity", function("cosine_similarity"), normal(2, 3), normal(2, 3))
add("cosine_similarity", function("cosine_similarity", -1), normal(2, 1, 3), normal(3))
add("pairwise_distance", function("pairwise_distance"), normal(2, 3), normal(3))

for shape, groups in (((2, 4, 3), 2), ((2, 4), 1), ((2, 6, 2, 2), 3)):
    add("group_norm", function("group_norm", groups, eps=0.1), normal(*shape))
add("group_norm", lambda lib, x, w, b: lib.group_norm(x, 2, w, b), normal(2, 4, 3), normal(4), normal(4))
add("instance_norm", lambda lib, x, w, b: lib.instance_norm(x, None, None, w, b), normal(2, 3, 4), normal(3), normal(3))

add("bilinear", function("bilinear"), normal(2, 3), normal(2, 4), normal(2, 3, 4), normal(2))
add("bilinear", function("bilinear"), normal(2, 2, 3), normal(2, 2, 2), normal(3, 3, 2))
add("pixel_shuffle", function("pixel_shuffle", 2), normal(2, 8, 2, 3))
add("pixel_unshuffle", function("pixel_unshuffle", 2), normal(2, 4, 6))
add("channel_shuffle", function("channel_shuffle", 2), normal(2, 4, 3))
for size in (1, 2, 3, 5):
    add("local_response_norm", function("local_response_norm", size, 0.5, 0.6, 0.7), normal(2, 4, 3))
for mode in ("sum", "mean", "max"):
    for bags, options in (
        ([[0, 2], [1, 1]], {}), ([[0, 2], [1, 1]], {"padding_idx": 1}), ([0, 2, 2, 1], {"offsets": [0, 1, 1]}),
        ([0, 2, 2, 1], {"offsets": [0, 3, 4], "include_last_offset": True, "padding_idx": -1}),
    ):  # fmt: skip

        def bagged(lib, w, bags=bags, mode=mode, offsets=None, **options):
            offsets = None if offsets is None else lib.tensor(offsets)
            return lib.embedding_bag(lib.tensor(bags), w, offsets, mode=mode, **options)

        add("embedding_bag", lambda lib, w, o=options, run=bagged: run(lib, w, **o), normal(3, 2), public=False)
add("embedding_bag", lambda lib, w, scale: lib.embedding_bag(
    lib.tensor([2, 0, 1]), w, lib.tensor([0, 2]), mode="sum", per_sample_weights=scale), normal(3, 2), normal(3),
    public=False)  # fmt: skip

LENGTHS = [4, 3, 5], [2, 1, 3]
TARGETS = [[1, 1, 0], [3, 0, 0], [2, 1, 3]]
for reduction in ("mean", "sum", "none"):

    def alignment(lib, x, reduction=reduction):
        lengths = [lib.tensor(n) for n in LENGTHS]
        return lib.ctc_loss(lib.log_softmax(x, 2), lib.tensor(TARGETS), *lengths, reduction=reduction)

    # PyTorch's has no second gradient.
    add("alignments", alignment, normal(5, 3, 4), public=False)
