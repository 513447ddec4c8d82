"""Attention by tiles: softmax(scale · Q Kᵀ + mask) V, of whose T × S weights only a tile exists at any time.

Forward, a block of queries meets one block of keys after another. Its softmax is corrected as it goes: when a larger
score turns up, what was summed so far is scaled down (Milakov & Gimelshein, 2018). What stays for the gradient is the
logarithm of each row's sum, from which the backward computes the weights again, tile by tile: FlashAttention, Dao et
al. (2022). A tile stays in the first caches, and its products are those of `tile.py`.

Forward, a task is a block of queries of one head; backward it is a head. No number is added up by two tasks, so the
result has the same bits on any number of threads.
"""

import functools

import numpy as np
from numba import carray, types
from numba.extending import register_jitable

from .. import reference as kernels
from ..runtime.by_address import address, call
from ..runtime.jit import inline
from ..runtime.tasks import for_tasks, read, written
from ..runtime.threads import ATTENTION
from .gemm.product import functions, packed_bytes, panel_bytes
from .gemm.table_tile import pointer, pointer_to_int
from .gemm.tile import MASKED_LOADS, TILE_BYTES
from .random import _block
from .rows import exp, larger, log

# A tile is KEYS × QUERIES numbers, queries side by side: what is done to each query is then done to whole vectors of
# them, and QUERIES is a constant, for which the compiler needs no loop.
QUERIES, KEYS = 32, 128
# Numbers of each query lie in one array with the tile, where the compiler sees that no store to one changes the other.
TOP, TOTAL, SHIFT, FALL, CENTER = range(5)


