"""NAdam: Adam with Nesterov's look ahead."""

from .. import rules
from .moments import Moments
from .rule import Rule

NADAM, NADAMW = Rule(rules.nadam), Rule(rules.nadamw)


class NAdam(Moments):
    """Adam with Nesterov momentum and a schedule for it.

        g ← ∇J(θ) + λθ
        μₜ = β₁(1 − ½ 0.96^(tψ))
        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
        m̂ = μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g / (1 − μ₁⋯μₜ)
        θ ← θ − α m̂ / (√v̂ + ε)

    `decoupled_weight_decay` takes αλθ from the parameter instead. Dozat, "Incorporating Nesterov Momentum into Adam"
    (2016); arguments and defaults are PyTorch's. The product of the μ is a function of t and of the group's present
    β₁ and ψ, so it is no part of the state. lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0,
    momentum_decay ψ ≥ 0.
    """

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
        maximize=False,
    ):
        self._products = {}  # (β₁, ψ): (t, μ₁⋯μₜ)
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        kind = {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, {**hyperparameters, **kind, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "momentum_decay")

    def rule(self, group):
        return NADAMW if group["decoupled_weight_decay"] else NADAM

    def scalars(self, group, step):
        (beta1, beta2), psi = group["betas"], group["momentum_decay"]
        mu, mu_next = mu_at(step, beta1, psi), mu_at(step + 1, beta1, psi)
        product = self._product(step, beta1, psi)
        return {"t": step, "beta1": beta1, "beta2": beta2, "mu": mu, "mu_next": mu_next, "mu_product": product}

    def _product(self, t, beta1, psi):
        """μ₁⋯μₜ, continued from the last one asked for, in the same order of multiplication in any case."""
        known, product = self._products.get((beta1, psi), (0, 1.0))
        if known > t:
            known, product = 0, 1.0
        for i in range(known + 1, t + 1):
            product *= mu_at(i, beta1, psi)
        self._products[beta1, psi] = t, product
        return product


def mu_at(t, beta1, psi):
    return beta1 * (1 - 0.5 * 0.96 ** (t * psi))
