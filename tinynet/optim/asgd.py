"""Averaged stochastic gradient descent."""

from types import MappingProxyType

from .. import rules
from .engine.optimizer import Optimizer
from .engine.rule import Rule

ASGD_RULE = Rule(rules.asgd)


class ASGD(Optimizer):
    """Gradient descent that also keeps the average of its path, as `state[p]["ax"]`.

        θ ← (1 − Ληₜ)θ − ηₜ(∇J(θ) + λθ)         ηₜ = η / (1 + Λη(t − 1))^α
        θ̄ ← θ̄ + μₜ(θ − θ̄)                       μₜ = 1 / max(1, t − 1 − t₀)

    Polyak & Juditsky, "Acceleration of stochastic approximation by averaging" (1992); arguments and defaults are
    PyTorch's. ηₜ and μₜ are worked out at the end of the step before, with its η, and are part of the state. lr η ≥ 0,
    lambd Λ, alpha α, t0 t₀: from where on to average, weight_decay λ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        lambd=1e-4,
        alpha=0.75,
        t0=1e6,
        weight_decay=0.0,
        foreach=None,
        maximize=False,
        differentiable=False,
        capturable=False,
    ):
        hyperparameters = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        flags = {"foreach": foreach, "differentiable": differentiable, "capturable": capturable}
        super().__init__(params, {**hyperparameters, "maximize": maximize, **flags})

    numbers = MappingProxyType({"eta": 0.0, "mu": 1.0})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "weight_decay")

    def rule(self, group):
        return ASGD_RULE

    def begin(self, group, span):
        span.set_number("eta", group["lr"])

    def update(self, group, span):
        self.apply(ASGD_RULE, group, span)
        eta = group["lr"] / (1 + group["lambd"] * group["lr"] * span.step) ** group["alpha"]
        span.set_number("eta", eta)
        span.set_number("mu", 1 / max(1, span.step - group["t0"]))
