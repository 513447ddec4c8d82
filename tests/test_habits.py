"""Names that scripts take for granted: each line on both libraries, and both must say the same."""

import warnings

import numpy as np
import pytest
from helpers import numpy, run_python

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def plain(x):
    """What a line of either library gave, as values that can be compared."""
    if isinstance(x, tn.Tensor | torch.Tensor):
        return str(x.dtype).removeprefix("torch."), numpy(x).tolist(), x.requires_grad
    if isinstance(x, torch.dtype | np.dtype):
        return str(x).removeprefix("torch.")
    if type(x).__name__ in ("Size", "device"):
        return type(x).__name__, tuple(x) if isinstance(x, tuple) else str(x)
    if isinstance(x, tuple | list):
        return [plain(y) for y in x]
    return x


def x(t):
    return t.arange(6.0).reshape(2, 3)


LINES = {
    "Variable": lambda t: [t.autograd.Variable(x(t), requires_grad=True), isinstance(x(t), t.autograd.Variable)],
    "Variable leaves the graph": lambda t: t.autograd.Variable(x(t).requires_grad_() * 2).grad_fn,
    "FloatTensor": lambda t: [t.FloatTensor([1, 2]), t.FloatTensor(np.arange(3)), t.FloatTensor(range(2)),
                              t.FloatTensor(2, 3).shape, t.FloatTensor(x(t).shape).shape, t.FloatTensor()],
    "types": lambda t: [t.LongTensor([1.5, 2]), t.ByteTensor([1, 2]) + 300, t.DoubleTensor([1]), t.BoolTensor([0, 1]),
                        t.IntTensor([[3]]), t.CharTensor([-3]), t.ShortTensor([4]), t.HalfTensor([0.1])],
    "isinstance": lambda t: [isinstance(x(t), t.FloatTensor), isinstance(x(t).long(), t.FloatTensor),
                             isinstance(x(t), t.cuda.FloatTensor), isinstance(x(t).long(), t.LongTensor)],
    "type": lambda t: [x(t).type(), x(t).long().type(), x(t).type("torch.LongTensor"), x(t).type(t.ByteTensor),
                       x(t).type(t.float64), x(t).type(t.FloatTensor).type(), x(t).type_as(t.ones(1).int())],
    "repr of types": lambda t: [repr(t.FloatTensor), repr(t.cuda.LongTensor), t.FloatTensor.dtype],
    "new": lambda t: [x(t).double().new_tensor([1, 2]), x(t).new_zeros(2), x(t).long().new_ones((1, 2)),
                      x(t).new_full((2,), 3, requires_grad=True), x(t).new_empty(2, 3).shape, x(t).new([1, 2])],
    "view_as": lambda t: x(t).view_as(t.ones(3, 2)),
    "conversions": lambda t: [x(t).byte(), x(t).char(), x(t).short(), x(t).half(), x(t).int(), x(t).bool()],
    "counts": lambda t: [x(t).nelement(), t.numel(x(t)), x(t).ndimension(), x(t).itemsize, x(t).element_size()],
    "Size": lambda t: [x(t).shape, x(t).size(), x(t).shape[1:], (*x(t).shape, 4), t.Size([2, 3]) == x(t).shape,
                       x(t).shape.numel(), isinstance(x(t).size(), t.Size), x(t).shape[-1], x(t).shape + t.Size([1])],
    "constants": lambda t: [t.pi, t.inf, t.e, t.isnan(t.tensor(t.nan))],
    "size=": lambda t: [t.zeros(size=(2, 3)), t.ones(size=[2]), t.randn(size=(2, 3)).shape, t.rand(size=(4,)).shape,
                        t.empty(size=(1, 2)).shape],
    "requires_grad=": lambda t: [t.arange(3.0, requires_grad=True), t.eye(2, requires_grad=True), t.linspace(
        0, 1, 2, requires_grad=True), t.full((2,), 1.0, requires_grad=True), t.rand_like(x(t), requires_grad=True
        ).requires_grad],
    "memory_format=": lambda t: [t.zeros_like(x(t), memory_format=t.preserve_format), x(t).is_contiguous(
        memory_format=t.contiguous_format), t.ones(2, 3, 4, 4).is_contiguous(memory_format=t.channels_last)],
    "like": lambda t: [t.randn_like(x(t), dtype=t.float64).dtype, t.randint(0, 9, (3,), dtype=t.uint8).dtype],
    "questions": lambda t: [x(t).is_sparse, x(t).is_leaf, x(t).is_cuda, x(t).get_device(), x(t).is_pinned(),
                            t.is_tensor(x(t)), t.is_floating_point(x(t)), x(t).is_complex(), x(t)[1].storage_offset()],
    "dtypes": lambda t: [t.promote_types(t.uint8, t.int8), t.result_type(x(t).int(), 1.5), t.can_cast(t.float, t.int),
                         t.get_default_dtype(), isinstance(x(t).dtype, t.dtype), t.half, t.short],
    "limits": lambda t: [t.finfo(t.float32).max, t.finfo(t.float16).eps, t.finfo(t.float64).tiny, t.finfo().bits,
                         t.iinfo(t.uint8).max, t.iinfo(t.int64).min],
    "devices": lambda t: [t.get_default_device(), t.cuda.is_available(), t.backends.mps.is_available(),
                          t.backends.mps.is_built(), t.accelerator.is_available(), t.accelerator.current_accelerator()],
    "device": lambda t: (t.accelerator.current_accelerator().type if t.accelerator.is_available() else "cpu"),
    "backends": lambda t: [setattr(t.backends.cudnn, "benchmark", True), t.backends.cudnn.deterministic,
                           t.backends.cudnn.benchmark, setattr(t.backends.cudnn, "benchmark", False)],
    "seeds": lambda t: [t.cuda.manual_seed(0), t.cuda.manual_seed_all(0), t.random.manual_seed(3).initial_seed(),
                        t.default_generator.initial_seed()],
    "deterministic": lambda t: [t.use_deterministic_algorithms(True, warn_only=True),
                                t.are_deterministic_algorithms_enabled(), t.use_deterministic_algorithms(False)],
    "precision": lambda t: [t.set_float32_matmul_precision("high"), t.get_float32_matmul_precision(),
                            t.set_float32_matmul_precision("highest"), t.backends.cuda.matmul.allow_tf32],
    "axis=": lambda t: [x(t).sum(axis=0), t.sum(x(t), axis=1, keepdims=True), x(t).argmax(axis=1), x(t).mean(axis=-1),
                        t.cat([x(t), x(t)], axis=1), t.stack([x(t), x(t)], axis=2), x(t).var(axis=0, unbiased=False),
                        t.softmax(x(t), axis=1), x(t).max(axis=1)[0], x(t).std(axis=(0, 1), keepdims=True)],
    "index": lambda t: [x(t)[range(2)], x(t)[np.int64(1)], x(t)[:, np.array([0, 2])], x(t)[np.int32(0) : np.int64(1)],
                        x(t)[[0, 1], [1, 2]], x(t)[t.ByteTensor([1, 0]).bool()]],
    "arrays": lambda t: [x(t) * np.float64(2), np.float32(2) * x(t), x(t) + np.ones(3)],
    "numpy sizes": lambda t: [t.zeros(np.int64(2), np.int32(1)), x(t).view(np.int64(3), -1), t.eye(np.int64(2))],
    "detach_": lambda t: (x(t).requires_grad_() * 2).detach_(),
    "shapes in place": lambda t: [x(t).unsqueeze_(0).shape, t.ones(1, 2).squeeze_().shape, x(t).t_().shape,
                                  x(t).transpose_(0, 1).shape, x(t).unsqueeze_(1).squeeze_(1).shape],
    "inference": lambda t: inference(t),
}  # fmt: skip


