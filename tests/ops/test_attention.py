"""Attention beside PyTorch's: sizes that fit no tile, masks, layouts, dropout; and the module around it."""

import itertools

import numba
import numpy as np
import pytest
from helpers import close, leaf, run_python
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet import nn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.nn import functional as F
from tinynet.tensor import wrap

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

LENGTHS = st.sampled_from([1, 2, 3, 7, 16, 33, 63, 64, 65, 97, 129, 200])
WIDTHS = st.sampled_from([1, 2, 3, 8, 15, 16, 17, 32, 33, 40])
SEEDS = st.integers(0, 2**32 - 1)


def heads_inside(a):
    """(B, H, T, D) as a view of (B, T, H, D), which is what a projection makes."""
    return np.ascontiguousarray(a.swapaxes(1, 2)).swapaxes(1, 2)


LAYOUTS = {
    "contiguous": np.array,
    "heads inside": heads_inside,
    "slices": lambda a: np.concatenate([a, a, a], -1)[..., a.shape[-1] : 2 * a.shape[-1]],
    "transposed": lambda a: np.ascontiguousarray(a.swapaxes(2, 3)).swapaxes(2, 3),
    "backwards": lambda a: np.flip(np.flip(a).copy()),
}


def both(arrays, masks, ulp, **options):
    """Compare outputs and gradients by query, key and value to PyTorch's."""
    results = []
    for framework, functional, tensor in ((tn, F, wrap), (torch, torch.nn.functional, torch.tensor)):
        xs = [tensor(a.copy() if framework is torch else a).requires_grad_() for a in arrays]
        mask = {k: framework.tensor(m) for k, m in masks.items()}
        y = functional.scaled_dot_product_attention(*xs, **mask, **options)
        y.backward(framework.tensor(np.cos(np.arange(y.numel(), dtype=arrays[0].dtype)).reshape(tuple(y.shape))))
        results.append([y, *(x.grad for x in xs)])
    for actual, expected in zip(*results, strict=True):
        close(actual, expected, ulp=ulp, scale=float(np.abs(expected.detach().numpy()).max(initial=1.0)))


@given(st.data(), LENGTHS, LENGTHS, WIDTHS, WIDTHS, SEEDS)
@settings(max_examples=120)
def test_any_size_and_layout(data, queries, keys, width, values, seed):
    rng = np.random.default_rng(seed)
    b, h = data.draw(st.sampled_from([(1, 1), (2, 3), (3, 1)]))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    shapes = (b, h, queries, width), (b, h, keys, width), (b, h, keys, values)
    arrays = [LAYOUTS[data.draw(st.sampled_from([*LAYOUTS]))](rng.standard_normal(s).astype(dtype)) for s in shapes]
    kind, masks, options = data.draw(st.sampled_from(["none", "causal", "bool", "float", "heads", "row"])), {}, {}
    if kind == "causal":
        options = {"is_causal": True}
    elif kind != "none":
        lead = {"heads": (b, h, queries), "row": (b, 1, 1)}.get(kind, (queries,))
        seen = rng.random((*lead, keys)) < 0.6  # with few keys some queries see none
        masks["attn_mask"] = (
            seen if kind in ("bool", "row") else np.where(seen, rng.standard_normal(seen.shape), -np.inf)
        )
        masks["attn_mask"] = (
            masks["attn_mask"] if seen.dtype == masks["attn_mask"].dtype else masks["attn_mask"].astype(dtype)
        )
    both(arrays, masks, 128, **options, scale=data.draw(st.sampled_from([None, 0.2])))


def test_queries_that_see_nothing_give_zero():
    q = leaf(np.ones((2, 3, 4), np.float32))
    mask = tn.tensor([[True, False, True], [False] * 3, [True] * 3])
    y = F.scaled_dot_product_attention(q, q, q, attn_mask=mask)
    y.sum().backward()
    assert (y.array[:, 1] == 0).all() and (y.array[:, [0, 2]] == 1).all() and np.isfinite(q.grad.array).all()
    assert F.scaled_dot_product_attention(q, q[:, :0], q[:, :0]).array.tolist() == np.zeros((2, 3, 4)).tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e30])
