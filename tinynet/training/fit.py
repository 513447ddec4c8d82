"""`fit`: the training loop as one call. The loop itself is in `trainer.py: run`."""

import os

from .. import distributed
from ..arguments import boolean, integer, number
from ..nn.parallel import DistributedDataParallel
from .callbacks import Callback, Progress
from .callbacks.saving import read_newest
from .checkpoint import CheckpointError
from .objects import load
from .scoring import named
from .team import Team, from_rank_0
from .trainer import Trainer


def fit(
    model, train, test, optimizer, loss, *, epochs, scheduler=None, on_epoch=None, progress=True, callbacks=(),
    metrics=None, accumulate=1, max_norm=None, clip_value=None, compile=False, device=None, resume=None,
    shards=None, exact=True,
):  # fmt: skip
    """Train the model for a number of epochs; returns a list with one `Epoch` of metrics for each.

    train, test: iterables of (inputs, targets), such as a DataLoader; `test` may be None.
    loss: a function of (outputs, targets) that gives the mean over a batch.
    scheduler: its `step()` is called at the end of each epoch; that of `ReduceLROnPlateau` with the test loss.
    on_epoch: called with the list of rows so far when an epoch has ended.
    progress: print a line for each epoch, and show a bar in a terminal or a notebook.
    callbacks: what is called at each start and end; see `Callback`.
    metrics: functions of (y_true, y_pred), such as scikit-learn's, in a list or by name, measured on `test`.
    accumulate: how many batches make one step, with the gradients of one large batch.
    max_norm, clip_value: clip the gradients, as `optimizer.step` does.
    compile: run the steps by `tinynet.compile`, to the same bits.
    device: where each batch is moved; the model is not.
    resume: a checkpoint, or the folder of a `Checkpoint`, to go on from, to the same bits; a folder without one is
        where a training begins.
    shards: into how many parts each batch is cut, whose gradients are added in a fixed tree: the result is the same,
        bit for bit, on any number of ranks that share them. 8 by default where several ranks train
        (`distributed.init_process_group`), else 1.
    exact: False lets each rank compute its rows at once, and MPI add in its own order.

    All ranks call `fit` with the same data; each computes its shards of every batch. Rank 0 prints, writes, and calls
    `on_epoch`; the parameters are compared at the end of each epoch and when a checkpoint is saved.

    The model is left in training mode; switch layers that shall not learn with `eval()` in a `forward` of your own.

    Raises: NonFiniteError, before the parameters are touched, at a loss that is NaN or infinite; ValueError for
    `epochs` < 1, for data without a batch, and for a checkpoint that does not fit; CaptureError for a step that cannot
    be compiled.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"fit: expected a whole number >= 1 as epochs, got {epochs!r}")
    accumulate = integer("fit", "accumulate", accumulate, 1)
    limits = {"max_norm": max_norm, "clip_value": clip_value}
    clipping = {name: number("fit", name, value, 0) for name, value in limits.items() if value is not None}
    callbacks = [*callbacks, *([] if on_epoch is None else [_OnEpoch(on_epoch)])]
    exact = boolean("fit", "exact", exact)
    model, team = _team(model, shards, exact)
    if progress and not any(isinstance(callback, Progress) for callback in callbacks):
        callbacks.insert(0, Progress())
    trainer = Trainer(
        model, train, test, optimizer, loss, epochs=epochs, scheduler=scheduler, callbacks=callbacks,
        metrics=named(metrics), accumulate=accumulate, clipping=clipping, compile=boolean("fit", "compile", compile),
        device=device, team=team,
    )  # fmt: skip
    if resume is not None:
        _resume(trainer, resume)
    return trainer.run()


def _team(model, shards, exact):
    """(the model, its Team), or None in place of that for a process alone that cuts no batches."""
    if isinstance(model, DistributedDataParallel):
        model = model.module
    several = distributed.is_initialized() and distributed.get_world_size() > 1
    if shards is None and not several:
        return model, None
    return model, Team(model, shards, exact)


def _resume(trainer, source):
    path, state = from_rank_0(lambda: _read(source))
    if state is None:
        return
    try:
        trainer.load_state_dict(state)
    except CheckpointError as error:
        raise CheckpointError(f"{path} does not fit this training: {error}") from None


def _read(source):
    return read_newest(source) if os.path.isdir(source) else (source, load(source, map_location="cpu"))


class _OnEpoch(Callback):
    main_only = True

    def __init__(self, function):
        self.function = function

    def on_epoch_end(self, trainer):
        self.function(trainer.rows)
