"""The rules whose paths are shown: each an optimizer of tinynet, and the formula that it applies to every element.

Not among them is what does not look at elements one by one (LARS, LAMB, Muon, Adafactor, Prodigy, LBFGS), and what
wraps another optimizer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tinynet import optim, rules
from tinynet.optim.nadam import mu_at
from tinynet.optim.radam import rectification_at

RATES = [
    a * 10.0**k for k in range(-4, 1) for a in (1, 2, 5)
]  # the grid from which a surface's learning rate is chosen


class Setting(NamedTuple):
    """A hyperparameter: its default, and the scale of its slider: "decay", for 1 − 10⁻ˢ, or "small", for 10⁻ˢ."""

    value: float
    scale: str


@dataclass(frozen=True)
class Contestant:
    """`make(params, lr=..., **settings)` is the optimizer, `formula` its rule.

    Numbers of the formula that are no settings are `fixed`, or `derived` from those by a function of them. While one
    derived is None, `early` takes the formula's place. `begin` names the setting that a state begins with, if not 0.
    """

    title: str
    make: Callable
    formula: Callable
    settings: dict
    fixed: dict = field(default_factory=dict)
    derived: dict = field(default_factory=dict)
    early: Callable | None = None
    begin: dict = field(default_factory=dict)


def mu(t, beta1, momentum_decay):
    return mu_at(t, beta1, momentum_decay)


def mu_next(t, beta1, momentum_decay):
    return mu_at(t + 1, beta1, momentum_decay)


def mu_product(t, beta1, momentum_decay):
    product = 1.0
    for i in range(1, t + 1):
        product = product * mu_at(i, beta1, momentum_decay)
    return product


def rectification(t, beta2):
    return rectification_at(beta2, t)


def moments(optimizer, **options):
    """An optimizer that takes a tuple of betas, as a function of each."""

    def make(params, lr, beta1, beta2, **settings):
        return optimizer(params, lr, betas=(beta1, beta2), **settings, **options)

    return make


def three_betas(params, lr, beta1, beta2, beta3, eps):
    return optim.Adan(params, lr, betas=(beta1, beta2, beta3), eps=eps)


GAMMA, EPS = {"momentum": Setting(0.9, "decay")}, {"eps": Setting(1e-8, "small")}
BETAS = {"beta1": Setting(0.9, "decay"), "beta2": Setting(0.999, "decay")}
PLAIN = {"weight_decay": 0.0}

CONTESTANTS = {
    "sgd": Contestant("Gradient descent", optim.SGD, rules.sgd, {}, PLAIN),
    "momentum": Contestant("Momentum", optim.Momentum, rules.classical_momentum, GAMMA, PLAIN),
    "nesterov": Contestant(
        "Nesterov",
        lambda params, lr, momentum: optim.SGD(params, lr, momentum, nesterov=True),
        rules.sgd_nesterov,
        GAMMA,
        {**PLAIN, "dampening": 0.0},
    ),
    "adagrad": Contestant(
        "AdaGrad", optim.Adagrad, rules.adagrad, {"eps": Setting(1e-10, "small")}, {**PLAIN, "lr_decay": 0.0}
    ),
    "adadelta": Contestant(
        "AdaDelta",
        optim.Adadelta,
        rules.adadelta,
        {"rho": Setting(0.9, "decay"), "eps": Setting(1e-6, "small")},
        PLAIN,
    ),
    "rmsprop": Contestant("RMSprop", optim.RMSprop, rules.rmsprop, {"alpha": Setting(0.9, "decay"), **EPS}, PLAIN),
    "adam": Contestant("Adam", moments(optim.Adam), rules.adam, {**BETAS, **EPS}, PLAIN),
    "amsgrad": Contestant("AMSGrad", moments(optim.Adam, amsgrad=True), rules.amsgrad, {**BETAS, **EPS}, PLAIN),
    "adamax": Contestant("AdaMax", moments(optim.Adamax), rules.adamax, {**BETAS, **EPS}, PLAIN),
    "nadam": Contestant(
        "NAdam",
        moments(optim.NAdam),
        rules.nadam,
        {**BETAS, **EPS, "momentum_decay": Setting(4e-3, "small")},
        PLAIN,
        {"mu": mu, "mu_next": mu_next, "mu_product": mu_product},
    ),
    "radam": Contestant(
        "RAdam",
        moments(optim.RAdam),
        rules.radam,
        {**BETAS, **EPS},
        PLAIN,
        {"rectification": rectification},
        early=rules.radam_early,
    ),
    "adabelief": Contestant("AdaBelief", moments(optim.AdaBelief), rules.adabelief, {**BETAS, **EPS}, PLAIN),
    "yogi": Contestant(
        "Yogi",
        moments(optim.Yogi),
        rules.yogi,
        {**BETAS, "eps": Setting(1e-3, "small")},
        {**PLAIN, "initial_accumulator": 1e-6},
        begin={"exp_avg_sq": "initial_accumulator"},
    ),
    "adan": Contestant(
        "Adan",
        three_betas,
        rules.adan,
        {
            "beta1": Setting(0.98, "decay"),
            "beta2": Setting(0.92, "decay"),
            "beta3": Setting(0.99, "decay"),
            **EPS,
        },
        PLAIN,
        begin={"previous": "g"},
    ),
    "lion": Contestant(
        "Lion",
        moments(optim.Lion),
        rules.lion,
        {"beta1": Setting(0.9, "decay"), "beta2": Setting(0.99, "decay")},
        PLAIN,
    ),
    "rprop": Contestant(
        "Rprop",
        optim.Rprop,
        rules.rprop,
        {},
        {"etaminus": 0.5, "etaplus": 1.2, "step_size_min": 1e-6, "step_size_max": 50.0},
        begin={"step_size": "lr"},
    ),
}
