"""`profile`: a block of a program, or some steps of its loop, whose launches are recorded."""

import contextlib
import gzip
import json
import os
import socket
import threading
import time
from pathlib import Path
from time import perf_counter_ns

from ..arguments import boolean, only, wrong_kind
from ..autograd.mode import module_paths
from ..kernels.launch import observe
from .activity import ProfilerAction, ProfilerActivity
from .recorder import Recorder, Span
from .table import Table

_recorders = []  # of the profiles that record at this point, the innermost last


class profile:
    """Record every launch of a kernel in a `with` block: its time, module, line of the user's code, and work.

    activities, record_shapes, profile_memory, with_stack, with_flops, with_modules: accepted; what they ask for is
        always recorded, but for memory.
    schedule: which steps are recorded (`schedule(...)`); then `step()` is to be called after each.
    on_trace_ready: a function that is called with the profile when the block ends, or each turn of the schedule.

    To record takes some µs for each launch, which are not counted. In a profile inside another the inner one alone
    records.
    """

    def __init__(
        self, *, activities=None, schedule=None, on_trace_ready=None, record_shapes=False, profile_memory=False,
        with_stack=False, with_flops=False, with_modules=False, use_cuda=None,
    ):  # fmt: skip
        flags = {"record_shapes": record_shapes, "with_stack": with_stack, "with_flops": with_flops}
        for name, value in {**flags, "with_modules": with_modules}.items():
            boolean("profile", name, value)
        only("profile", "profile_memory", profile_memory, False)
        for activity in () if activities is None else activities:
            if not isinstance(activity, ProfilerActivity):
                raise wrong_kind("profile", "activities", "ProfilerActivity members", activity)
        for name, function in {"schedule": schedule, "on_trace_ready": on_trace_ready}.items():
            if function is not None and not callable(function):
                raise wrong_kind("profile", name, "a function or None", function)
        self._schedule, self._on_trace_ready, self.step_num = schedule, on_trace_ready, 0
        self._recorder, self._block, self.elapsed = Recorder(), None, 0.0

    # The block

    def start(self):
        """Begin, as the `with` block does."""
        self._act(self._action())

    def stop(self):
        """End, as the `with` block does."""
        recorded = self._block is not None
        self._pause()
        if recorded and self._on_trace_ready is not None:
            self._on_trace_ready(self)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def step(self):
        """Say that a step of the loop is done, for the schedule."""
        if self._action() is ProfilerAction.RECORD_AND_SAVE:
            self.stop()
        self.step_num += 1
        self._act(self._action())

    def _action(self):
        return ProfilerAction.RECORD if self._schedule is None else self._schedule(self.step_num)

    def _act(self, action):
        if action not in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE):
            self._pause()
        elif self._block is None:
            self._recorder = Recorder()
            self._block = contextlib.ExitStack()
            self._block.enter_context(module_paths())
            self._block.enter_context(observe(self._recorder))
            _recorders.append(self._recorder)
            self._began = perf_counter_ns()

    def _pause(self):
        if self._block is not None:
            self.elapsed = (perf_counter_ns() - self._began - self._recorder.own) / 1e3
            _recorders.remove(self._recorder)
            self._block.close()
            self._block = None

    # What was recorded

    def events(self):
        """The launches in their order, each with kernel, start, duration, phase, module, place, shapes and work."""
        return list(self._recorder.launches)

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, group_by_overload_name=False):
        """A Table with a row for each kernel, of each combination of shapes, or of each line, if they are asked for."""
        only("key_averages", "group_by_overload_name", group_by_overload_name, False)
        by = ["kernel"]
        by += ["shapes"] if boolean("key_averages", "group_by_input_shape", group_by_input_shape) else []
        return self.by(*by, *(["place"] if group_by_stack_n else []))

    def by(self, *names):
        """A Table with a row for what is alike in these: "kernel", "phase", "module", "place", "shapes"."""
        return Table(self._recorder.launches, names, self.elapsed)

    def _table(self):
        return self.by("kernel", "phase", "module", "place")

    def __str__(self):
        return str(self._table())

    def _repr_html_(self):
        return self._table()._repr_html_()

    def export_chrome_trace(self, path, use_python_export=False):
        """Write all launches for chrome://tracing and Perfetto; gzipped if the name ends in ".gz".

        `use_python_export` is accepted: Python writes it always.
        """
        spans = [_trace_event(span, "user", {}) for span in self._recorder.spans]
        text = json.dumps({"traceEvents": [*spans, *map(_launch_event, self._recorder.launches)]})
        opened = gzip.open if str(path).endswith(".gz") else open
        with opened(path, "wt", encoding="utf-8") as file:
            file.write(text)


def _launch_event(launch):
    shapes = [list(shape) for shape in launch.shapes]
    told = {"module": launch.module, "line": launch.place, "shapes": shapes, "flops": launch.flops}
    return _trace_event(launch, launch.phase, {**told, "bytes": launch.nbytes})


def _trace_event(event, category, told):
    name = getattr(event, "kernel", None) or event.name
    when = {"ts": event.start / 1e3, "dur": event.duration / 1e3, "pid": os.getpid(), "tid": event.thread}
    return {"ph": "X", "name": name, "cat": category, **when, "args": told}


class record_function(contextlib.ContextDecorator):
    """Give a name to a stretch of the program, for the trace: `with record_function("loading"):`."""

    def __init__(self, name, args=None):
        if not isinstance(name, str):
            raise wrong_kind("record_function", "name", "a string", name)
        self.name = name

    def __enter__(self):
        self._began = perf_counter_ns()
        return self

    def __exit__(self, *error):
        for recorder in _recorders[-1:]:
            span = Span(self.name, self._began, perf_counter_ns() - self._began, threading.get_ident())
            recorder.spans.append(span)

    def _recreate_cm(self):  # a decorated function may call itself
        return record_function(self.name)


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False, use_python_export=False):
    """An `on_trace_ready` that writes each trace into a folder, named as TensorBoard's profiler expects it."""

    def handler(found):
        folder = Path(dir_name)
        folder.mkdir(parents=True, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        found.export_chrome_trace(folder / f"{worker}.{time.time_ns()}.pt.trace.json{'.gz' if use_gzip else ''}")

    return handler
