"""Samples of products: of vectors and matrices, sums over indices, distances."""

import numpy as np
from samples import add, function, normal

for name, a, b in [
    ("mm", (2, 3), (3, 4)), ("bmm", (2, 2, 3), (2, 3, 2)), ("mv", (2, 3), (3,)), ("dot", (3,), (3,)),
    ("vdot", (3,), (3,)), ("ger", (2,), (3,)), ("inner", (2, 3), (4, 3)), ("inner", (3,), (3,)), ("inner", (), (2,)),
    ("inner", (2, 2, 3), (3,)), ("mm", (2, 0), (0, 3)), ("kron", (2, 3), (2,)), ("kron", (2, 1), (1, 2, 2)),
]:  # fmt: skip
    add(name, function(name), normal(*a), normal(*b))
for name, shapes in {
    "addmm": ((3,), (2, 4), (4, 3)), "addmv": ((2,), (2, 3), (3,)), "addr": ((2, 3), (2,), (3,)),
    "addbmm": ((2, 2), (3, 2, 2), (3, 2, 2)), "baddbmm": ((2, 1, 2), (2, 3, 2), (2, 2, 2)),
}.items():  # fmt: skip
    for options in ({}, {"beta": 0.5, "alpha": -2.0}, {"beta": 0}):
        add(name, function(name, **options), *(normal(*s) for s in shapes))
add("addmm", lambda lib, x, a, b: (x * 1).addmm_(a, b, alpha=2), normal(2, 2), normal(2, 3), normal(3, 2))
add("cross", function("cross", dim=1), normal(2, 3), normal(2, 3))
add("cross", function("cross"), normal(2, 3), normal(2, 3), public=False)  # PyTorch warns that it is deprecated
add("cross", function("cross", dim=0), normal(3, 2), normal(3, 1))
for p in (2.0, 1.0, 3.0, float("inf")):
    add("cdist", function("cdist", p), normal(2, 3, 2), normal(4, 2), public=False)
add("cdist", function("cdist"), normal(2, 3, 2), normal(2, 4, 2), public=False)  # PyTorch has no second gradient
add("cdist", function("cdist", compute_mode="use_mm_for_euclid_dist"), normal(3, 2), normal(4, 2), public=False)
add("multi_dot", lambda lib, *xs: lib.linalg.multi_dot(xs), normal(3), normal(3, 2), normal(2, 4), normal(4))
add("chain_matmul", lambda lib, *xs: lib.chain_matmul(*xs), normal(2, 3), normal(3, 1), normal(1, 2),
    public=False)  # fmt: skip
for equation, *shapes in [
    ("ik,kj->ij", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("ij->ji", (2, 3)), ("ii", (3, 3)),
    ("ii->i", (3, 3)), ("iij->ji", (2, 2, 3)), ("i,j", (2,), (3,)), ("ij,ij->", (2, 3), (2, 3)), ("ij->", (2, 3)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)), ("b...,b->...", (2, 3, 2), (2,)),
    ("ij,jk,kl", (2, 3), (3, 2), (2, 2)),
    ("ij,ik->ijk", (2, 3), (1, 2)), ("ab,ab->ba", (2, 1), (2, 3)), ("nhd,mhd->hnm", (2, 2, 3), (3, 2, 3)),
    ("i...->...", (2, 3)), (",i->i", (), (3,)), ("ij,j", (2, 0), (0,)),
    ("ji,i,ij->ij", (3, 2), (2,), (2, 3)),
]:  # fmt: skip
    add("einsum", lambda lib, *xs, e=equation: lib.einsum(e, *xs), *(normal(*s) for s in shapes))
add("einsum", lambda lib, x, y: lib.einsum(x, [..., 0], y, [0, 1], [..., 1]), normal(2, 3), normal(3, 2))
add("tensordot", function("tensordot"), normal(2, 3, 2), normal(3, 2, 2))
add("tensordot", function("tensordot", dims=([0], [1])), normal(2, 3), normal(2, 2))
add("tensordot", function("tensordot", dims=0), normal(2), normal(3))


# Linear algebra

# What matrices with equal columns have not
INVERSES = (
    "inverse", "det", "sign_and_log_abs_det", "solution", "cholesky_factor", "cholesky_inverse", "cholesky_solve",
    "orthonormal", "singular_vectors", "matrix_power", "cond", "tensorsolve", "tensorinv", "lu_packed",
)  # fmt: skip


def well_conditioned(*lead):
    return normal(*lead, 3, 3) + 4 * np.eye(3)


for lead in ((), (2,)):
    add("inverse", function("inverse"), well_conditioned(*lead))
    add("det", function("det"), well_conditioned(*lead))
    add("sign_and_log_abs_det", function("logdet"), well_conditioned(*lead))
for a, b in (((), (3, 2)), ((2,), (2, 3, 1)), ((), (3,)), ((2,), (3, 2))):
    add("solution", lambda lib, a, b: lib.linalg.solve(a, b), well_conditioned(*a), normal(*b))
