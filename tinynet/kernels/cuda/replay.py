"""Launches on the GPU, run again without the Python that found them: as a graph, or as a list.

What a kernel's Python does is to launch functions of the driver's with packed parameters. A launch is run while these
are noted, what it wrote is spoilt, and the functions alone are launched again. If the bits are the same, they are all
there is to it. Parameters that follow from a number of the step, such as a learning rate, are packed anew by the
kernel's own Python when the number changes, and only these.
"""

import numpy as np

from ..kernel import Out
from ..launch import run, unobserved
from ..replay import REPLAYS, Replay, Run
from .array.array import CudaArray
from .device import driver
from .device.memory import Workspace

SPOILT = 0xA5  # the byte that memory is filled with


class Notes:
    """The functions that a block would launch, as (function, blocks, threads, arguments).

    `others` counts what is no launch: copies from and to the host, and calls of other libraries.
    """

    def __init__(self):
        self.found, self.others = [], 0

    def launch(self, *launch):
        self.found.append(launch)

    def other(self):
        self.others += 1


def functions_of(kernel, arguments):
    """The functions that a launch consists of, without running them."""
    with driver.noting(Notes()) as notes:
        run(kernel, arguments)
    return notes


class CudaReplay(Replay):
    """Compiled steps on the GPU. A Run is a whole launch: its plan is the kernel."""

    def lower(self, kernel, arguments, changing, first):
        with unobserved():
            outputs = [x for argument in kernel.written(arguments) for x in _arrays_in(argument)]
            before = [x.get() for x in outputs]
            first(kernel, arguments)
            after = [x.get() for x in outputs]
            notes = functions_of(kernel, arguments)
            if notes.others or not notes.found or not outputs:
                return None
            read = [x for x, role in zip(arguments, kernel.parameters.values()) if role is not Out]
            read = [x for argument in read for x in _arrays_in(argument)]
            for x, values in zip(outputs, before):
                alone = not any(np.may_share_memory(x, y) for y in read)
                x.set(np.frombuffer(bytes([SPOILT]) * values.nbytes, x.dtype).reshape(x.shape) if alone else values)
            for function, blocks, threads, given in notes.found:
                function(driver.current_stream(), blocks, threads, given)
            same = all(x.get().tobytes() == values.tobytes() for x, values in zip(outputs, after))
            for x, values in zip(outputs, after):
                x.set(values)
        return [Run(kernel, tuple(arguments), {i: i for i in changing})] if same else None

    def lower_check(self, kernel, arguments, first):
        first(kernel, arguments)
        return []

    def table(self, rows):
        return Table(rows)


REPLAYS[CudaArray] = CudaReplay()


class Table:
    """Rows of (kernel, arguments), whose arrays stay where they are for as long as the table lives."""

    def __init__(self, rows):
        self.rows = rows
        self.numbers = [{i: (k, i) for i in range(len(arguments))} for k, (_, arguments) in enumerate(rows)]
        self.integers = self.floats = self
        self.changed, self.workspace = set(), Workspace()
        self._note()

    def _functions(self, row):
        """The functions of a row, whose own arrays lie where those of the others do."""
        with self.workspace.lent():
            return functions_of(*self.rows[row]).found

    def _note(self):
        self.functions = list(map(self._functions, range(len(self.rows))))
        self.firsts = np.cumsum([0, *map(len, self.functions)]).tolist()
        self.recorded = driver.Recorded([x for found in self.functions for x in found], driver.current_stream())
        self.changed.clear()

    def __setitem__(self, place, value):
        row, i = place
        arguments = self.rows[row][1]
        if arguments[i] != value:
            arguments[i] = value
            self.changed.add(row)

    def run(self):
        """Run all rows, in their order."""
        self._pack_changed()
        self.recorded.run(driver.current_stream())

    def run_rows(self, first, count):
        """Run some of the rows, and wait for them."""
        self._pack_changed()
        stream = driver.current_stream()
        for found in self.functions[first : first + count]:
            for function, blocks, threads, arguments in found:
                function(stream, blocks, threads, arguments)
        stream.synchronize()

    def _pack_changed(self):
        for row in sorted(self.changed):
            found = self._functions(row)
            if [x[:3] for x in found] != [x[:3] for x in self.functions[row]]:
                return self._note()  # other functions than before
            self.functions[row] = found
            for n, launch in enumerate(found, self.firsts[row]):
                self.recorded.replace(n, launch, driver.current_stream())
        self.changed.clear()
        return None


def _arrays_in(x):
    return [y for y in (x if x.__class__ is tuple else (x,)) if y.__class__ is CudaArray]
