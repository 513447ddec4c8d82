"""Recurrent layers and their cells: RNN, LSTM, GRU, over sequences of one length or packed ones."""

import math
import warnings

from .. import dtypes
from ..arguments import boolean, integer, number, one_of
from ..errors import ArgumentTypeError, ShapeError
from ..ops.creation import empty, zeros
from ..ops.indexing import narrow
from ..ops.joining import cat, stack
from ..ops.matmul import linear
from ..ops.random import dropout
from ..ops.recurrent import CELLS, recurrent_layer, unrolled
from ..ops.shape import flatten, reshape, transpose, unsqueeze
from ..tensor_arguments import expect_tensor
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence


def _parameters(module, hidden_size, shapes, device, dtype):
    """Give a module parameters of these names and shapes, all from U(−1/√H, 1/√H)."""
    for name, shape in shapes:
        setattr(module, name, Parameter(empty(*shape, device=device, dtype=dtypes.default if dtype is None else dtype)))
    module.reset_parameters()


class _Recurrent(Module):
    def reset_parameters(self):
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _shown(self, defaults):
        """The sizes, and those options that are not as by default."""
        changed = [f"{n}={getattr(self, n)}" for n, value in defaults.items() if getattr(self, n, value) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])


class RNNBase(_Recurrent):
    """What RNN, LSTM and GRU share: layers of a cell, in one direction or both.

    input (L, N, input_size), with `batch_first` (N, L, input_size), of one sequence (L, input_size), or a
    PackedSequence. The state h_0, and for LSTM (h_0, c_0), is (layers · directions, N, H), 0 unless given. Returns the
    outputs of the last layer for each step, (L, N, directions · H) in the form of the input, and the last state.
    With `proj_size` P > 0, h of an LSTM has P elements: h_t = W_hr σ(o) tanh(c_t).

    weight_ih_l0: (gates · H, input_size), weight_hh_l0: (gates · H, H or P), bias_ih_l0 and bias_hh_l0: (gates · H,),
    weight_hr_l0: (P, H), and so on for each layer, with the suffix _reverse for the second direction.
    """

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        where = type(self).__name__
        self.mode = one_of(where, "mode", mode, ("LSTM", "GRU", "RNN_TANH", "RNN_RELU"))
        self.input_size = integer(where, "input_size", input_size, 0)
        self.hidden_size = integer(where, "hidden_size", hidden_size, 1)
        self.num_layers = integer(where, "num_layers", num_layers, 1)
        self.bias, self.batch_first = boolean(where, "bias", bias), boolean(where, "batch_first", batch_first)
        self.dropout = number(where, "dropout", dropout, 0, 1)
        self.bidirectional = boolean(where, "bidirectional", bidirectional)
        self.proj_size = integer(where, "proj_size", proj_size, 0, hidden_size - 1)
        if self.proj_size and mode != "LSTM":
            raise ArgumentTypeError(f"{where}: expected proj_size=0, since only an LSTM projects, got {proj_size}")
        if self.dropout and num_layers == 1:
            warnings.warn(f"{where}: dropout acts between layers, and there is one layer", stacklevel=3)
        _parameters(self, hidden_size, self._shapes(), device, dtype)

    def _shapes(self):
        gates, size = CELLS[self.mode.lower()].gates * self.hidden_size, self.proj_size or self.hidden_size
        for layer, suffix in self._directions():
            yield f"weight_ih{suffix}", (gates, size * (1 + self.bidirectional) if layer else self.input_size)
            yield f"weight_hh{suffix}", (gates, size)
            if self.bias:
                yield from ((f"bias_{kind}{suffix}", (gates,)) for kind in ("ih", "hh"))
            if self.proj_size:
                yield f"weight_hr{suffix}", (self.proj_size, self.hidden_size)

    def _directions(self):
        """(layer, how the names of its parameters end) for each direction of each layer."""
        for layer in range(self.num_layers):
            for direction in ("", "_reverse")[: 1 + self.bidirectional]:
                yield layer, f"_l{layer}{direction}"

    @property
    def all_weights(self):
        """The parameters of each direction of each layer, as lists."""
        kinds = "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"
        return [
            [getattr(self, kind + suffix) for kind in kinds if hasattr(self, kind + suffix)]
            for _, suffix in self._directions()
        ]

    def extra_repr(self):
        options = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        return self._shown({**options, "bidirectional": False})

    def flatten_parameters(self):
        """Nothing: parameters lie together in the arena of their optimizer."""

    def forward(self, input, hx=None):
        if isinstance(input, PackedSequence):
            data, sizes, order, restored = input
            data, state = self._layers(data, tuple(sizes.tolist()), self._first_state(hx, data, int(sizes[0]), order))
            state = tuple([x if restored is None else x[:, restored] for x in state])
            return PackedSequence(data, sizes, order, restored), self._same_form(state)
        x = expect_tensor(type(self).__name__, input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            batched = "(N, L, {0})" if self.batch_first else "(L, N, {0})"
            expected = f"{batched} or (L, {{0}})".format(self.input_size)
            raise ShapeError(f"{type(self).__name__}: expected an input {expected}, got {x.shape}")
        single = x.ndim == 2
        if single:
            x = unsqueeze(x, 1)
        elif self.batch_first:
            x = transpose(x, 0, 1)
        length, n = x.shape[:2]
        out, state = self._layers(flatten(x, 0, 1), (n,) * length, self._first_state(hx, x, n, None, single))
        out = reshape(out, length, n, out.shape[1])
        if single:
            return out[:, 0], self._same_form(tuple([x[:, 0] for x in state]))
        return transpose(out, 0, 1) if self.batch_first else out, self._same_form(state)

    def _same_form(self, state):
        return state if self.mode == "LSTM" else state[0]

    def _first_state(self, hx, x, n, order, single=False):
        """The first state as (layers · directions, N, size) tensors, from what `forward` was given."""
        where, count = type(self).__name__, self.num_layers * (1 + self.bidirectional)
        sizes = [self.proj_size or self.hidden_size, self.hidden_size][: CELLS[self.mode.lower()].states]
        if hx is None:
            return [zeros(count, n, size, device=x.device, dtype=x.dtype) for size in sizes]
        if (len(sizes) == 2) != isinstance(hx, tuple | list) or (len(sizes) == 2 and len(hx) != 2):
            raise ArgumentTypeError(f"{where}: expected hx to be {'(h_0, c_0)' if len(sizes) == 2 else 'a tensor h_0'}")
        state = []
        for name, given, size in zip(("h_0", "c_0"), hx if len(sizes) == 2 else (hx,), sizes):
            expected = (count, size) if single else (count, n, size)
            if expect_tensor(where, given, name).shape != expected:
                raise ShapeError(f"{where}: expected {name} {expected}, got {given.shape}")
            given = unsqueeze(given, 1) if single else given
            state.append(given if order is None else given[:, order])
        return state

    def _layers(self, x, sizes, first):
        """The outputs (rows, directions · H) of the last layer, and the last state of each direction of each layer."""
        last = []
        for layer in range(self.num_layers):
            outputs = []
            for reverse in range(1 + self.bidirectional):
                start = [state[len(last)] for state in first]
                out, state = self._direction(x, sizes, start, f"_l{layer}{'_reverse' * reverse}", bool(reverse))
                outputs.append(out)
                last.append(state)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, 1)
            if self.dropout and layer < self.num_layers - 1:
                x = dropout(x, self.dropout, self.training)
        return x, tuple([stack(states) for states in zip(*last)])

    def _direction(self, x, sizes, start, suffix, reverse):
        cell, get = self.mode.lower(), lambda kind: getattr(self, kind + suffix, None)
        return run(
            cell, x, start, get("weight_ih"), get("weight_hh"), get("bias_ih"), get("bias_hh"), sizes, reverse,
            get("weight_hr"),
        )  # fmt: skip


