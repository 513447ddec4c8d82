"""Optimizers with their arguments, and problems for them, that several tests go through.

`TORCH` holds those that PyTorch has, `CODED` those whose state is rounded to codes, `PAPERS` the others. An optimizer
that is in none of them fails a test.
"""

import numpy as np

import tinynet as tn
from tinynet import optim

TORCH = {  # name: (learning rate that suits the problems, arguments to try)
    "SGD": (
        0.02,
        [
            {},
            {"weight_decay": 0.1},
            {"momentum": 0.9},
            {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
            {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
            {"momentum": 0.8, "maximize": True},
        ],
    ),
    "RMSprop": (
        0.01,
        [
            {},
            {"alpha": 0.9, "eps": 1e-6, "weight_decay": 0.01},
            {"momentum": 0.9},
            {"centered": True},
            {"centered": True, "momentum": 0.5, "weight_decay": 0.1},
            {"maximize": True},
        ],
    ),
    "Adam": (
        0.05,
        [
            {},
            {"betas": (0.8, 0.99), "eps": 1e-6},
            {"weight_decay": 0.1},
            {"amsgrad": True},
            {"amsgrad": True, "weight_decay": 0.01, "maximize": True},
            {"weight_decay": 0.01, "decoupled_weight_decay": True},
        ],
    ),
    "AdamW": (
        0.05,
        [
            {},
            {"weight_decay": 0.3, "betas": (0.8, 0.98)},
            {"amsgrad": True},
            {"amsgrad": True, "weight_decay": 0.1, "maximize": True},
        ],
    ),
    "Adamax": (0.05, [{}, {"betas": (0.8, 0.99), "eps": 1e-6}, {"weight_decay": 0.1}, {"maximize": True}]),
    "NAdam": (
        0.02,
        [
            {},
            {"betas": (0.8, 0.99), "momentum_decay": 0.01},
            {"weight_decay": 0.1},
            {"weight_decay": 0.1, "decoupled_weight_decay": True},
            {"maximize": True},
        ],
    ),
    "RAdam": (
        0.02,
        [
            {},
            {"betas": (0.8, 0.6), "eps": 1e-6},
            {"weight_decay": 0.1},
            {"weight_decay": 0.1, "decoupled_weight_decay": True},
            {"maximize": True},
        ],
    ),
    "Adagrad": (
        0.1,
        [
            {},
            {"lr_decay": 0.01, "weight_decay": 0.1},
            {"initial_accumulator_value": 0.1, "eps": 1e-6},
            {"maximize": True},
        ],
    ),
    "Adadelta": (1.0, [{}, {"rho": 0.95, "eps": 1e-4}, {"weight_decay": 0.1}, {"maximize": True}]),
    "Adafactor": (
        0.02,
        [
            {},
            {"beta2_decay": -0.5, "eps": (1e-3, 1e-2), "d": 2.0},
            {"weight_decay": 0.1},
            {"maximize": True},
        ],
    ),
    "Rprop": (0.01, [{}, {"etas": (0.4, 1.3), "step_sizes": (1e-5, 0.05)}, {"maximize": True}]),
    "ASGD": (0.02, [{}, {"lambd": 0.1, "alpha": 0.5, "t0": 10}, {"weight_decay": 0.1}, {"maximize": True}]),
    "SparseAdam": (0.05, [{}, {"betas": (0.8, 0.99), "eps": 1e-6}, {"maximize": True}]),
    "Muon": (
        0.02,
        [
            {},
            {"nesterov": False, "weight_decay": 0.0},
            {"adjust_lr_fn": "match_rms_adamw", "momentum": 0.5},
            {"ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5), "adjust_lr_fn": "original"},
        ],
    ),
    "LBFGS": (
        0.1,
        [
            {"max_iter": 3},
            {"max_iter": 4, "history_size": 3},
            {"max_iter": 4, "line_search_fn": "strong_wolfe"},
            {"max_iter": 6, "max_eval": 4, "line_search_fn": "strong_wolfe", "history_size": 2},
        ],
    ),
}
PAPERS = {
    "Momentum": (0.01, [{}, {"momentum": 0.5, "weight_decay": 0.1}, {"maximize": True}]),
    "AdaBelief": (0.02, [{}, {"betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}, {"maximize": True}]),
    "Yogi": (0.02, [{}, {"betas": (0.8, 0.99), "initial_accumulator": 0.1, "weight_decay": 0.1}, {"maximize": True}]),
    "ADOPT": (0.02, [{}, {"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}]),
    "Adan": (0.02, [{}, {"betas": (0.9, 0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}]),
    "Lion": (0.003, [{}, {"betas": (0.5, 0.8), "weight_decay": 0.1}, {"maximize": True}]),
    "LARS": (1.0, [{}, {"momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.01}, {"maximize": True}]),
    "LAMB": (0.01, [{}, {"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}]),
    "Prodigy": (1.0, [{}, {"betas": (0.8, 0.99), "weight_decay": 0.1, "d0": 1e-3, "d_coef": 0.5, "growth_rate": 1.1}]),
    "SGDScheduleFree": (0.05, [{}, {"momentum": 0.5, "weight_decay": 0.1, "warmup_steps": 10}, {"maximize": True}]),
    "AdamWScheduleFree": (0.02, [{}, {"betas": (0.8, 0.98), "weight_decay": 0.1, "warmup_steps": 10}]),
    "SAM": (0.05, [{}, {"rho": 0.2}]),
    "Lookahead": (0.05, [{}, {"k": 3, "alpha": 0.8}]),
}
CODED = {
    "Adam8bit": (0.05, [{}, {"betas": (0.8, 0.99), "weight_decay": 0.1}, {"amsgrad": True}, {"maximize": True}]),
    "AdamW8bit": (0.05, [{}, {"weight_decay": 0.3, "eps": 1e-6}, {"amsgrad": True, "weight_decay": 0.1}]),
}
WRAPPERS = ("SAM", "Lookahead")


def cases(table):
    return [(name, {"lr": lr, **arguments}) for name, (lr, more) in table.items() for arguments in more]


def ids(found):
    return [f"{name}-{'-'.join(k for k in options if k != 'lr') or 'plain'}" for name, options in found]


EVERY = cases(TORCH) + cases(PAPERS) + cases(CODED)


def make(name, ps, options, lib=tn):
    """The optimizer called `name`; a wrapper goes around Adam."""
    if name in WRAPPERS:
        options = dict(options)
        return getattr(optim, name)(optim.Adam(ps, lr=options.pop("lr")), **options)
    return getattr(lib.optim, name)(ps, **options)


# Problems: functions (library, parameters, step) whose minimum is sought


def quadratic(lib, ps, t=0):
    return sum(((i + 1) * p * p).sum() for i, p in enumerate(ps))


def rosenbrock(lib, ps, t=0):
    x = lib.cat([p.reshape(-1) for p in ps])
    return ((1 - x[:-1]) ** 2 + 5 * (x[1:] - x[:-1] ** 2) ** 2).sum() * 0.1


def badly_scaled(lib, ps, t=0):
    return sum((10.0 ** (1.5 * i - 3) * p * p).sum() for i, p in enumerate(ps))


def sparse(lib, ps, t=0):
    """In each step two thirds of the gradients are exactly 0, and some always are."""
    total = 0
    for p in ps:
        n = int(np.prod(p.shape))
        chosen = ((np.arange(n) + t) % 3 == 0) & (np.arange(n) % 5 != 4)
        total = total + (lib.tensor(chosen.reshape(p.shape).astype("f"), dtype=p.dtype) * (p - 1) * (p - 1)).sum()
    return total


PROBLEMS = [quadratic, rosenbrock, badly_scaled, sparse]


def shapes(name):
    if name == "Muon":
        return [(3, 4), (4, 3), (1, 5), (5, 5)]
    return [(3, 4), (4,), (2, 2, 3), (1, 5)] if name == "SparseAdam" else [(3, 4), (4,), (), (1, 5), (2, 3, 2)]


def parameters(lib, dtype, name="", seed=0):
    random = np.random.default_rng(seed)
    return [lib.tensor(0.5 * random.standard_normal(s), dtype=dtype, requires_grad=True) for s in shapes(name)]


def flat(ps):
    return np.concatenate([p.detach().cpu().numpy().ravel() for p in ps])


def train(optimizer, ps, problem, steps, lib=tn, start=0, after_backward=None, name=""):
    """Yields all parameters, as one vector, after each step."""
    for t in range(start, start + steps):

        def closure():
            optimizer.zero_grad()
            loss = problem(lib, ps, t)  # noqa: B023
            loss.backward()
            return loss

        if name in ("LBFGS", "SAM"):
            optimizer.step(closure)
        else:
            closure()
            if after_backward:
                after_backward(ps)
            optimizer.step()
        yield flat(ps)
