"""RNN, LSTM, GRU and their cells: as PyTorch's, from the same state dicts; the equations; packed sequences."""

import itertools

import numpy as np
import pytest
from helpers import numpy
from samples_recurrent import CELLS, recurrent_layer, unrolled
from twins import array, compare, twins

import tinynet as tn
from tinynet import nn
from tinynet.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from tinynet.nn.utils import rnn

LAYERS = {
    **{name: {} for name in ("RNN", "LSTM", "GRU")},
    "RNN relu": {"nonlinearity": "relu"},
    "LSTM projected": {"proj_size": 3},
}
LENGTHS = [2, 5, 1, 4]


@pytest.mark.torch
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("layers, bidirectional, batch_first", [(1, False, False), (2, True, True), (1, True, False)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_layers_are_pytorchs(torch, name, layers, bidirectional, batch_first, bias):
    options = dict(num_layers=layers, bidirectional=bidirectional, batch_first=batch_first, bias=bias, **LAYERS[name])
    ours, theirs = twins(torch, name.split()[0], 3, 4, **options)
    directions = layers * (1 + bidirectional)
    state = [array(directions, 2, LAYERS[name].get("proj_size", 4), seed=1), array(directions, 2, 4, seed=2)]

    def run(library, module):
        hx = [library.tensor(s) for s in state] if "LSTM" in name else library.tensor(state[0])
        x = library.tensor(array(2, 5, 3))
        return module(x, hx) if batch_first else module(x.transpose(0, 1), hx), module(x)

    compare(torch, ours, theirs, run)
    compare(torch, ours, theirs, lambda library, module: module(library.tensor(array(5, 3))))


@pytest.mark.torch
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_packed_sequences_are_pytorchs(torch, name, enforce_sorted):
    ours, theirs = twins(torch, name.split()[0], 3, 4, num_layers=2, bidirectional=True, **LAYERS[name])
    lengths = sorted(LENGTHS, reverse=True) if enforce_sorted else LENGTHS

    def run(library, module):
        tools = library.nn.utils.rnn
        packed = tools.pack_padded_sequence(library.tensor(array(5, 4, 3)), lengths, enforce_sorted=enforce_sorted)
        output, state = module(packed)
        padded, found = tools.pad_packed_sequence(output, padding_value=-1.0, total_length=6)
        assert found.tolist() == lengths
        return output.data, padded, state

    compare(torch, ours, theirs, run)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(2,), ()], ids=["batch", "single"])
def test_cells_are_pytorchs(torch, name, bias, shape):
    ours, theirs = twins(torch, name.split()[0], 3, 4, bias=bias)

    def run(library, module):
        state = None
        for t in range(3):
            state = module(library.tensor(array(*shape, 3, seed=t)), state)
        return state

    compare(torch, ours, theirs, run)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["RNN", "GRU"])  # PyTorch's LSTM refuses it
def test_outputs_may_be_written_over(torch, name):
    ours, theirs = twins(torch, name, 3, 4, batch_first=True)
    compare(torch, ours, theirs, lambda library, module: module(library.tensor(array(2, 5, 3)))[0].relu_())


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_graph_may_be_walked_again(name):
    module, x = getattr(nn, name)(3, 4), tn.tensor(array(5, 2, 3))
    y = module(x)[0].cos().sum()
    found = [tn.autograd.grad(y, list(module.parameters()), retain_graph=True) for _ in range(3)]
    assert all((a == b).all() for others in found[1:] for a, b in zip(found[0], others))


