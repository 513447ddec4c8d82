"""LARS: momentum with a learning rate for each tensor."""

from .. import rules
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..kernels.total_norm import SQUARES
from .engine.optimizer import Optimizer
from .engine.rule import Rule

RATIO = lift(rules.lars_ratio, scalars=("trust_coefficient", "weight_decay"))
LARS_RULE = Rule(rules.lars, per_tensor=("ratio",))


class LARS(Optimizer):
    """LARS, You, Gitman & Ginsburg, "Large Batch Training of Convolutional Networks" (2017).

        v ← μv + γ ratio (g + λw),  ratio = η‖w‖ / (‖g‖ + λ‖w‖)  of the whole tensor w
        w ← w − v

    A tensor that is 0, or whose gradient is, takes ratio = 1, of which the paper says nothing.
    lr γ ≥ 0, for which the paper gives no default; momentum μ ≥ 0, weight_decay λ ≥ 0, trust_coefficient η ≥ 0; these
    defaults are the paper's.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr, momentum=0.9, weight_decay=5e-4, trust_coefficient=1e-3, *, maximize=False):
        hyperparameters = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, {**hyperparameters, "trust_coefficient": trust_coefficient, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.not_negative(group, "momentum", "weight_decay", "trust_coefficient")

    def rule(self, group):
        return LARS_RULE

    def update(self, group, span):
        g = self.preprocessed(group, span)
        ratio, numbers = span.sums(SQUARES, span.values), (group["trust_coefficient"], group["weight_decay"])
        launch(RATIO, ratio, ratio, span.sums(SQUARES, g), *map(float, numbers))
        self.apply(LARS_RULE, group, span, span.per_tensor(ratio), g=g)