@pytest.mark.parametrize("where", range(3))
def test_at_the_edges(value, where):
    """NaN stays in the rows that see it; a score too large to square does no harm."""
    arrays = [np.random.default_rng(i).standard_normal((1, 1, 5, 4)).astype(np.float32) for i in range(3)]
    arrays[where][0, 0, 2, 1] = value
    results = []
    for framework, functional in ((tn, F), (torch, torch.nn.functional)):
        y = functional.scaled_dot_product_attention(*map(framework.tensor, arrays), is_causal=True)
        results.append(y.numpy())
    if np.isnan(value) and where == 0:  # PyTorch's kernel takes a query of NaN for one that sees nothing
        assert np.isnan(results[0][0, 0, 2]).all()
        results = [np.delete(np.asarray(y), 2, axis=2) for y in results]
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)


def test_all_nan_is_not_taken_for_masked():
    q, k = tn.ones(1, 2, 3), tn.full((1, 4, 3), float("nan"))
    assert np.isnan(F.scaled_dot_product_attention(q, k, k).array).all()


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), SEEDS, st.booleans(), st.booleans())
@settings(max_examples=40)
def test_gradients(queries, keys, width, seed, causal, drop):
    rng = np.random.default_rng(seed)
    q, k, v = (leaf(rng.standard_normal((2, n, width))) for n in (queries, keys, keys))

    def function(q, k, v):
        tn.manual_seed(seed)
        return F.scaled_dot_product_attention(q, k, v, None, 0.4 * drop, causal)

    assert gradcheck(function, (q, k, v)) and gradgradcheck(function, (q, k, v))


def test_a_mask_that_is_learned():
    rng = np.random.default_rng(0)
    mask = leaf(rng.standard_normal((3, 1, 5)))
    q, k, v = (leaf(rng.standard_normal((2, 3, n, 4))) for n in (4, 5, 5))
    function = lambda *xs: F.scaled_dot_product_attention(*xs)
    assert gradcheck(function, (q, k, v, mask)) and gradgradcheck(function, (q, k, v, mask))


@pytest.mark.parametrize("causal", [False, True])
def test_dropout_is_that_of_the_weights(causal):
    """With the identity as values the output is the weights: each is 0, or 1 / (1 − p) times what it was."""
    rng = np.random.default_rng(0)
    q, v = leaf(rng.standard_normal((2, 3, 131, 8)).astype(np.float32)), np.broadcast_to(np.eye(131), (2, 3, 131, 131))
    v = leaf(v.astype(np.float32))
    plain = F.scaled_dot_product_attention(q, q, v, is_causal=causal)
    tn.manual_seed(5)
    y = F.scaled_dot_product_attention(q, q, v, dropout_p=0.3, is_causal=causal)
    kept = y.array != 0
    np.testing.assert_allclose(y.array[kept], plain.array[kept] / 0.7, rtol=1e-4)
    seen = plain.array > 0
    assert abs(kept[seen].mean() - 0.7) < 0.01
    tn.manual_seed(5)
    np.testing.assert_array_equal(F.dropout(tn.ones(y.shape), 0.3).array[seen] > 0, kept[seen])  # the stream of dropout
    y.backward(tn.ones_like(y))
    np.testing.assert_allclose(v.grad.array, np.broadcast_to(y.array.sum(2)[..., None], v.shape), rtol=1e-4, atol=1e-5)
    assert F.scaled_dot_product_attention(q, q, v, dropout_p=1.0).array.any() == False  # noqa: E712


