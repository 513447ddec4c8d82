"""Products of vectors, matrices and stacks of them, each a `matmul`, and sums of such a product and a tensor."""

import math

from ..arguments import axis_of, number, one_of, wrong_value
from ..errors import DTypeError, ShapeError
from ..tensor_arguments import expect_tensor, expect_tensors, optional_tensor
from .arithmetic import add, mul, sqrt, square, sub
from .choosing import where
from .matmul import matmul
from .operands import common_shape
from .rearrange import roll
from .reduction import sum
from .shape import mT, permute, reshape, unsqueeze
from .vector_norm import vector_norm

FUNCTIONS = """mm bmm mv dot vdot inner ger outer addmm addmv addr addbmm baddbmm kron cross cdist chain_matmul
    bilinear"""
FUNCTIONAL = "bilinear"
METHODS = "mm bmm mv dot vdot inner ger outer addmm addmv addr addbmm baddbmm kron cross"
IN_PLACE = "addmm addmv addr addbmm baddbmm"


def _of_dimensions(where, **expected):
    """Tensors by their names, each with the number of dimensions it must have: {name: (tensor, n)}."""
    for name, (x, n) in expected.items():
        if expect_tensor(where, x, name).array.ndim != n:
            raise ShapeError(f"{where}: expected {name} with {n} dimensions, got shape {x.shape}")


def mm(input, mat2):
    """The product of two matrices. Raises ShapeError for other dimensions or sizes that do not fit."""
    _of_dimensions("mm", input=(input, 2), mat2=(mat2, 2))
    return matmul(input, mat2)


def bmm(input, mat2):
    """The product of each matrix (b, n, k) with its partner (b, k, m).

    Raises: ShapeError for other dimensions or sizes that do not fit.
    """
    _of_dimensions("bmm", input=(input, 3), mat2=(mat2, 3))
    if input.array.shape[0] != mat2.array.shape[0]:
        raise ShapeError(f"bmm: expected as many matrices in both, got {input.shape} and {mat2.shape}")
    return matmul(input, mat2)


def mv(input, vec):
    """The product of a matrix and a vector. Raises ShapeError for other dimensions or sizes that do not fit."""
    _of_dimensions("mv", input=(input, 2), vec=(vec, 1))
    return matmul(input, vec)


def dot(input, tensor):
    """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
    _of_dimensions("dot", input=(input, 1), tensor=(tensor, 1))
    return matmul(input, tensor)


def vdot(input, other):
    """Σ xᵢ yᵢ of two vectors. Raises ShapeError for other dimensions or sizes."""
    _of_dimensions("vdot", input=(input, 1), other=(other, 1))
    return matmul(input, other)


def inner(input, other):
    """Σₖ x[..., k] y[..., k] for all rows of x with all rows of y; with a number, x times it.

    Raises: ShapeError where the last sizes differ.
    """
    x, y = expect_tensor("inner", input), expect_tensor("inner", other, "other")
    if x.array.ndim == 0 or y.array.ndim == 0:
        return mul(x, y)
    a, b = x.array.shape, y.array.shape
    if a[-1] != b[-1]:
        raise ShapeError(f"inner: expected last sizes that agree, got {a} and {b}")
    rows = lambda t, s: reshape(t, math.prod(s[:-1]), s[-1])
    return reshape(matmul(rows(x, a), mT(rows(y, b))), (*a[:-1], *b[:-1]))


def outer(input, vec2):
    """The matrix xᵢ yⱼ of two vectors. Raises ShapeError for other dimensions."""
    _of_dimensions("outer", input=(input, 1), vec2=(vec2, 1))
    return mul(unsqueeze(input, 1), vec2)


ger = outer


def _scaled_sum(where, input, product, beta, alpha):
    """beta x + alpha p, x broadcast to the shape of p; for beta = 0 what x holds does not matter."""
    x = expect_tensor(where, input)
    if x.array.dtype != product.array.dtype:
        raise DTypeError(f"{where}: expected an input of the dtype of the product {product.dtype}, got {x.dtype}")
    beta, alpha = (_factor(where, name, v, x.array.dtype.kind) for name, v in (("beta", beta), ("alpha", alpha)))
    if _broadcast_shape(x.array.shape, product.array.shape) != product.array.shape:
        raise ShapeError(f"{where}: expected an input that broadcasts to {product.shape}, got {input.shape}")
    product = product if alpha == 1 else mul(product, alpha)
    return product if beta == 0 else add(product, x if beta == 1 else mul(x, beta))


def _broadcast_shape(a, b):
    try:
        return common_shape(a, b)
    except ValueError:
        return None


def _factor(where, name, value, kind):
    """A number as one of the kind that a tensor holds: of integers without its fraction."""
    value = number(where, name, value)
    return value if kind == "f" else bool(value) if kind == "b" else int(value)


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta x + alpha A B, for matrices A and B.

    Raises: ShapeError for sizes that do not fit, DTypeError for several dtypes.
    """
    _of_dimensions("addmm", mat1=(mat1, 2), mat2=(mat2, 2))
    return _scaled_sum("addmm", input, matmul(mat1, mat2), beta, alpha)


