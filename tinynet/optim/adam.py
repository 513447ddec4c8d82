"""Adam: momentum and RMSprop together, each corrected for its start at zero."""

from .. import rules
from .optimizer import Optimizer
from .rule import Rule

ADAM, AMSGRAD = Rule(rules.adam), Rule(rules.amsgrad)


class Adam(Optimizer):
    """Adam, Algorithm 1 of Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015).

        g ← ∇J(θ) + λθ
        m ← β₁m + (1 − β₁)g
        v ← β₂v + (1 − β₂)g²
        θ ← θ − α m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    With `amsgrad` the largest v so far takes the place of v (Reddi et al., ICLR 2018).
    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0; the defaults are the paper's.
    """

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, *, maximize=False
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def check(self, group):
        super().check(group)
        for name, beta in zip(("beta1", "beta2"), group["betas"]):
            self.require(0 <= beta < 1, f"{name} must be in [0, 1)", beta)
        self.require(group["eps"] >= 0, "eps must be ≥ 0", group["eps"])
        self.require(group["weight_decay"] >= 0, "weight_decay must be ≥ 0", group["weight_decay"])

    def rule(self, group):
        return AMSGRAD if group["amsgrad"] else ADAM

    def scalars(self, group, step):
        beta1, beta2 = group["betas"]
        return {**super().scalars(group, step), "beta1": beta1, "beta2": beta2}
