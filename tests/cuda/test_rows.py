"""How rows and columns are shared out among the threads of a GPU, or its simulator."""

import numpy as np
import pytest
from cuda_cases import on, same_on_both
from helpers import close

pytestmark = pytest.mark.cuda

rng = np.random.default_rng(0)

BY_ROWS = {
    "softmax": lambda lib, x: lib.softmax(x, -1),
    "log_softmax": lambda lib, x: lib.log_softmax(x, -1),
    "layer_norm": lambda lib, x: lib.layer_norm(x, x.shape[-1:], x[0], x[1]),
    "rms_norm": lambda lib, x: lib.rms_norm(x, x.shape[-1:], x[0]),
    "cross_entropy": lambda lib, x: lib.cross_entropy(x, lib.tensor(np.arange(len(x)) % 3), ignore_index=1),
    "no reduction": lambda lib, x: lib.cross_entropy(x, lib.tensor(np.arange(len(x)) % 3), reduction="none"),
    "attention": lambda lib, x: lib.scaled_dot_product_attention(x, x[:3], x[:3] * 2),
    "sum": lambda lib, x: lib.sum(x, 1),
    "max": lambda lib, x: lib.max(x.T.contiguous() + x.mT, 0)[0],
}


@pytest.mark.parametrize("rows", [4, 5, 7])
@pytest.mark.parametrize("name", BY_ROWS)
def test_short_rows_share_a_block(name, rows):
    for columns in (3, 4, 9):
        same_on_both(BY_ROWS[name], [rng.standard_normal((rows, columns))], ulp=64)


@pytest.mark.parametrize("shape", [(9, 3), (40, 3), (61, 1), (17, 5), (6, 17, 3)], ids=str)
@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_sums_over_rows_in_every_cut(name, shape):
    inputs = [rng.standard_normal(s) for s in ((shape, shape[-1:], shape[-1:]))][: 3 if name == "layer_norm" else 2]
    eps = 0.1  # a row of one number is its own mean
    same_on_both(lambda lib, x, *p: getattr(lib, name)(x, shape[-1:], *p, eps=eps), inputs, ulp=64)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
@pytest.mark.parametrize("shape", [(100, 2), (3, 50, 2), (2, 30, 5), (300, 1)], ids=str)
def test_long_columns(shape, dtype):
    x = rng.integers(-9, 9, shape).astype(dtype)
    for axis in range(len(shape)):
        close(on("cuda", x).sum(axis), x.sum(axis))


@pytest.fixture
def of_a_gpu(monkeypatch):
    """The sizes that are chosen for a GPU, whatever runs here."""
    from tinynet.kernels.cuda import columns, rows

    for module, sizes in ((rows, {"ROW": 256, "LEAST": 8, "EACH": 4, "WARP": 32, "BLOCKS": 512}),
                          (columns, {"ROW": 256, "SPAN": 64, "BLOCKS": 1024, "LEAST": 16})):  # fmt: skip
        for name, size in sizes.items():
            monkeypatch.setattr(module, name, size)
    return rows, columns


@pytest.mark.parametrize("columns", [1, 8, 10, 32, 33, 100, 512, 50_000])
@pytest.mark.parametrize("rows", [1, 64, 10_000])
def test_most_threads_have_numbers(of_a_gpu, rows, columns):
    blocks, (wide, high) = of_a_gpu[0].row_grid(rows, columns)
    assert wide * high in (32, 64, 128, 256) and (blocks - 1) * high < rows <= blocks * high
    assert wide <= max(8, columns)
    assert blocks >= min(rows * wide // 256, 512)
    assert of_a_gpu[0].row_threads(columns) == wide  # which does not depend on how many rows there are


@pytest.mark.parametrize("channels", [1, 3, 33, 64, 100, 1000])
@pytest.mark.parametrize("plane", [1, 49])
def test_few_channels_fill_the_device(of_a_gpu, channels, plane):
    n = 49 << 12
    blocks, (span, high), pieces, length = of_a_gpu[1].partition(channels, plane, n, of_a_gpu[1].BLOCKS)
    assert (pieces - 1) * length < n <= pieces * length and length >= high * 16
    assert 200 <= span * high <= 256 and min(512, n * channels >> 13) <= blocks <= 1024
