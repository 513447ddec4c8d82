"""Workers go through rows together, to the bits of the rows one after another, however many there are of both."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numba
import numpy as np
import pytest

import tinynet as tn
from tinynet.kernels.runtime import table
from tinynet.kernels.runtime.parallel_for import observe_plans
from tinynet.kernels.runtime.table import Table, writes
from tinynet.kernels.runtime.workers import starts

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="rows are of compiled bodies")


@contextmanager
def noted():
    """Yields the rows that the block runs, as (plan, arguments)."""
    rows = []

    def note(plan, run, arguments):
        rows.append((plan, arguments))
        run(*arguments)

    with observe_plans(note), tn.no_grad():
        yield rows


def rows_of(depth=12, size=160):
    """Rows that need each other, and some that do not, each of several tasks; the last has what all have given."""
    x = tn.linspace(-1, 1, size * size).reshape(size, size)
    with noted() as rows:
        for _ in range(depth):
            y, z = x @ x, tn.softmax(x, 1)
            x = tn.nn.functional.layer_norm(y, (size,)) @ z
    return rows


def outputs(rows):
    return [x for plan, arguments in rows for x, writable in zip(arguments, writes(plan)) if writable]


def run_spoilt(shared, rows):
    """The bits of all results, of which none is there before."""
    for x in outputs(rows):
        x.fill(np.nan)
    shared.run()
    return b"".join(x.tobytes() for x in outputs(rows))


@pytest.mark.parametrize("workers", [1, 3, 16])  # more than there are cores: some start when others have ended
def test_any_number_of_workers_gives_the_same_bits(workers, monkeypatch):
    rows = rows_of()
    assert sum(plan.tasks > 1 for plan, _ in rows) > len(rows) / 2 and any(plan.parallel for plan, _ in rows)
    expected = b"".join(x.tobytes() for x in outputs(rows))
    monkeypatch.setattr(table, "most_threads", lambda: workers)
    shared = Table(rows)
    assert all(run_spoilt(shared, rows) == expected for _ in range(20))


def test_some_of_the_rows(monkeypatch):
    rows = rows_of()
    expected = b"".join(x.tobytes() for x in outputs(rows))
    monkeypatch.setattr(table, "most_threads", lambda: 3)
    shared = Table(rows)
    for x in outputs(rows):
        x.fill(np.nan)
    for first in range(0, len(rows), 5):
        shared.run_rows(first, min(5, len(rows) - first))
    assert b"".join(x.tobytes() for x in outputs(rows)) == expected
    assert run_spoilt(shared, rows) == expected


def test_the_last_product_of_a_stack_is_waited_for(monkeypatch):
    a, b = tn.rand(2, 4, 160, 160)
    with noted() as rows:
        tn.softmax((a @ b)[3], 1)
    monkeypatch.setattr(table, "most_threads", lambda: 3)
    (product, _), _ = rows
    assert Table(rows).rows.table[:, 4].tolist() == [0, product.tasks]


def test_tables_of_several_python_threads():
    tables = [(Table(rows), rows) for rows in [rows_of() for _ in range(4)]]
    expected = run_spoilt(*tables[0])
    with ThreadPoolExecutor(4) as threads:
        assert {*threads.map(lambda own: run_spoilt(*own), tables)} == {expected}


@pytest.mark.parametrize(
    "rows, expected",
    [  # of each row its tasks, what it writes, what it reads
        ([], []),
        ([(3, [(0, 8)], []), (2, [(8, 16)], []), (1, [(16, 24)], [])], [0, 0, 0]),  # nothing in common
        ([(3, [(0, 8)], []), (2, [(8, 16)], [(0, 8)]), (1, [(16, 24)], [(8, 16)])], [0, 3, 5]),  # each needs the last
        ([(3, [(0, 8)], []), (2, [(8, 16)], []), (4, [], [(4, 5)]), (1, [], [(8, 9)])], [0, 0, 5, 5]),
        ([(3, [(8, 16)], [(0, 8)]), (2, [(0, 8)], [])], [0, 3]),  # what one reads the next overwrites
        ([(3, [(0, 8)], []), (2, [(4, 12)], [])], [0, 3]),  # both write it
        ([(3, [], [(0, 8)]), (2, [], [(0, 8)])], [0, 0]),  # both read it
    ],
)
def test_a_row_waits_for_what_it_needs(rows, expected):
    assert starts(rows) == expected
