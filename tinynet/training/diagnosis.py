"""Why a loss is not finite: in which row of the batch, by which operation, or because the training diverged."""

import numpy as np

from ..autograd import no_grad
from ..autograd.anomaly import detect_anomaly
from ..errors import NonFiniteError
from ..kernels.arrays import host
from ..random import get_rng_state, set_rng_state

LISTED = 3  # rows that are named
LARGE = 1e6  # weights beyond this did not come from learning
DIVERGED = "the training diverged. Lower the learning rate, or clip the gradients"


def explain(model, loss, inputs, targets, value, where, *, stream=None, items=None, of="the batch"):
    """A NonFiniteError for the loss `value` of a batch, which is computed once more to find out.

    stream: the place of the random stream before the batch, so that dropout is the same.
    items: a function that gives the numbers in the dataset of the batch's rows.
    of: what rows are said to be of.
    """
    told = lambda rows, n: _rows(rows, n, items, of)
    reason = _weights(model) or _given("inputs", inputs, told) or _given("targets", targets, told)
    return NonFiniteError(
        f"the loss became {value} {where}: {reason or _made(model, loss, inputs, targets, stream, told)}"
    )


def _weights(model):
    for name, p in model.named_parameters():
        if not _finite(p).all():
            return f"the weights {name} are not finite any more: {DIVERGED}"
    return None


def _given(what, x, told):
    bad = ~_finite(x)
    if not bad.any():
        return None
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(1))
    first = host(x.array)[rows[0]].reshape(-1)[bad[rows[0]].reshape(-1).argmax()]
    return f"the {what} hold {first} in {told(rows, len(bad))}"


def _made(model, loss, inputs, targets, stream, told):
    """The operation that made the first number that is not finite, and the rows from which it came."""
    if stream is not None:
        after = get_rng_state()
        set_rng_state(stream)
    try:
        with no_grad(), np.errstate(all="ignore"):
            operation = _operation(lambda: loss(model(inputs), targets))
            if stream is not None:
                set_rng_state(stream)
            outputs = model(inputs)
            bad = ~_finite(outputs).reshape(len(targets), -1).all(1)
            if not bad.any():
                bad = [not _finite(loss(outputs[i : i + 1], targets[i : i + 1])).all() for i in range(len(targets))]
    finally:
        if stream is not None:
            set_rng_state(after)
    rows = np.flatnonzero(bad)
    where = f"from {told(rows, len(targets))}" if len(rows) else "from no single row"
    largest = max((np.abs(host(p.detach().array)).max(initial=0) for p in model.parameters()), default=0)
    far = f". The weights reach {largest:.2g}: {DIVERGED}" if largest > LARGE else ""
    return f"{operation}, {where}{far}"


def _operation(run):
    try:
        with detect_anomaly():
            run()
    except NonFiniteError as error:
        return str(error)
    return "computed once more it is finite, or no operation made it of finite numbers"


def _finite(x):
    array = np.asarray(host(x.detach().array))
    return np.isfinite(array) if array.dtype.kind == "f" else np.ones(array.shape, bool)


def _rows(rows, n, items, of):
    """'row 3 of the batch (item 217 of the dataset)'."""
    if len(rows) == n > 1:
        return f"all {n} rows of {of}"
    numbers = ", ".join(map(str, rows[:LISTED]))
    more = f" and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
    found = items() if items is not None else None
    told = "" if found is None else ", ".join(str(found[i]) for i in rows[:LISTED])
    one = len(rows) == 1
    told = told and f" (item{'' if one else 's'} {told} of the dataset)"
    return f"row{'' if one else 's'} {numbers}{more} of {of}{told}"
