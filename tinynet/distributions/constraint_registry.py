"""`biject_to` and `transform_to`: for a constraint a transform from all real numbers onto it."""

from ..errors import ArgumentTypeError
from . import constraints, transforms


class ConstraintRegistry:
    """A table from kinds of constraints to functions that make a transform; called with a constraint it gives one."""

    def __init__(self):
        self._makers = {}

    def register(self, constraint, factory=None):
        """Enter `factory` for the kind of a constraint, which may also be given as a class; or decorate a function.

        Raises: ArgumentTypeError for what is no constraint.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = constraint if isinstance(constraint, type) else type(constraint)
        if not issubclass(kind, constraints.Constraint):
            raise ArgumentTypeError(f"register: expected a constraint or a class of them, got {constraint!r}")
        self._makers[kind] = factory
        return factory

    def __call__(self, constraint):
        """The transform. Raises: NotImplementedError for a constraint that is not registered."""
        if type(constraint) not in self._makers:
            raise NotImplementedError(f"no transform onto {constraint!r} is registered")
        return self._makers[type(constraint)](constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _in_both(*kinds):
    """Enter a function (registry, constraint) into both registries."""

    def enter(function):
        for registry in (biject_to, transform_to):
            for kind in kinds:
                registry.register(kind, lambda constraint, registry=registry: function(registry, constraint))

    return enter


@_in_both(constraints.real)
def _real(registry, constraint):
    return transforms.identity_transform


@_in_both(constraints.independent)
def _independent(registry, constraint):
    base = registry(constraint.base_constraint)
    return transforms.IndependentTransform(base, constraint.reinterpreted_batch_ndims)


@_in_both(constraints.greater_than, constraints.greater_than_eq)
def _greater_than(registry, constraint):
    low = constraint.lower_bound
    if isinstance(low, int | float) and low == 0:
        return transforms.ExpTransform()
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(low, 1)])


@_in_both(constraints.less_than)
def _less_than(registry, constraint):
    high = constraint.upper_bound
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(high, -1)])


@_in_both(constraints.interval, constraints.half_open_interval)
def _interval(registry, constraint):
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, int | float) and isinstance(high, int | float) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


@_in_both(constraints.corr_cholesky)
def _corr_cholesky(registry, constraint):
    return transforms.CorrCholeskyTransform()


@_in_both(constraints.cat)
def _cat(registry, constraint):
    return transforms.CatTransform(list(map(registry, constraint.cseq)), constraint.dim, constraint.lengths)


@_in_both(constraints.stack)
def _stack(registry, constraint):
    return transforms.StackTransform(list(map(registry, constraint.cseq)), constraint.dim)


biject_to.register(constraints.simplex, lambda constraint: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda constraint: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda constraint: transforms.LowerCholeskyTransform())
for _kind in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_kind, lambda constraint: transforms.PositiveDefiniteTransform())
