"""A module of tinynet's and PyTorch's twin, with the same parameters: outputs and gradients side by side."""

import numpy as np
from helpers import numpy

import tinynet as tn


def twins(torch, name, *arguments, **options):
    """A module of tinynet's and PyTorch's, whose states load both ways."""
    torch.manual_seed(0)
    ours, theirs = (getattr(library.nn, name)(*arguments, **options) for library in (tn, torch))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({key: numpy(value) for key, value in theirs.state_dict().items()})
    theirs.load_state_dict({key: torch.tensor(numpy(value)) for key, value in ours.state_dict().items()})
    return ours, theirs


def flat(result):
    """The tensors in what a module returns."""
    if isinstance(result, tuple | list):
        return [x for part in result for x in flat(part)]
    return [] if result is None else [result]


def compare(torch, ours, theirs, run):
    """Outputs of run(library, module), and gradients of a sum that weighs them all differently."""
    results = []
    for library, module in ((tn, ours), (torch, theirs)):
        outputs = [x for x in flat(run(library, module)) if x.dtype in (tn.float32, torch.float32)]
        sum((x * (i + 1)).cos().sum() for i, x in enumerate(outputs)).backward()
        results.append([numpy(x.detach()) for x in outputs] + [numpy(p.grad) for p in module.parameters()])
        module.zero_grad()
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-6 * np.abs(b).max(initial=0))  # sums in which digits cancel


def array(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
