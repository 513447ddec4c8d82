"""What factorizations and functions of matrices read, and how one matrix of a stack leaves the others alone."""

import math

import numpy as np
import pytest
from helpers import close, leaf

import tinynet as tn


def test_cholesky_reads_the_triangle_that_it_is_asked_for():
    a = tn.tensor([[4.0, 2.0], [99.0, 5.0]])
    assert tn.linalg.cholesky(a, upper=True).tolist() == [[2, 1], [0, 2]]
    assert tn.linalg.cholesky(a.T).tolist() == [[2, 0], [1, 2]]


def test_a_matrix_that_has_no_exponential_leaves_the_others_alone():
    a = tn.stack([tn.eye(2), tn.full((2, 2), math.nan), tn.eye(2) * 50], 0).double()
    found = tn.linalg.matrix_exp(a)
    assert found[1].isnan().all()
    np.testing.assert_allclose(found[0].numpy(), math.e * np.eye(2), rtol=1e-15)
    np.testing.assert_allclose(found[2].numpy(), math.exp(50) * np.eye(2), rtol=1e-13)


def test_a_singular_matrix_has_an_infinite_condition():
    a = tn.stack([tn.eye(2), tn.zeros(2, 2)])
    assert tn.linalg.cond(a, 1).tolist() == [1, math.inf]


def test_a_determinant_takes_one_factorization(monkeypatch):
    a, calls = tn.tensor([[1.0, 2.0], [3.0, 4.0]]), []
    factorize = np.linalg.slogdet
    monkeypatch.setattr(np.linalg, "slogdet", lambda a: calls.append(1) or factorize(a))
    assert tn.slogdet(a)[0].item() == -1 and math.isnan(tn.logdet(a).item()) and len(calls) == 2


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_only_a_matrix_has_an_adjoint_by_name(shape):
    with pytest.raises(tn.ShapeError):
        tn.ones(*shape).H  # noqa: B018


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 5, 3), (3, 5), (0, 2, 2), (2, 0, 3)])
def test_lu_is_pytorchs(torch, shape):
    """Also of a matrix with a column of zeros, and the pivots, which are those of the largest in size."""
    a = np.random.default_rng(0).standard_normal(shape)
    functions = ["lu", "lu_factor"]
    if shape == (3, 5):
        a[..., 1] = 0
        functions = ["lu"]
        with pytest.raises(ValueError, match="a 0 among"):
            tn.linalg.lu_factor(tn.tensor(a))
        with pytest.raises(RuntimeError, match="is zero"):
            torch.linalg.lu_factor(torch.tensor(a))
    for name in functions:
        ours, theirs = (getattr(lib.linalg, name)(lib.tensor(a)) for lib in (tn, torch))
        assert ours._fields == tuple(f for f in ours._fields if hasattr(theirs, f))
        for x, y in zip(ours, theirs, strict=True):
            assert str(y.dtype) == f"torch.{x.dtype}" and x.shape == tuple(y.shape)
            np.testing.assert_allclose(x.numpy(), y.numpy(), 1e-12, 1e-14)


@pytest.mark.torch
def test_systems_solved_by_factors_are_pytorchs(torch):
    a, b = (np.random.default_rng(seed).standard_normal((2, 3, 3)) for seed in range(2))
    for left in (True, False):
        for adjoint in (True, False):
            found = []
            for lib in (tn, torch):
                factors = lib.linalg.lu_factor(lib.tensor(a))
                found.append(lib.linalg.lu_solve(*factors, lib.tensor(b), left=left, adjoint=adjoint).numpy())
            np.testing.assert_allclose(*found, 1e-11)


