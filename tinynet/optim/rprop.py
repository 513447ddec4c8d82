"""Rprop: steps from the signs of gradients alone."""

from .. import rules
from ..kernels import reference as kernels
from ..kernels.launch import launch
from .engine.optimizer import Optimizer
from .engine.rule import Rule

RPROP = Rule(rules.rprop)


class Rprop(Optimizer):
    """Resilient backpropagation, for gradients of the whole data set: their noise would be taken for turns.

        Δ ← min(Δη⁺, Δmax) where g keeps its sign;  Δ ← max(Δη⁻, Δmin) and g ← 0 where it turns
        θ ← θ − Δ sign(g)

    Riedmiller & Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm" (1993),
    in the form that does not take back a step; arguments and defaults are PyTorch's. lr ≥ 0: what Δ begins with,
    etas (η⁻, η⁺) with 0 < η⁻ < 1 < η⁺, step_sizes (Δmin, Δmax).
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        etas=(0.5, 1.2),
        step_sizes=(1e-6, 50),
        *,
        capturable=False,
        foreach=None,
        maximize=False,
        differentiable=False,
    ):
        hyperparameters = {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        flags = {"capturable": capturable, "foreach": foreach, "differentiable": differentiable}
        super().__init__(params, {**hyperparameters, **flags})

    def check(self, group):
        super().check(group)
        minus, plus = group["etas"]
        self.require(0 < minus < 1 < plus, "etas must be below and above 1", group["etas"])

    def rule(self, group):
        return RPROP

    def scalars(self, group, step):
        (minus, plus), (smallest, largest) = group["etas"], group["step_sizes"]
        return {"etaminus": minus, "etaplus": plus, "step_size_min": smallest, "step_size_max": largest}

    def begin(self, group, span):
        launch(kernels.fill, span.state("step_size"), group["lr"])
