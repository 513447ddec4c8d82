"""Plans of kernels on the GPU: tables of convolutions and pooling, layouts of elementwise kernels and of products."""

import gc
import sys
import threading

import numpy as np
import pytest
from cuda_cases import on, same_on_both

import tinynet as tn
from tinynet.kernels import reference as kernels
from tinynet.kernels.runtime import plans
from tinynet.kernels.windows import Geometry

pytestmark = pytest.mark.cuda
F32 = np.dtype("float32")
GEOMETRY = Geometry((2, 2), (1, 1), (2, 2), (1, 1), (0, 0), (1, 1), 1)


@pytest.fixture
def room(monkeypatch):
    """A function that leaves room for so many plans and bytes, and none of earlier ones."""

    def leave(count, nbytes):
        monkeypatch.setattr(plans, "COUNT", 0)
        plans.planned(lambda: None)()
        monkeypatch.setattr(plans, "COUNT", count)
        monkeypatch.setattr(plans, "BYTES", nbytes)

    return leave


def plan_a_batch(images):
    """What a training step with a convolution, a pooling, a product and a ReLU plans for a batch of this size."""
    from tinynet.kernels.cuda import conv_tables, matmul, pool, tiles
    from tinynet.kernels.cuda.lifted import elementwise

    conv_tables.tables(images, GEOMETRY, False, 2, 2, tiles.SMALL)
    conv_tables.tables_of_sum(images, GEOMETRY, 2, 2, tiles.SMALL, 1)
    pool._windows_of(GEOMETRY._replace(x_size=(images, 2)), 0)
    a, b, out = ((s, (4 * s[1], 4)) for s in ((images, 3), (3, 5), (images, 5)))
    matmul.one_launch(out, a, b, F32, False)
    elementwise._plan(kernels.relu.cuda, ((*out, F32), (*out, F32)))


def test_thousands_of_batch_sizes_leave_memory_flat(room):
    tn.zeros(1, device="cuda")
    room(64, 1 << 20)
    before, found = tn.cuda.memory_allocated(), []
    sizes = np.random.default_rng(0).permutation(np.arange(1, 3001)).tolist()
    for step, images in enumerate(sizes):
        plan_a_batch(images)
        assert plans.plan_count() <= 64 and plans.plan_bytes() <= 1 << 20
        assert tn.cuda.memory_allocated() <= before + (4 << 20)  # blocks are rounded up
        if step in (len(sizes) // 2, len(sizes) - 1):
            gc.collect()
            found.append((tn.cuda.memory_reserved(), sys.getallocatedblocks()))
    (reserved, host), (reserved_later, host_later) = found
    assert reserved_later <= reserved + (1 << 20)
    assert host_later <= host + 1000  # objects of Python, where 7,500 plans were made


def test_tables_that_are_dropped_between_launches_are_read_before_they_are_overwritten(room):
    """Each plan drops the one before, and nobody waits for the device meanwhile."""
    room(1, 1 << 20)
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((n, 1, 2, 2)) for n in (1, 2, 3)]
    weight = rng.standard_normal((1, 1, 2, 2))
    same_on_both(lambda lib, w, *xs: sum(lib.nn.functional.conv2d(x, w).relu().sum() for x in xs), [weight, *arrays])


def test_a_dropped_table_stays_with_the_stream_that_used_it_last(room):
    from tinynet.kernels.cuda import conv_tables, tiles
    from tinynet.kernels.cuda.device import driver, memory

    tn.zeros(1, device="cuda")
    room(8, 1 << 20)
    table = conv_tables.tables(1, GEOMETRY, False, 2, 2, tiles.SMALL).rows
    block, streams = table.memory.block, []

    def use(array):
        array.on(driver.current_stream())
        streams.append(driver.current_stream())

    thread = threading.Thread(target=use, args=(table,))
    thread.start()
    thread.join()
    room(8, 1 << 20)
    assert not any(block in free for pools in memory._pools.values() for free in pools.values())  # held by `table`
    del table
    gc.collect()
    assert block in memory.pool_of(streams[0], block.size)
    assert block not in memory.pool_of(driver.current_stream(), block.size)


def test_equal_tables_are_one_on_the_device():
    from tinynet.kernels.cuda.array.tables import on_device

    on("cuda", np.zeros(1))
    assert on_device(np.arange(5)) is on_device([0, 1, 2, 3, 4])
    np.testing.assert_array_equal(on_device(np.eye(2)).get(), [1, 0, 0, 1])
