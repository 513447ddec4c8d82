"""Adamax: Adam with the largest gradient in place of their mean square."""

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

ADAMAX = Rule(rules.adamax)


class Adamax(Moments):
    """AdaMax, Algorithm 2 of Kingma & Ba (ICLR 2015).

        g ← ∇J(θ) + λθ
        m ← β₁m + (1 − β₁)g
        u ← max(β₂u, |g| + ε)
        θ ← θ − α / (1 − β₁ᵗ) m / u

    The ε is PyTorch's and not the paper's. Where the gradient has always been 0, m / u counts as 0, even with ε = 0.
    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0; the defaults are the paper's and PyTorch's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        foreach=None,
        *,
        maximize=False,
        differentiable=False,
        capturable=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        flags = {"foreach": foreach, "differentiable": differentiable, "capturable": capturable}
        super().__init__(params, {**hyperparameters, **flags})

    def rule(self, group):
        return ADAMAX