@kernels.attention.on("cpu")
def attention(out, lse, q, k, v, mask, scale, causal, p, seed, block):
    """out ← dropout(softmax(scale · q kᵀ + mask)) v, and lse ← the logarithm of the sum of each row's exponentials.

    q (B, H, T, D), k (B, H, S, D), v and out (B, H, ·, E), of any strides with contiguous rows; lse (B, H, T). mask
    (B or 1, H or 1, T or 1, S) is C-contiguous, or None. With `causal`, query i sees the keys up to i. A row that sees
    no key gives 0. Dropout draws as `random.dropout` does for an array (B, H, T, S).
    """
    count = q.shape[0] * q.shape[1] * -(-q.shape[2] // QUERIES)
    scratch = _bytes(_forward_layout, q.itemsize, q.shape[3], v.shape[3])
    _run(_attention, count, scratch, (out, lse, q, k, v), mask, scale, causal, p, seed, block)


@kernels.attention_grad.on("cpu")
def attention_grad(gq, gk, gv, g, q, k, v, out, lse, mask, scale, causal, p, seed, block):
    """With the weights P = exp(scale · q kᵀ + mask − lse), P̃ = dropout(P), and gP = dropout(g vᵀ):

    gv ← P̃ᵀ g;  gS = scale · P (gP − Σ g out);  gq ← gS k;  gk ← gSᵀ q.
    """
    for x in (gq, gk, gv):
        x.fill(0)
    count = q.shape[0] * q.shape[1]
    scratch = _bytes(_backward_layout, q.itemsize, q.shape[3], v.shape[3])
    _run(_attention_grad, count, scratch, (gq, gk, gv, q, k, v, g, out, lse), mask, scale, causal, p, seed, block)


def _run(kernel, count, scratch, arrays, mask, scale, causal, p, seed, block):
    q, k = arrays[-3 if kernel is _attention else 3], arrays[-2 if kernel is _attention else 4]
    masked = mask is not None
    mask = mask if masked else np.zeros((1, 1, 1, 1), q.dtype)
    numbers = int(masked), scale, int(causal), p, seed, block, *functions(q.dtype)
    kernel(q.dtype, q.size * k.shape[2] >= ATTENTION, count, *arrays, mask, *numbers, scratch=scratch)


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
    near = tile + 3 * KEYS * QUERIES * item
    return queries, gradients, spare, tile, near, near + 2 * QUERIES * width * item


@functools.lru_cache(maxsize=256)
def _bytes(layout, *sizes):
    return layout(*sizes)[-1]


# --- products of tiles --------------------------------------------------------------------------------------------
# Matrices are addresses, and strides in bytes. `do` holds the two functions of product.py and a row of zeros.


@inline
def _multiply(do, rows, columns, a, a_row, a_step, panels, c, c_row, depth, item):
    """C ← A B with B packed."""
    step, apart = np.intp(TILE_BYTES), panel_bytes(item, depth)
    call(do[0], (do[2], rows, columns, a, a_row, a_step, panels, step, apart, do[2], np.intp(0), c, c_row, depth))


@inline
def _add_product(do, rows, columns, a, a_row, a_step, b, b_row, c, c_row, depth, item, spare):
    """C ← C + A B. Without masked loads B would be read past the end of its rows, and is packed into `spare` first."""
    apart = np.intp(TILE_BYTES)
    if not MASKED_LOADS:
        call(do[1], (spare, b, b_row, item, depth, columns))
        b, b_row, apart = spare, np.intp(TILE_BYTES), panel_bytes(item, depth)
    call(do[0], (do[2], rows, columns, a, a_row, a_step, b, b_row, apart, c, c_row, c, c_row, depth))


@inline
def _copy(do, rows, columns, x, x_row, c, c_row):
    """C ← X: a sum that starts with X, of no products."""
    o = np.intp(0)
    call(do[0], (do[2], rows, columns, o, o, o, o, o, o, x, x_row, c, c_row, o))


# --- the loops ----------------------------------------------------------------------------------------------------


@inline
def _drop(tile, rows, count, first, keys, p, seed, block):
    """tile[j, i] times 1 / (1 − p) with probability 1 − p, else 0, as element first + i · keys + j of a draw."""
    scale = tile.dtype.type(1 / (1 - p)) if p < 1 else tile.dtype.type(0)
    limit = np.int64(p * 16777216.0)  # as in `random.dropout`
    for i in range(rows):
        start = first + i * keys
        for b in range(start // 4, (start + count + 3) // 4):
            words = _block(seed, block + b)
            for lane in range(4):
                j = 4 * b + lane - start
                if 0 <= j < count:
                    tile[j, i] *= scale if np.int64(words[lane]) >> 8 >= limit else tile.dtype.type(0)


@inline
def _mask(tile, rows, count, mask, b, h, i0, j0):
    """tile ← tile + mask."""
    b, h = min(b, mask.shape[0] - 1), min(h, mask.shape[1] - 1)
    for i in range(rows):
        row = min(i0 + i, mask.shape[2] - 1)
        for j in range(count):
            tile[j, i] += mask[b, h, row, j0 + j]


@inline
def _hide(tile, rows, count, i0, j0):
    """Queries do not see the keys after them."""
    for j in range(max(i0 - j0 + 1, 0), count):
        for i in range(min(rows, j0 + j - i0)):
            tile[j, i] = -np.inf


@inline
def _head(x, b, h):
    """The address of a head."""
    return address(x) + b * x.strides[0] + h * x.strides[1]


def _forward_types(real):
    view = read(real, 4, "A")
    return written(real, 4, "A"), written(real, 3), view, view, view, *_last_types(real)


def _last_types(real):
    return read(real, 4), types.intp, types.float64, types.intp, types.float64, *[types.intp] * 4


@for_tasks(_forward_types)
def _attention(arguments, scratch, task):
    """A block of queries of one head."""
    out, lse, q, k, v, mask, masked, scale, causal, p, seed, block, multiply, pack = arguments[0]
    (heads, queries, depth), (keys, width) = q.shape[1:], v.shape[2:]
    blocks = (queries + QUERIES - 1) // QUERIES
    head, i0 = task // blocks, task % blocks * QUERIES
    b, h, rows = head // heads, head % heads, min(QUERIES, queries - i0)
    real, lowest, item, zero = q.dtype.type, q.dtype.type(-np.inf), q.itemsize, q.dtype.type(0)
    k_at, v_at, k_row, v_row, tile_row = _head(k, b, h), _head(v, b, h), k.strides[2], v.strides[2], QUERIES * item
    panels_from, spare_from, tile_from, sums_from, _ = _forward_layout(item, depth, width)
    memory, start = carray(scratch, spare_from // item), pointer_to_int(scratch)
    tile_at, sums_at, sums_row = start + tile_from, start + sums_from, width * item
    tile = carray(pointer(memory, tile_at), (2, KEYS, QUERIES))
    sums = carray(pointer(memory, sums_at), (QUERIES, width))
    for i in range(QUERIES):
        tile[1, TOP, i], tile[1, TOTAL, i] = lowest, zero
        for c in range(width):
            sums[i, c] = zero
    for j in range(KEYS if rows < QUERIES else 0):
        for i in range(QUERIES):
            tile[0, j, i] = zero  # what there is no query for
    for c in range(panels_from // item):
        memory[c] = zero
    do, panels, spare = (multiply, pack, start), start + panels_from, start + spare_from
    call(pack, (panels, _head(q, b, h) + i0 * q.strides[2], q.strides[3], q.strides[2], depth, rows))
    for c in range(panels_from // item, spare_from // item):
        memory[c] *= real(scale)
    last = min(keys, i0 + rows) if causal else keys
    for j0 in range(0, last, KEYS):
        count, k_now, v_now = min(KEYS, last - j0), k_at + j0 * k_row, v_at + j0 * v_row
        _multiply(do, count, rows, k_now, k_row, k.strides[3], panels, tile_at, tile_row, depth, item)
        if masked:
            _mask(tile[0], rows, count, mask, b, h, i0, j0)
        if causal:
            _hide(tile[0], rows, count, i0, j0)
        for i in range(QUERIES):
            tile[1, FALL, i] = tile[1, TOP, i]
        for j in range(count):
            for i in range(QUERIES):
                tile[1, TOP, i] = larger(tile[1, TOP, i], tile[0, j, i])
        for i in range(QUERIES):
            tile[1, SHIFT, i] = (
                tile[1, TOP, i] if tile[1, TOP, i] != lowest else zero
            )  # a query that has seen no key yet
            tile[1, FALL, i] = exp(tile[1, FALL, i] - tile[1, SHIFT, i])
            tile[1, TOTAL, i] *= tile[1, FALL, i]
        for j in range(count):
            for i in range(QUERIES):
                e = exp(tile[0, j, i] - tile[1, SHIFT, i])
                tile[0, j, i] = e
                tile[1, TOTAL, i] += e
        if p > 0.0:
            _drop(tile[0], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, block)
        for i in range(rows if j0 > 0 else 0):
            for c in range(width):
                sums[i, c] *= tile[1, FALL, i]
        _add_product(do, rows, width, tile_at, item, tile_row, v_now, v_row, sums_at, sums_row, count, item, spare)
    for i in range(QUERIES):
        tile[1, SHIFT, i] = tile[1, TOP, i] + log(tile[1, TOTAL, i])
        tile[1, FALL, i] = real(1) / tile[1, TOTAL, i]
    for i in range(rows):
        if (
            tile[1, TOTAL, i] == zero
        ):  # no key was seen: the sum is 0, and in the backward every weight e^(score − ∞) is too
            tile[1, SHIFT, i], tile[1, FALL, i] = np.inf, zero
        lse[b, h, i0 + i] = tile[1, SHIFT, i]
        for c in range(width):
            sums[i, c] *= tile[1, FALL, i]
    _copy(do, rows, width, sums_at, sums_row, _head(out, b, h) + i0 * out.strides[2], out.strides[2])


def _backward_types(real):
    to, view = written(real, 4, "A"), read(real, 4, "A")
    return to, to, to, view, view, view, view, view, read(real, 3), *_last_types(real)


@for_tasks(_backward_types)
def _attention_grad(arguments, scratch, head):
    """The gradients of one head, added to zeros."""
    gq, gk, gv, q, k, v, g, out, lse, mask, masked, scale, causal, p, seed, block, multiply, pack = arguments[0]
    (heads, queries, depth), (keys, width) = q.shape[1:], v.shape[2:]
    b, h, real, item, zero = head // heads, head % heads, q.dtype.type, q.itemsize, q.dtype.type(0)
    q_at, k_at, v_at, g_at, out_at = _head(q, b, h), _head(k, b, h), _head(v, b, h), _head(g, b, h), _head(out, b, h)
    gq_at, gk_at, gv_at = _head(gq, b, h), _head(gk, b, h), _head(gv, b, h)
    q_row, k_row, v_row, g_row, out_row = q.strides[2], k.strides[2], v.strides[2], g.strides[2], out.strides[2]
    gq_row, gk_row, gv_row, tile_row = gq.strides[2], gk.strides[2], gv.strides[2], QUERIES * item
    q_from, g_from, spare_from, tile_from, near_from, _ = _backward_layout(item, depth, width)
    memory, start = carray(scratch, g_from // item), pointer_to_int(scratch)
    near_at, near_row = start + near_from, width * item
    weights, slopes = start + tile_from, start + tile_from + KEYS * tile_row
    tile = carray(pointer(memory, weights), (3, KEYS, QUERIES))
    near = carray(pointer(memory, near_at), (2 * QUERIES, width))
    for c in range(q_from // item):
        memory[c] = zero
    do, q_panels, g_panels, spare = (multiply, pack, start), start + q_from, start + g_from, start + spare_from
    for j in range(KEYS):
        for i in range(QUERIES):
            tile[0, j, i], tile[1, j, i] = zero, zero
    for i0 in range(0, queries, QUERIES):
        rows, q_now, g_now = min(QUERIES, queries - i0), q_at + i0 * q_row, g_at + i0 * g_row
        gq_now = gq_at + i0 * gq_row
        call(pack, (q_panels, q_now, q.strides[3], q_row, depth, rows))
        call(pack, (g_panels, g_now, g.strides[3], g_row, width, rows))
        for c in range(q_from // item, g_from // item):
            memory[c] *= real(scale)
        _copy(do, rows, width, g_now, g_row, near_at, near_row)
        _copy(do, rows, width, out_at + i0 * out_row, out_row, near_at + QUERIES * near_row, near_row)
        for i in range(rows):
            total = zero
            for c in range(width):
                total += near[i, c] * near[QUERIES + i, c]
            tile[2, SHIFT, i], tile[2, CENTER, i] = lse[b, h, i0 + i], total
        for i in range(rows, QUERIES):
            tile[2, SHIFT, i], tile[2, CENTER, i] = zero, zero
        last = min(keys, i0 + rows) if causal else keys
        for j0 in range(0, last, KEYS):
            count, k_now, v_now = min(KEYS, last - j0), k_at + j0 * k_row, v_at + j0 * v_row
            _multiply(do, count, rows, k_now, k_row, k.strides[3], q_panels, weights, tile_row, depth, item)
            _multiply(do, count, rows, v_now, v_row, v.strides[3], g_panels, slopes, tile_row, width, item)
            if masked:
                _mask(tile[0], rows, count, mask, b, h, i0, j0)
            if causal:
                _hide(tile[0], rows, count, i0, j0)
            if p > 0.0:
                _drop(tile[1], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, block)
            for j in range(count):
                for i in range(QUERIES):
                    e = exp(tile[0, j, i] - tile[2, SHIFT, i])
                    tile[0, j, i] = e
                    tile[1, j, i] = e * (tile[1, j, i] - tile[2, CENTER, i]) * real(scale)
            if p > 0.0:
                _drop(tile[0], rows, count, (head * queries + i0) * keys + j0, keys, p, seed, block)
            gk_now, gv_now = gk_at + j0 * gk_row, gv_at + j0 * gv_row
            _add_product(do, count, width, weights, tile_row, item, g_now, g_row, gv_now, gv_row, rows, item, spare)
            _add_product(do, count, depth, slopes, tile_row, item, q_now, q_row, gk_now, gk_row, rows, item, spare)
            _add_product(do, rows, depth, slopes, item, tile_row, k_now, k_row, gq_now, gq_row, count, item, spare)
