"""Optimizers that PyTorch has take its path, step by step, with all arguments."""

import numpy as np
import pytest
from optim_cases import PROBLEMS, TORCH, badly_scaled, cases, flat, ids, make, parameters, rosenbrock, sparse, train

import tinynet as tn

CASES = cases(TORCH)

# A learning rate so small that the path does not begin to jump about the minimum and multiply rounding errors
SLOW = {
    "SGD": {badly_scaled: 1e-5},
    "ASGD": {badly_scaled: 1e-5},
    "RMSprop": {rosenbrock: 1e-3},
    "AdamW": dict.fromkeys(PROBLEMS, 0.001),
    "NAdam": dict.fromkeys(PROBLEMS, 5e-4),
    "RAdam": {badly_scaled: 5e-4},
    "Adadelta": {rosenbrock: 0.2},
    "Adafactor": {rosenbrock: 0.003},
    "Muon": dict.fromkeys(PROBLEMS, 0.001),
}


@pytest.fixture
def like_ours(torch, monkeypatch):
    """PyTorch, with what it rounds by design left unrounded: Muon's bfloat16, scalar state in float32."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def to_sparse(ps):
    for p in ps:
        p.grad = p.grad.to_sparse()


def path(lib, name, options, problem, dtype, steps):
    ps = parameters(lib, dtype, name)
    change = to_sparse if name == "SparseAdam" and lib is not tn else None
    start = flat(ps).copy()
    return np.array([start, *train(make(name, ps, options, lib), ps, problem, steps, lib, 0, change, name)])


def stable(name, options, problem):
    if options.get("maximize"):
        return {**options, "lr": 1e-5}
    return {**options, "lr": SLOW.get(name, {}).get(problem, options["lr"])}


ROUNDED = [pytest.param(f, "float32", 1e-5, marks=() if f is rosenbrock else pytest.mark.thorough) for f in PROBLEMS]


@pytest.mark.parametrize(
    ("problem", "dtype", "rtol"),
    [(f, "float64", 1e-11) for f in PROBLEMS] + ROUNDED,
    ids=lambda x: getattr(x, "__name__", x),
)
@pytest.mark.parametrize(("name", "options"), CASES, ids=ids(CASES))
def test_the_path_is_pytorchs(name, options, problem, dtype, rtol, like_ours):
    torch, options, steps = like_ours, stable(name, options, problem), 50
    if name == "LBFGS":  # the Hessian it guesses multiplies rounding errors: three to six iterations a step
        steps = 5 if dtype == "float64" else 1
        if problem is sparse:
            pytest.skip("L-BFGS compares gradients of one function, and this is another one in each step")
    ours = path(tn, name, options, problem, getattr(tn, dtype), steps)
    theirs = path(torch, name, options, problem, getattr(torch, dtype), steps)
    assert np.isfinite(theirs).all() and np.abs(theirs[0] - theirs[-1]).max() > 0
    # Of the vector of all parameters: single elements cross zero, where a ratio means nothing.
    size = np.linalg.norm(theirs[:1] if name == "LBFGS" else theirs, axis=1)  # L-BFGS arrives at 0
    errors = np.linalg.norm(ours - theirs, axis=1) / size
    assert errors.max() <= rtol, f"at step {np.argmax(errors > rtol)}, {errors.max():.2g}"
