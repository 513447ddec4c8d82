"""Adam without the correction of its start at zero: RMSprop with momentum, to see what the correction is for."""

from math import sqrt

from tinynet import optim


def adam_uncorrected(p, exp_avg, exp_avg_sq, g, lr, beta1, beta2, eps):
    m = beta1 * exp_avg + (1 - beta1) * g
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    return p - lr * m / (sqrt(v) + eps), m, v


RULE = optim.Rule(adam_uncorrected)


class Uncorrected(optim.Adam):
    """Adam with m and v in place of m̂ and v̂."""

    def rule(self, group):
        return RULE