def run(cell, x, start, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse=False, weight_hr=None):
    """The outputs of all steps of a cell, and the last state."""
    if cell != "gru" and bias_hh is not None:  # where b is only added to a, both biases are added in one product
        bias_ih, bias_hh = bias_ih + bias_hh, None
    rows, n, c = len(x), len(start[0]), start[1] if len(start) == 2 else None
    arguments = x, start[0], c, weight_ih, weight_hh, bias_ih, bias_hh, sizes, reverse
    if weight_hr is not None:
        outputs, state = unrolled(cell, *arguments, project=lambda h: linear(h, weight_hr))
        return cat(outputs), state
    out = recurrent_layer(cell, *arguments)
    return narrow(out, 0, 0, rows), [narrow(out, 0, rows + n * i, n) for i in range(len(start))]


class RNN(RNNBase):
    """h_t = f(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) with f = tanh or relu: Elman (1990). See `RNNBase` for shapes."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, device=None, dtype=None,
    ):  # fmt: skip
        self.nonlinearity = one_of("RNN", "nonlinearity", nonlinearity, ("tanh", "relu"))
        options = num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, *options)


class LSTM(RNNBase):
    """Long short-term memory: Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000).

        i, f, o = σ(W x_t + b + W h_{t−1} + b),  g = tanh(…),  c_t = f c_{t−1} + i g,  h_t = o tanh(c_t)

    The parameters hold the parts for i, f, g, o one after another, each (H, ...). See `RNNBase` for shapes.
    """

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        options = num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        super().__init__("LSTM", input_size, hidden_size, *options)


class GRU(RNNBase):
    """Gated recurrent unit: Cho et al. (2014).

        r, z = σ(W x_t + b + W h_{t−1} + b),  n = tanh(W x_t + b + r (W h_{t−1} + b)),  h_t = (1 − z) n + z h_{t−1}

    The parameters hold the parts for r, z, n one after another, each (H, ...). See `RNNBase` for shapes.
    """

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        device=None, dtype=None,
    ):  # fmt: skip
        options = num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        super().__init__("GRU", input_size, hidden_size, *options)


class RNNCellBase(_Recurrent):
    """What the cells share: one step of one layer, for input (N, input_size) or (input_size,) and a state alike.

    weight_ih: (gates · H, input_size), weight_hh: (gates · H, H), bias_ih and bias_hh: (gates · H,).
    """

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        where = type(self).__name__
        self.input_size = integer(where, "input_size", input_size, 0)
        self.hidden_size = integer(where, "hidden_size", hidden_size, 1)
        self.bias = boolean(where, "bias", bias)
        gates = integer(where, "num_chunks", num_chunks, 1) * hidden_size
        shapes = [("weight_ih", (gates, input_size)), ("weight_hh", (gates, hidden_size))]
        shapes += [("bias_ih", (gates,)), ("bias_hh", (gates,))] * self.bias
        _parameters(self, hidden_size, shapes, device, dtype)
        if not self.bias:
            self.bias_ih = self.bias_hh = None

    def extra_repr(self):
        return self._shown({"bias": True, "nonlinearity": "tanh"})

    def _step(self, cell, input, state):
        """The new state, for a state of one or two tensors, or of None where it is 0."""
        where, x = type(self).__name__, expect_tensor(type(self).__name__, input)
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            size = self.input_size
            raise ShapeError(f"{where}: expected an input (N, {size}) or ({size},), got {x.shape}")
        expected = (*x.shape[:-1], self.hidden_size)
        for h in state:
            if h is not None and expect_tensor(where, h, "hx").shape != expected:
                raise ShapeError(f"{where}: expected a state {expected}, got {h.shape}")
        state = [zeros(*expected, device=x.device, dtype=x.dtype) if h is None else h for h in state]
        x, *state = (y if x.ndim == 2 else unsqueeze(y, 0) for y in (x, *state))
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        _, state = run(cell, x, state, *weights, (len(x),))
        return [h if len(expected) == 2 else h[0] for h in state]


class RNNCell(RNNCellBase):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh) with f = tanh or relu. See `RNNCellBase` for shapes."""

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        self.nonlinearity = one_of("RNNCell", "nonlinearity", nonlinearity, ("tanh", "relu"))
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)

    def forward(self, input, hx=None):
        return self._step(f"rnn_{self.nonlinearity}", input, [hx])[0]


class LSTMCell(RNNCellBase):
    """One step of an LSTM: input and (h, c), 0 unless given, to the new (h, c). See `RNNCellBase` for shapes."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        if hx is not None and not (isinstance(hx, tuple | list) and len(hx) == 2):
            raise ArgumentTypeError("LSTMCell: expected hx to be (h, c)")
        return tuple(self._step("lstm", input, [None, None] if hx is None else list(hx)))


class GRUCell(RNNCellBase):
    """One step of a GRU: input and h, 0 unless given, to the new h. See `RNNCellBase` for shapes."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._step("gru", input, [hx])[0]
