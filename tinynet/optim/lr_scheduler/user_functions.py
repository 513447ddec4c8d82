"""Schedulers of the user's functions of the epoch."""

from .base import LRScheduler, check_optimizer, for_groups


class LambdaLR(LRScheduler):
    """lr = lr₀ λ(t), with one function of the epoch, or a list with one for each group."""

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        check_optimizer(self, optimizer)
        self.lr_lambdas = for_groups("lr_lambda", optimizer, lr_lambda)
        for f in self.lr_lambdas:
            if not callable(f):
                raise TypeError(f"{self._name}: expected functions as lr_lambda, got {type(f).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]

    def rehearse(self):
        """The user's functions are called for steps alone."""


class MultiplicativeLR(LambdaLR):
    """lr ← lr λ(t): the product of all λ(k) so far."""

    def get_lr(self):
        lrs = [group["lr"] for group in self.optimizer.param_groups]
        return lrs if self._is_initial else [lr * f(self.last_epoch) for lr, f in zip(lrs, self.lr_lambdas)]
