"""Optimizers that PyTorch lacks take the path of their papers, written down here once more, a vector at a time."""

import numpy as np
import pytest
from optim_cases import PAPERS, PROBLEMS, badly_scaled, cases, flat, ids, make, parameters, quadratic, train

import tinynet as tn

CASES = cases(PAPERS)
# Each is a generator: it gives the parameters and is sent the gradients, both a list with an array for each tensor.


def elementwise(rule):
    """A generator for lists from one for arrays."""

    def run(x, **options):
        rules = [rule(xi, **options) for xi in x]
        x = [next(r) for r in rules]
        while True:
            g = yield x
            x = [r.send(gi) for r, gi in zip(rules, g)]

    return run


def joined(rule):
    """A generator for lists from one for the vector of all."""

    def run(x, **options):
        shapes, cuts = [xi.shape for xi in x], np.cumsum([xi.size for xi in x])[:-1]
        inner = rule(np.concatenate([xi.ravel() for xi in x]), **options)
        whole = next(inner)
        while True:
            g = yield [xi.reshape(shape) for xi, shape in zip(np.split(whole, cuts), shapes)]
            whole = inner.send(np.concatenate([gi.ravel() for gi in g]))

    return run


@elementwise
def momentum(x, lr, momentum=0.9, weight_decay=0.0):
    v = 0.0
    while True:
        g = yield x
        v = momentum * v + lr * (g + weight_decay * x)
        x = x - v


@elementwise
def adabelief(x, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    (b1, b2), m, s, t = betas, 0.0, 0.0, 0
    while True:
        g = yield x
        t += 1
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        x = x - lr * weight_decay * x - lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps)


@elementwise
def yogi(x, lr, betas=(0.9, 0.999), eps=1e-3, initial_accumulator=1e-6, weight_decay=0.0):
    (b1, b2), m, v = betas, 0.0, initial_accumulator
    while True:
        g = (yield x) + weight_decay * x
        m = b1 * m + (1 - b1) * g
        v = v - (1 - b2) * np.sign(v - g**2) * g**2
        x = x - lr * m / (np.sqrt(v) + eps)


@elementwise
def adopt(x, lr, betas=(0.9, 0.9999), eps=1e-6, weight_decay=0.0):
    (b1, b2), m, t = betas, 0.0, 0
    v = (yield x) ** 2
    while True:
        g = yield x
        t += 1
        m = b1 * m + (1 - b1) * np.clip(g / np.maximum(np.sqrt(v), eps), -(t**0.25), t**0.25)
        x = x - lr * weight_decay * x - lr * m
        v = b2 * v + (1 - b2) * g**2


@elementwise
def adan(x, lr, betas=(0.98, 0.92, 0.99), eps=1e-8, weight_decay=0.0):
    (b1, b2, b3), m, v, n, t, before = betas, 0.0, 0.0, 0.0, 0, None
    while True:
        g = yield x
        t += 1
        change = g - (g if before is None else before)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * change
        n = b3 * n + (1 - b3) * (g + b2 * change) ** 2
        eta = lr / (np.sqrt(n / (1 - b3**t)) + eps)
        x = (x - eta * (m / (1 - b1**t) + b2 * v / (1 - b2**t))) / (1 + lr * weight_decay)
        before = g


@elementwise
def lion(x, lr, betas=(0.9, 0.99), weight_decay=0.0):
    (b1, b2), m = betas, 0.0
    while True:
        g = yield x
        x = x - lr * (np.sign(b1 * m + (1 - b1) * g) + weight_decay * x)
        m = b2 * m + (1 - b2) * g


@elementwise
def lars(x, lr, momentum=0.9, weight_decay=5e-4, trust_coefficient=1e-3):
    v = 0.0
    while True:
        g = yield x
        w_norm, g_norm = np.linalg.norm(x), np.linalg.norm(g)
        local = trust_coefficient * w_norm / (g_norm + weight_decay * w_norm) if w_norm > 0 and g_norm > 0 else 1.0
        v = momentum * v + lr * local * (g + weight_decay * x)
        x = x - v


@elementwise
def lamb(x, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
    (b1, b2), m, v, t = betas, 0.0, 0.0, 0
    while True:
        g = yield x
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        r = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps) + weight_decay * x
        x_norm, r_norm = np.linalg.norm(x), np.linalg.norm(r)
        x = x - lr * (x_norm / r_norm if x_norm > 0 and r_norm > 0 else 1.0) * r


@joined
def prodigy(x, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, d0=1e-6, d_coef=1.0, growth_rate=np.inf):
    (b1, b2), start, d, m, v, r, s = betas, x, d0, 0.0, 0.0, 0.0, 0.0
    root = np.sqrt(b2)
    while True:
        g = yield x
        m = b1 * m + (1 - b1) * d * g
        v = b2 * v + (1 - b2) * d**2 * g**2
        r = root * r + (1 - root) * lr * d**2 * (g @ (start - x))
        s = root * s + (1 - root) * lr * d**2 * g
        x = x - lr * d * weight_decay * x - lr * d * m / (np.sqrt(v) + d * eps)
        d = max(d, min(d_coef * r / np.abs(s).sum(), d * growth_rate))


