"""NAdam: Adam with Nesterov's look ahead."""

from types import MappingProxyType

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

NADAM, NADAMW = Rule(rules.nadam), Rule(rules.nadamw)


class NAdam(Moments):
    """Adam with Nesterov momentum and a schedule for it.

        g ← ∇J(θ) + λθ
        μₜ = β₁(1 − ½ 0.96^(tψ))
        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
        m̂ = μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g / (1 − μ₁⋯μₜ)
        θ ← θ − α m̂ / (√v̂ + ε)

    `decoupled_weight_decay` takes αλθ from the parameter instead. Dozat, "Incorporating Nesterov Momentum into Adam"
    (2016); arguments and defaults are PyTorch's. The product of the μ is part of the state, as `mu_product`.
    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0, momentum_decay ψ ≥ 0.
    Raises: ValueError for hyperparameters out of range.
    """

    numbers = MappingProxyType({"mu_product": 1.0})

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        momentum_decay=4e-3,
        decoupled_weight_decay=False,
        *,
        foreach=None,
        maximize=False,
        capturable=False,
        differentiable=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        kind = {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**hyperparameters, **kind, **flags})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "momentum_decay")

    def rule(self, group):
        return NADAMW if group["decoupled_weight_decay"] else NADAM

    def update(self, group, span):
        mu = mu_at(span.step, group["betas"][0], group["momentum_decay"])
        span.set_number("mu_product", span.number("mu_product") * mu)
        self.apply(self.rule(group), group, span)

    def scalars(self, group, step):
        beta1, psi = group["betas"][0], group["momentum_decay"]
        mu, mu_next = mu_at(step, beta1, psi), mu_at(step + 1, beta1, psi)
        return {**super().scalars(group, step), "mu": mu, "mu_next": mu_next}


def mu_at(t, beta1, psi):
    return beta1 * (1 - 0.5 * 0.96 ** (t * psi))
