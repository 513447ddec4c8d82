"""ADOPT: Adam that converges with any β₂."""

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

ADOPT_RULE, FIRST = Rule(rules.adopt), Rule(rules.adopt_first)


class ADOPT(Moments):
    """ADOPT, Algorithm 2 of Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any β₂" (NeurIPS 2024).

        v ← g²                                                        in the first step, which moves nothing
        m ← β₁m + (1 − β₁) clip(g / max(√v, ε), ±(t − 1)^¼)           from the second on, with v of the step before
        θ ← (1 − αλ)θ − αm
        v ← β₂v + (1 − β₂)g²

    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0, decoupled; the defaults are the paper's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.9999), eps=1e-6, weight_decay=0.0, *, maximize=False):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def rule(self, group):
        return ADOPT_RULE

    def update(self, group, span):
        self.apply(FIRST if span.step == 1 else ADOPT_RULE, group, span)
