"""Adadelta: steps in the units of the parameter."""

from .. import rules
from .engine.optimizer import Optimizer
from .engine.rule import Rule

ADADELTA = Rule(rules.adadelta)


class Adadelta(Optimizer):
    """Adadelta: the size of a step comes from the size of the steps before it.

        g ← ∇J(θ) + λθ
        E[g²] ← ρE[g²] + (1 − ρ)g²
        Δ = √(E[Δ²] + ε) / √(E[g²] + ε) g
        E[Δ²] ← ρE[Δ²] + (1 − ρ)Δ²
        θ ← θ − ηΔ

    Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), where η = 1 and is not named; arguments and defaults
    are PyTorch's (the paper uses ρ = 0.95). lr η ≥ 0, rho ρ in [0, 1], eps ε ≥ 0, weight_decay λ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1.0,
        rho=0.9,
        eps=1e-6,
        weight_decay=0.0,
        foreach=None,
        *,
        capturable=False,
        maximize=False,
        differentiable=False,
    ):
        hyperparameters = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**hyperparameters, **flags})

    def check(self, group):
        super().check(group)
        self.require(0 <= group["rho"] <= 1, "rho must be in [0, 1]", group["rho"])
        self.not_negative(group, "eps", "weight_decay")

    def rule(self, group):
        return ADADELTA
