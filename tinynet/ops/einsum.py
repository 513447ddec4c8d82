"""Sums of products over indices: each product of two tensors is a permutation of both, one `matmul`, and another.

Where nothing is summed, it is a product of elements.
"""

import functools
import math
import string

from ..arguments import axes, integer, wrong_kind, wrong_value
from ..errors import ShapeError
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .arithmetic import mul
from .diagonals import diagonal
from .matmul import matmul
from .out import write_to
from .reduction import sum
from .shape import permute, reshape

FUNCTIONS = "einsum tensordot"


def einsum(equation, *operands):
    """Σ over the indices that the equation names for the operands, but not for the result: "ik,kj->ij" is A B.

    An index twice in one operand takes its diagonal; "..." stands for dimensions that broadcast. Without "->" the
    result has the indices that are named once, in alphabetical order. Operands and lists of indices may also come in
    turn, `einsum(A, [0, 1], B, [1, 2], [0, 2])`.
    Raises: ArgumentValueError for an equation that does not fit the operands, ShapeError for sizes that do not agree.
    """
    if isinstance(equation, Tensor):
        equation, operands = _written((equation, *operands))
    elif not isinstance(equation, str):
        raise wrong_kind("einsum", "equation", "a string", equation)
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = operands[0]
    operands = [expect_tensor("einsum", x, f"operands[{i}]") for i, x in enumerate(operands)]
    labels, out = _parsed(equation, tuple([x.array.ndim for x in operands]))
    sizes = _sizes(equation, labels, operands)
    missing = [label for label in out if label not in sizes]
    if missing:
        raise wrong_value("einsum", f"an index of the result that an operand has, not {missing[0]!r}", equation)
    terms = [_reduced(*_diagonal(x, list(names)), sizes) for x, names in zip(operands, labels)]
    total, names = terms[0]
    total, names = _summed(total, names, {*out, *(n for _, others in terms[1:] for n in others)})
    for i, (x, others) in enumerate(terms[1:], 1):
        kept = {*out, *(n for _, later in terms[i + 1 :] for n in later)}
        total, names = _product(total, names, *_summed(x, others, kept | set(names)), kept)
    total = _ordered(total, names, [n for n in out if n in names])
    if len(names) < len(out):  # sizes of 1 that were left out
        return reshape(total, [sizes[n] for n in out])
    return total


LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _written(operands):
    """The equation and the operands of a call with lists of numbers in place of letters."""
    tensors, lists = operands[::2], operands[1::2]
    result = None
    if len(tensors) > len(lists):
        *tensors, result = tensors

    def letters(numbers):
        if not isinstance(numbers, tuple | list):
            raise wrong_kind("einsum", "indices", "a list of numbers and ...", numbers)
        at = lambda n: integer("einsum", "an index", n, 0, len(LETTERS) - 1)
        return "".join(["..." if n is Ellipsis else LETTERS[at(n)] for n in numbers])

    equation = ",".join(map(letters, lists))
    return equation if result is None else f"{equation}->{letters(result)}", tensors


@functools.lru_cache(maxsize=256)
def _parsed(equation, ndims):
    """(the labels of each operand's dimensions, those of the result); dimensions of "..." have the labels "0", "1", ...

    Raises: ArgumentValueError.
    """
    inputs, arrow, out = equation.replace(" ", "").partition("->")
    inputs = inputs.split(",")
    if len(inputs) != len(ndims):
        raise wrong_value("einsum", f"an equation for {len(ndims)} operands", equation)
    named = [len(term.replace("...", "")) for term in inputs]
    for term, n, ndim in zip(inputs, named, ndims):
        if n > ndim or ("..." not in term and n < ndim):
            raise wrong_value("einsum", f"as many indices as dimensions, not {term!r} for {ndim}", equation)
    covered = [ndim - n if "..." in term else 0 for term, n, ndim in zip(inputs, named, ndims)]
    dots = [str(i) for i in range(max(covered, default=0))]

    def labels(term, count):
        before, found, after = term.partition("...")
        if any(c not in LETTERS for c in before + after):
            raise wrong_value("einsum", "an equation of letters, commas, one ... and one ->", equation)
        return (*before, *(dots[len(dots) - count :] if found else ()), *after)

    parsed = [labels(term, count) for term, count in zip(inputs, covered)]
    if arrow:
        result = labels(out, len(dots))
        if len(set(result)) != len(result):
            raise wrong_value("einsum", "each index of the result once", equation)
    else:
        every = [label for term in parsed for label in term if label not in dots]
        result = (*dots, *sorted(label for label in set(every) if every.count(label) == 1))
    return parsed, result


