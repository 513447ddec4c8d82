"""The Transformer's layers and stacks beside PyTorch's: states, outputs, gradients, masks of every kind."""

import copy
import itertools

import numpy as np
import pytest
from helpers import launches
from twins import array, compare, twins

import tinynet as tn
from tinynet import nn

SIZES = {"d_model": 8, "nhead": 2, "dim_feedforward": 12, "dropout": 0.0}
N, S, T = 3, 5, 4
PADDED = np.arange(S)[None] >= np.array([[5], [3], [4]])


def functions(torch):
    """Activations of both libraries by what is asked for."""
    return {"relu": ("relu",) * 2, "gelu": ("gelu",) * 2, "silu": (nn.functional.silu, torch.nn.functional.silu)}


def made(torch, name, activation="relu", **options):
    tn.manual_seed(0)
    ours, theirs = (
        getattr(library.nn, name)(**{**SIZES, "activation": f, **options})
        for library, f in zip((tn, torch), functions(torch)[activation])
    )
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    return ours, theirs


def batch(library, length, batch_first, seed=0):
    x = library.tensor(array(N, length, 8, seed=seed))
    return x if batch_first else x.transpose(0, 1)


def masks(library, kind):
    """(mask, padding, is_causal) of an encoder."""
    future, padded = np.triu(np.ones((S, S), bool), 1), library.tensor(PADDED)
    numbers = np.where(array(S, S) > 1, -np.inf, array(S, S, seed=1)).astype(np.float32)
    causal = library.nn.Transformer.generate_square_subsequent_mask(S)
    return {
        "none": (None, None, None),
        "bool": (library.tensor(future), None, None),
        "causal": (causal, None, None),
        "said to be causal": (causal, None, True),
        "numbers": (library.tensor(numbers), None, False),
        "padding": (None, padded, None),
        "both": (causal, library.where(padded, -np.inf, library.zeros(())), None),
        "heads": (library.tensor(np.concatenate([numbers[None]] * 6)), padded.float() * -3, None),
    }[kind]


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["none", "bool", "causal", "said to be causal", "numbers", "padding", "both", "heads"])
@pytest.mark.parametrize("norm_first, batch_first", [(False, True), (True, False)])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.filterwarnings("ignore:Support for mismatched:UserWarning")
def test_encoders_are_pytorchs(torch, kind, norm_first, batch_first):
    activation = {"none": "silu", "both": "gelu"}.get(kind, "relu")
    options = {"norm_first": norm_first, "batch_first": batch_first, "bias": kind != "numbers"}
    layers = made(torch, "TransformerEncoderLayer", activation, **options)
    ours, theirs = (
        library.nn.TransformerEncoder(layer, 2, library.nn.LayerNorm(8)) for library, layer in zip((tn, torch), layers)
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())

    def run(library, module):
        mask, padding, causal = masks(library, kind)
        return module(batch(library, S, batch_first), mask, padding, causal)

    compare(torch, ours, theirs, run)


@pytest.mark.torch
@pytest.mark.parametrize("norm_first, batch_first, bias", [(False, False, True), (True, True, False)])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
def test_the_whole_is_pytorchs(torch, norm_first, batch_first, bias):
    options = dict(num_encoder_layers=1, num_decoder_layers=2, **SIZES)
    ours, theirs = twins(torch, "Transformer", **options, norm_first=norm_first, batch_first=batch_first, bias=bias)

    def run(library, module):
        future = library.nn.Transformer.generate_square_subsequent_mask(T)
        padded = library.tensor(PADDED)
        src, tgt = batch(library, S, batch_first), batch(library, T, batch_first, 1)
        some = module(src, tgt, tgt_mask=future, src_key_padding_mask=padded, memory_key_padding_mask=padded)
        one = 0 if batch_first else 1
        alone = module(src.select(one, 0), tgt.select(one, 0), memory_mask=library.tensor(array(T, S)))
        return some, alone, module(src, tgt, tgt_mask=future < 0, tgt_is_causal=True)

    compare(torch, ours, theirs, run)


@pytest.mark.torch
def test_layers_and_their_copies(torch):
    ours, theirs = made(torch, "TransformerDecoderLayer")
    for library, layer in ((tn, ours), (torch, theirs)):
        stack = library.nn.TransformerDecoder(layer, 2)
        first, second = (dict(part.named_parameters()) for part in stack.layers)
        assert all(first[k] is not second[k] and (first[k] == second[k]).all() for k in first)
        assert not {id(p) for p in stack.parameters()} & {id(p) for p in layer.parameters()}
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    module = nn.TransformerEncoderLayer(**SIZES, activation=nn.GELU())
    assert [n for n, _ in module.named_children()][-1] == "activation"
    assert isinstance(copy.deepcopy(module).activation, nn.GELU)


