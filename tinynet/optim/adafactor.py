"""Adafactor: second moments of a matrix from those of its rows and columns."""

from math import sqrt

import numpy as np

from .. import formulas, rules
from ..arguments import number
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.lifting.sums import sum_of
from ..kernels.total_norm import SQUARES, DeviceScalar
from .engine.optimizer import Optimizer

TIMES = lift(rules.times, inplace=("x",), scalars=("factor",), flush=True)
PLUS = lift(rules.plus, inplace=("x",), uniform=("factor",), flush=True)
TOWARD = lift(rules.toward, inplace=("x",), scalars=("weight",), flush=True)
SQUARE = lift(formulas.square, flush=True)
DIRECTION = lift(rules.adafactor_direction, scalars=("eps",), flush=True)
FACTOR = lift(rules.adafactor_factor, scalars=("count", "eps2", "rate", "d"))


class Adafactor(Optimizer):
    """Adafactor, which keeps a row and a column of second moments for a matrix, in place of a matrix of them.

        1 − β = t^τ,  α = max(ε₂, RMS(θ)) min(η, 1/√t)
        θ ← (1 − ηλ)θ
        R ← βR + (1 − β) mean of g² by rows,  C ← βC + (1 − β) mean of g² by columns
        V = RC / max(mean(R), ε₁)               (a vector keeps V ← βV + (1 − β)g² itself)
        U = g / max(√V, ε₁)
        θ ← θ − α U / max(1, RMS(U) / d)

    Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (ICML 2018), in PyTorch's form and
    with its arguments and defaults: there η bounds the step, and ε₁ (None: the dtype's) bounds V and not g².
    lr η ≥ 0, beta2_decay τ ≤ 0, eps (ε₁, ε₂) ≥ 0, d ≥ 1, weight_decay λ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        beta2_decay=-0.8,
        eps=(None, 1e-3),
        d=1.0,
        weight_decay=0.0,
        *,
        foreach=None,
        maximize=False,
    ):
        hyperparameters = {"lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay}
        super().__init__(params, {**hyperparameters, "foreach": foreach, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.require(group["beta2_decay"] <= 0, "beta2_decay must be ≤ 0", group["beta2_decay"])
        for k, eps in enumerate(group["eps"], 1):
            if eps is not None:
                self.require(number(self._name, f"eps{k}", eps) >= 0, f"eps{k} must be ≥ 0", eps)
        self.require(group["d"] >= 1, "d must be ≥ 1", group["d"])
        self.not_negative(group, "weight_decay")

    def state_shapes(self, group, p):
        if p.ndim < 2:
            return {"variance": p.shape}
        return {"row_var": (*p.shape[:-1], 1), "col_var": (*p.shape[:-2], 1, p.shape[-1])}

    def update(self, group, span):
        arena, g = span.arena, self.preprocessed(group, span)
        squares = span.sums(SQUARES, span.values)
        for k, i in enumerate(span.tensors()):
            p = arena.parameters[i]
            if p.array.size:
                state = [arena.state_view(name, i, shape) for name, shape in self.state_shapes(group, p).items()]
                _update(group, span.step, p.array, squares[k : k + 1], span.view(g, i), *state)


def _update(group, t, p, p2, g, *state):
    """One step of one tensor, where p2 is ‖p‖²."""
    eps1, eps2 = group["eps"]
    eps1 = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
    weight = float(t) ** group["beta2_decay"]
    if group["weight_decay"] != 0:
        launch(TIMES, _flat(p), 1 - group["lr"] * group["weight_decay"])
    squares = np.empty_like(g)
    launch(SQUARE, _flat(squares), _flat(g))
    if len(state) == 1:
        (v,) = state
        launch(TOWARD, _flat(v), _flat(squares), weight)
    else:
        row, column = state
        for moments, axis in ((row, g.ndim - 1), (column, g.ndim - 2)):
            mean = _mean(squares, axis)
            launch(TOWARD, _flat(moments), _flat(mean), weight)
        v = np.empty_like(g)
        scaled = np.empty_like(row)
        mean = _mean(row, g.ndim - 2)
        launch(kernels.clamp, mean, mean, eps1, None)
        launch(kernels.div, scaled, row, mean)
        launch(kernels.mul, v, scaled, column)
    u = squares
    launch(DIRECTION, _flat(u), _flat(g), _flat(v), eps1)
    rate = min(group["lr"], 1 / sqrt(t))
    launch(FACTOR, p2, p2, sum_of(SQUARES, _flat(u)), *map(float, (p.size, eps2, rate, group["d"])))
    launch(PLUS, _flat(p), _flat(u), DeviceScalar(p2).like(p))


def _flat(x):
    return x.reshape(-1)  # a view: all that comes here is contiguous


def _mean(x, axis):
    out = empty((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype, x)
    launch(kernels.sum, out, x, (axis,))
    launch(TIMES, _flat(out), 1.0 / x.shape[axis])
    return out
