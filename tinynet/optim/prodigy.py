"""Prodigy: Adam that finds its learning rate."""

from math import sqrt

from .. import formulas, rules
from ..capture import after_launches
from ..kernels import reference as kernels
from ..kernels.arrays import host
from ..kernels.launch import launch
from ..kernels.lifting.sums import lift_sum
from .engine.moments import Moments
from .engine.rule import Rule

PRODIGY = Rule(rules.prodigy)
PROGRESS, MAGNITUDE = lift_sum(rules.prodigy_progress), lift_sum(formulas.absolute)


class Prodigy(Moments):
    """Prodigy, Algorithm 4 of Mishchenko & Defazio, "Prodigy" (ICML 2024).

        m ← β₁m + (1 − β₁)dg
        v ← β₂v + (1 − β₂)d²g²
        r ← √β₂ r + (1 − √β₂)γd²⟨g, θ₀ − θ⟩
        s ← √β₂ s + (1 − √β₂)γd²g
        θ ← (1 − γdλ)θ − γd m / (√v + dε)
        d ← max(d, min(d_coef r / ‖s‖₁, d growth_rate))

    d, the distance still to go as far as is known, is one number for all parameters, kept in the groups. r and s are
    both kept in units of d₀², as in the authors' code, so that they do not become too small.
    lr γ ≥ 0, best left at 1 or given a schedule; betas (β₁, β₂) in [0, 1), eps ε ≥ 0, weight_decay λ ≥ 0, decoupled;
    d0 d₀ > 0, d_coef > 0, growth_rate > 1; the defaults are the authors'.
    Raises: ValueError for hyperparameters out of range.
    """

    def __init__(
        self,
        params,
        lr=1.0,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        d0=1e-6,
        d_coef=1.0,
        growth_rate=float("inf"),
        *,
        maximize=False,
    ):
        hyperparameters = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        estimate = {"d0": d0, "d_coef": d_coef, "growth_rate": growth_rate, "d": d0, "d_numerator": 0.0}
        super().__init__(params, {**hyperparameters, **estimate})

    def check(self, group):
        super().check(group)
        for name in ("d0", "d_coef", "d"):
            self.require(group[name] > 0, f"{name} must be > 0", group[name])
        self.require(group["growth_rate"] > 1, "growth_rate must be > 1", group["growth_rate"])

    def rule(self, group):
        return PRODIGY

    def scalars(self, group, step):
        return {**super().scalars(group, step), "beta3": sqrt(group["betas"][1])}

    def begin(self, group, span):
        launch(kernels.copy, span.state("p0"), span.values)

    def update_all(self, work):
        progress = []
        for group, spans in work:
            for span in spans:
                if span.step > 1:
                    g, p0 = self.preprocessed(group, span), span.state("p0")
                    progress.append((group, group["lr"], span.sums(PROGRESS, g, p0, span.values)))
        super().update_all(work)
        magnitudes = [span.sums(MAGNITUDE, span.state("s")) for _, spans in work for span in spans]
        after_launches(lambda: self._estimate(progress, magnitudes))

    def _estimate(self, progress, magnitudes):
        """The new d and r, of the sums over all tensors."""
        first = self.param_groups[0]
        d, r, beta3 = first["d"], first["d_numerator"], sqrt(first["betas"][1])
        r *= beta3
        for group, lr, sums in progress:
            r += (1 - beta3) * lr * (d / group["d0"]) ** 2 * host(sums).sum()
        s = sum(host(sums).sum() for sums in magnitudes)
        if s > 0:  # else there has been no gradient yet
            d = max(d, min(first["d_coef"] * r / s, d * first["growth_rate"]))
        for group in self.param_groups:
            group["d"], group["d_numerator"] = float(d), float(r)
