"""Classical momentum."""

from .. import rules
from .engine.optimizer import Optimizer
from .engine.rule import Rule

MOMENTUM = Rule(rules.classical_momentum)


class Momentum(Optimizer):
    """Gradient descent with classical momentum, in which the velocity is a step.

        V ← γV + η(∇J(θ) + λθ)
        θ ← θ − V

    It takes the same path as `SGD(momentum=γ)` while η is constant; when η changes, the velocity here keeps the η
    with which it was gathered. lr η ≥ 0, momentum γ ≥ 0, weight_decay λ ≥ 0. γ = 0.9 is what Qian (1999) and Ruder's
    overview (2016) suggest, lr is PyTorch's for SGD. Polyak (1964).
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, momentum=0.9, weight_decay=0.0, *, maximize=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "momentum", "weight_decay")

    def rule(self, group):
        return MOMENTUM
