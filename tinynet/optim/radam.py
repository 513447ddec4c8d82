"""RAdam: Adam that waits until it knows the size of its gradients."""

from math import sqrt

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

RADAM, EARLY = Rule(rules.radam), Rule(rules.radam_early)
RADAMW, EARLYW = Rule(rules.radamw), Rule(rules.radamw_early)


class RAdam(Moments):
    """Adam whose step is rectified by how many gradients v has seen, in effect a warm-up.

        g ← ∇J(θ) + λθ
        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
        ρ∞ = 2 / (1 − β₂) − 1,  ρₜ = ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ)
        r = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ))
        θ ← θ − α m̂ r √(1 − β₂ᵗ) / (√v + ε)  if ρₜ > 5, else θ ← θ − α m̂

    `decoupled_weight_decay` takes αλθ from the parameter instead. Liu et al., "On the Variance of the Adaptive Learning
    Rate and Beyond" (ICLR 2020), which switches at ρₜ > 4; arguments, defaults and the 5 are PyTorch's.
    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        decoupled_weight_decay=False,
        *,
        foreach=None,
        maximize=False,
        capturable=False,
        differentiable=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        kind = {"decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize}
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**hyperparameters, **kind, **flags})

    def rule(self, group):
        return RADAMW if group["decoupled_weight_decay"] else RADAM

    def update(self, group, span):
        if rectification_at(group["betas"][1], span.step) is None:
            self.apply(EARLYW if group["decoupled_weight_decay"] else EARLY, group, span)
        else:
            self.apply(self.rule(group), group, span)

    def scalars(self, group, step):
        return {**super().scalars(group, step), "rectification": rectification_at(group["betas"][1], step)}


def rectification_at(beta2, t):
    """r at step t, or None where ρₜ ≤ 5."""
    infinity = 2 / (1 - beta2) - 1
    rho = infinity - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return None
    return sqrt((rho - 4) * (rho - 2) * infinity / ((infinity - 4) * (infinity - 2) * rho))
