"""Tensors, modules and optimizers on the GPU, or its simulator; its memory, and what goes wrong."""

import ctypes
import gc
import inspect
import math
import runpy
import threading
import weakref

import numpy as np
import pytest
from cuda_cases import SIMULATED, on
from helpers import ROOT, close, numpy, run_python, sampled
from optim_cases import EVERY, ids, make, parameters, quadratic, train

import tinynet as tn
from tinynet import nn, optim
from tinynet.autograd import detect_anomaly
from tinynet.kernels.kernel import KERNELS, In, Kernel, Out
from tinynet.kernels.launch import launch, observe, run
from tinynet.kernels.reference.elementwise import Pointwise
from tinynet.optim.adam import ADAM
from tinynet.training import checkpoint

pytestmark = pytest.mark.cuda


def kernels():
    from tinynet.kernels import cuda

    return cuda


# The two lists of kernels


def test_every_kernel_runs_on_cuda():
    kernels()
    assert [kernel.name for kernel in KERNELS.values() if kernel.cuda is None] == []


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_runs_a_kernel_takes_its_arguments(device):
    kernels()
    for kernel in KERNELS.values():
        function = getattr(kernel, device)
        if inspect.isfunction(function) and not isinstance(kernel, Pointwise):
            names = list(inspect.signature(function).parameters)
            assert names[-1] == "inputs" or names[: len(kernel.parameters)] == list(kernel.parameters), kernel


# Devices


def test_devices_have_pytorchs_names():
    assert tn.cuda.is_available() and tn.cuda.device_count() >= 1 and tn.cuda.get_device_name()
    x = tn.zeros(2, device="cuda")
    assert x.device == tn.device("cuda") == "cuda:0" and x.is_cuda and str(x.device) == "cuda:0"
    assert x.cpu().device == tn.device("cpu") and not x.cpu().is_cuda and x.cuda() is x and x.to("cuda") is x
    assert x.to("cpu", tn.float64).dtype == tn.float64 and x.to(tn.zeros(1, dtype=tn.int64)).dtype == tn.int64
    assert x.to(dtype=tn.float64, device="cuda:0").is_cuda and {tn.device("cuda"): 1}[x.device] == 1
    for wrong in ("gpu", "cuda:x"):
        with pytest.raises(ValueError, match="expected a device"):
            tn.device(wrong)
    with pytest.raises(tn.DeviceError, match="cuda:0"):
        x.to("cuda:1")


def test_new_tensors_on_the_device():
    made = [
        tn.tensor([1.0], device="cuda"), tn.ones(2, device="cuda"), tn.full((2,), 3, device="cuda"),
        tn.empty(2, device="cuda"), tn.arange(3, device="cuda"), tn.linspace(0, 1, 3, device="cuda"),
        tn.eye(2, device="cuda"), tn.rand(2, device="cuda"), tn.randn(2, device="cuda"),
        tn.randint(5, size=(2,), device="cuda"), tn.randperm(3, device="cuda"),
        tn.as_tensor([1.0], device="cuda"), tn.as_tensor(np.ones(2), device="cuda"),
    ]  # fmt: skip
    made += [f(made[0]) for f in (tn.zeros_like, tn.ones_like, tn.empty_like, tn.rand_like, tn.randn_like)]
    assert all(x.is_cuda for x in made)
    assert tn.zeros_like(made[0], device="cpu").device == "cpu" and tn.as_tensor(made[0]) is made[0]


def test_gradients_flow_through_a_move():
    x = tn.tensor([1.0, 2.0], requires_grad=True)
    (x.cuda() * tn.tensor([3.0, 4.0], device="cuda")).cpu().sum().backward()
    close(x.grad, np.array([3, 4], np.float32))
    w = tn.tensor([1.0], device="cuda", requires_grad=True)
    (w * w * 3).sum().backward()
    assert w.grad.is_cuda and w.grad.item() == 6


