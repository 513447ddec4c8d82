"""RMSprop: steps divided by a moving root mean square of the gradient."""

from .. import rules
from .engine.optimizer import Optimizer
from .engine.rule import Rule

PLAIN, CENTERED = Rule(rules.rmsprop), Rule(rules.rmsprop_centered)
MOMENTUM, CENTERED_MOMENTUM = Rule(rules.rmsprop_momentum), Rule(rules.rmsprop_centered_momentum)


class RMSprop(Optimizer):
    """RMSprop, as PyTorch defines it.

        g ← ∇J(θ) + λθ
        v ← αv + (1 − α)g²
        θ ← θ − ηg / (√v + ε)

    `centered` divides by √(v − a²) + ε with a ← αa + (1 − α)g, the variance in place of the second moment (Graves,
    2013); with `momentum` μ > 0 the step goes through b ← μb + g / (√v + ε), θ ← θ − ηb.
    lr η ≥ 0, alpha α ≥ 0, eps ε ≥ 0, weight_decay λ ≥ 0. Tieleman & Hinton, Coursera lecture 6.5 (2012).
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        alpha=0.99,
        eps=1e-8,
        weight_decay=0.0,
        momentum=0.0,
        centered=False,
        capturable=False,
        foreach=None,
        maximize=False,
        differentiable=False,
    ):
        hyperparameters = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        flags = {"capturable": capturable, "foreach": foreach, "differentiable": differentiable}
        super().__init__(params, {**hyperparameters, "centered": centered, "maximize": maximize, **flags})

    def check(self, group):
        super().check(group)
        for name in ("alpha", "eps", "weight_decay", "momentum"):
            self.require(group[name] >= 0, f"{name} must be ≥ 0", group[name])

    def rule(self, group):
        if group["momentum"] > 0:
            return CENTERED_MOMENTUM if group["centered"] else MOMENTUM
        return CENTERED if group["centered"] else PLAIN
