"""Attention by tiles: softmax(scale · Q Kᵀ + mask) V, of whose T × S weights only a tile exists at any time.

Forward, a chunk of queries meets one chunk of keys after another. Its softmax is corrected as it goes: when a larger
score turns up, what was summed so far is scaled down (Milakov & Gimelshein, 2018). What stays for the gradient is the
logarithm of each row's sum, from which the backward computes the weights again, tile by tile: FlashAttention, Dao et
al. (2022). A tile stays in the first caches, and its products are those of `gemm/small.py`.

Forward, a task is a chunk of queries of one head; backward it is a head. No number is added up by two tasks, so the
result has the same bits on any number of threads.
"""

import numpy as np
from numba import carray, types
from numba.extending import register_jitable

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.cfunc import call_pointer
from ..runtime.jit import always_inline, helper
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.pointers import address_of, pointer, pointer_to_int
from ..runtime.threads import ATTENTION
from .gemm.microkernel import MASKED_LOADS, TILE_BYTES
from .gemm.small import functions, packed_bytes, panel_bytes
from .random import philox_words
from .rows import exp, larger, log

# A tile is KEYS × QUERIES numbers, queries side by side: what is done to each query is then done to whole vectors of
# them, and QUERIES is a constant, for which the compiler needs no loop.
QUERIES, KEYS = 32, 128
# Numbers of each query lie in one array with the tile, where the compiler sees that no store to one changes the other.
# FlashAttention's m is the largest score so far and l the sum of exponentials; SHIFT is subtracted from a score before
# its exponential, RESCALE multiplies what was summed before, and DELTA is Σ g out.
M, L, SHIFT, RESCALE, DELTA = range(5)


@kernels.attention.on("cpu")
def attention(out, lse, q, k, v, mask, scale, causal, p, seed, counter):
    """out ← dropout(softmax(scale · q kᵀ + mask)) v, and lse ← the logarithm of the sum of each row's exponentials.

    q (B, H, T, D), k (B, H, S, D), v and out (B, H, ·, E), of any strides with contiguous rows; lse (B, H, T). mask
    (B or 1, H or 1, T or 1, S) is C-contiguous, or None. With `causal`, query i sees the keys up to i. A row that sees
    no key gives 0. Dropout draws as `random.dropout` does for an array (B, H, T, S).
    """
    plan = _plan(_attention, q.dtype, q.shape, *v.shape[2:])
    plan.run(out, lse, q, k, v, *_options(q, mask, scale, causal, p, seed, counter))


@kernels.attention_grad.on("cpu")
def attention_grad(gq, gk, gv, g, q, k, v, out, lse, mask, scale, causal, p, seed, counter):
    """With the weights P = exp(scale · q kᵀ + mask − lse), P̃ = dropout(P), and gP = dropout(g vᵀ):

    gv ← P̃ᵀ g;  gS = scale · P (gP − Σ g out);  gq ← gS k;  gk ← gSᵀ q.
    """
    plan = _plan(_attention_grad, q.dtype, q.shape, *v.shape[2:])
    plan.run(gq, gk, gv, q, k, v, g, out, lse, *_options(q, mask, scale, causal, p, seed, counter))


_NO_MASK = {"f": np.zeros((1, 1, 1, 1), np.float32), "d": np.zeros((1, 1, 1, 1))}


def _options(q, mask, scale, causal, p, seed, counter):
    """The last arguments of both kernels."""
    masked = mask is not None
    return mask if masked else _NO_MASK[q.dtype.char], int(masked), scale, int(causal), p, seed, counter


