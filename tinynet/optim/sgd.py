"""Gradient descent, plain and with momentum."""

from .. import rules
from .engine.optimizer import Optimizer
from .engine.rule import Rule

PLAIN, MOMENTUM, NESTEROV = Rule(rules.sgd), Rule(rules.sgd_momentum), Rule(rules.sgd_nesterov)


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum as PyTorch defines it.

        g ← ∇J(θ) + λθ
        b ← μb + (1 − τ)g        (b ← g in the first step)
        θ ← θ − ηb               (nesterov: θ ← θ − η(g + μb))

    lr η > 0, momentum μ ≥ 0, dampening τ, weight_decay λ ≥ 0. Polyak (1964); Sutskever et al. (2013).
    Raises: ValueError for values out of range, and for nesterov without momentum or with dampening.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum=0.0,
        dampening=0.0,
        weight_decay=0.0,
        nesterov=False,
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        fused=None,
    ):
        hyperparameters = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        flags = {"foreach": foreach, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**hyperparameters, "nesterov": nesterov, "maximize": maximize, **flags})

    def check(self, group):
        super().check(group)
        self.require(group["momentum"] >= 0, "momentum must be ≥ 0", group["momentum"])
        self.require(group["weight_decay"] >= 0, "weight_decay must be ≥ 0", group["weight_decay"])
        valid = not group["nesterov"] or (group["momentum"] > 0 and group["dampening"] == 0)
        self.require(
            valid,
            "nesterov needs a momentum > 0 and no dampening",
            f"momentum={group['momentum']}, dampening={group['dampening']}",
        )

    def counts(self, group):
        return False  # but for the first step, whose dampening PyTorch leaves out

    def rule(self, group):
        return PLAIN if group["momentum"] == 0 else NESTEROV if group["nesterov"] else MOMENTUM

    def scalars(self, group, step):
        # In the first step b = 0, and without dampening μb + g = g.
        return {**super().scalars(group, step), "dampening": group["dampening"] if step > 1 else 0.0}
