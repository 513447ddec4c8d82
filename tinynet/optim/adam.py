"""Adam: momentum and RMSprop together, each corrected for its start at zero; and AdamW."""

from .. import rules
from .engine.moments import Moments
from .engine.quantized_state import decoded
from .engine.rule import Rule

ADAM, AMSGRAD = Rule(rules.adam), Rule(rules.amsgrad)
ADAMW, ADAMW_AMSGRAD = Rule(rules.adamw), Rule(rules.adamw_amsgrad)


class Adam(Moments):
    """Adam, Algorithm 1 of Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015).

        g ← ∇J(θ) + λθ
        m ← β₁m + (1 − β₁)g
        v ← β₂v + (1 − β₂)g²
        θ ← θ − α m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    With `amsgrad` the largest v so far takes the place of v (Reddi et al., ICLR 2018); with `decoupled_weight_decay`
    it is AdamW.
    lr α ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0; the defaults are the paper's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        amsgrad=False,
        *,
        foreach=None,
        maximize=False,
        capturable=False,
        differentiable=False,
        fused=None,
        decoupled_weight_decay=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        kind = {"amsgrad": amsgrad, "decoupled_weight_decay": decoupled_weight_decay}
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**hyperparameters, **kind, **flags})

    def rule(self, group):
        if group["decoupled_weight_decay"]:
            return ADAMW_AMSGRAD if group["amsgrad"] else ADAMW
        return AMSGRAD if group["amsgrad"] else ADAM

    def recode(self, arrays):
        return decoded(arrays)  # the state may come from `Adam8bit`


class AdamW(Adam):
    """Adam whose weight decay does not pass through the moments.

        m ← β₁m + (1 − β₁)∇J(θ)
        v ← β₂v + (1 − β₂)∇J(θ)²
        θ ← (1 − αλ)θ − α m̂ / (√v̂ + ε)

    Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019); arguments and defaults are PyTorch's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=1e-2,
        amsgrad=False,
        *,
        maximize=False,
        foreach=None,
        capturable=False,
        differentiable=False,
        fused=None,
    ):
        flags = {"foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused}
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **flags
        )
