"""Attention by tiles: softmax(scale · Q Kᵀ + mask) V, of whose T × S weights only a tile exists at any time.

Forward, a block of queries meets one block of keys after another. Its softmax is corrected as it goes: when a larger
score turns up, what was summed so far is scaled down (Milakov & Gimelshein, 2018). What stays for the gradient is the
logarithm of each row's sum, from which the backward computes the weights again, tile by tile: FlashAttention, Dao et
al. (2022). A tile stays in the first caches, and its products are those of `tile.py`.

Forward, a task is a block of queries of one head; backward it is a head. No number is added up by two tasks, so the
result has the same bits on any number of threads.
"""

from math import log

import numba
import numpy as np
from numba import types

from ..jit import inline
from .product import functions, packed_bytes, panel_bytes
from .random import _block, dropout
from .rows import exp, larger
from .tasks import call, for_tasks, read, written
from .tile import MASKED_LOADS, TILE_BYTES, address

__all__ = ["attention", "attention_grad"]

PARALLEL_FROM = 100_000  # multiplications in Q Kᵀ; below, waking the threads costs more than they save
QUERIES, KEYS = 64, 64  # the size of a tile


def attention(out, lse, q, k, v, mask, scale, causal, p, seed, block):
    """out ← dropout(softmax(scale · q kᵀ + mask)) v, and lse ← the logarithm of the sum of each row's exponentials.

    q (B, H, T, D), k (B, H, S, D), v and out (B, H, ·, E), of any strides with contiguous rows; lse (B, H, T). mask
    (B or 1, H or 1, T or 1, S) is C-contiguous, or None. With `causal`, query i sees the keys up to i. A row that sees
    no key gives 0. Dropout draws as `random.dropout` does for an array (B, H, T, S).
    """
    if numba.config.DISABLE_JIT:
        return _in_plain_python(out, lse, q, k, v, mask, scale, causal, p, seed, block)
    count = q.shape[0] * q.shape[1] * -(-q.shape[2] // QUERIES)
    _run(_attention, count, (out, lse, q, k, v), mask, scale, causal, p, seed, block)


def attention_grad(gq, gk, gv, g, q, k, v, out, lse, mask, scale, causal, p, seed, block):
    """With the weights P = exp(scale · q kᵀ + mask − lse), P̃ = dropout(P), and gP = dropout(g vᵀ):

    gv ← P̃ᵀ g;  gS = scale · P (gP − Σ g out);  gq ← gS k;  gk ← gSᵀ q.
    """
    if numba.config.DISABLE_JIT:
        return _grad_in_plain_python(gq, gk, gv, g, q, k, v, lse, mask, scale, causal, p, seed, block)
    count = q.shape[0] * q.shape[1]
    _run(_attention_grad, count, (gq, gk, gv, q, k, v, g, out, lse), mask, scale, causal, p, seed, block)


attention.outputs, attention_grad.outputs = 2, 3


def _run(kernel, count, arrays, mask, scale, causal, p, seed, block):
    q, k = arrays[-3 if kernel is _attention else 3], arrays[-2 if kernel is _attention else 4]
    masked = mask is not None
    mask = mask if masked else np.zeros((1, 1, 1, 1), q.dtype)
    numbers = int(masked), scale, int(causal), p, seed, block, *functions(q.dtype)
    kernel(q.dtype, q.size * k.shape[2] >= PARALLEL_FROM, count, *arrays, mask, *numbers)


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
def _draw(keep, size, first, p, seed, block):
    """keep[j] ← what dropout multiplies element first + j of a draw by: 1 / (1 − p) with probability 1 − p, or 0."""
    scale = keep.dtype.type(1 / (1 - p)) if p < 1 else keep.dtype.type(0)
    limit = np.int64(p * 16777216.0)  # as in `random.dropout`
    for b in range(first // 4, (first + size + 3) // 4):
        words = _block(seed, block + b)
        for lane in range(4):
            j = 4 * b + lane - first
            if 0 <= j < size:
                keep[j] = scale if np.int64(words[lane]) >> 8 >= limit else 0


@inline
def _add_mask(row, seen, mask, b, h, i, j):
    """row ← row + mask for the keys from j on."""
    b, h, i = min(b, mask.shape[0] - 1), min(h, mask.shape[1] - 1), min(i, mask.shape[2] - 1)
    for c in range(seen):
        row[c] += mask[b, h, i, j + c]


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
def _attention(task, arguments):
    """A block of queries of one head."""
    out, lse, q, k, v, mask, masked, scale, causal, p, seed, block, multiply, pack = arguments[0]
    (heads, queries, depth), (keys, width) = q.shape[1:], v.shape[2:]
    blocks = (queries + QUERIES - 1) // QUERIES
    head, i0 = task // blocks, task % blocks * QUERIES
    b, h, rows = head // heads, head % heads, min(QUERIES, queries - i0)
    real, lowest, item = q.dtype.type, q.dtype.type(-np.inf), q.itemsize
    q_at, k_at, v_at = _head(q, b, h) + i0 * q.strides[2], _head(k, b, h), _head(v, b, h)
    k_row, v_row, tile_row = k.strides[2], v.strides[2], np.intp(KEYS * item)
    tile, sums = np.empty((QUERIES, KEYS), q.dtype), np.empty((QUERIES, width), q.dtype)
    tops, totals, keep = np.empty(QUERIES, q.dtype), np.empty(QUERIES, q.dtype), np.empty(KEYS, q.dtype)
    for i in range(rows):
        tops[i], totals[i] = lowest, 0
        for c in range(width):
            sums[i, c] = 0
    bytes_k, bytes_spare = packed_bytes(item, KEYS, depth), packed_bytes(item, width, KEYS)
    memory = np.empty((TILE_BYTES + bytes_k + bytes_spare) // item, q.dtype)
    for c in range(TILE_BYTES // item):
        memory[c] = 0
    do = multiply, pack, address(memory)
    panels = address(memory) + TILE_BYTES
    spare = panels + bytes_k
    for j0 in range(0, min(keys, i0 + rows) if causal else keys, KEYS):
        columns = min(KEYS, keys - j0)
        call(pack, (panels, k_at + j0 * k_row, k.strides[3], k_row, depth, columns))
        _multiply(do, rows, columns, q_at, q.strides[2], q.strides[3], panels, address(tile), tile_row, depth, item)
        for i in range(rows):
            row, seen = tile[i], columns
            if causal:
                seen = max(min(columns, i0 + i + 1 - j0), 0)
            top, total = tops[i], real(0)
            for c in range(seen):
                row[c] *= real(scale)
            if masked:
                _add_mask(row, seen, mask, b, h, i0 + i, j0)
            for c in range(seen):
                top = larger(top, row[c])
            if top == lowest:  # nothing to see so far, or else NaN
                for c in range(seen):
                    total += real(0) if row[c] == lowest else row[c]
                    row[c] = 0
            else:
                for c in range(seen):
                    e = exp(row[c] - top)
                    row[c] = e
                    total += e
                fall = exp(tops[i] - top)
                tops[i] = top
                totals[i] *= fall
                for c in range(width):
                    sums[i, c] *= fall
            totals[i] += total
            for c in range(seen, columns):
                row[c] = 0
            if p > 0.0:
                _draw(keep, columns, (head * queries + i0 + i) * keys + j0, p, seed, block)
                for c in range(seen):
                    row[c] *= keep[c]
        v_now = v_at + j0 * v_row
        _add_product(
            do, rows, width, address(tile), tile_row, item, v_now, v_row, address(sums), sums.strides[0],
            columns, item, spare,
        )  # fmt: skip
    for i in range(rows):
        total = totals[i]
        if total == 0:  # no key was seen: the sum is 0, and in the backward every weight e^(score − ∞) is too
            lse[b, h, i0 + i] = np.inf
        else:
            lse[b, h, i0 + i] = tops[i] + log(total)
            for c in range(width):
                sums[i, c] /= total
    _copy(do, rows, width, address(sums), sums.strides[0], _head(out, b, h) + i0 * out.strides[2], out.strides[2])
    memory[0] = tile[0, 0] + sums.size  # the arrays must live until here


def _backward_types(real):
    to, view = written(real, 4, "A"), read(real, 4, "A")
    return to, to, to, view, view, view, view, view, read(real, 3), *_last_types(real)


@for_tasks(_backward_types)
def _attention_grad(head, arguments):
    """The gradients of one head, which are added to zeros."""
    gq, gk, gv, q, k, v, g, out, lse, mask, masked, scale, causal, p, seed, block, multiply, pack = arguments[0]
    (heads, queries, depth), (keys, width) = q.shape[1:], v.shape[2:]
    b, h, real, item = head // heads, head % heads, q.dtype.type, q.itemsize
    q_at, k_at, v_at, g_at, out_at = _head(q, b, h), _head(k, b, h), _head(v, b, h), _head(g, b, h), _head(out, b, h)
    gq_at, gk_at, gv_at = _head(gq, b, h), _head(gk, b, h), _head(gv, b, h)
    q_row, k_row, v_row, g_row, out_row = q.strides[2], k.strides[2], v.strides[2], g.strides[2], out.strides[2]
    tile, slope = np.empty((QUERIES, KEYS), q.dtype), np.empty((QUERIES, KEYS), q.dtype)
    near, along, keep = np.empty((2 * QUERIES, width), q.dtype), np.empty(queries, q.dtype), np.empty(KEYS, q.dtype)
    bytes_k, bytes_v = packed_bytes(item, KEYS, depth), packed_bytes(item, KEYS, width)
    bytes_spare = packed_bytes(item, max(depth, width), max(QUERIES, KEYS))
    memory = np.empty((TILE_BYTES + bytes_k + bytes_v + bytes_spare) // item, q.dtype)
    for c in range(TILE_BYTES // item):
        memory[c] = 0
    do = multiply, pack, address(memory)
    k_panels = address(memory) + TILE_BYTES
    v_panels = k_panels + bytes_k
    spare = v_panels + bytes_v
    weights, slopes, tile_row = address(tile), address(slope), np.intp(KEYS * item)
    for i0 in range(0, queries, QUERIES):
        rows, x, x_row = min(QUERIES, queries - i0), address(near), near.strides[0]
        _copy(do, rows, width, g_at + i0 * g_row, g_row, x, x_row)
        _copy(do, rows, width, out_at + i0 * out_row, out_row, x + QUERIES * x_row, x_row)
        for i in range(rows):
            total = real(0)
            for c in range(width):
                total += near[i, c] * near[QUERIES + i, c]
            along[i0 + i] = total
    for j0 in range(0, keys, KEYS):
        columns, k_now, v_now = min(KEYS, keys - j0), k_at + j0 * k_row, v_at + j0 * v_row
        gk_now, gv_now = gk_at + j0 * gk.strides[2], gv_at + j0 * gv.strides[2]
        call(pack, (k_panels, k_now, k.strides[3], k_row, depth, columns))
        call(pack, (v_panels, v_now, v.strides[3], v_row, width, columns))
        for i0 in range(j0 // QUERIES * QUERIES if causal else 0, queries, QUERIES):
            rows, q_now, g_now = min(QUERIES, queries - i0), q_at + i0 * q_row, g_at + i0 * g_row
            _multiply(do, rows, columns, q_now, q_row, q.strides[3], k_panels, weights, tile_row, depth, item)
            _multiply(do, rows, columns, g_now, g_row, g.strides[3], v_panels, slopes, tile_row, width, item)
            for i in range(rows):
                row, by_row, seen = tile[i], slope[i], columns
                if causal:
                    seen = max(min(columns, i0 + i + 1 - j0), 0)
                shift, center = lse[b, h, i0 + i], along[i0 + i]
                for c in range(seen):
                    row[c] *= real(scale)
                if masked:
                    _add_mask(row, seen, mask, b, h, i0 + i, j0)
                for c in range(seen):
                    row[c] = exp(row[c] - shift)
                if p > 0.0:
                    _draw(keep, columns, (head * queries + i0 + i) * keys + j0, p, seed, block)
                    for c in range(seen):
                        by_row[c] = row[c] * (by_row[c] * keep[c] - center) * real(scale)
                        row[c] *= keep[c]
                else:
                    for c in range(seen):
                        by_row[c] = row[c] * (by_row[c] - center) * real(scale)
                for c in range(seen, columns):
                    row[c], by_row[c] = 0, 0
            gq_now, gq_row = gq_at + i0 * gq.strides[2], gq.strides[2]
            _add_product(
                do, columns, width, weights, item, tile_row, g_now, g_row, gv_now, gv.strides[2], rows, item, spare
            )
            _add_product(
                do, columns, depth, slopes, item, tile_row, q_now, q_row, gk_now, gk.strides[2], rows, item, spare
            )
            _add_product(do, rows, depth, slopes, tile_row, item, k_now, k_row, gq_now, gq_row, columns, item, spare)
    memory[0] = tile[0, 0] + slope[0, 0]  # the arrays must live until here


# --- without compilation ------------------------------------------------------------------------------------------
# What the loops do, with all weights at once: tiles need addresses, which plain Python does not have.


def _whole(q, k, mask, scale, causal, p, seed, block):
    """All scores, and what dropout multiplies the weights by."""
    scores = np.einsum("bhid,bhjd->bhij", q, k) * scale + (0 if mask is None else mask)
    if causal:
        scores = np.where(np.tri(*scores.shape[2:], dtype=bool), scores, -np.inf)
    keep = np.ones(scores.shape, q.dtype)
    if p > 0.0:
        dropout(keep, keep, p, seed, block)
    return scores, keep


def _in_plain_python(out, lse, q, k, v, mask, *options):
    scores, keep = _whole(q, k, mask, *options)
    top = np.maximum(scores.max(-1, initial=-np.inf), np.finfo(q.dtype).min)
    total = np.exp(scores - top[..., None]).sum(-1)
    lse[...] = np.where(total == 0, np.inf, top + np.log(np.where(total == 0, 1, total)))
    out[...] = np.einsum("bhij,bhjd->bhid", np.exp(scores - lse[..., None]) * keep, v)


def _grad_in_plain_python(gq, gk, gv, g, q, k, v, lse, mask, scale, *options):
    scores, keep = _whole(q, k, mask, scale, *options)
    weights = np.exp(scores - lse[..., None])
    by_weights = np.einsum("bhid,bhjd->bhij", g, v) * keep
    slope = weights * (by_weights - (by_weights * weights).sum(-1, keepdims=True)) * scale
    gq[...], gk[...] = np.einsum("bhij,bhjd->bhid", slope, k), np.einsum("bhij,bhid->bhjd", slope, q)
    gv[...] = np.einsum("bhij,bhid->bhjd", weights * keep, g)
