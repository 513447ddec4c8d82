"""The numbers that a step takes anew at each run: what counts by itself, what its caller gives, what is drawn."""

from typing import NamedTuple

from ...errors import CaptureError
from ...source.module import free_name
from ..events import Stream
from ..trace import drawn_numbers


class Given(NamedTuple):
    """A number of an optimizer's step: its value now, and whether the caller has to give it."""

    value: float
    is_needed: bool


class Numbers:
    """The numbers of some programs by name: `counters`, `given`, and `draws`, the random streams that they share.

    A count of steps, `t`, goes up by one at each step. All else that an optimizer's method found is an argument, whose
    default is what it was in the last step, unless that has changed from step to step, as by a schedule.
    """

    def __init__(self, programs):
        self.counters, self.given, self.streams = {}, {}, []  # streams: generators, in the order of their first draw
        self.names, self.draws = [], []  # for each program: {(launch, argument): name}; [(stream, its name, blocks)]
        self._known = {}
        for program in programs:
            self.names.append({})
            self.draws.append([])
            self._of_calls(program)
            self._drawn(program)

    def _of_calls(self, program):
        """Name the numbers of optimizers; those of one name that are the same number in one step share it."""
        found, names = {}, self.names[-1]
        for event in program.events:
            if isinstance(event, Stream):
                continue
            for k, i, target, place in event.targets:
                launch = program.trace.launches[event.first + k]
                label, value = launch.kernel.argument(i)[0], target[place]
                before = program.before[event.first + k].arguments[i]
                value = type(launch.arguments[i])(value)
                counts = label == "t" and launch.arguments[i] - before == 1
                owner = id(event.method), *map(id, event.args[:1])
                same = found.setdefault((owner, label), {})
                n = same.setdefault((value, before), len(same))
                key = owner, label, n
                if key not in self._known:
                    self._known[key] = name = free_name(label, {*self.counters, *self.given})
                    if counts:
                        self.counters[name] = value
                    else:
                        self.given[name] = Given(value, launch.arguments[i] != before)
                names[event.first + k, i] = self._known[key]

    def _drawn(self, program):
        names, draws = self.names[-1], {}
        for (k, i), (draw, is_seed) in drawn_numbers(program.trace).items():
            generator = program.events[draw].generator
            if not any(generator is known for known in self.streams):
                self.streams.append(generator)
            stream = next(n for n, known in enumerate(self.streams) if known is generator)
            names[k, i] = f"seed_{stream}" if is_seed else f"block_{draw}"
            draws[draw] = stream, f"block_{draw}", program.events[draw].blocks
        for n, event in enumerate(program.events):
            if isinstance(event, Stream) and event.blocks and n not in draws:
                raise CaptureError("a number is drawn that no kernel takes from a stream; a file could not draw it")
        self.draws[-1] = [draws[n] for n in sorted(draws)]
