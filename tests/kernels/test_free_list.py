"""Large arrays lie in blocks that are used again, and nobody notices but the clock."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet import nn
from tinynet.kernels.runtime import memory

F32 = np.dtype("float32")


def big(n=20_000):
    return memory.empty((n,), F32)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "uint16"])
@pytest.mark.parametrize("shape", [(), (0, 9), (3, 5), (40_000,), (3, 7, 1009), (np.int64(300_000),)])
def test_an_array_is_as_numpy_makes_it(shape, dtype):
    for make in memory.empty, memory.zeros:
        a = make(shape, np.dtype(dtype))
        assert a.shape == shape and a.dtype == dtype and a.flags.c_contiguous and a.flags.writeable
    assert not a.any()
    assert a.nbytes < memory.KEPT_FROM or address(a) % memory.ALIGNED == 0


def test_the_block_freed_last_is_used_first():
    a, b = big(), big()
    first, second = address(a), address(b)
    del a, b
    found = [address(big()), address(big(19_500))]  # a similar size takes the same block
    both = big(), big()
    assert found == [second, second] and [address(x) for x in both] == [second, first]


@pytest.mark.parametrize("view", [lambda a: a[5:], lambda a: a.reshape(2, -1).T[3:], lambda a: a.view("int32")])
def test_a_view_keeps_the_block(view):
    a = big()
    where, kept = address(a), view(a)
    kept[...] = 7
    del a
    assert address(big()) != where and (kept == 7).all()


def test_what_numpy_and_the_user_hold_is_not_used_again():
    x = tn.ones(100, 400) * 2
    held, imported = x.numpy(), np.from_dlpack(x)
    del x
    for _ in range(10):
        tn.ones(100, 400) * 3
    assert (held == 2).all() and (imported == 2).all()


@given(st.permutations(range(4)), st.sampled_from([(3, 4, 5, 6), (13, 14, 15, 16)]), st.sampled_from(["f4", "f8"]))
def test_new_arrays_lie_in_the_order_of_their_model(order, shape, dtype):
    x = np.zeros(shape, F32).transpose(order)
    like = memory.empty_like(x, np.dtype(dtype))
    assert (like.shape, like.strides, like.dtype) == (x.shape, np.empty_like(x, dtype).strides, dtype)
    wide = np.broadcast_to(x[:, :1], x.shape)
    assert memory.empty_like(wide).flags.c_contiguous


def cnn():
    return nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(16 * 49, 10)), (32, 3, 16, 16)  # fmt: skip


def attention():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.attend = nn.LayerNorm(64), nn.MultiheadAttention(64, 2, batch_first=True)
            self.out = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 10))

        def forward(self, x):
            y = self.norm(x)
            return self.out(x + self.attend(y, y, y)[0]).mean(1)

    return Block(), (32, 16, 64)


@pytest.mark.parametrize("network", [cnn, attention])
def test_a_steady_loop_asks_the_system_for_nothing_after_its_second_step(network):
    model, shape = network()
    optimizer, x, y = tn.optim.Adam(model.parameters()), tn.randn(*shape), tn.arange(shape[0]) % 10
    held = []
    for _ in range(5):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        held.append((memory.requests(), memory.in_use() + memory.cached_bytes()))
    assert len(set(held[1:])) == 1, held


def test_no_more_is_kept_than_was_in_use_at_once(monkeypatch):
    memory.release()
    monkeypatch.setattr(memory, "_most", memory.in_use())
    most = memory.in_use()
    for n in range(20, 60):  # as if every batch had a length of its own
        array = big(n * 1000)
        most = max(most, memory.in_use())
        assert memory.cached_bytes() <= most
        del array


def test_what_is_kept_is_given_back_when_memory_is_short(monkeypatch):
    a = big(50_000)
    del a
    real, calls = np.empty, []

    def short(shape, dtype):
        calls.append(memory.cached_bytes())
        if len(calls) == 1:
            raise MemoryError
        return real(shape, dtype)

    monkeypatch.setattr(memory.np, "empty", short)
    assert big(90_000).size == 90_000
    assert calls[0] > 0 == calls[1]
    monkeypatch.setattr(memory.np, "empty", lambda *_: (_ for _ in ()).throw(MemoryError("no memory")))
    before = memory.in_use()
    with pytest.raises(MemoryError, match="no memory"):
        big(900_000)
    assert memory.in_use() == before


def test_threads_never_share_a_block():
    clashes = []

    def work(number):
        for i in range(300):
            arrays = [big(9000 + 500 * (i % 3)) for _ in range(4)]
            for k, array in enumerate(arrays):
                array.fill(10 * number + k)
            clashes.extend(k for k, array in enumerate(arrays) if (array != 10 * number + k).any())

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not clashes
