"""What Adam and its relatives have in common."""

from .optimizer import Optimizer


class Moments(Optimizer):
    """An optimizer with moving averages: `betas` in [0, 1), `eps` ≥ 0, `weight_decay` ≥ 0."""

    def check(self, group):
        super().check(group)
        for k, beta in enumerate(group["betas"], 1):
            self.require(0 <= beta < 1, f"beta{k} must be in [0, 1)", beta)
        self.not_negative(group, *(name for name in ("eps", "weight_decay") if name in group))

    def scalars(self, group, step):
        beta1, beta2 = group["betas"]
        return {"t": step, "beta1": beta1, "beta2": beta2}