@pytest.mark.torch
def test_padding_is_pytorchs(torch):
    for batch_first, side in itertools.product((True, False), ("right", "left")):
        results = []
        for library in (tn, torch):
            sequences = [library.tensor(array(length, 2, seed=length)) for length in LENGTHS]
            padded = library.nn.utils.rnn.pad_sequence(sequences, batch_first, 9.0, side)
            results.append(numpy(padded))
        np.testing.assert_array_equal(*results)
    ours, theirs = (
        library.nn.utils.rnn.pack_sequence([library.tensor(array(n, 2, seed=n)) for n in LENGTHS], enforce_sorted=False)
        for library in (tn, torch)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(numpy(a), numpy(b))


def test_what_is_packed_is_unpacked():
    sequences = [tn.tensor(array(n, 2, seed=n)) for n in LENGTHS]
    found = rnn.unpack_sequence(rnn.pack_sequence(sequences, enforce_sorted=False))
    assert [numpy(x).tolist() for x in found] == [numpy(x).tolist() for x in sequences]


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_is_its_equation(cell):
    """The kernels against small operations, for shapes that fill vectors and rows beyond a chunk."""
    kind, sizes, size = CELLS[cell], (70, 70, 33, 2), 37
    inputs = [array(sum(sizes), 9), array(70, size), array(70, size, seed=1)]
    inputs += [array(kind.gates * size, k, seed=k) / 8 for k in (9, size)]
    inputs += [array(kind.gates * size, seed=seed) for seed in (2, 3)]
    results = []
    for operation in (recurrent_layer, unrolled):
        x, h, c, *parameters = xs = [tn.tensor(x, requires_grad=True) for x in inputs]
        y = operation(cell, x, h, c if kind.states == 2 else None, *parameters, sizes, True)
        (y * y).sum().backward()
        results.append([numpy(y.detach()), *(numpy(x.grad) for x in xs if x is not c or kind.states == 2)])
    for ours, expected in zip(*results):
        np.testing.assert_allclose(ours, expected, 1e-4, 1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_threads_change_no_bit_of_a_layer(cell, monkeypatch):
    """A layer that is large enough for all threads, whose sequences differ in length."""
    kind, sizes, size = CELLS[cell], (60, 60, 31, 30, 5), 130
    inputs = [array(sum(sizes), 9), array(60, size), array(60, size, seed=1) if kind.states == 2 else None]
    inputs += [array(kind.gates * size, k, seed=k) / 8 for k in (9, size)] + [None, None]
    results = []
    for threads in (1, 2, 3):
        monkeypatch.setattr("tinynet.kernels.runtime.threads._limit", threads)
        monkeypatch.setattr("tinynet.kernels.runtime.threads._direct", False)
        xs = [None if x is None else tn.tensor(x.astype("float32"), requires_grad=True) for x in inputs]
        y = recurrent_layer(cell, *xs, sizes, True)
        (y * y).sum().backward()
        results.append([numpy(y.detach()), *(numpy(x.grad) for x in xs if x is not None)])
    for other in results[1:]:
        assert all((a == b).all() for a, b in zip(results[0], other, strict=True))


def test_an_lstm_remembers():
    """The first of five numbers is to be said at the end."""
    tn.manual_seed(0)
    lstm, head = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, 1)
    optimizer = tn.optim.Adam([*lstm.parameters(), *head.parameters()], lr=0.02)
    for _ in range(150):
        x = tn.rand(32, 5, 1)
        loss = ((head(lstm(x)[0][:, -1]) - x[:, 0]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


@pytest.mark.parametrize(
    "run, error, words",
    [
        (lambda: nn.LSTM(3, 4)(tn.zeros(5, 2, 2)), ShapeError, r"LSTM: expected an input \(L, N, 3\) or \(L, 3\)"),
        (lambda: nn.LSTM(3, 4)(tn.zeros(5, 2, 3), tn.zeros(1, 2, 4)), ArgumentTypeError, r"\(h_0, c_0\)"),
        (lambda: nn.GRU(3, 4)(tn.zeros(5, 2, 3), tn.zeros(1, 3, 4)), ShapeError, r"h_0 \(1, 2, 4\), got \(1, 3, 4\)"),
        (lambda: nn.GRU(3, 4)(tn.zeros(5, 2, 3), (tn.zeros(1),) * 2), ArgumentTypeError, "a tensor h_0"),
        (lambda: nn.GRUCell(3, 4)(tn.zeros(5, 3), tn.zeros(4, 4)), ShapeError, r"expected a state \(5, 4\)"),
        (lambda: rnn.pack_padded_sequence(tn.zeros(5, 2, 1), [2, 5]), ArgumentValueError, "do not increase"),
        (lambda: rnn.pack_padded_sequence(tn.zeros(5, 2, 1), [6, 5]), ArgumentValueError, "from 1 to 5"),
        (lambda: rnn.pad_sequence([]), ArgumentTypeError, "at least one"),
    ],
)
def test_errors_say_what_was_expected(run, error, words):
    with pytest.raises(error, match=words):
        run()
