"""Samples of recurrent layers: each cell, over steps of one size and of sizes that differ, in both directions."""

from samples import add, normal

from tinynet.ops.recurrent import CELLS, recurrent_layer, unrolled

for cell, kind in CELLS.items():
    for sizes, reverse in (((2, 2), False), ((3, 2, 1), False), ((3, 2, 1), True), ((2,), True)):
        n, size, rows = sizes[0], 2, sum(sizes)
        inputs = [normal(rows, kind.gates * size), normal(n, size), normal(n, size)][: 1 + kind.states]
        inputs += [normal(kind.gates * size, size), normal(kind.gates * size)]

        def run(lib, a, h, *rest, cell=cell, sizes=sizes, reverse=reverse, operation=recurrent_layer):
            c, weight, bias = rest if len(rest) == 3 else (None, *rest)
            return operation(cell, a, h, c, weight, bias, sizes, reverse)

        add("recurrent_layer", run, *inputs, public=False)

        def equation(*arguments, run=run):
            return run(*arguments, operation=unrolled)

        add("unrolled recurrent_layer", equation, *inputs, public=False)