def test_numbers_and_0d_tensors_of_the_cpu_mix_with_any_device():
    x = tn.tensor([1.0, 2.0], device="cuda")
    for y in (x * 2, 2.0 - x, x * tn.tensor(2.0), tn.where(x > 1, x, 0.0), tn.where(x > 1, tn.tensor(1.0), 0.0)):
        assert y.is_cuda
    assert (tn.tensor(2.0) * x.sum()).is_cuda and (x.sum() > 1).is_cuda


def test_an_operation_on_two_devices_names_both_tensors():
    x, y = tn.ones(2, 3, device="cuda"), tn.ones(3)
    for f in (lambda: x + y, lambda: y * x, lambda: tn.matmul(x, y[:, None]), lambda: tn.cat([x, y[None]])):
        with pytest.raises(tn.DeviceError, match=r"expected all tensors on one device.*cuda:0.*cpu|.*cpu.*cuda:0"):
            f()
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).to("cuda")
    with pytest.raises(tn.DeviceError, match=r"^Linear\(.*at model.0: .*\(2, 3\) on cpu.*\(4, 3\) on cuda:0"):
        model(tn.ones(2, 3))


def test_the_cpu_is_not_given_what_lies_on_the_device():
    x = tn.ones(2, device="cuda")
    for f in (x.numpy, lambda: np.asarray(x)):
        with pytest.raises(tn.DeviceError, match=r"cpu\(\)"):
            f()
    with pytest.raises(tn.DeviceError, match="on the CPU"):
        tn.ones(3)[tn.tensor([0], device="cuda")]


def test_gradcheck_takes_its_differences_on_the_cpu():
    with pytest.raises(tn.DeviceError, match="input 0"):
        tn.autograd.gradcheck(tn.exp, tn.ones(1, dtype=tn.float64, device="cuda", requires_grad=True))


def test_what_a_tensor_says_of_itself():
    x = tn.tensor([[1.0, 2.0], [3.0, 4.0]], device="cuda")
    assert repr(x[0]) == "tensor([1., 2.], device='cuda:0')" and x.tolist() == [[1, 2], [3, 4]]
    assert x.stride() == (2, 1) and x.T.stride() == (1, 2) and not x.T.is_contiguous() and x.nbytes == 16
    assert float(x[1, 1]) == 4 and bool(x[0, 0] == 1) and [float(v) for v in x[0]] == [1, 2]


def test_views_share_memory_and_copies_do_not():
    x = tn.zeros(2, 3, device="cuda")
    for view in (x[0], x.T, x.reshape(3, 2), x.view(6), x[:, ::2], x.unsqueeze(0), x.expand(4, 2, 3)):
        assert np.may_share_memory(view.array, x.array)
    assert not np.may_share_memory(x.T.reshape(6).array, x.array)
    x[0].add_(1)
    x[:, 1:] = 5
    x[1, tn.tensor([0])] = 7.0
    close(x, np.array([[1, 5, 5], [7, 5, 5]], np.float32))
    with pytest.raises(tn.ShapeError):
        x.T.view(6)
    with pytest.raises(tn.GraphError, match="share memory"):
        x[0].expand(2, 3).add_(1)


# Labels are looked at on the device


def test_a_bad_label_is_reported_when_the_host_reads():
    x = tn.zeros(3, 4, device="cuda", requires_grad=True)
    loss = nn.functional.cross_entropy(x, tn.tensor([0, 7, 1], device="cuda"))
    with pytest.raises(tn.TargetError, match=r"cross_entropy: expected labels in \[0, 4\), got 7 at index 1"):
        loss.item()
    table = nn.functional.embedding(tn.tensor([[0, -1]], device="cuda"), x)
    with pytest.raises(tn.TargetError, match=r"embedding: expected indices in \[0, 3\), got -1 at index 0, 1"):
        tn.cuda.synchronize()
    assert table.shape == (1, 2, 4) and tn.ones(1, device="cuda").item() == 1  # the program goes on


