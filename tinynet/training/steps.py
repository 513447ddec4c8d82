"""One training step: gradients of one batch, or of several as of one large one, and the update by them."""

from ..compiler import compile as compiled


class Step:
    """The two halves of a step, each as it is or compiled; between them the loss can be looked at.

    `compute(inputs, targets, weight, first)` adds `weight` times the gradients of a batch to those of the batches
    before it, or if it is the `first` begins with them, and returns the loss and the outputs. `update()` clips the
    gradients and takes the optimizer's step.
    """

    def __init__(self, model, loss, optimizer, clipping, compile):
        def compute(inputs, targets, weight, first):
            outputs = model(inputs)
            value = loss(outputs, targets)
            if first:
                optimizer.zero_grad()
            (value if weight == 1 else value * weight).backward()
            return value, outputs

        def update():
            optimizer.step(**clipping)

        # Not the library's own, of which a program need not look at what they refer to: here it is all the user's.
        compute.__module__ = update.__module__ = "step"
        self.compute, self.update = (compiled(compute), compiled(update)) if compile else (compute, update)


def weights_of(batches):
    """What share of the rows of all batches each has: with these their gradients add up to that of one large batch."""
    if len(batches) == 1:
        return [1]
    rows = [len(targets) for _, targets in batches]
    return [n / max(1, sum(rows)) for n in rows]
