"""A gradient that somebody keeps stays what it was, as in PyTorch, though the arena writes the next in its place."""

import random
import weakref

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet import nn, optim

KEPT = {
    "tensor": lambda g: g,
    "detached": lambda g: g.detach(),
    "data": lambda g: g.data,
    "array": lambda g: g.numpy(),
    "view": lambda g: g[0],
    "view of an array": lambda g: g.numpy().T[1:],
    "reshaped": lambda g: g.reshape(-1),
}


@pytest.mark.parametrize("keep", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("lands", [False, True])
def test_a_kept_gradient_stays_what_it_was(keep, lands):
    layer, x = nn.Linear(3, 2), tn.ones(4, 3)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)

    def backward(factor):
        optimizer.zero_grad()
        ((layer(x) if lands else x @ layer.weight.T) * factor).sum().backward()

    kept = []
    for factor in range(1, 6):
        backward(factor)
        kept.append(keep(layer.weight.grad))
        optimizer.step()
    for factor, g in enumerate(kept, 1):
        assert (numpy(g) == 4 * factor).all()


def test_memory_of_a_kept_gradient_is_its_own():
    """Only the first that is kept keeps the arena's."""
    p, large = tn.ones(2, requires_grad=True), tn.ones(1 << 16, requires_grad=True)
    optimizer = optim.SGD([p, large], lr=0.1)
    kept = []
    for _ in range(4):
        optimizer.zero_grad()
        (p.sum() + large.sum()).backward()
        kept.append(p.grad.numpy())
        optimizer.step()
    (arena,) = optimizer._arenas[0]
    lives = weakref.ref(arena.grads)
    assert np.shares_memory(large.grad.array, arena.grads)
    optimizer.zero_grad()
    (p.sum() + large.sum()).backward()
    assert lives() is arena.grads and all((g == 1).all() for g in kept)


def test_a_gradient_that_nobody_keeps_is_overwritten_in_its_place():
    ps = [tn.ones(3, requires_grad=True) for _ in range(3)]
    optimizer = optim.Adam(ps, lr=0.1)
    (arena,) = optimizer._arenas[0]
    grads = arena.grads
    for _ in range(3):
        optimizer.zero_grad()
        sum((p * p).sum() for p in ps).backward()
        assert all(np.shares_memory(p.grad.array, grads) for p in ps)  # looked at, and forgotten
        nn.utils.clip_grad_norm_(ps, 1.0)
        optimizer.step()
    assert arena.grads is grads


def test_gradients_of_one_backward_have_memory_of_their_own():
    x, y = tn.ones(3, requires_grad=True), tn.ones(3, requires_grad=True)
    seed = tn.ones(3)
    (x + y).backward(seed, create_graph=True)
    z = x * 1
    w = z + 1
    for t in (z, w):
        t.retain_grad()
    w.backward(seed)
    grads = [t.grad for t in (x, y, z, w)] + [seed]
    for i, g in enumerate(grads):
        assert not any(np.shares_memory(g.array, other.array) for other in grads[:i])


def test_lbfgs_leaves_alone_a_gradient_that_was_kept():
    p, q = tn.ones(2, requires_grad=True), tn.ones(2, requires_grad=True)
    optimizer = optim.LBFGS([p, q], lr=0.1, max_iter=1)
    (q * 3).sum().backward()
    kept = q.grad

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert kept.tolist() == [3.0, 3.0]


class Program:
    """A random program on two parameters; the same one for two libraries."""

    def __init__(self, lib):
        self.lib = lib
        self.ps = [lib.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), lib.tensor([5.0], requires_grad=True)]
        self.optimizers = [self.make()]
        self.kept, self.made = [], 0

    def make(self):
        return self.lib.optim.SGD(self.ps, lr=0.125, momentum=0.5)

    def run(self, name, i, factor):
        p, optimizer = self.ps[i % 2], self.optimizers[i % len(self.optimizers)]
        g = p.grad
        if name == "backward":
            (factor * (self.ps[0] * self.ps[0]).sum() + factor * self.ps[1].sum()).backward()
        elif name == "backward of one":
            (factor * p).sum().backward()
        elif name == "with a graph":
            (factor * p * p).sum().backward(create_graph=True)
        elif name == "zero_grad":
            optimizer.zero_grad()
        elif name == "zero_grad in place":
            optimizer.zero_grad(set_to_none=False)
        elif name == "forget":
            p.grad = None
        elif name == "step":
            optimizer.step()
        elif name == "another optimizer":
            self.optimizers.append(self.make())
        elif name == "assign" and self.kept:
            kept = self.kept[i % len(self.kept)]
            if hasattr(kept, "detach") and kept.shape == p.shape:
                p.grad = kept.detach()
        elif g is None:
            return
        elif name == "keep":
            self.kept.append(g)
        elif name == "keep an array":
            self.kept.append(g.detach().numpy())
        elif name == "keep a view":
            self.kept.append(g.detach()[0])
        elif name == "replace":
            p.grad = g.detach() * factor
        elif name == "write":
            g.detach().mul_(factor)
        elif name == "clip":
            self.lib.nn.utils.clip_grad_norm_(self.ps, 1.0)

    def values(self):
        found = [*self.ps, *(p.grad for p in self.ps), *self.kept]
        return [None if x is None else numpy(x.detach() if hasattr(x, "detach") else x).copy() for x in found]

    def same(self):
        """Which of the kept gradients are that of a parameter."""
        return [[kept is p.grad for p in self.ps] for kept in self.kept]


STEPS = (
    "backward", "backward of one", "with a graph", "zero_grad", "zero_grad in place", "forget", "step", "keep",
    "keep an array", "keep a view", "replace", "write", "assign", "clip", "another optimizer",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("seed", range(30))
def test_random_programs_keep_gradients_as_pytorch_does(seed, torch):
    draw = random.Random(seed)
    ours, theirs, done = Program(tn), Program(torch), []
    for _ in range(80):
        step = draw.choice(STEPS), draw.randrange(100), draw.choice([-1.0, 0.5, 1.5])
        done.append(step[0])
        for program in (ours, theirs):
            program.run(*step)
        for mine, other in zip(ours.values(), theirs.values(), strict=True):
            assert (mine is None) == (other is None), done
            np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6, err_msg=str(done)) if other is not None else 0
        assert ours.same() == theirs.same(), done


@pytest.mark.cuda
@pytest.mark.parametrize("keep", ["tensor", "detached", "view", "reshaped"])
def test_a_kept_gradient_on_the_gpu_stays_what_it_was(keep):
    p, q = (tn.ones(4, device="cuda").requires_grad_() for _ in range(2))
    optimizer = optim.SGD([p, q], lr=0.1)
    kept = []
    for factor in range(1, 4):
        optimizer.zero_grad()
        (p * factor + q).sum().backward()
        kept.append(KEPT[keep](p.grad))
        optimizer.step()
    for factor, g in enumerate(kept, 1):
        assert (numpy(g) == factor).all()
    assert np.allclose(numpy(p), 0.4) and np.allclose(numpy(q), 0.7)