add("solution", lambda lib, a, b: lib.linalg.solve(a, b, left=False), well_conditioned(), normal(2, 3))
for lead in ((), (2,)):
    add("cholesky_factor", lambda lib, x: lib.linalg.cholesky(x @ x.mT), well_conditioned(*lead))
add("cholesky_factor", lambda lib, x: lib.linalg.cholesky(x @ x.mT, upper=True), well_conditioned())
for upper in (False, True):
    half = lambda x, upper=upper: x.triu() if upper else x.tril()  # of which PyTorch's gradients take no notice
    add("cholesky_inverse", lambda lib, x, u=upper, h=half: lib.cholesky_inverse(h(x), u), well_conditioned())
    add("cholesky_solve", lambda lib, b, x, u=upper, h=half: lib.cholesky_solve(b, h(x), u), normal(3, 2),
        well_conditioned())  # fmt: skip
    for left in (False, True):
        options = {"upper": upper, "left": left, "unitriangular": left}
        triangular = lambda lib, a, b, o=options: lib.linalg.solve_triangular(a, b, **o)
        add("solution", triangular, well_conditioned(), normal(2, 3, 3))
add("sign_and_log_abs_det", lambda lib, x: lib.linalg.slogdet(x)[1], well_conditioned())


def symmetric(lib, x):
    return x + x.transpose(-2, -1)


# Of vectors whose sign is free: what does not depend on it

for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2)):
    add("orthonormal", lambda lib, x: lib.linalg.qr(x).R, normal(*shape), public=shape != (2, 4))
    add("singular_vectors", lambda lib, x: lib.linalg.svd(x, full_matrices=False).U ** 2, normal(*shape))
    add("singular_vectors", lambda lib, x: lib.svd(x).V ** 2, normal(*shape))
    add("singular_values", lambda lib, x: lib.linalg.svdvals(x), normal(*shape))
    add("pseudoinverse", lambda lib, x: lib.linalg.pinv(x), normal(*shape))
add("orthonormal", lambda lib, x: lib.linalg.qr(x).Q, normal(3, 2))
for triangle in "LU":
    add("eigenvectors", lambda lib, x, u=triangle: lib.linalg.eigh(symmetric(lib, x), u)[1] ** 2, normal(2, 3, 3))
    add("eigenvalues", lambda lib, x, u=triangle: lib.linalg.eigvalsh(symmetric(lib, x), u), normal(3, 3))
for n in (0, 3, -2):
    add("matrix_power", lambda lib, x, n=n: lib.linalg.matrix_power(x, n), well_conditioned())
add("matrix_exp", function("matrix_exp"), normal(3, 3))
add("matrix_exp", function("matrix_exp"), normal(2, 2, 2))
for ord in ("nuc", 2, -2):
    add("matrix_norm", lambda lib, x, ord=ord: lib.linalg.matrix_norm(x, ord, (0, 2)), normal(3, 2, 2))
for shape in ((3, 3), (2, 4, 2), (2, 4), (0, 3)):
    add("lu_packed", lambda lib, x: lib.linalg.lu(x)[1].sin(), normal(*shape))
    add("lu_packed", lambda lib, x: lib.linalg.lu(x)[2].sin(), normal(*shape))
    add("lu_packed", lambda lib, x: lib.linalg.lu_factor(x)[0], normal(*shape))
for options in ({}, {"left": False}, {"adjoint": True}, {"left": False, "adjoint": True}):
    solved = lambda lib, a, b, o=options: lib.linalg.lu_solve(*lib.linalg.lu_factor(a), b, **o)
    add("lu_packed", solved, well_conditioned(2), normal(2, 3, 3))
add("cond", lambda lib, x: lib.linalg.cond(x) + lib.linalg.cond(x, 1), well_conditioned(), public=False)
add("lstsq", lambda lib, a, b: lib.linalg.lstsq(a, b)[0], normal(4, 2), normal(4, 3))
add("tensorsolve", lambda lib, a, b: lib.linalg.tensorsolve(a, b), normal(2, 2, 4), normal(2, 2))
add("tensorinv", lambda lib, a: lib.linalg.tensorinv(a, 1), normal(4, 2, 2))
add("vander", lambda lib, x: lib.vander(x, 3) + lib.linalg.vander(x), normal(3), public=False)
add("householder_product", lambda lib, a, t: lib.linalg.householder_product(a, t), normal(3, 2), normal(2))
for left, shape in ((True, (2, 3, 4)), (False, (2, 4, 3))):
    add("ormqr", function("ormqr", left, not left), normal(2, 3, 2), normal(2, 2), normal(*shape), public=left)
factored = lambda lib, x: lib.linalg.ldl_factor(lib.tensor([[0.0, 2.0], [2.0, 1.0]], dtype=x.dtype))
add("ldl_solve", lambda lib, x: lib.linalg.ldl_solve(*factored(lib, x), x), normal(3, 2, 3), public=False)
