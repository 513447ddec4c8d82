"""The divergence of Kullback and Leibler, KL(p ‖ q) = E log p(X) − log q(X) for X from p, in closed form by pairs.

The formulas for two of one family are in `kl_same_family.py`, the others in `kl_cross_family.py`.
"""

from .distribution import Distribution

_FORMULAS = {}  # (the class of p, the class of q): a function of both


def register_kl(type_p, type_q):
    """The decorator for a function (p, q) that gives KL(p ‖ q) for distributions of these classes.

    Raises: TypeError for what is no class of distributions.
    """
    for given in (type_p, type_q):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: expected classes of distributions, got {given!r}")

    def register(function):
        _FORMULAS[type_p, type_q] = function
        return function

    return register


def kl_divergence(p, q):
    """KL(p ‖ q), of the shape of the batch; by the formula for the classes, or the nearest ones above them.

    Raises: NotImplementedError where no formula is registered.
    """
    for kind_p in type(p).__mro__:
        for kind_q in type(q).__mro__:
            if (kind_p, kind_q) in _FORMULAS:
                return _FORMULAS[kind_p, kind_q](p, q)
    raise NotImplementedError(f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}")
