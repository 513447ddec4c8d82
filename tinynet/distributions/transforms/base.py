"""What all transforms share, their inverses, and transforms made of transforms."""

import math

from ...arguments import integer
from ...errors import ArgumentTypeError, ArgumentValueError, ShapeError
from ...ops.creation import zeros_like
from ...ops.joining import cat, stack
from .. import constraints
from ..distribution import sum_rightmost


class Transform:
    """A differentiable function from `domain` to `codomain`: y = t(x), x = t.inv(y).

    With `cache_size` = 1 the last pair (x, y) is kept, so that t.inv(y) is x itself, without rounding.
    Raises: ArgumentValueError for another size.
    """

    bijective = False
    domain = codomain = None

    def __init__(self, cache_size=0):
        self._cache_size = integer(type(self).__name__, "cache_size", cache_size, 0, 1)
        self._inv, self._cached = None, (None, None)

    @property
    def event_dim(self):
        """The number of dimensions of one x, where a y has as many."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ArgumentValueError(f"{type(self).__name__}: x and y differ in event_dim; ask domain or codomain")
        return self.domain.event_dim

    @property
    def inv(self):
        """The inverse transform, whose inverse is this one."""
        if self._inv is None:
            self._inv = InverseTransform(self)
        return self._inv

    @property
    def sign(self):
        """1 for an increasing function of a number, −1 for a decreasing one."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def with_cache(self, cache_size=1):
        """The same transform with this cache."""
        return self if self._cache_size == cache_size else self._again(cache_size)

    def _again(self, cache_size):
        if type(self).__init__ is not Transform.__init__:
            raise NotImplementedError(f"{type(self).__name__} has no with_cache")
        return type(self)(cache_size=cache_size)

    def __eq__(self, other):
        """Whether both are the same function; what has parameters compares them."""
        return (type(self) is type(other) and type(self).__init__ is Transform.__init__) or self is other

    __hash__ = object.__hash__

    def __call__(self, x):
        return self._remembered(0, x, self._call)

    def _inv_call(self, y):
        return self._remembered(1, y, self._inverse)

    def _remembered(self, side, given, function):
        if self._cache_size and self._cached[side] is given:
            return self._cached[1 - side]
        found = function(given)
        if self._cache_size:
            self._cached = (found, given) if side else (given, found)
        return found

    def _call(self, x):
        raise NotImplementedError(f"{type(self).__name__} has no forward function")

    def _inverse(self, y):
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x, y):
        """log |det ∂y/∂x| for each event."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape):
        """The shape of y for an x of a shape."""
        return shape

    def inverse_shape(self, shape):
        """The shape of x for a y of a shape."""
        return shape

    def __repr__(self):
        return f"{type(self).__name__}()"


class InverseTransform(Transform):
    """x = t.inv(y) for a transform t."""

    def __init__(self, transform):
        super().__init__(transform._cache_size)
        self._inv = transform

    domain = property(lambda self: self._inv.codomain)
    codomain = property(lambda self: self._inv.domain)
    bijective = property(lambda self: self._inv.bijective)
    sign = property(lambda self: self._inv.sign)
    inv = property(lambda self: self._inv)

    def with_cache(self, cache_size=1):
        return self._inv.with_cache(cache_size).inv

    def __eq__(self, other):
        return isinstance(other, InverseTransform) and self._inv == other._inv

    __hash__ = Transform.__hash__

    def __call__(self, x):
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x, y):
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape):
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape):
        return self._inv.forward_shape(shape)

    def __repr__(self):
        return f"{type(self).__name__}({self._inv})"


def _in_dimensions(constraint, event_dim):
    """A set, of whose elements as many together are an event that this has `event_dim` dimensions."""
    more = event_dim - constraint.event_dim
    return constraints.independent(constraint, more) if more else constraint


def _transforms(name, given):
    given = list(given)
    for t in given:
        if not isinstance(t, Transform):
            raise ArgumentTypeError(f"{name}: expected transforms, got {type(t).__name__}")
    return given


class ComposeTransform(Transform):
    """y = tₙ(... t₂(t₁(x))). Raises: ArgumentTypeError for what is no transform."""

    def __init__(self, parts, cache_size=0):
        super().__init__(cache_size)
        self.parts = [t.with_cache(cache_size) if cache_size else t for t in _transforms("ComposeTransform", parts)]

    def _again(self, cache_size):
        return ComposeTransform(self.parts, cache_size)

    @property
    def domain(self):
        if not self.parts:
            return constraints.real
        dim = self.parts[-1].codomain.event_dim
        for t in reversed(self.parts):
            dim = max(dim + t.domain.event_dim - t.codomain.event_dim, t.domain.event_dim)
        return _in_dimensions(self.parts[0].domain, dim)

    @property
    def codomain(self):
        if not self.parts:
            return constraints.real
        dim = self.parts[0].domain.event_dim
        for t in self.parts:
            dim = max(dim + t.codomain.event_dim - t.domain.event_dim, t.codomain.event_dim)
        return _in_dimensions(self.parts[-1].codomain, dim)

    bijective = property(lambda self: all(t.bijective for t in self.parts))
    sign = property(lambda self: math.prod([t.sign for t in self.parts]))

    @property
    def inv(self):
        if self._inv is None:
            self._inv = ComposeTransform([t.inv for t in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def __eq__(self, other):
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    def __call__(self, x):
        for t in self.parts:
            x = t(x)
        return x

    def log_abs_det_jacobian(self, x, y):
        if not self.parts:
            return zeros_like(x)
        dim, total = self.domain.event_dim, 0.0
        for i, t in enumerate(self.parts):
            after = y if i == len(self.parts) - 1 else t(x)
            total = total + sum_rightmost(t.log_abs_det_jacobian(x, after), dim - t.domain.event_dim)
            dim, x = dim + t.codomain.event_dim - t.domain.event_dim, after
        return total

    def forward_shape(self, shape):
        for t in self.parts:
            shape = t.forward_shape(shape)
        return shape

    def inverse_shape(self, shape):
        for t in reversed(self.parts):
            shape = t.inverse_shape(shape)
        return shape

    def __repr__(self):
        return f"ComposeTransform({', '.join(map(str, self.parts))})"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform of arrays element by element, the last dimensions of which are one event."""

    def __init__(self, base_transform, reinterpreted_batch_ndims, cache_size=0):
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def _again(self, cache_size):
        return IndependentTransform(self.base_transform, self.reinterpreted_batch_ndims, cache_size)

    domain = property(lambda self: constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims))
    codomain = property(
        lambda self: constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)
    )
    bijective = property(lambda self: self.base_transform.bijective)
    sign = property(lambda self: self.base_transform.sign)

    def _call(self, x):
        return self.base_transform(self._checked(x, self.domain))

    def _inverse(self, y):
        return self.base_transform.inv(self._checked(y, self.codomain))

    @staticmethod
    def _checked(x, constraint):
        if x.ndim < constraint.event_dim:
            raise ShapeError(
                f"IndependentTransform: expected at least {constraint.event_dim} dimensions, got {x.shape}"
            )
        return x

    def log_abs_det_jacobian(self, x, y):
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape):
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape):
        return self.base_transform.inverse_shape(shape)

    def __repr__(self):
        return f"IndependentTransform({self.base_transform}, {self.reinterpreted_batch_ndims})"


