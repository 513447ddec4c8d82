"""Adagrad: steps divided by the root of all squared gradients so far."""

from .. import rules
from ..kernels import reference as kernels
from ..kernels.launch import launch
from .engine.optimizer import Optimizer
from .engine.rule import Rule

ADAGRAD = Rule(rules.adagrad)


class Adagrad(Optimizer):
    """Adagrad: parameters that have moved little take larger steps.

        g ← ∇J(θ) + λθ
        G ← G + g²
        θ ← θ − ηₜ g / (√G + ε),  ηₜ = η / (1 + (t − 1) lr_decay)

    Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR 2011);
    arguments and defaults are PyTorch's. lr η ≥ 0, lr_decay ≥ 0, weight_decay λ ≥ 0, initial_accumulator_value ≥ 0:
    what G begins with, eps ε ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        lr_decay=0.0,
        weight_decay=0.0,
        initial_accumulator_value=0.0,
        eps=1e-10,
        foreach=None,
        *,
        maximize=False,
        differentiable=False,
        fused=None,
    ):
        hyperparameters = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        start = {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        flags = {"foreach": foreach, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**hyperparameters, **start, **flags})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def rule(self, group):
        return ADAGRAD

    def begin(self, group, span):
        launch(kernels.fill, span.state("sum"), group["initial_accumulator_value"])
