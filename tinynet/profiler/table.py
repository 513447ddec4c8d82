"""Launches that belong together, and the table of them."""

import statistics
from collections import defaultdict

from .. import notebook
from ..arguments import integer, one_of
from ..notebook import facts, page
from .peak import known_peak

KEYS = {
    "cpu_time_total": lambda row: row.time,
    "self_cpu_time_total": lambda row: row.time,
    "cuda_time_total": lambda row: row.time,
    "self_cuda_time_total": lambda row: row.time,
    "cpu_time": lambda row: row.time / row.count,
    "count": lambda row: row.count,
    "flops": lambda row: row.flops,
    "bytes": lambda row: row.nbytes,
}
SHOWN = 100  # rows, if not told otherwise


class Row:
    """Launches of a kernel that have all of `labels` alike; times in µs."""

    def __init__(self, labels, launches):
        self.labels = labels
        self.count = len(launches)
        self.time = sum(x.duration for x in launches) / 1e3
        self.median = statistics.median([x.duration for x in launches] or [0]) / 1e3
        self.flops, self.nbytes = sum(x.flops for x in launches), sum(x.nbytes for x in launches)

    @property
    def key(self):
        """The name of the kernel."""
        return self.labels["kernel"]

    @property
    def cpu_time_total(self):
        return self.time

    self_cpu_time_total = cpu_time_total

    @property
    def cpu_time(self):
        """The mean of a launch."""
        return self.time / self.count

    def __repr__(self):
        return f"<{self.key}: {self.count} launches, {self.time:.1f} µs>"


class Table(list):
    """Rows, the longest time first; prints as a table."""

    def __init__(self, launches, by, elapsed=None):
        groups = defaultdict(list)
        for launch in launches:
            groups[tuple([getattr(launch, name) for name in by])].append(launch)
        super().__init__(Row(dict(zip(by, labels)), found) for labels, found in groups.items())
        self.launches, self.by, self.elapsed = launches, by, elapsed
        self.sort(key=lambda row: -row.time)

    def total_average(self):
        """All launches as one row."""
        return Row({"kernel": "all"}, self.launches)

    def table(self, sort_by=None, row_limit=SHOWN, max_src_column_width=75, header=None, top_level_events_only=False):
        """The table as text, its rows sorted by "cpu_time_total", "cpu_time", "count", "flops" or "bytes".

        GFLOP/s are of products, GB/s of all bytes that a kernel must read and write. Where `tinynet info --peak` has
        measured what this machine reaches, each has beside it how much of that it is; GB/s may be above it, since
        small arrays come from the caches.

        Raises: ValueError for another order.
        """
        limit = integer("table", "row_limit", row_limit, -1)
        rows = self if sort_by is None else sorted(self, key=KEYS[one_of("table", "sort_by", sort_by, KEYS)])[::-1]
        shown = rows if limit == -1 else rows[:limit]
        lines = self._lines(shown)
        widths = [max(map(len, column)) for column in zip(*lines)]
        left = len(self.by)
        text = ["  ".join(_cells(line, widths, left)).rstrip() for line in lines]
        text.insert(1, "-" * max(map(len, text)))
        if len(shown) < len(rows):
            text.append(f"... and {len(rows) - len(shown)} more")
        return "\n".join([*([header] if header else []), *text, *self._footer()]) + "\n"

    def _lines(self, rows):
        """Header and rows, as texts."""
        total, peak = self.total_average().time, known_peak()
        header = [*self.by, "launches", "µs", "median", "%", "GFLOP/s", "GB/s"]
        return [header, *([*_labels(row), *_numbers(row, total, peak)] for row in rows)]

    def _repr_html_(self):
        header, *lines = self._lines(self[:SHOWN])
        more = f"... and {len(self) - SHOWN} more" if len(self) > SHOWN else ""
        return page(notebook.table(header, lines, header[len(self.by) :]), facts(more, *self._footer()))

    def _footer(self):
        total = self.total_average().time
        yield f"{len(self.launches)} launches, {total:,.0f} µs in kernels"
        if self.elapsed is not None:
            yield f"{self.elapsed:,.0f} µs in all, of which {max(self.elapsed - total, 0):,.0f} µs Python"

    def __str__(self):
        return self.table()


def _labels(row):
    return [value if isinstance(value, str) else " ".join(map(_shape, value)) for value in row.labels.values()]


def _shape(shape):
    return "×".join(map(str, shape)) or "1"


def _numbers(row, total, peak):
    yield f"{row.count:,}"
    yield f"{row.time:,.1f}"
    yield f"{row.median:,.1f}"
    yield f"{100 * row.time / total:.1f}" if total else ""
    for amount, best in ((row.flops, peak and peak[0]), (row.nbytes, peak and peak[1])):
        speed = amount / row.time / 1e3 if row.time else 0.0
        yield "" if not amount else f"{speed:,.1f}" + (f" ({100 * speed / best:.0f} %)" if best else "")


def _cells(line, widths, left):
    return [text.ljust(w) if i < left else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths))]
