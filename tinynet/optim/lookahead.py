"""Lookahead: slow weights that follow fast ones."""

from .. import rules
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import host
from ..kernels.filled import copied, store
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from ..tensor import wrap
from .engine.hyperparameters import mapping, real_array, whole
from .engine.state_dict import number_of
from .engine.wrapper import Wrapper

TOWARD = lift(rules.toward, inplace=("x",), scalars=("weight",), flush=True)


class Lookahead(Wrapper):
    """Lookahead around any optimizer, Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back" (NeurIPS 2019).

        θ ← optimizer's step from θ
        every k steps: φ ← φ + α(θ − φ),  θ ← φ

    The slow weights φ begin as the parameters are before the first step. k ≥ 1, alpha α in [0, 1]; the defaults are
    values of the paper's experiments.
    Raises: ValueError for k or alpha out of range, TypeError for what is no optimizer.
    """

    def __init__(self, optimizer, k=5, alpha=0.5):
        super().__init__(optimizer)
        self.require(k >= 1, "k must be ≥ 1", k)
        self.require(0 <= alpha <= 1, "alpha must be in [0, 1]", alpha)
        self.k, self.alpha, self.count = k, alpha, 0
        self._slow = {}  # arena: φ

    def step(self, closure=None, **options):
        arenas = self._all_arenas()
        if arenas != [*self._slow, *arenas[len(self._slow) :]]:
            raise ValueError(
                f"{self._name}: the parameters of a group have changed, and slow weights belong to those before; "
                "make a new optimizer, or use add_param_group"
            )
        for arena in arenas:
            if arena not in self._slow:
                self._slow[arena] = copied(arena.values)
        loss = self.optimizer.step(closure, **options)
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

    def prepare_to_load(self, state_dict):
        parts = mapping(self._name, "the state dict", state_dict)
        missing = [name for name in ("optimizer", "slow", "count") if name not in parts]
        if missing:
            raise ValueError(f"{self._name}: the state is of another optimizer: it lacks {', '.join(missing)}")
        load_optimizer = self.optimizer.prepare_to_load(parts["optimizer"])
        count, slow = whole(self._name, "count", parts["count"]), self._checked_slow(parts["slow"])

        def load():
            load_optimizer()
            self.count = count
            self._set_slow(slow)

        return load

    def _checked_slow(self, saved):
        if not hasattr(saved, "items"):
            raise TypeError(f"{self._name}: expected the slow weights to be a dict, got {type(saved).__name__}")
        shapes, found = {number: p.shape for p, number in self._numbers().items()}, {}
        for key, value in saved.items():
            number = number_of(key)
            x = real_array(self._name, f"slow weights of parameter {key}", value)
            if number in found or x.shape != shapes.get(number):
                raise ShapeError(
                    f"{self._name}: expected slow weights of parameter {number} of shape {shapes.get(number)}, "
                    f"got {'them twice' if number in found else x.shape}"
                )
            found[number] = x
        if found and len(found) < len(shapes):
            raise ValueError(f"{self._name}: expected slow weights of {len(shapes)} parameters, got {len(found)}")
        return found

    def _set_slow(self, slow):
        self._slow = {arena: copied(arena.values) for arena in self._all_arenas()} if slow else {}
        for number, view in self._views().items():
            store(view.array, slow[number].astype(view.dtype))

    def __getstate__(self):
        return {**super().__getstate__(), "_slow": {n: host(view.array) for n, view in self._views(copy=True).items()}}

    def __setstate__(self, state):
        super().__setstate__(state)
        self._set_slow(self._slow)

    def _views(self, copy=False):
        numbers, found = self._numbers(), {}
        for arena, slow in self._slow.items():
            for i, p in enumerate(arena.parameters):
                view = arena.view(slow, i)
                found[numbers[p]] = wrap(copied(view) if copy else view)
        return found
