"""Adan: Adam with Nesterov momentum that needs the gradient at one point only."""

from .. import rules
from ..kernels import reference as kernels
from ..kernels.launch import launch
from .engine.moments import Moments
from .engine.rule import Rule

ADAN = Rule(rules.adan)


class Adan(Moments):
    """Adan, Algorithm 1 of Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm" (2022).

        m ← β₁m + (1 − β₁)g
        v ← β₂v + (1 − β₂)(g − g₋₁)
        n ← β₃n + (1 − β₃)(g + β₂(g − g₋₁))²
        θ ← (θ − η (m̂ + β₂v̂) / (√n̂ + ε)) / (1 + ηλ)

    g₋₁ is the gradient before, in the first step g itself, and x̂ = x / (1 − βᵗ), which the authors' code adds to the
    paper. The betas are theirs too: 1 less those of the paper. lr η ≥ 0, betas (β₁, β₂, β₃) in [0, 1), eps ε ≥ 0,
    weight_decay λ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.98, 0.92, 0.99), eps=1e-8, weight_decay=0.0, *, maximize=False):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def rule(self, group):
        return ADAN

    def scalars(self, group, step):
        beta1, beta2, beta3 = group["betas"]
        return {"t": step, "beta1": beta1, "beta2": beta2, "beta3": beta3}

    def begin(self, group, span):
        launch(kernels.copy, span.state("previous"), self.preprocessed(group, span))