class ReshapeTransform(Transform):
    """An event of shape `in_shape` in the shape `out_shape`.

    Raises: ArgumentValueError for other numbers of elements.
    """

    bijective = True

    def __init__(self, in_shape, out_shape, cache_size=0):
        super().__init__(cache_size)
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ArgumentValueError(f"ReshapeTransform: expected as many elements in {in_shape} as in {out_shape}")

    def _again(self, cache_size):
        return ReshapeTransform(self.in_shape, self.out_shape, cache_size)

    domain = property(lambda self: constraints.independent(constraints.real, len(self.in_shape)))
    codomain = property(lambda self: constraints.independent(constraints.real, len(self.out_shape)))

    def _call(self, x):
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y):
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x, y):
        return zeros_like(x).flatten(x.ndim - len(self.in_shape)).sum(-1) if self.in_shape else zeros_like(x)

    def forward_shape(self, shape):
        return _exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape):
        return _exchanged(shape, self.out_shape, self.in_shape)


def _exchanged(shape, old, new):
    """A shape with its last dimensions `old` replaced."""
    cut = len(shape) - len(old)
    if cut < 0 or tuple(shape[cut:]) != old:
        raise ShapeError(f"ReshapeTransform: expected a shape that ends with {old}, got {tuple(shape)}")
    return tuple(shape[:cut]) + new


class _PartsTransform(Transform):
    """Slices along `dim`, each by a transform of its own."""

    bijective = property(lambda self: all(t.bijective for t in self.transforms))

    def _call(self, x):
        return self._join([t(v) for t, v in zip(self.transforms, self._parts(x), strict=True)])

    def _inverse(self, y):
        return self._join([t.inv(v) for t, v in zip(self.transforms, self._parts(y), strict=True)])


class CatTransform(_PartsTransform):
    """Slices along `dim`, of given lengths (1 each), by the transforms `tseq`. Raises: ShapeError for other lengths."""

    def __init__(self, tseq, dim=0, lengths=None, cache_size=0):
        super().__init__(cache_size)
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in _transforms("CatTransform", tseq)]
        self.dim, self.lengths = dim, [1] * len(self.transforms) if lengths is None else list(lengths)

    def _again(self, cache_size):
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    domain = property(lambda self: constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths))
    codomain = property(lambda self: constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths))
    event_dim = property(lambda self: max(t.event_dim for t in self.transforms))
    length = property(lambda self: sum(self.lengths))

    def _parts(self, x):
        return x.split(self.lengths, self.dim)

    def _join(self, parts):
        return cat(parts, self.dim)

    def log_abs_det_jacobian(self, x, y):
        terms = [
            sum_rightmost(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim)
            for t, a, b in zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        ]
        dim = (self.dim - x.ndim if self.dim >= 0 else self.dim) + self.event_dim
        return cat(terms, dim) if dim < 0 else sum(terms)


class StackTransform(_PartsTransform):
    """Indices along `dim`, each by one of the transforms `tseq`."""

    def __init__(self, tseq, dim=0, cache_size=0):
        super().__init__(cache_size)
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in _transforms("StackTransform", tseq)]
        self.dim = dim

    def _again(self, cache_size):
        return StackTransform(self.transforms, self.dim, cache_size)

    domain = property(lambda self: constraints.stack([t.domain for t in self.transforms], self.dim))
    codomain = property(lambda self: constraints.stack([t.codomain for t in self.transforms], self.dim))

    def _parts(self, x):
        return x.unbind(self.dim)

    def _join(self, parts):
        return stack(parts, self.dim)

    def log_abs_det_jacobian(self, x, y):
        parts = zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        return stack([t.log_abs_det_jacobian(a, b) for t, a, b in parts], self.dim)
