"""Adam for gradients that are mostly zero."""

from .. import rules
from .engine.moments import Moments
from .engine.rule import Rule

SPARSE_ADAM = Rule(rules.sparse_adam)


class SparseAdam(Moments):
    """Adam that leaves an element and its moments as they are in a step in which its gradient is exactly 0.

        where g ≠ 0:  m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  θ ← θ − α √(1 − β₂ᵗ) / (1 − β₁ᵗ) m / (√v + ε)

    For embeddings and other layers of which a batch touches little. Kingma & Ba (2015), in the form of section 2.
    PyTorch's class of this name takes sparse gradients and updates what they contain. Here gradients are dense, and an
    element counts as contained if it is not 0; the path is that of PyTorch with `p.grad.to_sparse()`.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def check(self, group):
        super().check(group)
        self.require(group["eps"] > 0, "eps must be > 0", group["eps"])

    def rule(self, group):
        return SPARSE_ADAM