def test_the_causal_mask_is_found_and_not_read():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**SIZES, batch_first=True), 1)
    mask, x = nn.Transformer.generate_square_subsequent_mask(S), tn.tensor(array(N, S, 8))
    assert mask.dtype == tn.float32 and mask[1].tolist() == [0, 0] + [-np.inf] * 3
    assert nn.Transformer.generate_square_subsequent_mask(2, dtype=tn.float64).dtype == tn.float64
    seen = []
    encoder.layers[0].self_attn.forward = lambda *xs, is_causal: seen.append(is_causal) or (xs[0], None)
    for m in (mask, mask < 0, tn.zeros_like(mask), mask[:1, :1], None, nn.Parameter(mask)):
        encoder(x, m)
    assert seen == [True, True, False, False, False, False]


def test_dropout_acts_in_training_alone():
    layer, x = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.5), tn.tensor(array(S, N, 8))
    assert (layer(x) != layer(x)).any()
    assert (layer.eval()(x) == layer(x)).all()


def test_a_mask_becomes_numbers_once_for_all_layers():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**SIZES), 3)
    with launches() as names:
        encoder(tn.tensor(array(S, N, 8)), src_key_padding_mask=tn.tensor(PADDED))
    assert names.count("where") == 1


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda m: m(tn.ones(5, 3, 8), tn.ones(5, 2, 8)), r"of one N, got \(5, 3, 8\) and \(5, 2, 8\)"),
        (lambda m: m(tn.ones(5, 3, 7), tn.ones(5, 3, 8)), r"Transformer.*expected src \(S, N, 8\)"),
        (lambda m: m.encoder(tn.ones(5, 3, 8), tn.ones(5, 5).long()), "mask of dtype bool or floating, got int64"),
        (lambda m: m.encoder(tn.ones(5, 3, 8), tn.ones(5, 4) < 0), r"expected attn_mask \(5, 5\)"),
        (lambda m: m.encoder(tn.ones(5, 3, 8), is_causal=True), "expected attn_mask with is_causal=True"),
        (lambda m: nn.TransformerEncoderLayer(8, 2, activation="tanh"), "'relu' or 'gelu', got 'tanh'"),
        (lambda m: nn.TransformerEncoder(3, 2), "expected the layer to be a Module, got 3"),
    ],
)
def test_errors_say_what_was_expected(call, words):
    with pytest.raises((tn.ShapeError, tn.DTypeError, TypeError, ValueError), match=words):
        call(nn.Transformer(8, 2, 1, 1, 12))


@pytest.mark.torch
@pytest.mark.parametrize("static, separate", [*itertools.product((False, True), repeat=2)])
def test_attention_as_a_function_is_pytorchs(torch, static, separate):
    weights = [array(8, 8, seed=i) / 3 for i in range(4)]
    results = []
    for library in (tn, torch):
        q, k, v, out = (library.tensor(w, requires_grad=True) for w in weights)
        x, memory = library.tensor(array(T, N, 8)), library.tensor(array(S, N, 8))
        given = {"static_k": library.tensor(array(6, S, 4)), "static_v": library.tensor(array(6, S, 4, seed=1))}
        parts = {"use_separate_proj_weight": True, "q_proj_weight": q, "k_proj_weight": k, "v_proj_weight": v}
        y, seen = library.nn.functional.multi_head_attention_forward(
            x, memory, memory, 8, 2, None if separate else library.cat([q, k, v]), library.tensor(array(24)), None,
            None, True, 0.5, out, None, training=False, **given if static else {}, **parts if separate else {},
        )  # fmt: skip
        y.cos().sum().backward()
        results.append([y.detach(), seen.detach(), *(w.grad for w in (q, out) + (() if static else (k, v)))])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-4, 1e-5)


@pytest.mark.torch
def test_grouped_queries_are_pytorchs(torch):
    results = []
    for library in (tn, torch):
        xs = [library.tensor(array(2, h, n, 3, seed=h), requires_grad=True) for h, n in ((4, T), (2, S), (2, S))]
        y = library.nn.functional.scaled_dot_product_attention(*xs, enable_gqa=True)
        y.cos().sum().backward()
        results.append([y.detach(), *(x.grad for x in xs)])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), 1e-4, 1e-5)
    with pytest.raises(tn.ShapeError, match="heads of key that divide the 4 of query"):
        nn.functional.scaled_dot_product_attention(*(tn.ones(h, 2, 3) for h in (4, 3, 3)), enable_gqa=True)
