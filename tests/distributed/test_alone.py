"""A process alone is a group too, with or without MPI; and what there is to say where MPI is missing."""

import copy

import pytest

import tinynet as tn
import tinynet.distributed as dist
from tinynet import nn, optim
from tinynet.cli import main
from tinynet.distributed import launcher, process_group
from tinynet.distributed.tree import TreeSum, tree_order
from tinynet.nn.parallel import DistributedDataParallel
from tinynet.nn.parallel.shards import check_count, ranks_that_share


@pytest.fixture
def alone(monkeypatch):
    """A process group of one, of a process that no launcher has started, without mpi4py."""
    monkeypatch.setattr(process_group, "is_mpi_available", lambda: False)
    for name in (*launcher.RANKS, *launcher.SIZES, "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    dist.init_process_group("gloo")
    yield
    if dist.is_initialized():
        dist.destroy_process_group()


def test_a_process_alone_is_rank_0_of_1(alone):
    assert (dist.get_rank(), dist.get_world_size(), dist.get_backend(), dist.is_initialized()) == (0, 1, "mpi", True)
    x, parts = tn.tensor([1.0, 2.0]), [tn.zeros(2)]
    dist.all_reduce(x)
    dist.broadcast(x, 0)
    dist.reduce(x, 0, dist.ReduceOp.MAX)
    dist.all_gather(parts, x)
    dist.gather(x, parts, 0)
    dist.scatter(x, parts, 0)
    dist.barrier()
    objects = [None]
    dist.all_gather_object(objects, "x")
    assert x.tolist() == parts[0].tolist() == [1, 2] and objects == ["x"]
    assert tn.utils.data.DistributedSampler(range(4), shuffle=False).num_samples == 4
    dist.destroy_process_group()
    assert not dist.is_initialized()


def test_a_model_alone_trains_as_without(alone):
    models = [nn.Linear(3, 2), nn.Linear(3, 2)]
    models[1].load_state_dict(models[0].state_dict())
    for model in (models[0], DistributedDataParallel(models[1])):
        optimizer = optim.SGD(model.parameters(), 0.1)
        with model.no_sync() if model is not models[0] else tn.enable_grad():
            model(tn.ones(4, 3)).square().mean().backward()
        optimizer.step()
    assert models[0].weight.tolist() == models[1].weight.tolist()


def test_a_copy_has_parameters_of_its_own(alone):
    model = DistributedDataParallel(nn.Linear(3, 2), shards=2)
    other = copy.deepcopy(model)
    for part in other.shards(tn.ones(4, 3)):
        other(part).sum().backward()
    assert model.module.weight.grad is None and other.module.weight.grad.tolist() == [[2, 2, 2]] * 2
    assert other.state_dict().keys() == model.state_dict().keys()


def test_the_command_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(process_group, "is_mpi_available", lambda: False)
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert main(["train", "digits"]) == 2
    assert "pip install mpi4py" in capsys.readouterr().err


@pytest.mark.parametrize("rows", [16, 13, 3])
def test_shards_add_up_to_the_gradient_of_the_batch(alone, rows):
    model = DistributedDataParallel(nn.Linear(3, 2).double(), shards=8)
    x = tn.randn(rows, 3, dtype=tn.float64)
    model(x).square().mean().backward()
    whole = model.module.weight.grad.clone()
    for part in model.shards(x):  # whose gradient is added to the one before
        model(part).square().mean().backward()
    assert tn.allclose(model.module.weight.grad, 2 * whole)


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_a_tree_sum_is_the_sum_in_halves(count):
    parts = tn.randn(count, 33).numpy()
    tree = TreeSum()
    for i in tree_order(count):
        tree.add(parts[i].copy())
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    assert tree.total().tobytes() == parts[0].tobytes()


def test_as_many_ranks_share_shards_as_divide_them_by_a_power_of_two():
    assert ranks_that_share(8) == [1, 2, 4, 8] and ranks_that_share(12) == [3, 6, 12]
    assert [check_count("", shards, 3) for shards in (None, 3, 12)] == [3, 3, 12]
    with pytest.raises(ValueError, match=r"expected shards to be 3 ranks times a power of two.*1, 2, 4, 8 ranks can"):
        check_count("", 8, 3)


@pytest.mark.parametrize(
    ("error", "text", "call"),
    [
        (ValueError, "get_rank: .* call init_process_group first", dist.get_rank),
        (ValueError, "call init_process_group first", dist.get_world_size),
        (ValueError, "call init_process_group first", lambda: dist.all_reduce(tn.zeros(1))),
        (ValueError, "call init_process_group first", lambda: DistributedDataParallel(nn.Linear(1, 1))),
        (ValueError, "backend to be None or one of 'mpi'", lambda: dist.init_process_group("smoke")),
        (ValueError, "since MPI knows who takes part", lambda: dist.init_process_group(init_method="tcp://x")),
        (TypeError, "datetime.timedelta", lambda: dist.init_process_group(timeout=3)),
        (ValueError, "mpiexec -n 4 python", lambda: dist.init_process_group(world_size=4)),
        (ValueError, "expected rank=0", lambda: dist.init_process_group(rank=3, world_size=1)),
        (TypeError, "expected a Tensor|to be a Tensor", lambda: dist.all_reduce([1.0])),
    ],
)
def test_errors_without_a_group(monkeypatch, error, text, call):
    monkeypatch.setattr(process_group, "is_mpi_available", lambda: False)
    with pytest.raises(error, match=text):
        call()
    assert not dist.is_initialized()


@pytest.mark.parametrize(
    ("environment", "text"),
    [({"OMPI_COMM_WORLD_SIZE": "4"}, "pip install mpi4py"), ({"WORLD_SIZE": "2"}, "mpiexec -n 2 python")],
)
def test_a_launcher_without_mpi_is_an_error(monkeypatch, environment, text):
    monkeypatch.setattr(process_group, "is_mpi_available", lambda: False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((ImportError, ValueError), match=text):
        dist.init_process_group()


@pytest.mark.parametrize(
    ("error", "text", "make"),
    [
        (TypeError, "module to be a Module", lambda: DistributedDataParallel(3)),
        (RuntimeError, "requires grad", lambda: DistributedDataParallel(nn.ReLU())),
        (ValueError, "on the CPU", lambda: DistributedDataParallel(nn.Linear(1, 1), [0])),
        (ValueError, "mixed_precision=None", lambda: DistributedDataParallel(nn.Linear(1, 1), mixed_precision=1)),
        (
            ValueError,
            "expected 2 rows",
            lambda: DistributedDataParallel(nn.Linear(1, 1)).shards(tn.ones(3), total=2),
        ),
        (ValueError, "a tensor", lambda: DistributedDataParallel(nn.Linear(1, 1)).shards()),
    ],
)
def test_bad_calls_of_a_distributed_model(alone, error, text, make):
    with pytest.raises(error, match=text):
        make()
