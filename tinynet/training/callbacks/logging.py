"""The metrics of a training, written for other programs."""

from ..metrics import write_csv
from .base import Callback


class CSV(Callback):
    """Write the rows of all epochs to a file, as `write_csv` does, at the end of each."""

    main_only = True

    def __init__(self, path):
        self.path, self.files = path, (path,)

    def on_epoch_end(self, trainer):
        write_csv(trainer.rows, self.path)


class TensorBoard(Callback):
    """Write losses, accuracies, metrics and the learning rate for TensorBoard, by the package tensorboardX.

    log_dir: the folder of the events.
    each_step: write the loss of each step too.

    What a run that was killed had written beyond the checkpoint it goes on from is marked as void.
    """

    main_only = True

    def __init__(self, log_dir, *, each_step=False):
        from ...utils import tensorboard  # at once: an error before any training, where the package is missing

        self._make, self.log_dir, self.each_step, self.writer = tensorboard.SummaryWriter, log_dir, each_step, None

    def on_fit_start(self, trainer):
        self.writer = self._make(self.log_dir, purge_step=trainer.step + 1 if trainer.step else None)

    def on_batch_end(self, trainer):
        if self.each_step:
            self.writer.add_scalar("step/loss", trainer.value, trainer.step)

    def on_epoch_end(self, trainer):
        row = trainer.rows[-1]
        values = {"loss/train": row.train_loss, "loss/test": row.test_loss, "lr": row.lr}
        values |= {"accuracy/train": row.train_accuracy, "accuracy/test": row.test_accuracy}
        values |= {f"metrics/{name}": value for name, value in row.metrics.items()}
        for tag, value in values.items():
            if value is not None:
                self.writer.add_scalar(tag, value, row.step)
        self.writer.flush()

    def on_fit_end(self, trainer):
        self.writer.close()