def test_no_weights_are_held():
    """At 4096 × 4096 they would take 64 MB."""
    import tracemalloc

    q = leaf(np.random.default_rng(0).standard_normal((1, 1, 4096, 8)).astype(np.float32))
    F.scaled_dot_product_attention(q, q, q)[0, 0, 0, 0].backward()
    tracemalloc.start()
    F.scaled_dot_product_attention(q, q, q, is_causal=True).sum().backward()
    assert tracemalloc.get_traced_memory()[1] < 4e6
    tracemalloc.stop()


def gradients(causal):
    arrays = [np.random.default_rng(i).standard_normal((2, 3, 150, 24)).astype(np.float32) for i in range(3)]
    xs = [leaf(heads_inside(a)) for a in arrays]
    y = F.scaled_dot_product_attention(*xs, is_causal=causal)
    y.backward(tn.tensor(np.cos(np.arange(y.numel(), dtype=np.float32)).reshape(y.shape)))
    return [y.array, *(x.grad.array for x in xs)]


@pytest.mark.parametrize("causal", [False, True])
def test_the_same_bits_on_any_number_of_threads(causal):
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        found.append(gradients(causal))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


OLDER = """
import numpy as np, tinynet as tn
from tinynet.nn import functional as F
rng = np.random.default_rng(0)
for n, width in ((70, 5), (33, 33)):
    q, k, v = (tn.tensor(rng.standard_normal((2, n, width)).astype(np.float32)).requires_grad_() for _ in range(3))
    F.scaled_dot_product_attention(q, k, v, is_causal=True).cos().sum().backward()
    print(*(f"{np.abs(x.grad.array).sum():.3f}" for x in (q, k, v)))
"""


@pytest.mark.thorough
@pytest.mark.parametrize("cpu", ["haswell", "nehalem"])
def test_on_an_older_cpu(cpu, tmp_path):
    """16 registers of 32 bytes, and of 16 bytes without masked loads."""
    expected = run_python(OLDER)
    assert run_python(OLDER, NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES="", NUMBA_CACHE_DIR=str(tmp_path)) == expected


@pytest.mark.thorough
def test_a_second_process_compiles_nothing(tmp_path):
    text = (
        OLDER
        + "from tinynet.kernels.runtime.folder import cache_folder; print(len(list(cache_folder().glob('*.code'))))"
    )
    assert run_python(text, NUMBA_CACHE_DIR=str(tmp_path)) == run_python(text, NUMBA_CACHE_DIR=str(tmp_path))


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        ([(2, 3), (2, 4), (2, 4)], {}, r"key \(..., S, D\), value \(..., S, E\), got \(2, 3\), \(2, 4\), \(2, 4\)"),
        ([(2, 3), (2, 3), (3, 3)], {}, "expected query"),
        ([(3,), (2, 3), (2, 3)], {}, "expected query"),
        ([(2, 1, 3), (3, 1, 3), (1, 3)], {}, "leading dimensions that broadcast"),
        ([(2, 3)] * 3, {"attn_mask": tn.ones(3, 2), "is_causal": False}, r"broadcasts to \(2, 2\), got \(3, 2\)"),
        ([(2, 3)] * 3, {"attn_mask": tn.ones(2, 2), "is_causal": True}, "attn_mask or is_causal=True, got both"),
        ([(2, 3)] * 3, {"attn_mask": tn.ones(2, 2).long()}, "dtype bool or float32, got int64"),
        ([(2, 3)] * 3, {"dropout_p": 1.5}, r"dropout_p in \[0, 1\], got 1.5"),
    ],
)
def test_errors_say_what_was_expected(shapes, options, message):
    with pytest.raises((tn.ShapeError, tn.DTypeError, ValueError), match=message):
        F.scaled_dot_product_attention(*(tn.zeros(*s) for s in shapes), **options)


# The module

