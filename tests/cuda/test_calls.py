"""The calls to NVIDIA's driver, without one: a library of Python functions takes its place, and notes all calls."""

import ctypes
from ctypes import c_char, c_double, c_float, c_int32, c_int64, c_size_t, c_uint, c_void_p
from types import SimpleNamespace

import numpy as np
import pytest
from numba import types

from tinynet.errors import KernelError
from tinynet.kernels.arrays import DeviceArray

pytestmark = pytest.mark.cuda

FAILURE = 700


class Library:
    """Functions of the driver under their names; `told` has (name, arguments) of each call, `fails` what fails."""

    def __init__(self):
        self.told, self.fails, self.packed = [], {}, []

    def __getattr__(self, name):
        if not name.startswith("cu"):
            raise AttributeError(name)
        kinds = {
            "cuLaunchKernel": [c_void_p, *[c_uint] * 7, *[c_void_p] * 3],
            "cuMemAlloc_v2": [c_void_p, c_size_t],
            "cuMemFree_v2": [c_void_p],
            "cuMemcpyDtoHAsync_v2": [c_void_p, c_void_p, c_size_t, c_void_p],
            "cuMemcpyHtoDAsync_v2": [c_void_p, c_void_p, c_size_t, c_void_p],
            "cuStreamCreate": [c_void_p, c_uint],
            "cuStreamSynchronize": [c_void_p],
            "cuStreamWaitEvent": [c_void_p, c_void_p, c_uint],
            "cuEventCreate": [c_void_p, c_uint],
            "cuEventRecord": [c_void_p, c_void_p],
            "cuEventDestroy_v2": [c_void_p],
            "cuGetErrorName": [c_int32, c_void_p],
        }[name]
        function = ctypes.CFUNCTYPE(c_int32, *kinds)(lambda *arguments: self.call(name, arguments))
        setattr(self, name, function)
        return function

    def call(self, name, arguments):
        self.told.append((name, arguments))
        if name == "cuLaunchKernel":
            self.packed.append(b"")
            where = ctypes.cast(arguments[-2], ctypes.POINTER(c_void_p))
            for i, kind in enumerate(PARAMETERS):  # each is read where it is said to lie
                self.packed[-1] += ctypes.string_at(where[i], ctypes.sizeof(kind))
        elif name in ("cuMemAlloc_v2", "cuStreamCreate", "cuEventCreate"):
            ctypes.cast(arguments[0], ctypes.POINTER(c_void_p))[0] = 4096
        elif name == "cuGetErrorName":
            self.name = ctypes.create_string_buffer(b"CUDA_ERROR_ILLEGAL_ADDRESS")
            ctypes.cast(arguments[1], ctypes.POINTER(c_void_p))[0] = ctypes.addressof(self.name)
        elif name.startswith("cuMemcpy"):
            ctypes.memmove(*arguments[:3])
        return self.fails.get(name, 0)

    def names(self):
        return [name for name, _ in self.told]


@pytest.fixture
def driver(monkeypatch):
    from tinynet.kernels.cuda.device import calls

    library = Library()
    monkeypatch.setattr(calls, "library", lambda: library)
    calls._function.cache_clear()
    yield SimpleNamespace(library=library, calls=calls)
    calls._function.cache_clear()


def stream(driver):
    return SimpleNamespace(raw=c_void_p(7), parameters=driver.calls.Parameters())


PARAMETERS = [
    *[c_int64] * 7, c_float, c_int64, c_char, c_float, c_double, c_int32, *[c_int64] * 2,
]  # fmt: skip


class Parameters(ctypes.Structure):
    """The parameters of a kernel, one after the other."""

    _pack_ = 1
    _fields_ = [
        ("array", c_int64 * 7), ("scale", c_float), ("size", c_int64), ("flag", c_char), ("shift", c_float),
        ("wide", c_double), ("small", c_int32), ("steps", c_int64 * 2),
    ]  # fmt: skip


class Array(DeviceArray):
    """An array, as far as a launch needs one."""

    def __init__(self, row):
        self.row = row

    def on(self, stream):
        return self.row


KINDS = [
    types.float32[::1], types.float32, types.int64, types.boolean, types.float32, types.float64, types.int32,
    types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 0),
]  # fmt: skip