def inference(t):
    weight = t.ones(3, requires_grad=True)

    @t.inference_mode()
    def call():
        return weight * 2

    @t.inference_mode
    def plain_decorator():
        return weight * 2

    with t.inference_mode():
        inside = weight * 2
    return [call().requires_grad, plain_decorator().requires_grad, inside.requires_grad, (weight * 2).requires_grad]


@pytest.mark.parametrize("name", LINES)
@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning", "ignore:.*TF32:UserWarning")
def test_both_say_the_same(name):
    assert plain(LINES[name](tn)) == plain(LINES[name](torch))


def test_volatile_warns_as_in_pytorch():
    for lib in (tn, torch):
        with pytest.warns(UserWarning, match="volatile"):
            assert not lib.autograd.Variable(lib.ones(2), volatile=True).requires_grad


@pytest.mark.parametrize("lib", [tn, torch])
def test_defaults(lib):
    try:
        lib.set_default_dtype(lib.float64)
        assert lib.tensor(1.5).dtype == lib.zeros(1).dtype == lib.nn.Linear(1, 1).weight.dtype == lib.float64
        assert (lib.tensor([1]) / 2).dtype == lib.Tensor([1]).dtype == lib.get_default_dtype() == lib.float64
        assert lib.tensor([1]).to(lib.float32).dtype == lib.float32
    finally:
        lib.set_default_dtype(lib.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's is deprecated
        lib.set_default_tensor_type("torch.DoubleTensor")
        assert lib.ones(1).dtype == lib.float64
        lib.set_default_tensor_type(lib.FloatTensor)
    lib.set_default_device("cpu")
    with lib.device("cpu"):
        assert lib.ones(1).device == lib.device("cpu") and lib.ones(1).dtype == lib.float32
    lib.set_default_device(None)  # or PyTorch goes on passing each call through a hook
    with pytest.raises((TypeError, RuntimeError)):
        lib.set_default_dtype(lib.int64)


@pytest.mark.parametrize("lib", [tn, torch])
def test_attributes_on_parameters(lib):
    p = lib.nn.Parameter(lib.ones(2))
    p.optim_group, p.tags = "weight", [1]
    assert p.tags == [1] and p.optim_group == "weight"


@pytest.mark.parametrize("lib", [tn, torch])
def test_the_graph_can_be_walked_by_hand(lib):
    w = lib.ones(2, requires_grad=True)
    y = (w * 2).exp().sum()
    names, left = [], [y.grad_fn]
    while left:
        node = left.pop()
        names.append(node.name().lower())
        left += [following for following, _ in node.next_functions if following is not None]
    assert [n.partition("backward")[0].removeprefix("torch::autograd::") for n in names] == [
        "sum", "exp", "mul", "accumulategrad"
    ]  # fmt: skip


PRINTED = [
    1.5, 0.0, -0.0, 3, float("inf"), [1.5, 1.0], [1.0, 2.0], [0.0, 0.0], [1e-5, 1.0], [1e-3, 2.0], [1e5, 1.0],
    [1e10, 1.0], [float("nan"), 1.5], [float("inf"), -float("inf"), 2.5], [[1.25, -3.5]], [], [[], []],
    [[1, -20], [300, 4]], [True, False], np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    np.zeros((40, 30), np.float32), np.ones(2000) > 0,
]  # fmt: skip


def test_what_a_state_lacks_is_printed():
    model = tn.nn.Linear(1, 1)
    assert repr(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"
    found = repr(model.load_state_dict({}, strict=False))
    assert found == "IncompatibleKeys(missing_keys=['weight', 'bias'], unexpected_keys=[])"


@pytest.mark.torch
@pytest.mark.parametrize(
    "options", [{}, {"precision": 2}, {"sci_mode": True}, {"threshold": 4, "edgeitems": 1}], ids=str
)
def test_tensors_print_as_in_pytorch(torch, options):
    try:
        for library in (tn, torch):
            library.set_printoptions(**options)
        for values in PRINTED:
            text = str(torch.tensor(values)).replace("torch.", "")
            assert str(tn.tensor(values)) == text
        for dtype in ("float32", "float64"):
            for library in (tn, torch):
                library.set_default_dtype(getattr(library, dtype))
            x = tn.tensor([1.5, 2.0], dtype=tn.float64), torch.tensor([1.5, 2.0], dtype=torch.float64)
            assert str(x[0]) == str(x[1]).replace("torch.", "")
    finally:
        for library in (tn, torch):
            library.set_printoptions(profile="default")
            library.set_default_dtype(library.float32)


def test_printoptions():
    values = tn.tensor([1.23456789, 1000.0])
    try:
        tn.set_printoptions(precision=2)
        assert str(values) == "tensor([   1.23, 1000.00])"
        tn.set_printoptions(sci_mode=False, precision=3)
        assert str(values) == "tensor([   1.235, 1000.000])"
        tn.set_printoptions(profile="full", sci_mode=True)
        assert "1.2346e+00" in str(values) and "..." not in str(tn.zeros(2000))
    finally:
        tn.set_printoptions(profile="default")
    assert "..." in str(tn.zeros(2000))


def test_what_import_brings():
    assert tn.utils.data.DataLoader is tn.data.DataLoader
    assert tn.nn.utils.clip_grad_norm_ and tn.optim.lr_scheduler.StepLR


PATHS = """
    import {0}.backends.cudnn as cudnn; cudnn.benchmark, cudnn.deterministic = True, False
    from {0}.backends import cuda; cuda.matmul.allow_tf32
    import {0}.nn.modules.module; {0}.nn.modules.module.Module
    from {0}.nn.modules.module import Module; from {0} import nn; assert Module is nn.Module is nn.modules.Module
    from {0}.nn.modules.batchnorm import BatchNorm2d; from {0} import nn; assert BatchNorm2d is nn.BatchNorm2d
    from {0} import nn; assert nn.modules.conv.Conv2d is nn.modules.Conv2d is nn.Conv2d
    from {0} import nn; assert isinstance(nn.ConvTranspose2d(1, 1, 1), nn.modules.conv._ConvNd)
    from {0} import nn; assert isinstance(nn.BatchNorm3d(2), nn.modules.batchnorm._BatchNorm)
    from {0} import nn; assert not isinstance(nn.InstanceNorm2d(2), nn.modules.batchnorm._BatchNorm)
    from {0}.nn.modules.utils import _pair, _triple; assert _pair(3) == (3, 3) and _triple([1, 2, 3]) == (1, 2, 3)
    from {0}.nn.modules import Linear, loss; loss.CrossEntropyLoss()
    import {0}.nn.functional as F; F.relu
    from {0}.nn.parameter import Parameter
    from {0}.nn.utils.rnn import pack_padded_sequence
    from {0}.autograd import Variable, grad
    from {0}.optim.lr_scheduler import StepLR
    from {0}.optim.optimizer import Optimizer
    from {0}.optim import lr_scheduler
    from {0}.utils.data.dataset import Dataset
    from {0}.utils.data.dataloader import DataLoader, default_collate
    from {0}.utils.data.sampler import SubsetRandomSampler
    from {0}.distributions.normal import Normal
    from {0} import distributions as D; D.Categorical, D.kl.kl_divergence
""".strip().splitlines()


@pytest.mark.parametrize("lines", PATHS, ids=str.strip)
def test_paths_of_modules(lines):
    for library in ("torch", "tinynet"):
        exec(lines.strip().format(library), {})


def test_paths_lead_from_a_new_interpreter_too():
    run_python("import tinynet.backends.cudnn as cudnn; cudnn.benchmark = True")
    run_python("from tinynet.nn.modules.module import Module")


@pytest.mark.parametrize("lib", [tn, torch])
def test_the_older_name_of_clipping_warns(lib):
    p = lib.nn.Parameter(lib.ones(4))
    (p * 2).sum().backward()
    with pytest.warns(FutureWarning, match="clip_grad_norm"):
        assert float(lib.nn.utils.clip_grad_norm([p], 1.0)) == 4
