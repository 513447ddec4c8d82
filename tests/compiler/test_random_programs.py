"""Random networks, losses, optimizers, freezing, in-place updates and shapes: compiled steps have the same bits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tests.compiler.test_compile import follow
from tinynet import nn, optim

F = nn.functional
WIDTH = 6


class Residual(nn.Module):
    """x + f(x), perhaps in place."""

    def __init__(self, inner, in_place):
        super().__init__()
        self.inner, self.in_place = inner, in_place

    def forward(self, x):
        y = self.inner(x)
        return y.add_(x) if self.in_place else x + y


class Gate(nn.Module):
    """Arithmetic on pieces and shapes, with broadcasting."""

    def forward(self, x):
        a, b = x[:, : WIDTH // 2], x[:, WIDTH // 2 :]
        y = tn.cat([a * b.sigmoid(), b - a.mean(0)], 1)
        return (y.T / (1 + y.abs().amax(1))).T


LAYERS = {
    "linear": lambda: nn.Linear(WIDTH, WIDTH),
    "tanh": nn.Tanh, "gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU, "in place": lambda: nn.ReLU(inplace=True),
    "softmax": lambda: nn.Softmax(1), "dropout": lambda: nn.Dropout(0.3),
    "layer norm": lambda: nn.LayerNorm(WIDTH), "batch norm": lambda: nn.BatchNorm1d(WIDTH), "gate": Gate,
    "residual": lambda: Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh()), False),
    "residual in place": lambda: Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Dropout(0.1)), True),
}  # fmt: skip
LOSSES = {
    "mse": lambda p, y: F.mse_loss(p, y),
    "smooth": lambda p, y: F.smooth_l1_loss(p, y),
    "classes": lambda p, y: F.cross_entropy(p, y.argmax(1)),
    "logits": lambda p, y: F.binary_cross_entropy_with_logits(p, y.sigmoid()),
    "own": lambda p, y: ((p - y).exp() - 1).square().mean().sqrt() + 0.01 * p.abs().sum(),
}
OPTIMIZERS = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda ps: optim.Adam(ps, lr=0.01, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=lambda t: 0.01 / (1 + t)),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.01, centered=True),
    "Lion": lambda ps: optim.Lion(ps, lr=0.01),
}


@st.composite
def programs(draw):
    """What a training step consists of."""
    choose = lambda of: draw(st.sampled_from(sorted(of)))
    return {
        "layers": [choose(LAYERS) for _ in range(draw(st.integers(1, 5)))],
        "loss": choose(LOSSES), "optimizer": choose(OPTIMIZERS), "frozen": draw(st.booleans()),
        "clip": draw(st.sampled_from([None, "norm", "inside"])), "halves": draw(st.booleans()),
        "zeros": draw(st.booleans()), "batches": draw(st.lists(st.integers(2, 9), min_size=1, max_size=2, unique=True)),
    }  # fmt: skip


def built(program):
    """A `build` for `follow`."""

    def build():
        model = nn.Sequential(nn.Linear(WIDTH, WIDTH), *[LAYERS[name]() for name in program["layers"]])
        model[0].bias.requires_grad_(not program["frozen"])
        optimizer = OPTIMIZERS[program["optimizer"]](model.parameters())

        def step(x, y):
            optimizer.zero_grad(set_to_none=not program["zeros"])
            for half in range(1 + program["halves"]):
                loss = LOSSES[program["loss"]](model(x * (1 + half)), y)
                loss.backward()
            if program["clip"] == "norm":
                nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step(**({"max_norm": 0.1} if program["clip"] == "inside" else {}))
            return loss

        return step, lambda: [*model.parameters(), *model.buffers()]

    return build


def check(program):
    tn.manual_seed(2)
    data = [(tn.randn(n, WIDTH), tn.randn(n, WIDTH)) for n in program["batches"]]
    follow(built(program), data, 7 * len(data), compiled=False)


@pytest.mark.thorough  # since the loops of each program are compiled anew
@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs())
def test_random_programs(program):
    check(program)