def test_labels_that_are_a_column_of_a_table_are_looked_at_alone():
    table, x = tn.tensor([[0, 9], [2, 9], [1, 3]], device="cuda"), tn.zeros(3, 3, device="cuda")
    assert nn.functional.cross_entropy(x, table[:, 0]).item() == pytest.approx(math.log(3))
    assert nn.functional.embedding(table[:, 0].int(), x).tolist() == [[0, 0, 0]] * 3
    loss = nn.functional.cross_entropy(x, table[:, 1], ignore_index=9)
    with pytest.raises(tn.TargetError, match=r"got 3 at index 2"):
        loss.item()


# Modules


def networks():
    yield "mlp", lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 3)), (4, 3)
    yield (
        "cnn",
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
        ),
        (3, 1, 4, 4),
    )
    yield (
        "rows",
        lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.GELU(), nn.RMSNorm(4), nn.Linear(4, 3), nn.Tanh()),
        (3, 4),
    )
    yield "gpt", lambda: GPT(5, 4), (2, 3)


class GPT(nn.Module):
    def __init__(self, vocabulary, width):
        self.tokens, self.norm = nn.Embedding(vocabulary, width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.head = nn.Linear(width, 3)

    def forward(self, tokens):
        x = self.tokens(tokens)
        h = self.norm(x)
        x = x + self.attention(h, h, h, need_weights=False)[0]
        return self.head(x.mean(1))


NETWORKS = {name: rest for name, *rest in networks()}


def trained(name, device, steps=2, **options):
    """(losses, the state) after some steps from the same start, in float64."""
    make_model, shape = NETWORKS[name]
    tn.manual_seed(1)
    model = make_model().double()
    x = tn.randint(5, size=shape) if name == "gpt" else tn.randn(shape, dtype=tn.float64)
    y = tn.randint(3, size=shape[:1])
    model, x, y = model.to(device), x.to(device), y.to(device)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step(**options)
        losses.append(loss.item())
    model.eval()
    return losses, {**{k: numpy(v) for k, v in model.state_dict().items()}, "eval": numpy(model(x).detach())}, optimizer


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_train_as_on_the_cpu(name):
    (losses, state, _), (ours, found, _) = trained(name, "cpu"), trained(name, "cuda")
    np.testing.assert_allclose(ours, losses, rtol=1e-12)
    for key in state:
        # Adam divides by √v: where a gradient is nearly 0, its rounding errors are in the step.
        np.testing.assert_allclose(found[key], state[key], rtol=1e-6, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_training_step_waits_for_nothing(name, monkeypatch):
    from tinynet.kernels.cuda.device import driver

    make_model, shape = NETWORKS[name]
    model = make_model().to("cuda")
    x, y = (tn.randint(5, size=shape) if name == "gpt" else tn.randn(shape)).cuda(), tn.zeros(shape[:1]).long().cuda()
    optimizer = optim.Adam(model.parameters())
    total = tn.zeros((), device="cuda")
    for first in (True, False):
        if not first:  # the first makes tables
            for wait in ("to_host", "to_device"):
                monkeypatch.setattr(driver, wait, lambda *arguments: pytest.fail("the host waits for the device"))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(max_norm=0.5)
        total += loss.detach()


@pytest.mark.parametrize("options", [{"max_norm": 0.1}, {"clip_value": 0.01}, {"nonfinite": "raise"}], ids=str)
def test_clipping_as_on_the_cpu(options):
    (losses, _, a), (ours, _, b) = trained("mlp", "cpu", **options), trained("mlp", "cuda", **options)
    np.testing.assert_allclose(ours, losses, rtol=1e-12)
    if a.grad_norm is not None:
        np.testing.assert_allclose(b.grad_norm, a.grad_norm, rtol=1e-12)


def test_a_module_moves_and_comes_back(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = {k: numpy(v).copy() for k, v in model.state_dict().items()}
    assert model.cuda() is model and all(p.is_cuda for p in (*model.parameters(), *model.buffers()))
    checkpoint.save(model, tmp_path / "m.safetensors")
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).cuda()
    checkpoint.load(other, tmp_path / "m.safetensors")
    for key, value in other.cpu().state_dict().items():
        assert not value.is_cuda
        np.testing.assert_array_equal(numpy(value), before[key])
    cpu_model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    cpu_model.load_state_dict(model.state_dict())
    assert numpy(cpu_model[0].weight).tobytes() == before["0.weight"].tobytes()


def test_clip_grad_functions():
    found = []
    for device in ("cpu", "cuda"):
        w = on(device, [3.0, -4.0, 12.0])
        (w * w / 2).sum().backward()
        for p in (2, 1, 3, float("inf")):
            found.append(nn.utils.get_total_norm([w.grad], p).item())
        nn.utils.clip_grad_norm_([w], 1.3)
        nn.utils.clip_grad_value_([w], 0.5)
        found.append(w.grad.tolist())
    np.testing.assert_allclose(found[4], found[9], rtol=1e-12)
    np.testing.assert_allclose(found[:4], found[5:9], rtol=1e-12)


# Optimizers


@pytest.mark.parametrize(("name", "options"), sampled(EVERY, 3), ids=ids(EVERY))
def test_optimizers_take_the_same_path_as_on_the_cpu(name, options):
    paths = []
    for device in ("cpu", "cuda"):
        ps = [p.detach().to(device).requires_grad_() for p in parameters(tn, tn.float64, name)]
        paths.append(list(train(make(name, ps, options), ps, quadratic, 3, name=name)))
    np.testing.assert_allclose(paths[1], paths[0], rtol=1e-9, atol=1e-12)


def test_a_step_is_one_launch():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)).to("cuda")
    optimizer = optim.Adam(model.parameters())
    model(tn.ones(1, 2, device="cuda")).sum().backward()
    optimizer.step()  # the first makes room for the state
    names = []
    with observe(lambda kernel, arrays: (names.append(kernel.name), run(kernel, arrays))):
        optimizer.step()
    assert names == ["adam"]
    kernel, _ = ADAM.kernel.cuda.compiled[np.dtype("float32")]
    assert repr(kernel) == "Kernel(adam)"  # by which errors call it


