"""Losses of numbers, of probabilities and of labels."""

from ...ops import loss, probability_loss, regression_loss
from .table import translates


@translates(regression_loss.pair_loss)
def pair_loss(g, out, x, y, function):
    d = g.op("Sub", g.cast(x, out.dtype), g.cast(y, out.dtype))
    if not function.numbers:  # the square
        return g.op("Mul", d, d)
    bound, inside, outside = [g.constant(n, out.dtype) for n in function.numbers]
    size = g.op("Abs", d)
    near = g.op("Mul", g.op("Mul", d, d), inside)
    far = g.op("Mul", g.op("Sub", size, g.constant(0.5 * function.numbers[0], out.dtype)), outside)
    return g.op("Where", g.op("Less", size, bound), near, far)


@translates(probability_loss.cross_entropy_of_probabilities)
def cross_entropy_of_probabilities(g, out, x, t):
    one, least = g.constant(1, out.dtype), g.constant(-100, out.dtype)
    yes, no = g.op("Max", g.op("Log", x), least), g.op("Max", g.op("Log", g.op("Sub", one, x)), least)
    return g.op("Sub", g.op("Mul", g.op("Sub", t, one), no), g.op("Mul", t, yes))


@translates(loss._nll)
def nll(g, out, logp, target, weight, ignore_index, reduction):
    options = {"ignore_index": ignore_index, "reduction": reduction}
    return g.op("NegativeLogLikelihoodLoss", logp, target, weight, **options)
