"""The protocol of callbacks: what `fit` calls, and when."""


class Callback:
    """Something that `fit` calls at certain moments, with the `Trainer` that runs: override what you need.

        class Shout(Callback):
            def on_epoch_end(self, trainer):
                print(trainer.rows[-1].test_accuracy, "!")

    `trainer.stop = "reason"` ends the training after the epoch. What a callback has to remember is saved in
    checkpoints, if `state_dict` gives it: numbers, strings, tensors, lists and dicts.
    """

    main_only = False  # called on rank 0 alone, where several ranks train: one that prints or writes
    last = False  # called after those that are not, such as one that saves what others have remembered
    files = ()  # the paths to which it writes, so that a checkpoint on the disk is one with all that belongs to it

    def on_fit_start(self, trainer):
        """Before the first epoch, or the first after a resume, whose state is loaded by then."""

    def on_epoch_start(self, trainer):
        """Before the batches of an epoch, `trainer.epoch`; after a resume before the rest of them."""

    def on_batch_start(self, trainer):
        """Before a step on `trainer.batches`, one or as many as are accumulated."""

    def on_batch_end(self, trainer):
        """After the update, step number `trainer.step`, by the loss `trainer.value`."""

    def on_evaluation_start(self, trainer):
        """After an epoch's last step, before the test data is evaluated by `trainer.evaluated`."""

    def on_epoch_end(self, trainer):
        """When the row of the epoch, `trainer.rows[-1]`, is complete."""

    def on_checkpoint(self, trainer):
        """When a checkpoint was written, to `trainer.checkpoint`."""

    def on_fit_end(self, trainer):
        """At the end, however it came: `trainer.error` is the exception that ended the training, or None."""

    def state_dict(self):
        return {}

    def load_state_dict(self, state_dict):
        pass


EVENTS = [name for name in vars(Callback) if name.startswith("on_")]


def handlers(callbacks, event):
    """The methods for an event of those callbacks that do something then."""
    found = [getattr(callback, event, None) for callback in callbacks]
    return [method for method in found if method is not None and _does(method, event)]


def _does(method, event):
    return getattr(method, "__func__", None) is not getattr(Callback, event)
