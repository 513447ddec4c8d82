"""Launches that are run again without the Python that found them: what a compiled step asks of a device.

A launch is *lowered* to Runs, which a table of the device makes again. A `Replay` does both: that of the CPU runs
plans, and a device registers one for its kind of array when it is first used.
"""

from typing import NamedTuple

REPLAYS = {}  # class of arrays on a device: its Replay


class Run(NamedTuple):
    """A plan and its arguments. `numbers` maps places among these to places among the launch's arguments."""

    plan: object
    arguments: tuple
    numbers: dict


class Replay:
    """What a device does for compiled steps.

    A table, which `table(rows)` makes of (plan, arguments), has `run()`, `run_rows(first, count)`, and `numbers[row]`:
    for each argument that is a number where in `integers` or `floats` it is kept.
    """

    def lower(self, kernel, arguments, changing, first):
        """Run a launch by `first(kernel, arguments)`; the Runs that do all of it, or None where there is more to it.

        `changing` are the places of arguments that are other numbers at the next step.
        """
        raise NotImplementedError

    def lower_check(self, kernel, arguments, first):
        """The same of a launch that writes nothing but raises if a number is wrong; no Runs if only Python can tell."""
        raise NotImplementedError

    def table(self, rows):
        raise NotImplementedError


def device_array(arguments):
    """An array on a device among arguments, which may be tuples; None if all lie on the CPU."""
    for x in arguments:
        if x.__class__ in REPLAYS:
            return x
        if x.__class__ is tuple and (found := device_array(x)) is not None:
            return found
    return None
