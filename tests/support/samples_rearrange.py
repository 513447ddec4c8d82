"""Samples of what moves elements: dimensions in another order, diagonals, windows, padding, indices, scattering."""

import numpy as np
from samples import add, function, method, normal, positive

# Dimensions and elements in another order

add("movedim", function("movedim", 0, -1), normal(2, 3, 4))
add("movedim", function("moveaxis", (0, -1), (1, 0)), normal(2, 3, 4))
add("swapaxes", lambda lib, x: lib.swapaxes(x, 0, 1) * x.swapdims(-1, 0), normal(3, 3))
add("ravel", lambda lib, x: lib.ravel(x.t()), normal(2, 3))
add("reshape_as", lambda lib, x, y: x.reshape_as(y) * y, normal(6), normal(2, 3))
add("unflatten", function("unflatten", 1, (-1, 2)), normal(2, 4))
for dims in ((0,), (0, -1), ()):
    add("reordered", function("flip", dims), normal(2, 3, 2))
add("reordered", method("flip", 0, 1), normal(0, 3))
add("reordered", lambda lib, x: x.fliplr() * lib.flipud(x), normal(2, 3))
for shifts, dims in ((1, ()), (-2, 1), ((1, 5), (1, 0)), (0, 0)):
    add("reordered", function("roll", shifts, dims), normal(3, 4))
for k in (-1, 0, 1, 2, 3):
    add("reordered", function("rot90", k), normal(2, 3))
add("reordered", function("rot90", 1, (2, 0)), normal(2, 2, 3))
add("tile", method("tile", 2, 3), normal(2, 3))
add("tile", function("tile", (2,)), normal(2, 3))
for dim, size, step in ((1, 3, 1), (0, 2, 2), (-1, 2, 3), (1, 5, 1), (0, 0, 1)):
    add("unfold", method("unfold", dim, size, step), normal(4, 5))
add("unfold", method("unfold", 0, 1, 1), normal())
add("moved", lambda lib, x: lib.as_strided(x * 1, (2, 2), (1, 3), 1), normal(2, 3))  # of x in order, however it came
add("moved", lambda lib, x: (x * 1).as_strided((3, 2), (1, 1)), normal(4))  # elements of the result share memory
add("moved", lambda lib, x: lib.as_strided((x * 1).expand(2, 3), (2, 3), (0, 1)), normal(3))  # and of the input
add("moved", lambda lib, x: (x * 1).as_strided((0, 2), (1, 1)), normal(3))
add("moved", lambda lib, x, y: (x * 1).as_strided_scatter(y, (2, 2), (1, 3), 1), normal(2, 3), normal(2, 2),
    public=False)  # fmt: skip
for n in (1, 2, 3):
    for shape in ((), (2,), (2, 3)):
        add(f"atleast_{n}d", function(f"atleast_{n}d"), normal(*shape))

# Joined, cut, broadcast

for name in ("hstack", "vstack", "dstack", "column_stack"):
    for shape in ((2,), (2, 3), (2, 2, 2)):
        add(name, lambda lib, x, y, name=name: getattr(lib, name)((x, y)), normal(*shape), normal(*shape))
add("block_diag", lambda lib, *xs: lib.block_diag(*xs), normal(2, 3), normal(2), normal())
add("tensor_split", lambda lib, x: x.tensor_split(3)[0] * x.tensor_split((2, 7), dim=1)[1].sum(), normal(4, 5))
add("tensor_split", lambda lib, x: x.hsplit(2)[1] * lib.vsplit(x, [1])[0].sum() + lib.dsplit(x, 1)[0][:, :1],
    normal(3, 4, 1))  # fmt: skip
add("meshgrid", lambda lib, x, y: lib.meshgrid(x, y, indexing="xy")[0], normal(2), normal(3))
add("meshgrid", lambda lib, x, y: lib.meshgrid([x, y], indexing="ij")[1], normal(2), normal())
add("broadcast_tensors", lambda lib, x, y: lib.broadcast_tensors(x, y)[1], normal(2, 1), normal(3))
add("cartesian_prod", lambda lib, x, y: lib.cartesian_prod(x, y), normal(2), normal(3))
add("combinations", function("combinations", 2, True), normal(3))

# Diagonals

for offset, a, b in ((0, 0, 1), (1, 0, 1), (-1, 2, 0), (5, 0, 1), (0, -2, -1)):
    add("diagonal", function("diagonal", offset, a, b), normal(3, 4, 2))
    if abs(offset) < 5:
        add("diag_embed", function("diag_embed", offset, a, b), normal(2, 3))
add("diag_embed", function("diag_embed"), normal(2, 0))
for offset in (0, 1, -2):
    add("diag_embed", function("diag", offset), normal(3))
    add("diagonal", function("diag", offset), normal(2, 3))
add("diagflat", function("diagflat", -1), normal(2, 2))
add("trace", function("trace"), normal(2, 3))

# Padding

for widths in ((1, 2), (0, 2, 1, 0), (-1, 2), (-2, 1, 1, -1), (0, 0), (1, 0, 0, 0, 2, 1)):
    add("padded", function("pad", widths, value=0.5), normal(2, 3, 4))