def test_an_optimizer_whose_parameters_have_moved_says_so():
    w = tn.nn.Parameter(tn.ones(2))
    model = nn.Module()
    model.w = w
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    (w * w).sum().backward()
    model.to("cuda")
    assert w.grad.is_cuda and w.grad.tolist() == [2, 2]
    (w * w).sum().backward()
    assert w.grad.tolist() == [4, 4]
    with pytest.raises(tn.DeviceError, match="make the optimizer after moving the model"):
        optimizer.step()


def test_parameters_on_both_devices_have_an_arena_each():
    a, b = tn.ones(2, requires_grad=True), tn.ones(2, device="cuda", requires_grad=True)
    optimizer = optim.SGD([a, b], lr=0.5)
    ((a * a).sum().cuda() + (b * b).sum()).backward()
    optimizer.step()
    assert a.tolist() == b.tolist() == [0, 0]


def test_averages_of_a_models_parameters():
    found = []
    for device in ("cpu", "cuda"):
        tn.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).to(device)
        averaged = optim.swa_utils.AveragedModel(model)
        for _ in range(2):
            averaged.update_parameters(model)
            with tn.no_grad():
                for p in model.parameters():
                    p.mul_(0.5)
        found.append([numpy(p) for p in averaged.parameters()])
    assert all(p.is_cuda for p in averaged.parameters())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6)