def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta x + alpha A v, for a matrix A and a vector v.

    Raises: ShapeError for sizes that do not fit, DTypeError for several dtypes.
    """
    _of_dimensions("addmv", mat=(mat, 2), vec=(vec, 1))
    return _scaled_sum("addmv", input, matmul(mat, vec), beta, alpha)


def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """beta x + alpha v wᵀ, for vectors v and w.

    Raises: ShapeError for sizes that do not fit, DTypeError for several dtypes.
    """
    return _scaled_sum("addr", input, outer(vec1, vec2), beta, alpha)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta x + alpha Aᵢ Bᵢ, for stacks of matrices A and B.

    Raises: ShapeError for sizes that do not fit, DTypeError for several dtypes.
    """
    return _scaled_sum("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta x + alpha Σᵢ Aᵢ Bᵢ, for stacks of matrices A and B.

    Raises: ShapeError for sizes that do not fit, DTypeError for several dtypes.
    """
    return _scaled_sum("addbmm", input, sum(bmm(batch1, batch2), 0), beta, alpha)


def kron(input, other):
    """The Kronecker product: each element of x times the whole of y, as blocks in the place of the element."""
    x, y = expect_tensor("kron", input), expect_tensor("kron", other, "other")
    n = max(x.array.ndim, y.array.ndim)
    a = (1,) * (n - x.array.ndim) + x.array.shape
    b = (1,) * (n - y.array.ndim) + y.array.shape
    blocks = mul(reshape(x, [s for m in a for s in (m, 1)]), reshape(y, [s for m in b for s in (1, m)]))
    return reshape(blocks, [s * t for s, t in zip(a, b)])


def cross(input, other, dim=None):
    """The vectors x × y of three elements along `dim`, by default the first dimension of size 3.

    Raises: ShapeError where a size is not 3, or the shapes do not broadcast.
    """
    x, y = expect_tensor("cross", input), expect_tensor("cross", other, "other")
    if dim is None:
        dim = next((d for d, n in enumerate(x.array.shape) if n == 3), None)
        if dim is None:
            raise ShapeError(f"cross: expected a dimension of size 3, got shape {x.shape}")
    if x.array.ndim != y.array.ndim:
        raise ShapeError(f"cross: expected as many dimensions in both, got {x.shape} and {y.shape}")
    axis = axis_of("cross", dim, x.array.ndim)
    if x.array.shape[axis] != 3 or y.array.shape[axis] != 3:
        raise ShapeError(f"cross: expected a size of 3 in dimension {axis}, got {x.shape} and {y.shape}")
    return sub(mul(roll(x, -1, axis), roll(y, -2, axis)), mul(roll(x, -2, axis), roll(y, -1, axis)))


MODES = "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"


def cdist(x1, x2, p=2.0, compute_mode=MODES[0]):
    """The distances (Σₖ |x1[..., i, k] − x2[..., j, k]|ᵖ)^(1/p) of all rows of x1 and x2; leading dimensions broadcast.

    For p = 2 and more than 25 rows, or as `compute_mode` says, as √(|x|² + |y|² − 2 x·y), which is faster and loses the
    digits of small distances. Raises: ShapeError where the last sizes differ, ArgumentValueError for p < 0.
    """
    x, y, p = expect_tensor("cdist", x1, "x1"), expect_tensor("cdist", x2, "x2"), number("cdist", "p", p, 0)
    mode = one_of("cdist", "compute_mode", MODES[0] if compute_mode is None else compute_mode, MODES)
    if x.array.ndim < 2 or y.array.ndim < 2 or x.array.shape[-1] != y.array.shape[-1]:
        raise ShapeError(f"cdist: expected (..., n, k) and (..., m, k), got {x.shape} and {y.shape}")
    if x.array.dtype != y.array.dtype or x.array.dtype.kind != "f":
        raise DTypeError(f"cdist: expected one floating dtype, got {x.dtype} and {y.dtype}")
    many = max(x.array.shape[-2], y.array.shape[-2]) > 25
    if p == 2 and (mode == MODES[1] or (many and mode == MODES[0])):
        squares = add(sum(square(x), -1, True), unsqueeze(sum(square(y), -1), -2))
        squares = sub(squares, mul(matmul(x, mT(y)), 2.0))
        apart = squares.detach() > 0
        return where(apart, sqrt(where(apart, squares, 1)), 0)  # at 0 the gradient is 0
    return vector_norm(sub(unsqueeze(x, -2), unsqueeze(y, -3)), p, -1)


def chain_matmul(*matrices):
    """The product of several matrices, in the order of the fewest multiplications. See `linalg.multi_dot`.

    Raises: ArgumentValueError for no matrices.
    """
    if len(matrices) == 1 and isinstance(matrices[0], tuple | list):
        matrices = matrices[0]
    matrices = expect_tensors("chain_matmul", tuple(matrices), "matrices")
    if not matrices:
        raise wrong_value("chain_matmul", "at least one matrix", matrices)
    _of_dimensions("chain_matmul", **{f"matrices[{i}]": (x, 2) for i, x in enumerate(matrices)})
    return _in_best_order("chain_matmul", matrices)


def multi_dot(tensors):
    """The product of several matrices, in the order of the fewest multiplications; the ends may be vectors.

    Raises: ShapeError for fewer than two, or for sizes that do not fit.
    """
    tensors = expect_tensors("multi_dot", tensors)
    if len(tensors) < 2:
        raise ShapeError(f"multi_dot: expected at least two tensors, got {len(tensors)}")
    first, last = tensors[0].array.ndim == 1, tensors[-1].array.ndim == 1
    tensors[0] = unsqueeze(tensors[0], 0) if first else tensors[0]
    tensors[-1] = unsqueeze(tensors[-1], 1) if last else tensors[-1]
    _of_dimensions("multi_dot", **{f"tensors[{i}]": (x, 2) for i, x in enumerate(tensors)})
    out = _in_best_order("multi_dot", tensors)
    return reshape(out, out.array.shape[first : 2 - last]) if first or last else out


def _in_best_order(where, matrices):
    """Parentheses by dynamic programming over the sizes: Godbole (1973)."""
    sizes = [x.array.shape[0] for x in matrices] + [matrices[-1].array.shape[1]]
    for i, x in enumerate(matrices):
        if x.array.shape[1] != sizes[i + 1]:
            raise ShapeError(f"{where}: expected sizes that fit, got shapes {[x.shape for x in matrices]}")
    n = len(matrices)
    best = {(i, i): (0, None) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return _parenthesised(matrices, best, 0, n - 1)


def _parenthesised(matrices, best, i, j):
    """The product of the matrices from i to j, cut in two where it is best."""
    if i == j:
        return matrices[i]
    k = best[i, j][1]
    return matmul(_parenthesised(matrices, best, i, k), _parenthesised(matrices, best, k + 1, j))


def linalg_cross(input, other, *, dim=-1):
    """`cross` along the last dimension unless another is named."""
    return cross(input, other, dim)


def vecdot(x, y, *, dim=-1):
    """Σ xᵢ yᵢ along a dimension; the others broadcast."""
    return sum(mul(x, y), dim)


def bilinear(input1, input2, weight, bias=None):
    """y[..., o] = b[o] + Σ x₁[..., i] w[o, i, j] x₂[..., j], for x₁ (*, in1), x₂ (*, in2) and w (out, in1, in2).

    Raises: ShapeError where these do not fit.
    """
    a, b = expect_tensor("bilinear", input1, "input1"), expect_tensor("bilinear", input2, "input2")
    w, c = expect_tensor("bilinear", weight, "weight"), optional_tensor("bilinear", "bias", bias)
    fits = a.ndim and b.ndim and a.shape[:-1] == b.shape[:-1] and w.ndim == 3
    if not fits or w.shape[1:] != (a.shape[-1], b.shape[-1]) or (c is not None and c.shape != w.shape[:1]):
        shapes = ", ".join(str(x.shape) for x in (a, b, w, c) if x is not None)
        raise ShapeError(f"bilinear: expected (*, in1), (*, in2), (out, in1, in2) and (out,), got {shapes}")
    n, (out, in1, in2) = math.prod(a.shape[:-1]), w.shape
    rows = matmul(reshape(a, n, in1), reshape(permute(w, (1, 0, 2)), in1, out * in2))
    y = reshape(matmul(reshape(rows, n, out, in2), reshape(b, n, in2, 1)), (*a.shape[:-1], out))
    return y if c is None else y + c
