"""Modules written as ONNX: onnxruntime computes from the file what the module computes, for batches of other sizes."""

import io
import math

import numpy as np
import pytest
from helpers import TINYNET
from onnx_cases import CASES, NOT, N, array, ids
from samples import SAMPLES

import tinynet as tn
from tinynet import nn, trees
from tinynet.errors import ExportError

F = nn.functional
onnx, ort = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.extras
OPTIONS = ort.SessionOptions()
OPTIONS.log_severity_level, OPTIONS.intra_op_num_threads = 3, 1


class Net(nn.Module):
    """A module of a function (module, *inputs), with a layer and a buffer."""

    def __init__(self, function):
        self.function, self.layer = function, nn.Linear(3, 3)
        self.register_buffer("count", tn.zeros(3))

    def forward(self, x, *others, **named):
        return self.function(self, x, *others, **named)


def outputs(proto, *arrays):
    """What onnxruntime computes from a model that has been checked."""
    onnx.checker.check_model(proto, full_check=True)
    session = ort.InferenceSession(proto.SerializeToString(), OPTIONS)
    return session.run(None, {info.name: x for info, x in zip(session.get_inputs(), arrays, strict=True)})


def agree(proto, module, *arrays, named=(), ulp=80):
    """Both compute the same: sums are taken in another order, which changes the last digits of their largest terms."""
    with tn.no_grad():
        inputs = [tn.tensor(x) for x in arrays]
        given = dict(zip(named, inputs[len(inputs) - len(named) :]))
        result = module(*inputs[: len(inputs) - len(named)], **given)
    expected = [x.detach().numpy() for x in trees.flatten(result)[0] if x is not None]
    for x, y in zip(outputs(proto, *arrays), expected, strict=True):
        assert x.dtype == y.dtype and x.shape == y.shape
        if y.dtype.kind == "f":
            eps = ulp * np.finfo(y.dtype).eps
            np.testing.assert_allclose(x, y, eps, eps * max(1, np.abs(y[np.isfinite(y)]).max(initial=0)))
        else:
            np.testing.assert_array_equal(x, y)


def batches(arrays, axes):
    """The arguments with one row, and with more than there are."""
    for n in (1, 7):
        yield [np.take(x, np.arange(n) % N, axes.get(i, 0)) for i, x in enumerate(arrays)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_modules(name):
    make, *arrays = CASES[name]
    options = arrays.pop() if isinstance(arrays[-1], dict) else {}
    tn.manual_seed(0)
    module = make().eval()
    proto = tn.onnx.export(module, tuple(map(tn.tensor, arrays)), **options)
    axis = 1 if options else 0
    for batch in batches(arrays, dict.fromkeys(range(len(arrays)), axis)):
        agree(proto, module, *batch)


def test_every_module_is_exported_or_said_not_to_be():
    classes = [name for name, x in vars(nn).items() if isinstance(x, type) and issubclass(x, nn.Module)]
    missing = [name for name in classes if name not in CASES and name not in NOT and not name.startswith("Lazy")]
    assert not missing


REFUSED = """cholesky_factor cholesky_inverse cholesky_solve cummax cummin cumulative_product det eigenvalues
    eigenvectors erfcx erfinv gaussian_nll_loss householder_product i0 i0e i1 i1e inverse log_ndtr logcumsumexp
    lower lstsq lu_packed mantissa matrix_exp matrix_norm matrix_power mode moved ndtri nextafter ormqr orthonormal
    pseudoinverse quantile sign_and_log_abs_det singular_values singular_vectors solution tensorinv tensorsolve
    upper zeta""".split()
SOMETIMES = "batch_norm getitem max_pool with_item".split()  # by the batch, by one truth or a mask, by drawn windows


@pytest.mark.parametrize("op", sorted({sample.op for sample in SAMPLES if sample.public}))
@pytest.mark.filterwarnings("ignore")
def test_every_sample_of_an_operation_is_exported_or_refused(op):
    refused = []
    for sample in SAMPLES:
        if sample.op != op or not sample.public:
            continue
        module = Net(lambda net, *xs, sample=sample: sample.function(TINYNET, *xs)).eval()
        arrays = [np.array(x, np.float32) for x in sample.inputs]
        try:
            proto = tn.onnx.export(module, tuple(map(tn.tensor, arrays)), dynamic_axes={})
        except ExportError:
            refused.append(sample)
        else:
            agree(proto, module, *arrays, ulp=150)
    assert bool(refused) == (op in REFUSED or op in SOMETIMES)


# Networks


class Language(nn.Module):
    """Attention by hand and by the library's function, over a time that is open; tied weights."""

    def __init__(self):
        self.embedding, self.position = nn.Embedding(11, 12), nn.Embedding(16, 12)
        self.qkv, self.norm = nn.Linear(12, 36), nn.LayerNorm(12)
        self.register_buffer("mask", tn.tril(tn.ones(16, 16)).view(1, 1, 16, 16))

    def forward(self, x):
        n, time = x.size()
        h = self.embedding(x) + self.position(tn.arange(time))
        q, k, v = (y.view(n, time, 3, -1).transpose(1, 2) for y in self.qkv(self.norm(h)).split(12, dim=2))
        scores = (q @ k.transpose(-2, -1) / math.sqrt(k.size(-1))).masked_fill(
            self.mask[:, :, :time, :time] == 0, -math.inf
        )
        h = h + (F.softmax(scores, dim=-1) @ v).transpose(1, 2).contiguous().view(n, time, -1)
        h = h + F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, time, -1)
        return h @ self.embedding.weight.t()


