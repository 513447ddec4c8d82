"""Muon: a momentum made orthogonal."""

from math import sqrt

import numpy as np

from .. import rules
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.lifting.sums import sum_of
from ..kernels.total_norm import SQUARES, DeviceScalar
from .engine.optimizer import Optimizer
from .engine.rule import Rule

MUON, NESTEROV = Rule(rules.muon, scratch=("u",)), Rule(rules.muon_nesterov, scratch=("u",))
PLUS = lift(rules.plus, inplace=("x",), scalars=("factor",), flush=True)
TIMES = lift(rules.times, inplace=("x",), uniform=("factor",), flush=True)
SCALE = lift(rules.newton_schulz_scale, scalars=("eps",))
MIX = lift(rules.mix, inplace=("x",), scalars=("a", "b"), flush=True)


class Muon(Optimizer):
    """Muon, for the matrices of hidden layers; other parameters take another optimizer.

        B ← B + (1 − μ)(g − B)                      O = NewtonSchulz(nesterov ? g + μ(B − g) : B)
        θ ← (1 − ηλ)θ − η' O                        η' = η √max(1, rows / columns)

    Newton-Schulz: X = G / ‖G‖, then `ns_steps` times X ← aX + (bA + cA²)X with A = XXᵀ, which brings all singular
    values near 1. `adjust_lr_fn="match_rms_adamw"` takes η' = 0.2η √max(rows, columns) instead.
    Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); arguments and defaults are
    PyTorch's, which computes Newton-Schulz in bfloat16 and not, as here, in the dtype of the parameter.
    lr η ≥ 0, weight_decay λ ≥ 0, momentum μ ≥ 0, ns_coefficients (a, b, c), eps > 0: the least ‖G‖ to divide by.
    Raises: ValueError for parameters that are not matrices.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        weight_decay=0.1,
        momentum=0.95,
        nesterov=True,
        ns_coefficients=(3.4445, -4.775, 2.0315),
        eps=1e-7,
        ns_steps=5,
        adjust_lr_fn=None,
    ):
        hyperparameters = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov}
        newton_schulz = {"ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps}
        super().__init__(params, {**hyperparameters, **newton_schulz, "adjust_lr_fn": adjust_lr_fn})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "weight_decay", "momentum")
        self.whole(group, "ns_steps")
        self.require(group["ns_steps"] < 100, "ns_steps must be < 100", group["ns_steps"])
        self.one_of(group, "adjust_lr_fn", "original", "match_rms_adamw")
        for p in group["params"]:
            self.require(p.ndim == 2, "parameters must be matrices", f"one of shape {p.shape}")

    def counts(self, group):
        return False

    def rule(self, group):
        return NESTEROV if group["nesterov"] else MUON

    def update(self, group, span):
        self.apply(self.rule(group), group, span)
        for i in span.tensors():
            p, u = span.view(span.values, i), span.view(span.scratch("u"), i)
            if p.size:
                direction = _orthogonal(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
                launch(PLUS, p.reshape(-1), direction.reshape(-1), -_adjusted_lr(group, *p.shape))


def _orthogonal(g, coefficients, steps, eps):
    """The matrix g with its singular values near 1."""
    a, b, c = map(float, coefficients)
    tall = g.shape[0] > g.shape[1]
    x = _contiguous(g.T if tall else g)
    scale = sum_of(SQUARES, x.reshape(-1))
    launch(SCALE, scale, scale, float(eps))
    launch(TIMES, x.reshape(-1), DeviceScalar(scale).like(x))
    gram, square, bx = empty((len(x),) * 2, x.dtype, x), empty((len(x),) * 2, x.dtype, x), np.empty_like(x)
    for _ in range(steps):
        launch(kernels.matmul, gram, x, x.T)
        launch(kernels.matmul, square, gram, gram)
        launch(MIX, gram.reshape(-1), square.reshape(-1), b, c)
        launch(kernels.matmul, bx, gram, x)
        launch(MIX, x.reshape(-1), bx.reshape(-1), a, 1.0)
    return _contiguous(x.T) if tall else x


def _contiguous(x):
    out = empty(x.shape, x.dtype, x)
    launch(kernels.copy, out, x)
    return out


def _adjusted_lr(group, rows, columns):
    if group["adjust_lr_fn"] == "match_rms_adamw":
        return group["lr"] * 0.2 * sqrt(max(rows, columns))
    return group["lr"] * sqrt(max(1, rows / columns))
