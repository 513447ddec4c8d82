"""Which steps of a loop a profile records, by PyTorch's names."""

import enum

from ..arguments import integer


class ProfilerActivity(enum.Enum):
    """What is recorded. A launch on a GPU is waited for, so that its time is the kernel's, and all count as CPU's."""

    CPU = 0
    CUDA = 1


class ProfilerAction(enum.Enum):
    """What a profile does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def schedule(*, wait, warmup, active, repeat=0, skip_first=0):
    """A schedule: after `skip_first` steps, again and again `wait` steps of rest, `warmup` steps, `active` recorded.

    After the last recorded step of each turn a profile calls `on_trace_ready`. There are `repeat` turns, or with 0 no
    end of them. Returns a function of a step's number that gives a ProfilerAction.

    Raises: ValueError for numbers below 0, or nothing active.
    """
    counts = {"wait": wait, "warmup": warmup, "repeat": repeat, "skip_first": skip_first}
    wait, warmup, repeat, skip_first = (integer("schedule", name, n, 0) for name, n in counts.items())
    active = integer("schedule", "active", active, 1)
    length = wait + warmup + active

    def action(step):
        turn, place = divmod(step - skip_first, length)
        if step < skip_first or (repeat and turn >= repeat) or place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action