class Waves(nn.Module):
    """Positions computed in `forward`, put into slices; a dict of results."""

    def forward(self, x):
        _, time, size = x.shape
        angle = tn.arange(time).unsqueeze(1).float() * tn.exp(tn.arange(0, size, 2).float() * (-9.0 / size))
        waves = tn.zeros(time, size)
        waves[:, 0::2] = tn.sin(angle)
        waves[:, 1::2] = tn.cos(angle)
        mask = tn.triu(tn.full((time, time), -math.inf), 1)
        y = F.softmax(x @ x.mT / math.sqrt(size) + mask, -1) @ (x + waves)
        return {"last": y[:, -1], "mean": y.mean(1), "deviation": y.std((1, 2)), "all": y}


class Tagger(nn.Module):
    def __init__(self):
        self.embedding, self.lstm = nn.Embedding(11, 5), nn.LSTM(5, 4, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x, state=None):
        y, (h, _) = self.lstm(self.embedding(x), state)
        return self.head(y[:, -1, :]), h, h[-1] + tn.zeros(x.size(0), 4)


class Hourglass(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.c = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(12, 2, 3, padding=1)

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool2d(a, 2)))
        y = tn.cat([a, F.interpolate(b, size=a.shape[2:], mode="bilinear") + self.up(b)], 1)
        return self.c(y).flatten(2).softmax(-1).view(x.shape[0], 2, *x.shape[2:])


