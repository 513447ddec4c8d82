"""Distributions: PyTorch's attributes, densities, divergences and gradients, family by family."""

import numpy as np
import pytest
from families import FAMILIES, make, other
from helpers import numpy

import tinynet as tn

WHAT = "log_prob entropy mean mode variance stddev cdf icdf kl enumerate_support".split()
EXCEPTIONS = {("Kumaraswamy", "mode")}  # NaN in PyTorch
EXCEPTIONS |= {(name, "kl") for name in FAMILIES if "Wishart" in name}  # may be negative in PyTorch
EXCEPTIONS |= {("Wishart tril", what) for what in ("log_prob", "precision_matrix")}  # and above the diagonal
WITHOUT_GRADIENT = "Chi2", "Gamma", "InverseGamma"  # in PyTorch, of cdf: tests/ops/test_incomplete_gamma.py


def evaluated(library, name, what):
    """[an attribute or the value of a method, and its gradients by the parameters]; None where there is none."""
    parameters, value = FAMILIES[name]
    d, leaves = make(library, name, parameters)
    try:
        if what == "kl":
            y = library.distributions.kl_divergence(d, make(library, name, other(parameters))[0])
        elif what == "icdf":
            y = d.icdf(library.tensor(np.full(value.shape, 0.3)))
        else:
            y = getattr(d, what)
            y = y(library.tensor(value)) if what in ("log_prob", "cdf") else y() if callable(y) else y
    except NotImplementedError:
        return None
    if y.requires_grad and not (what == "cdf" and name in WITHOUT_GRADIENT):
        y.sin().sum().backward()
    return [numpy(y.detach()), *(None if p.grad is None else numpy(p.grad) for p in leaves)]


@pytest.mark.torch
@pytest.mark.parametrize("name", FAMILIES)
def test_as_in_pytorch(torch, name):
    for what in WHAT:
        if (name, what) in EXCEPTIONS:
            continue
        ours, theirs = (evaluated(library, name, what) for library in (tn, torch))
        assert (ours is None) == (theirs is None), what
        for a, b in zip(ours or [], theirs or [], strict=True):
            assert (a is None) == (b is None), what
            if a is not None:
                np.testing.assert_allclose(a, b, 2e-5, 1e-6, err_msg=what)
                assert a.dtype == b.dtype, what


def described(library, name):
    d, _ = make(library, name, FAMILIES[name][0])
    wide = d.expand((4, *d.batch_shape))
    assert type(wide) is type(d)
    x = wide.sample((3,))
    shapes = d.batch_shape, d.event_shape, wide.batch_shape, d.sample((5, 2)).shape, x.shape, wide.log_prob(x).shape
    support = d.support.is_discrete, d.support.event_dim
    return [*map(tuple, shapes), d.has_rsample, d.has_enumerate_support, *support, sorted(d.arg_constraints)]


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Singular sample detected")  # whatever PyTorch has drawn
@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_and_questions_as_in_pytorch(torch, name):
    assert described(tn, name) == described(torch, name)