CASES = [
    dict(zip(("batch_first", "need_weights", "average", "kv", "zero", "bias", "mask", "other"), case))
    for case in itertools.product((False, True), (False, True), (False, True), (False, True), (False, True),
                                  (False, True), ("none", "attn", "pad", "both", "causal", "3d"), (False, True))
][::5]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(str(int(v)) if v in (0, 1) else v for v in c.values()))
def test_multihead_attention(case):
    options = {"batch_first": case["batch_first"], "add_bias_kv": case["kv"], "add_zero_attn": case["zero"]}
    options |= {"bias": case["bias"], **({"kdim": 5, "vdim": 6} if case["other"] else {})}
    theirs, ours = torch.nn.MultiheadAttention(8, 2, **options), nn.MultiheadAttention(8, 2, **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    rng = np.random.default_rng(0)
    ours.load_state_dict(
        {k: rng.standard_normal(v.shape).astype(np.float32) / 3 for k, v in theirs.state_dict().items()}
    )
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    n, length, keys = 3, 4, 5 if case["other"] else 4
    shape = lambda t, e: (n, t, e) if case["batch_first"] else (t, n, e)
    widths = (8, 5, 6) if case["other"] else (8, 8, 8)
    xs = [rng.standard_normal(shape(t, e)).astype(np.float32) for t, e in zip((length, keys, keys), widths)]
    call = {"need_weights": case["need_weights"], "average_attn_weights": case["average"]}
    masks = {}
    if case["mask"] in ("attn", "both", "causal"):
        masks["attn_mask"] = np.triu(np.ones((length, keys), bool), 1)
        call["is_causal"] = case["mask"] == "causal"
    if case["mask"] in ("pad", "both"):
        masks["key_padding_mask"] = np.arange(keys)[None] >= np.array([[keys], [keys - 1], [2]])
    if case["mask"] == "3d":
        masks["attn_mask"] = rng.standard_normal((2 * n, length, keys)).astype(np.float32)
    results = []
    for framework, module in ((tn, ours), (torch, theirs)):
        inputs = [framework.tensor(x).requires_grad_() for x in xs]
        out, weights = module(*inputs, **call, **{k: framework.tensor(m) for k, m in masks.items()})
        out.backward(framework.tensor(np.cos(np.arange(out.numel(), dtype=np.float32)).reshape(tuple(out.shape))))
        results.append([out, *(x.grad for x in inputs), *(p.grad for p in module.parameters()), weights])
    assert (results[0][-1] is None) == (results[1][-1] is None) == (not case["need_weights"])
    for actual, expected in zip(*results, strict=True):
        if expected is not None:
            close(actual, expected, ulp=256, scale=float(np.abs(expected.detach().numpy()).max()))


def test_multihead_attention_without_a_batch_and_with_dropout():
    module, x = nn.MultiheadAttention(6, 3, dropout=0.5), tn.randn(4, 6)
    out, weights = module(x, x, x)
    assert out.shape == (4, 6) and weights.shape == (4, 4) and (weights.array == 0).any()
    again, none = module.eval()(x, x, x, need_weights=False)
    assert none is None and again.shape == (4, 6)
    np.testing.assert_allclose(module(x, x, x)[0].array, again.array, rtol=1e-5, atol=1e-6)
    assert repr(module).startswith("MultiheadAttention(\n  (out_proj): ")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: m(x, x, x, is_causal=True), "expected attn_mask with is_causal=True"),
        (lambda m, x: m(x, x[0], x), "expected query, key and value of 3 dimensions, or of 2"),
        (lambda m, x: m(x, x, x, attn_mask=tn.ones(3, 3)), r"attn_mask \(4, 4\) or \(6, 4, 4\), got \(3, 3\)"),
        (lambda m, x: m(x, x, x, key_padding_mask=tn.ones(4, 3)), r"key_padding_mask \(2, 4\), got \(4, 3\)"),
        (lambda m, x: nn.MultiheadAttention(6, 4), "expected num_heads to divide 6, got 4"),
    ],
)
def test_errors_of_the_module(call, message):
    with pytest.raises((ValueError, tn.ShapeError), match=message):
        call(nn.MultiheadAttention(6, 3), tn.randn(4, 2, 6))