add("padded", function("pad", (2, 1)), normal(0))
for mode in ("reflect", "replicate", "circular"):
    for widths in ((1, 2), (2, 1, 0, 1), (-1, 2), (0, -2), (0, 0)):
        add("pad", function("pad", widths, mode), normal(1, 3, 4))

# Indices along a dimension

SCATTERED = [
    ((3, 4), 1, [[0, 3], [1, 1], [2, 0]], (3, 2)), ((3, 4), 0, [[2, 0, 1]], (2, 3)), ((3,), -1, [1, 1, 0], (4,)),
    ((2, 3), 0, [[0, 1, 1]], (1, 3)), ((2, 3, 2), 1, [[[0], [2]], [[1], [1]]], (2, 2, 1)),
]  # fmt: skip
for shape, dim, index, source in SCATTERED:

    def at(lib, index=index):
        return lib.tensor(index)

    whole = np.shape(index) == source  # PyTorch has no gradient by src where the index names a part of it
    if (dim, source) in ((0, (2, 3)), (0, (1, 3))):  # nor has an element of it that is overwritten by another
        add("scattered", lambda lib, x, s, d=dim, at=at: x.scatter(d, at(lib), s), normal(*shape), normal(*source),
            public=whole)  # fmt: skip
    add("scattered", lambda lib, x, d=dim, at=at: lib.scatter(x, d, at(lib), 1.5), normal(*shape))
    add("scattered_sum", lambda lib, x, s, d=dim, at=at: lib.scatter_add(x, d, at(lib), s), normal(*shape),
        normal(*source), public=whole)  # fmt: skip
    for reduce in ("sum", "mean", "prod", "amax", "amin"):
        for own in (True, False):
            name = "combined" if reduce in ("prod", "amax", "amin") else "scattered_sum"

            def run(lib, x, s, d=dim, at=at, reduce=reduce, own=own):
                return lib.scatter_reduce(x, d, at(lib), s, reduce, include_self=own)

            # PyTorch's second gradients of the others are not implemented
            add(name, run, positive(*shape), positive(*source), public=whole and reduce in ("sum", "mean"))
add("scattered", lambda lib, x: (x * 1).scatter_(0, lib.tensor([[1, 0]]), 2.0) * x, normal(2, 3))
WHICH = [0, 2, 0]
which = lambda lib: lib.tensor(WHICH)
add("index_select", lambda lib, x: x.index_select(1, which(lib)), normal(2, 3))
add("index_select", lambda lib, x: lib.index_select(x, 0, lib.tensor([0])), normal())
add("take", lambda lib, x: lib.take(x, lib.tensor([[0, -1], [2, 2]])), normal(2, 3))
add("take_along_dim", lambda lib, x: x.take_along_dim(lib.tensor([[0, -1, 1]]), 1), normal(2, 3))
add("take_along_dim", lambda lib, x: lib.take_along_dim(x, lib.tensor([4, 0])), normal(2, 3))
add("masked_select", lambda lib, x: lib.masked_select(x, lib.tensor([True, False, True])), normal(2, 3))
add("select", lambda lib, x: x.select(1, -1) * lib.select(x, 0, 1)[:2], normal(2, 3))
add("with_added", lambda lib, x, s: x.index_add(1, which(lib), s, alpha=0.5), normal(2, 3), normal(2, 3))
add("with_added", lambda lib, x, s: (x * 1).index_add_(0, lib.tensor([1]), s), normal(2, 3), normal(1, 3))
add("with_item", lambda lib, x, s: lib.index_copy(x, 0, lib.tensor([2, 0]), s), normal(3, 2), normal(2, 2))
add("with_item", lambda lib, x: x.index_fill(1, which(lib), 0.5), normal(2, 3))
add("with_item", lambda lib, x, v: x.index_fill(1, which(lib), v), normal(2, 3), normal())
add("with_item", lambda lib, x, s: x.masked_scatter(x.detach() > 9, s) + x.masked_scatter(x.detach() < 9, s),
    normal(2, 3), normal(3, 2))  # fmt: skip
for accumulate in (False, True):
    for index in (([0, 1],), ([1, 0], [2, 1])):

        def run(lib, x, v, index=index, accumulate=accumulate):
            return lib.index_put(x, tuple(lib.tensor(i) for i in index), v, accumulate)

        add("index_put", run, normal(2, 3), normal(2, 3) if len(index) == 1 else normal(2))
    add("put", lambda lib, x, s, a=accumulate: lib.Tensor.put(x, lib.tensor([0, -2]), s, a), normal(2, 3), normal(2))
add("with_added", lambda lib, x, v: x.index_put((lib.tensor([1, 1, 0]),), v, True), normal(2, 3), normal())

# In place of views

add("select_scatter", function("select_scatter", -1, 2), normal(2, 3), normal(2))
add("slice_scatter", function("slice_scatter", 1, 1, None, 2), normal(2, 4), normal(2, 2))
add("diagonal_scatter", function("diagonal_scatter", -1, 0, 2), normal(3, 2, 2), normal(2, 2))
for reduce in ("mean", "amax", "prod"):
    add("index_reduce", lambda lib, x, s, r=reduce: x.index_reduce(1, lib.tensor([2, 0, 2]), s, r),
        positive(2, 3), positive(2, 3), public=False)  # fmt: skip
add("fill", function("fill"), normal(2, 3), normal())