SINGULAR = np.array([np.eye(3), np.ones((3, 3)), np.zeros((3, 3)), [[4, 2, 0], [2, 1, 0], [0, 0, 1]]])
STATUS = {
    "cholesky_ex": lambda lib, a: lib.linalg.cholesky_ex(a), "inv_ex": lambda lib, a: lib.linalg.inv_ex(a),
    "solve_ex": lambda lib, a: lib.linalg.solve_ex(a, a), "vectors": lambda lib, a: lib.linalg.solve_ex(a, a[:, 0]),
    "lu_factor_ex": lambda lib, a: lib.linalg.lu_factor_ex(a.detach())[::2],
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", STATUS)
def test_info_says_where_a_factorization_ended(torch, name):
    """The results of good matrices, and their gradients, are what they are without bad ones beside them."""
    found, gradients = [], []
    for lib in (tn, torch):
        a = lib.tensor(SINGULAR, requires_grad=True)
        result, info = STATUS[name](lib, a)
        if name != "lu_factor_ex":  # whose results all exist, and whose gradients do not
            gradients.append(lib.autograd.grad(result[:1].sin().sum(), a)[0][:1].numpy())
            assert result.shape == SINGULAR.shape[: result.ndim] and info[0] == 0 and info[1:].all()
        found.append((result.detach().numpy()[:1], info.numpy()))
    for x, y in zip(*found):
        np.testing.assert_allclose(x, y, 1e-12, strict=True)
    if gradients:
        np.testing.assert_allclose(*gradients, 1e-12)


def test_errors_of_factorizations():
    a = tn.tensor(SINGULAR)
    for function in (tn.linalg.cholesky_ex, tn.linalg.inv_ex, tn.linalg.lu_factor_ex):
        with pytest.raises(tn.linalg.LinAlgError):
            function(a, check_errors=True)
    for function in (tn.linalg.inv, tn.cholesky, tn.lu):
        with pytest.raises(RuntimeError, match="expected"):
            function(a)
    assert tn.linalg.inv_ex(a).inverse[1].isnan().all()


def test_the_largest_singular_values_of_a_matrix_of_low_rank():
    rows = np.random.default_rng(0).standard_normal((2, 6, 2))
    for a in (rows @ rows.swapaxes(1, 2)[:, :, :4], rows.swapaxes(1, 2)[:, :, :5]):
        U, S, V = tn.svd_lowrank(tn.tensor(a, requires_grad=True), 2)
        np.testing.assert_allclose((U * S[:, None] @ V.mT).detach().numpy(), a, atol=1e-12)
        np.testing.assert_allclose(S.detach().numpy(), np.linalg.svd(a)[1][:, :2], 1e-12)
        assert S.requires_grad
    a = tn.tensor(a)
    U, S, V = tn.pca_lowrank(a, 2)
    np.testing.assert_allclose((U * S[:, None] @ V.mT).numpy(), (a - a.mean(1, True)).numpy(), atol=1e-12)
    assert tn.svd_lowrank(a, 1, M=a)[1].tolist() == [[0], [0]] and tn.svd_lowrank(a, 9)[0].shape == (2, 2, 2)


def test_pivots_are_rows_of_the_matrix():
    LU, pivots = tn.linalg.lu_factor(tn.eye(3))
    with pytest.raises(tn.ShapeError, match=r"pivots of shape \(3,\), got \(2,\)"):
        tn.linalg.lu_solve(LU, pivots[:2], tn.ones(3, 1))
    with pytest.raises(ValueError, match="pivots from 1 to 3"):
        tn.linalg.lu_solve(LU, pivots * 0, tn.ones(3, 1))


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (2, 3, 3), (0, 3), (3, 0)])
def test_reflections_are_pytorchs(torch, shape):
    a, found = np.cos(np.arange(math.prod(shape)) ** 1.5).reshape(shape), []
    for lib in (tn, torch):
        a_tau = lib.geqrf(lib.tensor(a))
        c = lib.ones(*shape[:-2], shape[-2], 2, dtype=lib.float64)
        found.append([*a_tau, lib.ormqr(*a_tau, c), lib.ormqr(*a_tau, c.mT, False), lib.ormqr(*a_tau, c, True, True)])
        if shape[-2] >= shape[-1]:
            found[-1] += [lib.orgqr(*a_tau), lib.linalg.householder_product(a_tau.a, a_tau.tau[..., :1])]
    for ours, theirs in zip(*found, strict=True):
        close(ours, theirs, ulp=32, scale=1)


def test_ldl_of_no_matrices():
    LD, pivots, info = tn.linalg.ldl_factor_ex(tn.zeros(0, 2, 2))
    assert (LD.shape, pivots.shape, info.shape) == ((0, 2, 2), (0, 2), (0,))
    assert tn.linalg.ldl_solve(LD, pivots, tn.ones(2, 5)).shape == (0, 2, 5)


@pytest.mark.parametrize("n", [0, 1, 2, 6, 9])
def test_ldl_is_pytorchs(torch, n):
    x = np.random.default_rng(n).standard_normal((3, n, n))
    x[:2, range(1, n, 2), range(1, n, 2)] = 0  # so that there are blocks of two rows
    a, found = x + x.swapaxes(-1, -2), []
    for lib in (tn, torch):
        LD, pivots, info = lib.linalg.ldl_factor_ex(lib.tensor(np.concatenate([a, 0 * a[:1]])))
        solved = lib.linalg.ldl_solve(LD[:3], pivots[:3], lib.ones(3, n, 2, dtype=lib.float64))
        found.append([LD, pivots, info, solved, *lib.linalg.ldl_factor(lib.tensor(a))])
    assert n < 6 or (found[0][1] < 0).any()
    for ours, theirs in zip(*found, strict=True):
        close(ours, theirs, ulp=1e3, scale=1)


X, SQUARE = tn.ones(3, 2), tn.eye(2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tn.orgqr(X, tn.ones(3)), tn.ShapeError, "householder_product: expected tau"),
        (lambda: tn.orgqr(X.T, tn.ones(2)), tn.ShapeError, "at least as many rows as columns"),
        (lambda: tn.orgqr(X, tn.ones(2).double()), tn.DTypeError, "householder_product: expected one dtype"),
        (lambda: tn.ormqr(X, tn.ones(2), X[:1]), tn.ShapeError, r"ormqr: expected input3 of shape \(3, n\)"),
        (lambda: tn.ormqr(X, tn.ones(1), X), tn.ShapeError, r"ormqr: expected tau \(..., 2\)"),
        (lambda: tn.geqrf(leaf(np.eye(2))).a.sum().backward(), tn.GraphError, "geqrf: has no gradient"),
        (lambda: tn.linalg.ldl_factor(SQUARE * 0), tn.linalg.LinAlgError, "got one in row 1"),
        (lambda: tn.linalg.ldl_factor(leaf(np.eye(2))).LD.sum().backward(), tn.GraphError, "has no gradient"),
        (lambda: tn.linalg.ldl_solve(SQUARE, tn.tensor([1, 3]), SQUARE), ValueError, "pivots from 1 to 2"),
        (lambda: tn.linalg.ldl_solve(SQUARE, tn.ones(3), SQUARE), tn.ShapeError, "ldl_solve: expected LD"),
        (lambda: tn.linalg.ldl_solve(SQUARE, tn.ones(2), SQUARE), tn.DTypeError, "pivots of integers"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
