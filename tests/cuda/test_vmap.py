"""`vmap` on a GPU: elements of a batch and their gradients are what they are on the CPU."""

import numpy as np
import pytest
from cuda_cases import LIBRARIES
from samples import SAMPLES

import tinynet as tn

pytestmark = pytest.mark.cuda

# What begins with numbers that are the same for all, takes some on the host, or has parts that are the same
NAMES = """pow-0d-2x3 hypot-2x3-3 atan2-2x3-2x3 clamp-2x3-3 quantile-2x4 gather_maxima-2x2x5x4 scatter_maxima-2x2x3x3
    inverse-3x3 orthonormal-2x4 solution-3x3-3""".split()
SOME = [(name, mapped) for name in NAMES for mapped in (1, 2) if mapped <= name.count("-")]


def results(sample, mapped, device):
    """The output for a batch of three by the first inputs, so many as are `mapped`, and the gradients by all."""
    batch = [np.stack([np.roll(a, i) for i in range(3)]).astype(np.float32) for a in sample.inputs]
    xs = [tn.tensor(a if i < mapped else a[0]).to(device).requires_grad_() for i, a in enumerate(batch)]
    dims = tuple(0 if i < mapped else None for i in range(len(xs)))
    y = tn.func.vmap(lambda *xs: sample.function(LIBRARIES[device], *xs), in_dims=dims)(*xs)
    found = [y, *tn.autograd.grad(y.sin().sum(), xs)]
    assert all(x.device.type == device for x in found)
    return [x.detach().cpu().numpy() for x in found]


@pytest.mark.parametrize(("name", "mapped"), SOME)
def test_a_batch_is_what_it_is_on_the_cpu(name, mapped):
    sample = next(s for s in SAMPLES if str(s) == name)
    for x, y in zip(*[results(sample, mapped, device) for device in ("cuda", "cpu")]):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


def test_a_jacobian_of_pooling():
    found = []
    for device in ("cuda", "cpu"):
        x = tn.tensor(np.cos(np.arange(32, dtype=np.float32)).reshape(1, 2, 4, 4)).to(device)
        found.append(tn.func.jacrev(lambda x: tn.nn.functional.max_pool2d(x, 2))(x).cpu().numpy())
    np.testing.assert_array_equal(*found)
