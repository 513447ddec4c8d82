"""Schedule-Free optimizers: an average of the path takes the place of a learning rate schedule."""

from math import sqrt

from .. import rules
from ..kernels import reference as kernels
from ..kernels.launch import launch
from ..kernels.lifting.lift import lift
from .engine.moments import Moments
from .engine.rule import Rule

SGD_RULE, ADAMW_RULE = Rule(rules.schedule_free_sgd), Rule(rules.schedule_free_adamw)
AVERAGED = lift(rules.averaged, inplace=("p",), scalars=("beta",), flush=True)
EXTRAPOLATED = lift(rules.extrapolated, inplace=("p",), scalars=("beta",), flush=True)


class ScheduleFree(Moments):
    """What the two have in common: parameters hold y, where gradients are taken, or x, the average, to be used.

    Call `train()` and `eval()` together with those of the model. A new optimizer is in training.
    """

    def train(self):
        """Let the parameters hold y, as `step` needs them."""
        self._switch(True, EXTRAPOLATED)

    def eval(self):
        """Let the parameters hold x, the average: to measure the model, and to save it."""
        self._switch(False, AVERAGED)

    def _switch(self, train_mode, kernel):
        for group, arenas in zip(self.param_groups, self._arenas):
            if group["train_mode"] != train_mode:
                group["train_mode"] = train_mode
                for arena in arenas:
                    for i, steps in enumerate(arena.steps):
                        if steps:
                            p, z = (arena.view(b, i).reshape(-1) for b in (arena.values, arena.buffer("z")))
                            launch(kernel, p, z, float(self.beta(group)))
                    arena.mark_written()

    def check(self, group):
        super().check(group)
        self.whole(group, "warmup_steps", "k")
        self.not_negative(group, "weight_sum")

    def begin(self, group, span):
        launch(kernels.copy, span.state("z"), span.values)

    def update_all(self, work):
        if not all(group["train_mode"] for group, _ in work):
            raise RuntimeError(f"{self._name}: step() in evaluation; call optimizer.train() first")
        for group, spans in work:
            if spans:
                group["k"] += 1
                lr = group["lr"] * self.warm_up(group)
                group["weight_sum"] += lr * lr  # where lr**2 would raise, this is inf
                self._now = {"lr": lr, "c": lr * lr / group["weight_sum"] if group["weight_sum"] else 0.0}
                super().update_all([(group, spans)])

    def warm_up(self, group):
        """What the learning rate is multiplied by in step k."""
        return min(1.0, group["k"] / group["warmup_steps"]) if group["warmup_steps"] else 1.0


class SGDScheduleFree(ScheduleFree):
    """Schedule-Free SGD, Defazio et al., "The Road Less Scheduled" (NeurIPS 2024).

        z ← z − γₜ(∇J(y) + λy)                  γₜ = γ min(1, t / warmup_steps)
        x ← (1 − c)x + cz                       c = γₜ² / Σγᵢ²
        y ← (1 − β)z + βx

    lr γ ≥ 0, momentum β in (0, 1), weight_decay λ ≥ 0, warmup_steps; names and defaults are those of the authors' code.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(self, params, lr=1.0, momentum=0.9, weight_decay=0.0, warmup_steps=0, *, maximize=False):
        hyperparameters = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "maximize": maximize}
        progress = {"warmup_steps": warmup_steps, "k": 0, "weight_sum": 0.0, "train_mode": True}
        super().__init__(params, {**hyperparameters, **progress})

    def check(self, group):
        super().check({**group, "betas": ()})
        self.require(0 < group["momentum"] < 1, "momentum must be in (0, 1)", group["momentum"])

    def beta(self, group):
        return group["momentum"]

    def rule(self, group):
        return SGD_RULE

    def scalars(self, group, step):
        return {**self._now, "beta": group["momentum"]}


class AdamWScheduleFree(ScheduleFree):
    """Schedule-Free AdamW, Defazio et al., "The Road Less Scheduled" (NeurIPS 2024).

        v ← β₂v + (1 − β₂)∇J(y)²
        z ← z − γₜ(∇J(y) / (√v + ε) + λy)       γₜ = γ √(1 − β₂ᵗ) min(1, t / warmup_steps)
        x ← (1 − c)x + cz                       c = γₜ² / Σγᵢ²
        y ← (1 − β₁)z + β₁x

    lr γ ≥ 0, betas β₁ in (0, 1) and β₂ in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0, warmup_steps; names and defaults are
    those of the authors' code.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self, params, lr=0.0025, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, warmup_steps=0, *, maximize=False
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        progress = {"warmup_steps": warmup_steps, "k": 0, "weight_sum": 0.0, "train_mode": True}
        super().__init__(params, {**hyperparameters, **progress})

    def check(self, group):
        super().check(group)
        self.require(group["betas"][0] > 0, "beta1 must be in (0, 1)", group["betas"][0])

    def beta(self, group):
        return group["betas"][0]

    def warm_up(self, group):
        return super().warm_up(group) * sqrt(1 - group["betas"][1] ** group["k"])

    def rule(self, group):
        return ADAMW_RULE

    def scalars(self, group, step):
        return {**super().scalars(group, step), **self._now}
