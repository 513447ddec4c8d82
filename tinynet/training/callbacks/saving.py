"""Checkpoints of a training: all that it takes to go on with it, to the same bits."""

import contextlib
import re
import time
import warnings
from pathlib import Path

from ...arguments import boolean, integer
from ..checkpoint import CheckpointError
from ..files import HOUR, to_disk, uninterrupted
from ..objects import load, save
from .base import Callback

SHARE = 0.01  # of the time of a training, that waits for the disk take at most
WAIT = 0.02  # seconds that the first is taken to be
NAME = re.compile(r"checkpoint-(\d+)\.safetensors")


class Checkpoint(Callback):
    """Save the state of the training in `folder`, which is made, as checkpoint-STEP.safetensors.

    every: the number of steps after which it is saved, also in the middle of an epoch.
    each_epoch: save at the end of each epoch.
    keep: how many of the last ones stay.

    `fit(..., resume=folder)` goes on from the last one. It holds the weights, the optimizer's and the scheduler's
    state, the random streams, the place in the data, the metrics so far and what callbacks remember, and is written
    whole or not at all, as a file of `tinynet.save`. The training waits until it is on the disk, and the files of all
    callbacks with it, when it ends, and before that as often as a hundredth of the time allows. The last one that is
    there stays, whatever `keep` is, so that one outlasts a power failure.

    Raises: ValueError for numbers < 1, OSError if the folder cannot be made, FileExistsError before the first epoch of
    a training that does not go on from the checkpoints that are there.
    """

    last = True

    def __init__(self, folder, every=None, *, each_epoch=True, keep=1):
        self.every = None if every is None else integer("Checkpoint", "every", every, 1)
        self.each_epoch = boolean("Checkpoint", "each_epoch", each_epoch)
        self.keep = integer("Checkpoint", "keep", keep, 1)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._wait = WAIT

    def on_fit_start(self, trainer):
        if trainer.is_main and not trainer.step and checkpoints(self.folder):
            raise FileExistsError(
                f"{self.folder} has checkpoints of another training: fit(..., resume={str(self.folder)!r}) goes on "
                "with it; a new one needs another folder"
            )
        self._last, self._since = None, time.monotonic()
        self._on_disk = self._path(trainer)  # from which it goes on

    def on_batch_end(self, trainer):
        if self.every and trainer.step % self.every == 0:
            self.save(trainer)

    def on_epoch_end(self, trainer):
        if self.each_epoch or trainer.is_last:
            self.save(trainer)

    def on_fit_end(self, trainer):
        if trainer.is_main and self._last not in (None, self._on_disk):
            with uninterrupted():
                self._settle(trainer)
                self._remove_others()

    def save(self, trainer):
        """Save the state of the trainer now."""
        path = self._path(trainer)
        trainer.check_replicas()
        if trainer.is_main:
            with uninterrupted():
                save(trainer.state_dict(), path)
                self._last = path
                if time.monotonic() - self._since > self._wait / SHARE:
                    self._settle(trainer)
                self._remove_others()
        trainer.checkpoint = path
        trainer.call("on_checkpoint")

    def _path(self, trainer):
        return self.folder / f"checkpoint-{trainer.step}.safetensors"

    def _settle(self, trainer):
        """Wait until the last checkpoint is on the disk, and what callbacks have written before."""
        start = time.monotonic()
        files = [Path(path) for callback in trainer.callbacks for path in getattr(callback, "files", ())]
        to_disk([*filter(Path.is_file, files), self._last])
        self._on_disk, self._since = self._last, time.monotonic()
        self._wait = self._since - start

    def _remove_others(self):
        """Remove the checkpoints that are not to stay."""
        found = checkpoints(self.folder)
        newest = found.index(self._last)
        damaged = found[:newest]  # and therefore not gone on from
        older = [path for path in found[newest + self.keep :] if path != self._on_disk]
        for path in (*damaged, *older):
            path.unlink(missing_ok=True)
        for left in self.folder.glob(".checkpoint-*.tmp"):  # by a process that was killed while it wrote
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > HOUR:
                    left.unlink()


def checkpoints(folder):
    """The checkpoints in a folder, the newest first."""
    found = [(int(match[1]), path) for path in Path(folder).iterdir() if (match := NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found, reverse=True)]


def read_newest(folder):
    """(path, state) of the newest checkpoint in a folder that can be read; (None, None) if there is none.

    An older one is told of in a warning. Raises CheckpointError if there are some and none can be read, OSError if
    there is no such folder.
    """
    errors = []
    for path in checkpoints(folder):
        try:
            state = load(path, map_location="cpu")
        except CheckpointError as error:
            errors.append(error)
            continue
        for error in errors:
            warnings.warn(f"{error}; {path.name} is taken instead", stacklevel=2)
        return path, state
    if errors:
        raise errors[0]
    return None, None
