"""The optimizers and schedules by name, as the command line asks for them."""

from typing import NamedTuple

from ..optim import SGD, AdaBelief, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, NAdam, RAdam, RMSprop
from ..optim.schedules import constant, cosine, exponential, inverse_sqrt, linear, one_cycle, step, warmup
from ..optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from .callbacks import Average


class Choice(NamedTuple):
    """An optimizer as a function of (parameters, lr), and the learning rate that suits the default run."""

    make: callable
    lr: float
    text: str


# The rates gave the best accuracy, the mean over seeds, of a grid about a factor of 2 fine; the best of most
# optimizers are within half a percent. A choice updates all parameters, so there is no Muon, which takes matrices only.
OPTIMIZERS = {
    "adam": Choice(Adam, 3e-3, "Adam"),
    "adamw": Choice(AdamW, 3e-3, "AdamW"),
    "nadam": Choice(NAdam, 5e-3, "NAdam"),
    "radam": Choice(RAdam, 5e-3, "RAdam"),
    "adamax": Choice(Adamax, 5e-3, "AdaMax"),
    "adabelief": Choice(AdaBelief, 5e-3, "AdaBelief"),
    "lion": Choice(Lion, 1.8e-4, "Lion"),
    "adagrad": Choice(Adagrad, 5e-2, "AdaGrad"),
    "adadelta": Choice(Adadelta, 1.0, "AdaDelta"),
    "rmsprop": Choice(RMSprop, 1e-3, "RMSprop"),
    "nesterov": Choice(lambda p, lr: SGD(p, lr, momentum=0.9, nesterov=True), 1e-1, "SGD with Nesterov momentum 0.9"),
    "momentum": Choice(lambda p, lr: SGD(p, lr, momentum=0.9), 1e-1, "SGD with momentum 0.9"),
    "sgd": Choice(SGD, 5e-1, "plain SGD"),
}

# A schedule as a function of (lr, the steps of the whole run), where lr is the largest rate. The warm-ups take a
# twentieth of the run.
SCHEDULES = {
    "constant": lambda lr, steps: constant(lr),
    "cosine": lambda lr, steps: warmup(steps // 20) >> cosine(steps - steps // 20, lr),
    "linear": lambda lr, steps: warmup(steps // 20) >> linear(steps - steps // 20, lr),
    "onecycle": lambda lr, steps: one_cycle(steps, lr),
    "step": lambda lr, steps: step(-(-steps // 3), 0.1, lr),
    "exponential": lambda lr, steps: exponential(0.01, lr, every=steps),
    "sqrt": lambda lr, steps: warmup(steps // 20) >> inverse_sqrt(max(1, steps // 20), lr),
}


def ema(model, epochs):
    """The exponential average of all steps, whose first steps are not weighed more than others."""
    return Average(AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99, debias=True), use_buffers=True))


def swa(model, epochs):
    """Stochastic weight averaging: the mean of the weights at the ends of the last quarter of the epochs."""
    start = min(epochs, epochs - epochs // 4 + 1)
    return Average(AveragedModel(model, use_buffers=True), start=start, each_epoch=True)


# An average of the weights as a function of (model, epochs of the run), which makes its callback, or None
AVERAGES = {"none": lambda model, epochs: None, "ema": ema, "swa": swa}
