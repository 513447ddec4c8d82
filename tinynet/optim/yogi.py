"""Yogi: Adam whose second moment does not forget at once."""

from .. import rules
from ..kernels import reference as kernels
from ..kernels.launch import launch
from .engine.moments import Moments
from .engine.rule import Rule

YOGI = Rule(rules.yogi)


class Yogi(Moments):
    """Yogi, Algorithm 2 of Zaheer et al., "Adaptive Methods for Nonconvex Optimization" (NeurIPS 2018).

        g ← ∇J(θ) + λθ
        m ← β₁m + (1 − β₁)g
        v ← v − (1 − β₂) sign(v − g²) g²
        θ ← θ − η m / (√v + ε)

    lr η ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, initial_accumulator ≥ 0: what v begins with, weight_decay λ ≥ 0.
    The defaults are those of the paper's experiments; it does not correct m and v for their start.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        betas=(0.9, 0.999),
        eps=1e-3,
        initial_accumulator=1e-6,
        weight_decay=0.0,
        *,
        maximize=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "initial_accumulator": initial_accumulator}
        super().__init__(params, {**hyperparameters, "weight_decay": weight_decay, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "initial_accumulator")

    def rule(self, group):
        return YOGI

    def begin(self, group, span):
        launch(kernels.fill, span.state("exp_avg_sq"), group["initial_accumulator"])