@elementwise
def sgd_schedule_free(x, lr, momentum=0.9, weight_decay=0.0, warmup_steps=0):
    z, y, t, squares = x, x, 0, 0.0
    while True:
        g = yield y
        t += 1
        now = lr * min(1, t / warmup_steps) if warmup_steps else lr
        squares += now**2
        z = z - now * (g + weight_decay * y)
        x = (1 - now**2 / squares) * x + now**2 / squares * z
        y = (1 - momentum) * z + momentum * x


@elementwise
def adamw_schedule_free(x, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, warmup_steps=0):
    (b1, b2), z, y, v, t, squares = betas, x, x, 0.0, 0, 0.0
    while True:
        g = yield y
        t += 1
        v = b2 * v + (1 - b2) * g**2
        now = lr * np.sqrt(1 - b2**t) * (min(1, t / warmup_steps) if warmup_steps else 1)
        squares += now**2
        z = z - now * g / (np.sqrt(v) + eps) - now * weight_decay * y
        x = (1 - now**2 / squares) * x + now**2 / squares * z
        y = (1 - b1) * z + b1 * x


class Adam:
    def __init__(self, lr):
        self.lr, self.m, self.v, self.t = lr, 0.0, 0.0, 0

    def __call__(self, x, g):
        self.t += 1
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g**2
        m_hat, v_hat = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        return x - self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


@joined
def sam(x, lr, rho=0.05):
    """Asks for two gradients a step."""
    adam = Adam(lr)
    while True:
        g = yield x
        g = yield x + rho * g / np.linalg.norm(g)
        x = adam(x, g)


@elementwise
def lookahead(x, lr, k=5, alpha=0.5):
    adam, slow, t = Adam(lr), x, 0
    while True:
        x = adam(x, (yield x))
        t += 1
        if t % k == 0:
            x = slow = slow + alpha * (x - slow)


RULES = {
    "Momentum": momentum,
    "AdaBelief": adabelief,
    "Yogi": yogi,
    "ADOPT": adopt,
    "Adan": adan,
    "Lion": lion,
    "LARS": lars,
    "LAMB": lamb,
    "Prodigy": prodigy,
    "SGDScheduleFree": sgd_schedule_free,
    "AdamWScheduleFree": adamw_schedule_free,
    "SAM": sam,
    "Lookahead": lookahead,
}


def gradients(problem, x, t):
    ps = [tn.tensor(xi, requires_grad=True) for xi in x]
    problem(tn, ps, t).backward()
    return [np.zeros(p.shape) if p.grad is None else p.grad.numpy() for p in ps]


def path_by_paper(name, options, problem, steps):
    options = dict(options)
    sign = -1 if options.pop("maximize", False) else 1
    rule = RULES[name]([p.detach().numpy() for p in parameters(tn, tn.float64, name)], **options)
    x = next(rule)
    for t in range(steps):
        for _ in range(2 if name == "SAM" else 1):
            x = rule.send([sign * g for g in gradients(problem, x, t)])
        yield np.concatenate([xi.ravel() for xi in x])


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("name", "options"), CASES, ids=ids(CASES))
def test_the_path_is_that_of_the_paper(name, options, problem):
    # No learning rate at which the path jumps about the minimum and multiplies rounding errors.
    slow = {"Adan": 0.002, "AdamWScheduleFree": 3e-4, "SAM": 0.002}
    if problem is badly_scaled:
        slow |= {"Momentum": 1e-5, "SGDScheduleFree": 1e-4}
    options = {**options, "lr": 1e-5 if options.get("maximize") else slow.get(name, options["lr"])}
    ps = parameters(tn, tn.float64, name)
    start = flat(ps).copy()
    ours = np.array(list(train(make(name, ps, options), ps, problem, 30, name=name)))
    theirs = np.array(list(path_by_paper(name, options, problem, 30)))
    assert np.isfinite(theirs).all() and np.abs(theirs[-1] - start).max() > 0
    errors = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    rtol = 1e-10 if name == "Prodigy" else 1e-11  # every step rests on a ratio of sums over all steps before
    assert errors.max() <= rtol, f"at step {np.argmax(errors > rtol)}, {errors.max():.2g}"


@pytest.mark.parametrize("name", ["SGDScheduleFree", "AdamWScheduleFree"])
def test_schedule_free_shows_the_average_in_evaluation(name):
    ps = parameters(tn, tn.float64)
    optimizer = make(name, ps, {"lr": 0.05})
    y = list(train(optimizer, ps, quadratic, 20))[-1].copy()
    optimizer.eval()
    x = flat(ps).copy()
    beta = 0.9
    np.testing.assert_allclose(
        y, (1 - beta) * flat([optimizer.state[p]["z"] for p in ps]) + beta * x, rtol=1e-12, atol=1e-15
    )
    with pytest.raises(RuntimeError, match=r"step\(\) in evaluation; call optimizer.train\(\) first"):
        optimizer.step()
    optimizer.eval()
    assert (flat(ps) == x).all()
    optimizer.train()
    np.testing.assert_allclose(flat(ps), y, rtol=1e-12, atol=1e-15)
    optimizer.step()
