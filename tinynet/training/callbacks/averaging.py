"""Averages of the weights, kept while the weights are trained."""

from ...arguments import boolean, integer, wrong_kind
from ...optim.swa_utils import AveragedModel
from .base import Callback


class Average(Callback):
    """Keep an `AveragedModel` up to date, which is then what is evaluated, and written as the best.

    averaged: such as `AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999), use_buffers=True)`.
    start: the first epoch whose weights are averaged.
    each_epoch: take the weights at the end of an epoch (stochastic weight averaging), not after each step.

    Raises: TypeError for another model, ValueError for `start` < 1.
    """

    def __init__(self, averaged, *, start=1, each_epoch=False):
        if not isinstance(averaged, AveragedModel):
            raise wrong_kind("Average", "averaged", "an AveragedModel", averaged)
        self.averaged, self.start = averaged, integer("Average", "start", start, 1)
        self.each_epoch = boolean("Average", "each_epoch", each_epoch)

    def on_fit_start(self, trainer):
        if self.averaged.n_averaged.item():
            trainer.evaluated = self.averaged.module

    def on_batch_end(self, trainer):
        if not self.each_epoch and trainer.epoch >= self.start:
            self.averaged.update_parameters(trainer.model)

    def on_evaluation_start(self, trainer):
        if trainer.epoch >= self.start:
            if self.each_epoch:
                self.averaged.update_parameters(trainer.model)
            trainer.evaluated = self.averaged.module

    def state_dict(self):
        return {"averaged": self.averaged.state_dict()}

    def load_state_dict(self, state_dict):
        self.averaged.load_state_dict(state_dict["averaged"])