def launched(driver, numbers, blocks=3, threads=64):
    launcher = driver.calls.Launcher("saxpy", SimpleNamespace(handle=42), KINDS)
    row = driver.calls.Row(0, 0, 10, 4, 1 << 40, 10, 4)
    launcher(stream(driver), blocks, threads, [Array(row), *numbers[:-2], tuple(numbers[-2:])])
    return Parameters.from_buffer_copy(driver.library.packed[-1])


def test_arguments_lie_where_the_driver_is_told(driver):
    found = launched(driver, [0.5, np.int64(-3), True, np.float32(2), 1e300, 7, 8, -9])
    assert [*found.array] == [0, 0, 10, 4, 1 << 40, 10, 4]
    assert (found.scale, found.size, found.flag, found.shift, found.wide) == (0.5, -3, b"\x01", 2, 1e300)
    assert (found.small, *found.steps) == (7, 8, -9)
    name, arguments = driver.library.told[-1]
    assert (name, arguments[:9], arguments[10]) == ("cuLaunchKernel", (42, 3, 1, 1, 64, 1, 1, 0, 7), None)


def test_a_block_may_have_two_dimensions(driver):
    launched(driver, [0.5, 1, True, 0.5, 0.5, 0, 0, 0], threads=(8, 4))
    assert driver.library.told[-1][1][1:8] == (3, 1, 1, 8, 4, 1, 0)


def test_a_number_beyond_float32_is_infinite_there(driver):
    found = launched(driver, [1e39, 1, False, -1e39, 1e39, 0, 0, 0])
    assert (found.scale, found.shift, found.wide) == (np.inf, -np.inf, 1e39)


def test_a_launch_that_fails_is_named(driver):
    driver.library.fails["cuLaunchKernel"] = FAILURE
    with pytest.raises(KernelError, match=r"'saxpy' could not be launched with 3 blocks.*ILLEGAL_ADDRESS \(700\)"):
        launched(driver, [0.5, 1, True, 0.5, 0.5, 0, 0, 0])


def test_too_many_parameters_are_refused(driver):
    with pytest.raises(KernelError, match="'wide' takes 5600 bytes of parameters, 4096 at most"):
        driver.calls.Launcher("wide", SimpleNamespace(handle=42), [types.float32[::1]] * 100)


def test_memory_is_given_back_when_nothing_refers_to_it(driver):
    buffer = driver.calls.allocate(512)
    assert buffer.pointer == 4096 and driver.library.told == [("cuMemAlloc_v2", (driver.library.told[0][1][0], 512))]
    del buffer
    assert driver.library.told[-1] == ("cuMemFree_v2", (4096,))


def test_memory_that_is_used_up_is_no_error_yet(driver):
    driver.library.fails["cuMemAlloc_v2"] = 2
    assert driver.calls.allocate(512) is None
    driver.library.fails["cuMemAlloc_v2"] = FAILURE
    with pytest.raises(KernelError, match="asking for 512 bytes"):
        driver.calls.allocate(512)


def test_copies_are_of_whole_rows_and_in_the_streams_order(driver):
    there, here = np.arange(5.0), np.empty(5)
    row = driver.calls.Row(0, 0, 5, 8, there.ctypes.data, 5, 8)
    driver.calls.copy_to_host(here, row, stream(driver))
    np.testing.assert_array_equal(here, there)
    driver.calls.copy_to_device(row, here + 1, stream(driver))
    np.testing.assert_array_equal(there, here + 1)
    assert all(arguments[2:] == (40, 7) for _, arguments in driver.library.told)


def test_a_stream_waits_for_another_by_an_event(driver):
    driver.calls.Stream().wait_for(8)
    told = driver.library.told[2:]
    assert told == [
        ("cuEventRecord", (4096, 8)),
        ("cuStreamWaitEvent", (4096, 4096, 0)),
        ("cuEventDestroy_v2", (4096,)),
    ]


def test_what_failed_before_is_told_when_the_host_waits(driver):
    driver.library.fails["cuStreamSynchronize"] = FAILURE
    with pytest.raises(
        KernelError, match=r"waiting for the device: CUDA_ERROR_ILLEGAL_ADDRESS \(700\)\. Kernels run asyn"
    ):
        driver.calls.Stream().synchronize()
