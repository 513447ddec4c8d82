"""LAMB: Adam with a learning rate for each tensor."""

from .. import rules
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.total_norm import SQUARES
from .engine.moments import Moments
from .engine.rule import Rule

DIRECTION = Rule(rules.lamb_direction, scratch=("r",))
RATIO = lift(rules.lamb_ratio)
STEP = lift(rules.lamb_step, inplace=("p",), per_tensor=("ratio",), scalars=("lr",), flush=True)


class LAMB(Moments):
    """LAMB, Algorithm 2 of You et al., "Large Batch Optimization for Deep Learning" (ICLR 2020).

        m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
        r = m̂ / (√v̂ + ε) + λx
        x ← x − η ‖x‖/‖r‖ r                       with the norms of the whole tensor

    Where one of the norms is 0, their ratio counts as 1. The paper's φ, which may bound ‖x‖, is the identity.
    lr η ≥ 0, betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0; betas, eps and weight_decay are those of the
    paper's experiments, lr is Adam's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=1e-2, *, maximize=False):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    def rule(self, group):
        return DIRECTION

    def update(self, group, span):
        self.apply(DIRECTION, group, span)
        r = span.scratch("r")
        ratio = span.sums(SQUARES, span.values)
        launch(RATIO, ratio, ratio, span.sums(SQUARES, r))
        launch(STEP, span.values, r, span.per_tensor(ratio), float(group["lr"]))
