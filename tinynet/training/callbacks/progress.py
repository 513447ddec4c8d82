"""What is seen of a training while it runs: a bar, a line for each epoch, and at the end a word if it diverged."""

from tqdm import tqdm

from .. import progress as shown
from .base import Callback


class Progress(Callback):
    """A bar in a terminal or a notebook, and a line for each epoch.

    verdict: say at the end if the training diverged.
    """

    main_only = True

    def __init__(self, *, verdict=True):
        self.verdict, self.bar = verdict, None

    def on_fit_start(self, trainer):
        self.bar = shown.bar(trainer.steps, True, trainer.step)

    def on_epoch_start(self, trainer):
        self.bar.set_description(f"epoch {trainer.epoch}/{trainer.epochs}", refresh=False)

    def on_batch_end(self, trainer):
        if not self.bar.disable:
            self.bar.set_postfix_str(f"{trainer.tally}, lr {trainer.lr:g}", refresh=False)
            self.bar.update()

    def on_epoch_end(self, trainer):
        shown.show(trainer.rows[-1], trainer.epochs)

    def on_fit_end(self, trainer):
        self.bar.close()
        if trainer.error is not None:
            return
        if trainer.stop:
            tqdm.write(f"Stopped: {trainer.stop}.")
        first, last = trainer.first, trainer.rows[-1].train_loss
        if self.verdict and last > 2 * abs(first):
            told = f"The loss began at {first:.4g} and ended at {last:.4g}"
            tqdm.write(f"{told}: the training diverged. Lower the learning rate.")
