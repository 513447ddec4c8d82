"""Processes that run one function, each with its number; an error in one of them arrives where they are joined."""

import multiprocessing
import signal
import sys
import time
import traceback
from multiprocessing import connection

from ..arguments import integer, one_of


class ProcessException(Exception):
    """A process that failed: which of them, from 0, and its id."""

    def __init__(self, msg, error_index, error_pid):
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid = msg, error_index, error_pid

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.error_pid)


class ProcessRaisedException(ProcessException):
    """An error in a process, with its traceback."""


class ProcessExitedException(ProcessException):
    """A process that ended with a code other than 0, or by a signal."""

    def __init__(self, msg, error_index, error_pid, exit_code, signal_name=None):
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.error_pid, self.exit_code, self.signal_name)


def _run(fn, i, args, sender):
    try:
        fn(i, *args)
    except KeyboardInterrupt:  # of the parent, which ends its processes
        pass
    except Exception:
        sender.send(traceback.format_exc())
        sys.exit(1)


class ProcessContext:
    """Processes that were started together."""

    def __init__(self, processes, readers):
        self.processes, self._readers = processes, readers
        self._errors = [None] * len(processes)
        self._running = set(range(len(processes)))

    def pids(self):
        """The ids of the processes."""
        return [process.pid for process in self.processes]

    def join(self, timeout=None, grace_period=None):
        """Wait until one has failed, or one or all have ended: at most `timeout` seconds. Returns whether all have.

        When one fails, the others get `grace_period` seconds to end by themselves, and are then terminated.
        Raises: ProcessRaisedException, ProcessExitedException.
        """
        if not self._running:
            return True
        waiting = {self.processes[i].sentinel: i for i in self._running}
        reading = {self._readers[i]: i for i in self._running if self._errors[i] is None}
        for ready in connection.wait([*waiting, *reading], timeout):
            i = waiting.get(ready, reading.get(ready))
            self._read(i)  # before it can end: a long text does not fit into the pipe
            if ready in waiting or self._errors[i]:
                self.processes[i].join()
                self._running.discard(i)
        failed = [i for i, process in enumerate(self.processes) if i not in self._running and process.exitcode]
        if failed:
            self._end_others(grace_period)
            self._raise(failed[0])
        return not self._running

    def _read(self, i):
        """Take the traceback of a process that has sent one, or note that there is none."""
        if self._errors[i] is None and self._readers[i].poll():
            try:
                self._errors[i] = self._readers[i].recv()
            except EOFError:
                self._errors[i] = ""

    def _end_others(self, grace_period):
        others = [self.processes[i] for i in self._running]
        if grace_period is not None:
            _join(others, grace_period)
        for process in others:
            if process.is_alive():
                process.terminate()
        _join(others, 30 if grace_period is None else grace_period)
        for process in others:
            if process.is_alive():
                process.kill()
            process.join()
        self._running.clear()

    def _raise(self, i):
        pid, code = self.processes[i].pid, self.processes[i].exitcode
        if self._errors[i]:
            text = f"\n\n-- Process {i} terminated with the following error:\n{self._errors[i]}"
            raise ProcessRaisedException(text, i, pid)
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            raise ProcessExitedException(f"process {i} terminated with signal {name}", i, pid, code, name)
        raise ProcessExitedException(f"process {i} terminated with exit code {code}", i, pid, code)


def _join(processes, timeout):
    end = time.monotonic() + timeout
    for process in processes:
        process.join(max(0, end - time.monotonic()))


def start_processes(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """Run fn(i, *args) in `nprocs` processes, i = 0, 1, ...; returns None once all have ended.

    With `join=False` returns a `ProcessContext` at once.
    Raises: ProcessRaisedException with the traceback of a process that fails, or whatever keeps one from starting, such
    as arguments that cannot be pickled; the others are ended.
    """
    nprocs = integer("start_processes", "nprocs", nprocs, 0)
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context(one_of("start_processes", "start_method", start_method, methods))
    processes, readers = [], []
    try:
        for i in range(nprocs):
            reader, sender = context.Pipe(duplex=False)
            process = context.Process(target=_run, args=(fn, i, args, sender), daemon=daemon)
            process.start()
            sender.close()  # the process has its own
            processes.append(process)
            readers.append(reader)
    except BaseException:
        ProcessContext(processes, readers)._end_others(None)
        raise
    started = ProcessContext(processes, readers)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """`start_processes`, by the name that scripts use.

    Raises: as `start_processes`.
    """
    return start_processes(fn, args, nprocs, join, daemon, start_method)
