"""Lion: the sign of a momentum."""

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

LION = Rule(rules.lion)


class Lion(Moments):
    """Lion, Chen et al., "Symbolic Discovery of Optimization Algorithms" (NeurIPS 2023).

        c = β₁m + (1 − β₁)g
        θ ← θ − η (sign(c) + λθ)
        m ← β₂m + (1 − β₂)g

    lr η ≥ 0, betas (β₁, β₂) in [0, 1), weight_decay λ ≥ 0; the defaults are the authors'. Every element moves by η, so
    η is best 3 to 10 times smaller than for AdamW, and λ larger by as much.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, *, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    def rule(self, group):
        return LION
