"""What factorizations and functions of matrices read, and how one matrix of a stack leaves the others alone."""

import math

import numpy as np
import pytest

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