class InPlace(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(6, 6)

    def forward(self, x):
        y = self.layer(x)
        y += 1
        F.relu(y, inplace=True)
        y[:, 0] = 7.0
        y[:, 1] += 2
        y[0].mul_(3)
        y.view(-1)[2:4].zero_()
        flat = y.view(-1)
        flat[5:] *= 2
        y[y > 3] = 0.5
        z = y.clone()
        z.mul_(x).add_(y, alpha=2)
        z[:, [2, 3]] = x[:, [0, 1]]
        return z.unsqueeze_(1).clamp_(-2, 2), y


NETWORKS = {
    "language": (Language, ids(2, 7), [ids(5, 3), ids(1, 16)], {"x": {0: "batch", 1: "time"}}),
    "waves": (Waves, array(2, 5, 6), [array(7, 2, 6), array(1, 9, 6)], {"x": {0: "batch", 1: "time"}}),
    "tagger": (Tagger, ids(2, 5), [ids(7, 9), ids(1, 2)], {"x": [0, 1]}),
    "hourglass": (Hourglass, array(2, 1, 8, 8), [array(5, 1, 16, 12)], {"x": {0: "batch", 2: "height", 3: "width"}}),
    "in place": (InPlace, array(2, 6), [array(7, 6), array(1, 6)], None),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    make, example, others, axes = NETWORKS[name]
    tn.manual_seed(0)
    module = make().eval()
    proto = tn.onnx.export(module, tn.tensor(example), dynamic_axes=axes)
    for x in (example, *others):
        agree(proto, module, x)


# What one says of a file


def sizes(info):
    return [dim.dim_param or dim.dim_value for dim in info.type.tensor_type.shape.dim]


def test_names_sizes_and_state(tmp_path):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(8, 3))
    module[1].eval()
    path, file = tmp_path / "model.onnx", io.BytesIO()
    proto, also = [tn.onnx.export(module, tn.zeros(1, 1, 4, 4), f) for f in (path, file)]
    assert [m.training for m in module.modules()] == [True, True, False, True, True, True]
    assert onnx.load(path) == proto == also == onnx.load_from_string(file.getvalue())
    assert (proto.producer_name, proto.producer_version) == ("tinynet", tn.__version__)
    assert proto.graph.name == "Sequential" and proto.opset_import[0].version == 18
    weights = {x.name: onnx.numpy_helper.to_array(x) for x in proto.graph.initializer}
    for name, x in module.state_dict().items():
        if name != "1.num_batches_tracked":
            np.testing.assert_array_equal(weights[name], x.numpy())
    assert [(x.name, sizes(x)) for x in (*proto.graph.input, *proto.graph.output)] == [
        ("input", ["batch", 1, 4, 4]), ("output", ["batch", 3])
    ]  # fmt: skip
    assert [node.op_type for node in proto.graph.node] == ["Conv", "BatchNormalization", "Reshape", "Gemm"]
    assert proto.graph.node[3].name == "4/Gemm" and proto.graph.node[3].doc_string.startswith("test_export.py:")
    agree(proto, module.eval(), array(5, 1, 4, 4))


@pytest.mark.parametrize("opset", [20, 23])
def test_inputs_and_outputs_by_name(opset):
    module = Net(lambda net, x, y, *, mask: {"sum": (x + net.layer(y[0]), y[1]), "gelu": F.gelu(x, approximate="tanh"),
                                             "masked": tn.where(mask, x, y[0]), "none": None})  # fmt: skip
    inputs = array(4, 3), array(4, 3, seed=1), array(2), array(4, 3) > 0
    args = tn.tensor(inputs[0]), list(map(tn.tensor, inputs[1:3]))
    axes = {"x": [0], "y": {0: "x_dim_0"}, "mask": {0: "x_dim_0"}, "total": {0: "rows"}}
    options = {"kwargs": {"mask": tn.tensor(inputs[3])}, "dynamic_axes": axes, "opset_version": opset}
    proto = tn.onnx.export(module, args, input_names=["x", "y"], output_names=["total"], **options)
    assert [x.name for x in proto.graph.input] == ["x", "y", "others_1", "mask"]
    assert [x.name for x in proto.graph.output] == ["total", "sum_1", "gelu", "masked"]
    assert [sizes(x) for x in proto.graph.output] == [["rows", 3], [2], ["x_dim_0", 3], ["x_dim_0", 3]]
    for n in (1, 4):
        with tn.no_grad():
            x, y, z, mask = (tn.tensor(x[:n] if len(x) == 4 else x) for x in inputs)
            expected = trees.flatten(module(x, [y, z], mask=mask))[0][:4]
        for a, b in zip(outputs(proto, *(t.numpy() for t in (x, y, z, mask))), expected, strict=True):
            np.testing.assert_allclose(a, b.numpy(), 1e-5, 1e-6)


def test_fixed_sizes_and_sizes_that_follow():
    module = Net(lambda net, x: (x.reshape(2, -1), tn.cat([x, x[:1]])))
    proto = tn.onnx.export(module, tn.zeros(4, 3), dynamic_axes={})
    assert [sizes(x) for x in proto.graph.output] == [[2, 6], [5, 3]]
    proto = tn.onnx.export(Net(lambda net, x: (x.reshape(-1), tn.cat([x, x[:1]]))), tn.zeros(4, 3))
    assert [sizes(x) for x in proto.graph.output] == [["3*batch"], ["batch + 1", 3]]


def test_squeeze_of_what_may_be_one_warns():
    with pytest.warns(UserWarning, match=r"onnx.export at test_export.py:\d+: squeeze leaves an axis"):
        proto = tn.onnx.export(Net(lambda net, x: x[:, :1].squeeze()), tn.zeros(4, 3))
    assert [sizes(x) for x in proto.graph.output] == [["batch"]]
    tn.onnx.export(Net(lambda net, x: x[:, :1].squeeze(1)), tn.zeros(4, 3))


def test_inputs_state_and_constants_as_results():
    module = Net(lambda net, x: (x, net.layer.weight, tn.arange(3.0), x, tn.ones(len(x))))
    agree(tn.onnx.export(module, tn.zeros(4, 3)), module, array(5, 3))


def test_the_example_and_its_gradients_are_left_alone():
    x, module = tn.ones(4, 3, requires_grad=True), Net(lambda net, x: net.layer(x).relu_())
    state = {name: value.clone() for name, value in module.state_dict().items()}
    tn.onnx.export(module, x)
    assert x.grad is None and (x == 1).all() and tn.is_grad_enabled()
    assert all((value == state[name]).all() for name, value in module.state_dict().items())


# What a graph cannot say


def counted(net, x):
    net.count += 1
    return x + net.count


def through_a_view(net, x):
    y = net.layer(x)
    rows = y.transpose(0, 1)
    rows += 1
    return y


def caught(net, x):
    try:
        return x * x.sum().item()
    except RuntimeError:
        return x


WRONG = {
    "__bool__ looks at the numbers": lambda net, x: x if x.sum() > 0 else -x,
    "item looks at the numbers": lambda net, x: x * x.max().item(),
    "numpy looks at the numbers": lambda net, x: tn.tensor(x.numpy()),
    "inv looks at the numbers": lambda net, x: tn.linalg.inv(x.mT @ x),
    "item looks at": caught,
    "randn draws random numbers": lambda net, x: x + tn.randn(3),
    "dropout draws random numbers": lambda net, x: F.dropout(x, 0.5, True),
    "i0 cannot be said in ONNX": lambda net, x: tn.special.i0(x),
    "a mask that the inputs decide": lambda net, x: x[x > 0],
    "changes 'count' of the model's state": counted,
    "has changed its memory through another": through_a_view,
    "getitem with one size, and nothing with another": lambda net, x: sum(row for row in x),
    "the model fails with inputs of other sizes, {'batch': 2}: .*reshape": lambda net, x: x.reshape(2, 2, 3),
    "mul at .*: expected the same for inputs of any size, .* got 0.2": lambda net, x: x * (len(x) / 7),
    "add takes a tensor of shape .* that is made anew": lambda net, x: x + tn.tensor(np.random.rand(3, 3)[0]),
    "expected a result of tensors": lambda net, x: (x, 3),
    "batch_norm with training=True": lambda net, x: F.batch_norm(x, tn.zeros(3), tn.ones(3), training=True),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_a_graph_cannot_say_is_an_error(message, tmp_path):
    with pytest.raises(ExportError, match=message):
        tn.onnx.export(Net(WRONG[message]), tn.ones(4, 3), tmp_path / "model.onnx")
    assert not any(tmp_path.iterdir())


def test_errors_say_the_line_and_the_module():
    module = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.ReLU(), Net(lambda net, x: x.cumprod(1))))
    with pytest.raises(ExportError, match=r"Net\(.*\) at model.1.1: onnx.export at test_export.py:\d+: cumprod"):
        tn.onnx.export(module, tn.ones(4, 3))


@pytest.mark.parametrize(
    "error, arguments, options",
    [
        (TypeError, (lambda x: x, tn.ones(4, 3)), {}),
        (ValueError, (nn.Linear(3, 2), (tn.ones(4, 3), 5)), {}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 4)), {}),  # as the model itself says it
        (ValueError, (nn.Bilinear(3, 3, 2), (tn.ones(4, 3), tn.ones(5, 3))), {}),
        (ValueError, (nn.LazyLinear(2), tn.ones(4, 3)), {}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 3)), {"opset_version": 11}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 3)), {"input_names": ["x", "y"]}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 3)), {"output_names": ["input"]}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 3)), {"dynamic_axes": {"x": [0]}}),
        (ValueError, (nn.Linear(3, 2), tn.ones(4, 3)), {"dynamic_axes": {"input": [2]}}),
        (TypeError, (nn.Linear(3, 2), tn.ones(4, 3), 5), {}),
    ],
)
def test_bad_arguments(error, arguments, options):
    with pytest.raises(error):
        tn.onnx.export(*arguments, **options)