def test_an_optimizers_state_goes_from_one_device_to_the_other():
    found = []
    for device in ("cpu", "cuda"):
        w = on(device, [1.0, 2.0])
        optimizer = optim.Adam([w], lr=0.1)
        (w * w).sum().backward()
        optimizer.step()
        found.append((w, optimizer))
    (_, a), (w, b) = found
    b.load_state_dict(a.state_dict())
    assert b.state[w]["exp_avg"].is_cuda
    close(b.state[w]["exp_avg"], a.state_dict()["state"][0]["exp_avg"])


# Memory


def test_memory_is_used_again_and_given_back():
    from tinynet.kernels.cuda.device import memory

    tn.cuda.empty_cache()
    before = tn.cuda.memory_allocated()
    x = tn.empty(1000, device="cuda")
    assert tn.cuda.memory_allocated() == before + 4096 and tn.cuda.max_memory_allocated() >= before + 4096
    block = x.array.memory.block
    view = x[10:20]
    del x
    assert tn.cuda.memory_allocated() == before + 4096  # a view keeps it
    del view
    assert tn.cuda.memory_allocated() == before
    peak = tn.cuda.max_memory_allocated()
    tn.cuda.reset_peak_memory_stats()
    assert tn.cuda.max_memory_allocated() == before < peak
    y = tn.empty(900, device="cuda")
    assert y.array.memory.block is block and tn.cuda.memory_reserved() >= 4096
    assert [memory.size_class(n) for n in (1, 513, (1 << 20) + 1)] == [512, 1024, 1 << 21]


@pytest.mark.skipif(SIMULATED, reason="the simulator's memory is the computer's")
def test_the_driver_gets_memory_back_at_once():
    tn.cuda.empty_cache()
    free, total = tn.cuda.mem_get_info()
    x = tn.empty(1 << 20, device="cuda")
    assert tn.cuda.mem_get_info() == (free - (1 << 22), total)
    del x
    tn.cuda.empty_cache()
    assert tn.cuda.mem_get_info() == (free, total)


def test_memory_of_an_array_in_a_cycle_is_kept_when_the_collector_finds_it():
    gc.collect()  # what tests before this one have left
    x, finalized = tn.empty(77, device="cuda"), []
    block = weakref.ref(x.array.memory.block)
    weakref.finalize(block().buffer, finalized.append, "the collector calls this before any __del__")
    cycle = [x]
    cycle.append(cycle)
    del x, cycle
    gc.collect()
    assert not finalized and tn.empty(77, device="cuda").array.memory.block is block()


def test_out_of_memory_says_how_much_and_the_program_goes_on(monkeypatch):
    from tinynet.kernels.cuda.device import driver

    x = tn.ones(100, device="cuda")
    allocate, asked = driver.allocate, []

    def full(nbytes):
        asked.append(nbytes)
        return None if nbytes > 1 << 20 else allocate(nbytes)

    monkeypatch.setattr(driver, "allocate", full)
    with pytest.raises(tn.cuda.OutOfMemoryError, match=r"out of memory: 4 MiB were asked for, and .* are in use"):
        tn.empty(1 << 20, device="cuda")
    assert asked == [1 << 22] * 2  # again after the cache was emptied
    assert (x + 1).sum().item() == 200


