"""AdaBelief: Adam that takes large steps where the gradient is as expected."""

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

ADABELIEF = Rule(rules.adabelief)


class AdaBelief(Moments):
    """AdaBelief, Algorithm 2 of Zhuang et al., "AdaBelief Optimizer" (NeurIPS 2020).

        m ← β₁m + (1 − β₁)g
        s ← β₂s + (1 − β₂)(g − m)² + ε
        θ ← (1 − αλ)θ − α m̂ / (√ŝ + ε),  m̂ = m / (1 − β₁ᵗ),  ŝ = s / (1 − β₂ᵗ)

    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0, decoupled; the defaults are the paper's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, *, maximize=False):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def rule(self, group):
        return ADABELIEF
