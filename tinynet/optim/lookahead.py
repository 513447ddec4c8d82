"""Lookahead: slow weights that follow fast ones."""

import numpy as np

from .. import rules
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import host
from ..kernels.launch import launch
from ..kernels.lift import lift
from ..tensor import Tensor, wrap
from .wrapper import Wrapper

TOWARD = lift(rules.toward, inplace=("x",), scalars=("weight",), flush=True)


class Lookahead(Wrapper):
    """Lookahead around any optimizer, Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back" (NeurIPS 2019).

        θ ← optimizer's step from θ
        every k steps: φ ← φ + α(θ − φ),  θ ← φ

    The slow weights φ begin as the parameters are before the first step. k ≥ 1, alpha α in [0, 1]; the defaults are
    values of the paper's experiments.
    """

    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer)
        self.require(k >= 1, "k must be ≥ 1", k)
        self.require(0 <= alpha <= 1, "alpha must be in [0, 1]", alpha)
        self.k, self.alpha, self.count = k, alpha, 0
        self._slow = {}  # arena: φ

    def step(self, closure=None, **options):
        for arena in self._all_arenas():
            if arena not in self._slow:
                self._slow[arena] = arena.values.copy()
        loss = self.optimizer.step(closure, **options)
        self.grad_norm = self.optimizer.grad_norm
        self.count += 1
        if self.count % self.k == 0:
            for arena in self._all_arenas():
                launch(TOWARD, self._slow[arena], arena.values, float(self.alpha))
                launch(kernels.copy, arena.values, self._slow[arena])
                arena.mark_written()
        return loss

    def state_dict(self):
        """The optimizer's state, the slow weights by the parameter's number, and the count of steps."""
        return {"optimizer": self.optimizer.state_dict(), "slow": self._views(copy=True), "count": self.count}

    def load_state_dict(self, state_dict):
        expected = {number: p.shape for p, number in self._numbers().items()}
        slow = {
            number: host(x.array) if isinstance(x, Tensor) else np.asarray(x)
            for number, x in state_dict["slow"].items()
        }
        for number, x in slow.items():
            if x.shape != expected.get(number):
                raise ShapeError(
                    f"{self._name}: expected slow weights of parameter {number} of shape {expected.get(number)}, "
                    f"got {x.shape}"
                )
        self.optimizer.load_state_dict(state_dict["optimizer"])
        self.count = int(state_dict["count"])
        self._slow = {arena: arena.values.copy() for arena in self._all_arenas()} if slow else {}
        for number, view in self._views().items():
            if number in slow:
                np.copyto(view.array, slow[number])

    def _views(self, copy=False):
        numbers, found = self._numbers(), {}
        for arena, slow in self._slow.items():
            for i, p in enumerate(arena.parameters):
                view = arena.view(slow, i)
                found[numbers[p]] = wrap(view.copy() if copy else view)
        return found