def test_threads_have_streams_of_their_own():
    x = tn.ones(4, device="cuda")
    found = []

    def work():
        from tinynet.kernels.cuda.device import driver

        found.append((driver.current_stream(), (x * 2).tolist()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    from tinynet.kernels.cuda.device import driver

    assert found[0][1] == [2, 2, 2, 2] and found[0][0] is not driver.current_stream()
    assert (x + 1).tolist() == [2, 2, 2, 2]  # back on this thread's stream


# Other libraries


class Foreign:
    """An array of another library on the device, known by its interface alone."""

    def __init__(self, array):
        self.keep = array
        self.__cuda_array_interface__ = {
            **array.__cuda_array_interface__, "version": 3, "stream": None,
        }  # fmt: skip


def test_cuda_array_interface_goes_both_ways():
    x = tn.arange(6, dtype=tn.float32, device="cuda").reshape(2, 3)
    interface = x.T.__cuda_array_interface__
    assert interface["shape"] == (3, 2) and interface["strides"] == (4, 12) and interface["typestr"] == "<f4"
    y = tn.from_dlpack(Foreign(x.T))
    close(y, numpy(x).T)
    y.mul_(2)
    close(x, np.array([[0, 2, 4], [6, 8, 10]], np.float32))  # the same memory
    with pytest.raises(AttributeError, match="on the CPU"):
        tn.ones(2).__cuda_array_interface__  # noqa: B018
    with pytest.raises(tn.GraphError, match="detach"):
        x.detach().requires_grad_().__cuda_array_interface__  # noqa: B018


@pytest.mark.parametrize(
    "change",
    [{"strides": (-12, 4)}, {"strides": (13, 4)}, {"data": (4098, False)}],
    ids=["backwards", "odd", "unaligned"],
)
def test_memory_that_no_kernel_can_read_is_not_borrowed(change):
    foreign = Foreign(tn.zeros(2, 3, device="cuda"))
    foreign.__cuda_array_interface__ |= change
    with pytest.raises(ValueError, match="expected an address and strides that are multiples of 4 bytes"):
        tn.from_dlpack(foreign)


def test_kernels_refuse_negative_strides():
    x = tn.arange(6.0, device="cuda").array
    with pytest.raises(ValueError, match=r"negative strides \(-4,\)"):
        x[::-1].copy()


def test_dlpack_goes_both_ways():
    x = tn.arange(6, dtype=tn.int64, device="cuda").reshape(2, 3)
    from tinynet.kernels.cuda.array import dlpack

    class Other:
        __dlpack__, __dlpack_device__ = x.T.__dlpack__, lambda self: (2, 0)

    y = tn.from_dlpack(Other())
    close(y, numpy(x).T)
    y.add_(1)
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert len(dlpack._given) == 1
    del y
    assert not dlpack._given  # what was lent is returned
    capsule = x.__dlpack__()
    assert len(dlpack._given) == 1
    del capsule  # nobody took it
    assert not dlpack._given
    if SIMULATED:  # whose device is the CPU
        np.testing.assert_array_equal(np.from_dlpack(x), numpy(x))
    half = {"typestr": "<f2", "shape": (1,), "data": (0, False)}
    with pytest.raises(tn.DTypeError, match="got float16"):
        tn.from_dlpack(type("Half", (), {"__cuda_array_interface__": half}))


# Anomalies and failures


def test_detect_anomaly_names_the_operation():
    x = tn.tensor([0.0, 1.0], device="cuda")
    with detect_anomaly(), pytest.raises(tn.NonFiniteError, match=r"'log' made Inf at \(0,\)"):
        x.log()


def test_a_kernel_that_fails_is_named_in_anomaly_mode(monkeypatch):
    def broken(out, x, y):
        raise tn.cuda.KernelError("illegal address")

    from tinynet.kernels import reference as kernels

    x = tn.ones(2, device="cuda")
    monkeypatch.setattr(kernels.mul, "cuda", broken)
    with detect_anomaly(), pytest.raises(tn.cuda.KernelError, match="operation 'mul' failed on the device"):
        x * x


def test_a_kernel_that_cuda_does_not_have_is_named():
    from tinynet.kernels.launch import launch

    unknown = Kernel("sorted_", {"out": Out, "x": In}, "")
    x = tn.ones(2, device="cuda").array
    with pytest.raises(tn.DeviceError, match="sorted_: there is no such kernel for CUDA"):
        launch(unknown, x, x)


# cuBLAS


class FakeLibrary:
    """cuBLAS's two functions, in NumPy over the memory that the pointers name."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        reals = {"cublasSgemmStridedBatched": ctypes.c_float, "cublasDgemmStridedBatched": ctypes.c_double}
        if name not in reals:
            return lambda *arguments: 0
        p, i, n = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
        kinds = [p, i, i, i, i, i, p, p, i, n, p, i, n, p, p, i, n, i]
        function = ctypes.CFUNCTYPE(i, *kinds)(lambda *arguments: self.gemm(reals[name], *arguments))
        setattr(self, name, function)
        return function

    def gemm(self, real, handle, ta, tb, m, n, k, one, a, lda, step_a, b, ldb, step_b, beta, c, ldc, step_c, count):
        self.calls += 1

        def matrices(pointer, transposed, rows, columns, line, step):
            rows, columns = (columns, rows) if transposed else (rows, columns)
            memory = np.ctypeslib.as_array(
                (real * (step * (count - 1) + line * (columns - 1) + rows)).from_address(pointer)
            )
            item = memory.itemsize
            x = np.lib.stride_tricks.as_strided(memory, (count, rows, columns), (step * item, item, line * item))
            return x.swapaxes(1, 2) if transposed else x

        out, beta = matrices(c, 0, m, n, ldc, step_c), real.from_address(beta).value
        before = out * beta if beta else 0
        out[...] = matrices(a, ta, m, k, lda, step_a) @ matrices(b, tb, k, n, ldb, step_b) + before
        return 0


@pytest.fixture
def blas(monkeypatch):
    from tinynet.kernels.cuda.device import cublas

    fake = FakeLibrary()
    monkeypatch.setattr(cublas, "library", lambda: fake)
    cublas._product.cache_clear()
    yield fake
    cublas._product.cache_clear()


@pytest.mark.skipif(not SIMULATED, reason="on a GPU the library itself is called, by every other test")
def test_cublas_is_told_the_layouts(blas):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((4, 3)), rng.standard_normal((5, 3)), rng.standard_normal((2, 3, 5))
    for dtype in (np.float32, np.float64):
        tx, tw, tb = (on("cuda", a, dtype) for a in (x, w, b))
        close(tx @ tw.T, (x @ w.T).astype(dtype), ulp=16, scale=4)
        close(tw.T @ tw, (w.T @ w).astype(dtype), ulp=16, scale=4)
        close(tb.mT @ tb, (b.swapaxes(1, 2) @ b).astype(dtype), ulp=16, scale=4)
        close(tb @ tw, (b @ w).astype(dtype), ulp=16, scale=4)
        close(tx[::2, ::2] @ tw.T[::2, ::2], (x[::2, ::2] @ w.T[::2, ::2]).astype(dtype), ulp=16, scale=4)
        close(tx[:, :1] @ tw.T[:1], (x[:, :1] @ w.T[:1]).astype(dtype), ulp=16, scale=4)
    assert blas.calls == 12
    tn.cuda.use_cublas(False)
    try:
        tx @ tw.T
        assert blas.calls == 12
    finally:
        tn.cuda.use_cublas(True)


@pytest.mark.skipif(not SIMULATED, reason="on a GPU the library itself is called, by every other test")
@pytest.mark.parametrize("size", [3, 30])
def test_a_linear_layer_is_one_launch_while_it_is_small(blas, size):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((size, 3)), rng.standard_normal((size, 3)), rng.standard_normal(size)
    tx, tw, tb = (on("cuda", a) for a in (x, w, b))
    close(tn.nn.functional.linear(tx, tw, tb), x @ w.T + b, ulp=16, scale=4)
    out = tn.zeros(size, size, dtype=tn.float64, device="cuda")
    launch(KERNELS["linear"], out.array, tx.array, tw.array, tb.array, True)
    close(out, np.maximum(x @ w.T + b, 0), ulp=16, scale=4)
    assert blas.calls == (2 if size == 30 else 0)


# Where there is no GPU


def test_nothing_of_cuda_is_imported_before_it_is_asked_for():
    text = "import sys, tinynet as tn; tn.ones(2).sum(); print([m for m in sys.modules if 'cuda' in m])"
    found = run_python(text, NUMBA_ENABLE_CUDASIM="0")
    assert found.replace("'_numba_cuda_redirector', ", "") == "['tinynet.cuda']"  # which Python loads at its start


def test_to_ask_whether_there_is_a_gpu_costs_launches_nothing():
    text = "import tinynet as tn; from tinynet.kernels import launch; tn.cuda.is_available(); print(launch._observer)"
    assert run_python(text) == "None"


def test_what_is_said_where_no_gpu_can_be_used(monkeypatch):
    from types import SimpleNamespace

    from tinynet.kernels.cuda.device import driver

    def module(version=(13, 0), found=True, gpus=(0,)):
        real = SimpleNamespace(is_available=found, get_version=lambda: version)
        return SimpleNamespace(
            cudadrv=SimpleNamespace(driver=SimpleNamespace(driver=real)), cuda_error=lambda: "no libcuda.so\nmore",
            gpus=gpus, runtime=SimpleNamespace(get_version=lambda: (13, 1)),
        )  # fmt: skip

    monkeypatch.setattr(driver, "SIMULATED", False)
    monkeypatch.setattr(driver, "_ready", False)
    monkeypatch.setattr(driver, "find_spec", lambda name: name)
    for fake, text in [
        (module(found=False), r"no CUDA driver was found \(no libcuda.so\)"),
        (module(version=(12, 4)), r"too old: it supports CUDA 12.4, and 13.0 is needed"),
        (module(gpus=()), "no GPU"),
        (SimpleNamespace(), "AttributeError"),
    ]:
        monkeypatch.setattr(driver, "_module", fake)
        assert not tn.cuda.is_available() and tn.cuda.device_count() == 0
        with pytest.raises(tn.DeviceError, match=f"cannot be used: .*{text}"):
            driver.require()
    monkeypatch.setattr(driver, "_module", module())
    assert tn.cuda.is_available()
    monkeypatch.setattr(driver, "find_spec", lambda name: None)
    assert driver.unavailable_reason() == "numba-cuda is not installed"


def test_a_kernel_that_cannot_be_loaded_is_named(monkeypatch):
    from types import SimpleNamespace

    from tinynet.kernels.cuda.device import calls, driver

    class CUDAError(Exception):
        __module__ = "cuda.core"

    def fail():
        raise CUDAError("an illegal memory access")

    library = SimpleNamespace(get_cufunc=fail)
    overloads = {(): SimpleNamespace(_codelibrary=library)}
    dispatcher = SimpleNamespace(overloads=overloads, compile=lambda signature: None)
    monkeypatch.setattr(driver, "SIMULATED", False)
    monkeypatch.setattr(driver, "gpu", calls)
    monkeypatch.setattr(driver, "_module", SimpleNamespace(jit=lambda *_, **__: lambda function: dispatcher))
    kernel = driver.Kernel(fail, lambda real: (), listed=False)
    with pytest.raises(tn.cuda.KernelError, match=r"'fail' could not be loaded: an illegal .*launched before"):
        kernel.load((), {})


# Formulas of a user's own


def test_a_rule_of_ones_own_runs_on_the_gpu():
    main = runpy.run_path(str(ROOT / "examples" / "own_rule.py"))
    rule = next(value for value in main.values() if isinstance(value, type) and issubclass(value, optim.Optimizer))
    found = []
    for device in ("cpu", "cuda"):
        w = on(device, [1.0, -2.0, 3.0])
        optimizer = rule([w])
        for _ in range(2):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        found.append(numpy(w.detach()))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_a_formula_with_a_name_that_the_kernel_needs():
    from formulas_for_lift import sized

    from tinynet.kernels.cuda.lifted.elementwise import Updates
    from tinynet.kernels.lifting.lift import lift

    with pytest.raises(TypeError, match="the kernel needs the name 'size' itself; choose another"):
        Updates(lift(sized, scalars=("size",))).source("float32")