def _sizes(equation, labels, operands):
    """{label: size}, where a size of 1 is broadcast."""
    sizes = {}
    for names, x in zip(labels, operands):
        for name, n in zip(names, x.array.shape):
            if sizes.setdefault(name, n) != n:
                if 1 not in (n, sizes[name]):
                    raise ShapeError(
                        f"einsum: expected one size for {name!r} in {equation!r}, got {sizes[name]} and {n}"
                    )
                sizes[name] = n if sizes[name] == 1 else sizes[name]
    return sizes


def _diagonal(x, names):
    """x with each label once."""
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            if x.array.shape[first] != x.array.shape[second]:
                raise ShapeError(f"einsum: expected one size for {name!r}, which is there twice, got {x.shape}")
            x = diagonal(x, 0, first, second)
            names = [n for i, n in enumerate(names) if i not in (first, second)] + [name]
    return x, names


def _reduced(x, names, sizes):
    """x without its dimensions of size 1 that are broadcast to others, or may be."""
    kept = [(n, s) for n, s in zip(names, x.array.shape) if s != 1]
    if len(kept) < len(names):
        x = reshape(x, [s for _, s in kept])
    return x, [n for n, _ in kept]


def _summed(x, names, kept):
    """x summed over the dimensions whose label is not kept."""
    gone = [i for i, n in enumerate(names) if n not in kept]
    return (sum(x, gone), [n for n in names if n in kept]) if gone else (x, names)


def _product(x, a, y, b, kept):
    """The product of x and y, whose dimensions have the labels a and b, summed over those that are not kept."""
    both = [n for n in a if n in b]
    stack, inner = [n for n in both if n in kept], [n for n in both if n not in kept]
    left, right = [n for n in a if n not in b], [n for n in b if n not in a]
    size = {**dict(zip(a, x.array.shape)), **dict(zip(b, y.array.shape))}
    total = lambda names: math.prod([size[n] for n in names])

    is_outer = left and right and x.array.dtype == y.array.dtype and x.array.dtype.kind != "b"
    if not inner and not is_outer:  # element by element: also masks, and two dtypes
        names = [*stack, *left, *right]
        return mul(_spread(x, a, names), _spread(y, b, names)), names

    def matrices(t, names, rows, columns):
        t = _ordered(t, names, [*stack, *rows, *columns])
        if len(rows) == len(columns) == 1:
            return t
        return reshape(t, (*[size[n] for n in stack], total(rows), total(columns)))

    out = matmul(matrices(x, a, left, inner), matrices(y, b, inner, right))
    names = [*stack, *left, *right]
    return out if len(left) == len(right) == 1 else reshape(out, [size[n] for n in names]), names


def _ordered(x, names, order):
    """x with its dimensions, which have labels, in another order."""
    return x if names == order else permute(x, tuple([names.index(n) for n in order]))


def _spread(x, names, order):
    """x with its dimensions in another order of more, where those that it has not are of size 1."""
    size = dict(zip(names, x.array.shape))
    return reshape(_ordered(x, names, [n for n in order if n in size]), [size.get(n, 1) for n in order])


def tensordot(a, b, dims=2, out=None):
    """Σ over the last `dims` dimensions of a and the first of b, or over those listed for a and for b.

    It is written to `out` if that is given.

    Raises: ShapeError for sizes that do not agree.
    """
    if out is not None:
        return write_to(out, tensordot, a, b, dims)
    a, b = expect_tensor("tensordot", a, "a"), expect_tensor("tensordot", b, "b")
    if isinstance(dims, Tensor) and dims.array.ndim:
        dims = dims.tolist()
    if isinstance(dims, tuple | list):
        if len(dims) not in (1, 2):
            raise wrong_value("tensordot", "dims to be a number or two lists of them", dims)
        over_a, over_b = dims[0], dims[-1]
        over_a, over_b = (axes("tensordot", d, x.array.ndim) if not isinstance(d, tuple | list) or d else () for d, x in
                          ((over_a, a), (over_b, b)))  # fmt: skip
    else:
        n = integer("tensordot", "dims", dims, 0, min(a.array.ndim, b.array.ndim))
        over_a, over_b = tuple(range(a.array.ndim - n, a.array.ndim)), tuple(range(n))
    s, t = a.array.shape, b.array.shape
    if len(over_a) != len(over_b) or any(1 != s[i] != t[j] != 1 for i, j in zip(over_a, over_b)):
        raise ShapeError(f"tensordot: expected sizes that agree along {over_a} and {over_b}, got {s} and {t}")
    x, y = [*range(len(s))], [*range(len(s), len(s) + len(t))]
    for i, j in zip(over_a, over_b):
        y[j] = x[i]
    left = [n for i, n in enumerate(x) if i not in over_a]
    return einsum(a, x, b, y, left + [n for j, n in enumerate(y) if j not in over_b])
