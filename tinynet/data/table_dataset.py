"""A table as a dataset: rows of numbers, and what is to be learned of them."""

import numpy as np

from ..arguments import wrong_value
from ..tensor import wrap
from .columns import TensorDataset
from .table import Table, read_table
from .table_encoding import MISSING, TASKS, MissingValueError, fit_table, plan_table


class TableDataset(TensorDataset):
    """The rows of a CSV file, a data frame or a `Table`: item i is (x, y).

    x: float32 (features,), numbers standardized, words one-hot. y: an int64 class, or float32 (1,), standardized.
    target: the column to be learned. missing: what becomes of rows without a value: `refuse`, `drop`, or `mean`, which
    puts the mean of the column there. task: `classification` or `regression`; None: classification if the target is
    words, or whole numbers of few values. statistics: the positions of the rows whose means, deviations and words
    count, such as those of the training part; by default all. encoding: `x = dataset.encoding.encode(table, rows)`.

    Raises:
        ValueError: As `read_table` does; there is no such column, or a cell is no number or missing, which it names.
        OSError: The file cannot be read.
    """

    def __init__(self, source, target, missing="refuse", task=None, statistics=None):
        for name, value, known in (("missing", missing, MISSING), ("task", task, (*TASKS, None))):
            if value not in known:
                raise wrong_value("TableDataset", f"{name} to be one of {', '.join(map(str, known))}", value)
        self.table = source if isinstance(source, Table) else read_table(source)
        plan = plan_table(self.table, target, missing, task)
        try:
            self.rows = plan.kept(self.table, target=True)
        except MissingValueError as error:
            more = "" if error.of_target else ", 'mean' fills in the mean"
            raise MissingValueError(f"{error}; missing 'drop' leaves such rows out{more}", error.of_target) from None
        if len(self.rows) < 2:
            raise ValueError(
                f"{self.table.where}: expected at least 2 rows without missing values, got {len(self.rows)}"
            )
        fitted = self.rows if statistics is None else self.rows[np.asarray(statistics)]
        self.encoding = fit_table(plan, self.table, fitted)
        x, y = self.encoding.encode(self.table, self.rows), self.encoding.encode_target(self.table, self.rows)
        super().__init__(wrap(x), wrap(y))