@planned
def _plan(kernel, dtype, q, keys, width):
    """A task is a chunk of queries of a head, or for the gradient a head. The constants are `gemm/small.py`'s."""
    batch, heads, queries, depth = q
    forward = kernel is _attention
    tasks = batch * heads * (-(-queries // QUERIES) if forward else 1)
    parallel = batch * heads * queries * depth * keys >= ATTENTION
    scratch = (_forward_layout if forward else _backward_layout)(dtype.itemsize, depth, width)[-1]
    return Plan(kernel, dtype, tasks, parallel, *functions(dtype), scratch=scratch)


# The scratch memory of a task: where each array begins, in bytes, after a row of zeros; and the bytes of all.


@register_jitable
def _forward_layout(item, depth, width):
    """Packed queries, packed values, the tile with the numbers of each query, and sums."""
    queries = TILE_BYTES
    values = queries + packed_bytes(item, QUERIES, depth)
    tile = values + packed_bytes(item, width, KEYS)
    sums = tile + 2 * KEYS * QUERIES * item
    return queries, values, tile, sums, sums + QUERIES * width * item


@register_jitable
def _backward_layout(item, depth, width):
    """Packed queries, packed gradients, other packed operands, two tiles with the numbers, rows of g and out."""
    queries = TILE_BYTES
    gradients = queries + packed_bytes(item, QUERIES, depth)
    spare = gradients + packed_bytes(item, QUERIES, width)
    tile = spare + packed_bytes(item, max(depth, width), max(QUERIES, KEYS))
    rows = tile + 3 * KEYS * QUERIES * item
    return queries, gradients, spare, tile, rows, rows + 2 * QUERIES * width * item


# --- products of tiles --------------------------------------------------------------------------------------------
# A matrix is (address, bytes between rows, bytes between columns). `gemm` holds the two functions of small.py, multiply
# and pack, and the address of a row of zeros.


@helper
def _matrix(x, b, h):
    """The matrix of a head."""
    return address_of(x) + b * x.strides[0] + h * x.strides[1], x.strides[2], x.strides[3]


@helper
def _from_row(x, i):
    """The matrix without its first rows."""
    return x[0] + i * x[1], x[1], x[2]


@helper
def _transposed(x):
    return x[0], x[2], x[1]


@helper
def _multiply(gemm, rows, columns, a, panels, c, depth, item):
    """C ← A B with B packed."""
    o, step, apart = np.intp(0), np.intp(TILE_BYTES), panel_bytes(item, depth)
    call_pointer(gemm[0], (gemm[2], rows, columns, *a, panels, step, apart, gemm[2], o, c[0], c[1], depth))


@helper
def _add_product(gemm, rows, columns, a, b, c, depth, item, spare):
    """C ← C + A B. Without masked loads B would be read past the end of its rows, and is packed into `spare` first."""
    start, step, apart = b[0], b[1], np.intp(TILE_BYTES)
    if not MASKED_LOADS:
        call_pointer(gemm[1], (spare, start, step, item, depth, columns))
        start, step, apart = spare, np.intp(TILE_BYTES), panel_bytes(item, depth)
    call_pointer(gemm[0], (gemm[2], rows, columns, *a, start, step, apart, c[0], c[1], c[0], c[1], depth))


@helper
def _copy(gemm, rows, columns, x, c):
    """C ← X: a sum that starts with X, of no products."""
    o = np.intp(0)
    call_pointer(gemm[0], (gemm[2], rows, columns, o, o, o, o, o, o, x[0], x[1], c[0], c[1], o))


@helper
def _pack_rows(gemm, panels, x, depth, rows, packed, scale):
    """Pack the first rows of X as columns, times `scale`; `packed` is the memory at `panels`."""
    call_pointer(gemm[1], (panels, x[0], x[2], x[1], depth, rows))
    for c in range(packed.size):
        packed[c] *= scale


# --- a tile of scores ---------------------------------------------------------------------------------------------


@helper
def _drop(tile, rows, count, first, keys, p, seed, counter):
    """tile[j, i] times 1 / (1 − p) with probability 1 − p, else 0, as element first + i · keys + j of a draw."""
    scale = tile.dtype.type(1 / (1 - p)) if p < 1 else tile.dtype.type(0)
    limit = np.int64(p * 16777216.0)  # as in `random.dropout`
    for i in range(rows):
        start = first + i * keys
        for b in range(start // 4, (start + count + 3) // 4):
            words = philox_words(seed, counter + b)
            for lane in range(4):
                j = 4 * b + lane - start
                if 0 <= j < count:
                    tile[j, i] *= scale if np.int64(words[lane]) >> 8 >= limit else tile.dtype.type(0)


@helper
def _add_mask(tile, rows, count, mask, b, h, i0, j0):
    """tile ← tile + mask."""
    b, h = min(b, mask.shape[0] - 1), min(h, mask.shape[1] - 1)
    for i in range(rows):
        row = min(i0 + i, mask.shape[2] - 1)
        for j in range(count):
            tile[j, i] += mask[b, h, row, j0 + j]


@helper
def _apply_causal_mask(tile, rows, count, i0, j0):
    """Queries do not see the keys after them."""
    for j in range(max(i0 - j0 + 1, 0), count):
        for i in range(min(rows, j0 + j - i0)):
            tile[j, i] = -np.inf


@helper
def _start_queries(tile, rows, sums):
    """No key has been seen; and where there are fewer queries than columns, the others score 0."""
    zero, lowest = tile.dtype.type(0), tile.dtype.type(-np.inf)
    for i in range(QUERIES):
        tile[1, M, i], tile[1, L, i] = lowest, zero
        for c in range(sums.shape[1]):
            sums[i, c] = zero
    for j in range(KEYS if rows < QUERIES else 0):
        for i in range(QUERIES):
            tile[0, j, i] = zero


@always_inline
def _softmax_scores(tile, count):
    """The scores of `count` keys in tile[0] ← their exponentials, and m, l and what belongs to them in tile[1]."""
    zero, lowest = tile.dtype.type(0), tile.dtype.type(-np.inf)
    for i in range(QUERIES):
        tile[1, RESCALE, i] = tile[1, M, i]
    for j in range(count):
        for i in range(QUERIES):
            tile[1, M, i] = larger(tile[1, M, i], tile[0, j, i])
    for i in range(QUERIES):
        tile[1, SHIFT, i] = tile[1, M, i] if tile[1, M, i] != lowest else zero  # a query that has seen no key yet
        tile[1, RESCALE, i] = exp(tile[1, RESCALE, i] - tile[1, SHIFT, i])
        tile[1, L, i] *= tile[1, RESCALE, i]
    for j in range(count):
        for i in range(QUERIES):
            e = exp(tile[0, j, i] - tile[1, SHIFT, i])
            tile[0, j, i] = e
            tile[1, L, i] += e


@always_inline
def _normalize(tile, rows, sums, lse):
    """sums ← sums / l and lse ← m + log l, for each query. Where no key was seen the sum is 0, and ∞ stands for the
    logarithm: in the backward every weight e^(score − ∞) is 0 too."""
    real = tile.dtype.type
    for i in range(QUERIES):
        tile[1, SHIFT, i] = tile[1, M, i] + log(tile[1, L, i])
        tile[1, RESCALE, i] = real(1) / tile[1, L, i]
    for i in range(rows):
        if tile[1, L, i] == real(0):
            tile[1, SHIFT, i], tile[1, RESCALE, i] = np.inf, real(0)
        lse[i] = tile[1, SHIFT, i]
        for c in range(sums.shape[1]):
            sums[i, c] *= tile[1, RESCALE, i]


@always_inline
def _score_gradients(tile, count, scale):
    """Of the scores in tile[0] the weights P, and of gP in tile[1] the gradient scale · P (gP − Σ g out)."""
    for j in range(count):
        for i in range(QUERIES):
            e = exp(tile[0, j, i] - tile[2, SHIFT, i])
            tile[0, j, i] = e
            tile[1, j, i] = e * (tile[1, j, i] - tile[2, DELTA, i]) * scale


@always_inline
def _row_sums(tile, rows, lse, g_and_out):
    """The numbers of each query for its gradient: lse, and Σ g out of the rows of g, after which come those of out."""
    zero = tile.dtype.type(0)
    for i in range(QUERIES):
        tile[2, SHIFT, i], tile[2, DELTA, i] = zero, zero
    for i in range(rows):
        total = zero
        for c in range(g_and_out.shape[1]):
            total = add_in_any_order(total, g_and_out[i, c] * g_and_out[QUERIES + i, c])
        tile[2, SHIFT, i], tile[2, DELTA, i] = lse[i], total


# --- the kernels --------------------------------------------------------------------------------------------------


def _forward_types(real):
    view = read(real, 4, "A")
    return types.intp, types.intp, written(real, 4, "A"), written(real, 3), view, view, view, *_option_types(real)


def _option_types(real):
    return read(real, 4), types.intp, types.float64, types.intp, types.float64, types.intp, types.intp


@parallel_for(_forward_types)
def _attention(arguments, scratch, task):
    """A chunk of queries of one head."""
    multiply, pack, out, lse, q, k, v, mask, masked, scale, causal, p, seed, counter = arguments[0]
    (heads, queries, depth), (keys, width), item = q.shape[1:], v.shape[2:], q.itemsize
    chunks = (queries + QUERIES - 1) // QUERIES
    head, i0 = task // chunks, task % chunks * QUERIES
    b, h, rows = head // heads, head % heads, min(QUERIES, queries - i0)
    panels_at, spare_at, tile_at, sums_at, _ = _forward_layout(item, depth, width)
    memory, start = carray(scratch, spare_at // item), pointer_to_int(scratch)
    scores, sums = (start + tile_at, QUERIES * item, item), (start + sums_at, width * item, item)
    tile = carray(pointer(memory, scores[0]), (2, KEYS, QUERIES))
    sums_array = carray(pointer(memory, sums[0]), (QUERIES, width))
    _start_queries(tile, rows, sums_array)
    memory[: panels_at // item] = 0
    gemm, panels, spare = (multiply, pack, start), start + panels_at, start + spare_at
    packed = memory[panels_at // item :]
    _pack_rows(gemm, panels, _from_row(_matrix(q, b, h), i0), depth, rows, packed, q.dtype.type(scale))
    last = min(keys, i0 + rows) if causal else keys
    for j0 in range(0, last, KEYS):
        count = min(KEYS, last - j0)
        _multiply(gemm, count, rows, _from_row(_matrix(k, b, h), j0), panels, scores, depth, item)
        if masked:
            _add_mask(tile[0], rows, count, mask, b, h, i0, j0)
        if causal:
            _apply_causal_mask(tile[0], rows, count, i0, j0)
        _softmax_scores(tile, count)
        if p > 0.0:
            _drop(tile[0], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, counter)
        for i in range(rows if j0 > 0 else 0):
            for c in range(width):
                sums_array[i, c] *= tile[1, RESCALE, i]
        v_now = _from_row(_matrix(v, b, h), j0)
        _add_product(gemm, rows, width, _transposed(scores), v_now, sums, count, item, spare)
    _normalize(tile, rows, sums_array, lse[b, h, i0 : i0 + rows])
    _copy(gemm, rows, width, sums, _from_row(_matrix(out, b, h), i0))


def _backward_types(real):
    to, view = written(real, 4, "A"), read(real, 4, "A")
    return types.intp, types.intp, to, to, to, view, view, view, view, view, read(real, 3), *_option_types(real)


@parallel_for(_backward_types)
def _attention_grad(arguments, scratch, head):
    """The gradients of one head."""
    multiply, pack, gq, gk, gv, q, k, v, g, out, lse, mask, masked, scale, causal, p, seed, counter = arguments[0]
    (heads, queries, depth), (keys, width), item = q.shape[1:], v.shape[2:], q.itemsize
    b, h, scale = head // heads, head % heads, q.dtype.type(scale)
    gq[b, h], gk[b, h], gv[b, h] = 0, 0, 0  # to which all are added
    q_from, g_from, spare_from, tile_from, rows_from, _ = _backward_layout(item, depth, width)
    memory, start = carray(scratch, g_from // item), pointer_to_int(scratch)
    q_panels, g_panels, spare, packed = start + q_from, start + g_from, start + spare_from, memory[q_from // item :]
    weights = start + tile_from, QUERIES * item, item
    slopes, g_rows = _from_row(weights, KEYS), (start + rows_from, width * item, item)
    tile = carray(pointer(memory, weights[0]), (3, KEYS, QUERIES))
    g_and_out = carray(pointer(memory, g_rows[0]), (2 * QUERIES, width))
    memory[: q_from // item] = 0
    tile[:2] = 0
    gemm = multiply, pack, start
    for i0 in range(0, queries, QUERIES):
        rows, gq_now = min(QUERIES, queries - i0), _from_row(_matrix(gq, b, h), i0)
        q_now, g_now = _from_row(_matrix(q, b, h), i0), _from_row(_matrix(g, b, h), i0)
        _pack_rows(gemm, q_panels, q_now, depth, rows, packed, scale)
        _pack_rows(gemm, g_panels, g_now, width, rows, packed[:0], scale)
        _copy(gemm, rows, width, g_now, g_rows)
        _copy(gemm, rows, width, _from_row(_matrix(out, b, h), i0), _from_row(g_rows, QUERIES))
        _row_sums(tile, rows, lse[b, h, i0 : i0 + rows], g_and_out)
        last = min(keys, i0 + rows) if causal else keys
        for j0 in range(0, last, KEYS):
            count, k_now, v_now = min(KEYS, last - j0), _from_row(_matrix(k, b, h), j0), _from_row(_matrix(v, b, h), j0)
            _multiply(gemm, count, rows, k_now, q_panels, weights, depth, item)
            _multiply(gemm, count, rows, v_now, g_panels, slopes, width, item)
            if masked:
                _add_mask(tile[0], rows, count, mask, b, h, i0, j0)
            if causal:
                _apply_causal_mask(tile[0], rows, count, i0, j0)
            if p > 0.0:
                _drop(tile[1], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, counter)
            _score_gradients(tile, count, scale)
            if p > 0.0:
                _drop(tile[0], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, counter)
            gk_now, gv_now = _from_row(_matrix(gk, b, h), j0), _from_row(_matrix(gv, b, h), j0)
            _add_product(gemm, count, width, weights, g_now, gv_now, rows, item, spare)
            _add_product(gemm, count, depth, slopes, q_now, gk_now, rows, item, spare)
            _add_product(gemm, rows, depth, _transposed(slopes), k_now, gq_now, count, item, spare)
