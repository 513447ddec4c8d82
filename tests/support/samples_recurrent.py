"""Samples of recurrent layers: each cell, over steps of one size and of sizes that differ, in both directions."""

from samples import add, normal

from tinynet.ops.recurrent import CELLS, recurrent_layer, unrolled

for cell, kind in CELLS.items():
    for sizes, reverse in (((2, 2), False), ((3, 2, 1), False), ((3, 2, 1), True), ((2,), True)):
        n, size, rows = sizes[0], 2, sum(sizes)
        inputs = [normal(rows, 3), normal(n, size), normal(n, size)][: 1 + kind.states]
        inputs += [normal(kind.gates * size, k) for k in (3, size)] + [normal(kind.gates * size)] * 2

        def run(lib, x, h, *rest, cell=cell, sizes=sizes, reverse=reverse, operation=recurrent_layer):
            rest = rest if len(rest) == 5 else (None, *rest)
            return operation(cell, x, h, *rest, sizes, reverse)

        add("recurrent_layer", run, *inputs, public=False)

        def equation(*arguments, run=run):
            return run(*arguments, operation=unrolled)

        add("unrolled recurrent_layer", equation, *inputs, public=False)
