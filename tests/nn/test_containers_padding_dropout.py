"""Containers, padding, resampling and dropout of channels, beside PyTorch's."""

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet import nn
from tinynet.errors import ArgumentValueError, DTypeError, ShapeError

F = nn.functional


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


RESAMPLED = [
    ((2, 3, 5), {"size": 8}), ((2, 3, 5), {"scale_factor": 1.7, "mode": "linear"}),
    ((2, 3, 4, 5), {"scale_factor": 2}), ((2, 3, 4, 5), {"size": (3, 9), "mode": "nearest-exact"}),
    ((2, 3, 4, 5), {"scale_factor": 2, "mode": "bilinear", "align_corners": True}),
    ((2, 3, 4, 5), {"scale_factor": (0.6, 2.5), "mode": "bilinear"}),
    ((2, 3, 4, 5), {"scale_factor": (0.6, 2.5), "mode": "bilinear", "recompute_scale_factor": True}),
    ((2, 3, 4, 5), {"size": (1, 1), "mode": "bilinear", "align_corners": True}),
    ((1, 2, 3, 2, 4), {"size": (4, 4, 2), "mode": "trilinear"}),
    ((1, 2, 3, 2, 4), {"scale_factor": (2, 1.5, 0.5)}), ((1, 2, 3, 2, 4), {"size": 5, "mode": "nearest-exact"}),
    ((2, 3, 4, 5), {"size": (7, 2), "mode": "area"}), ((1, 2, 3, 2, 4), {"size": 2, "mode": "area"}),
    ((2, 3, 4, 5), {"scale_factor": (0.6, 2.5), "mode": "bicubic"}),
    ((2, 3, 4, 5), {"size": (9, 1), "mode": "bicubic", "align_corners": True}),
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("shape, options", RESAMPLED, ids=str)
def test_resampling_is_pytorchs(torch, shape, options):
    results = []
    for library in (tn, torch):
        x = library.tensor(normal(*shape), requires_grad=True)
        y = library.nn.Upsample(**options)(x)
        y.sin().sum().backward()
        results.append((y.detach(), x.grad))
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-4, 1e-5)
    assert repr(nn.Upsample(**options)) == repr(torch.nn.Upsample(**options))


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("options", [{"size": (3, 20)}, {"scale_factor": (0.3, 0.5)}], ids=str)
def test_filtered_resampling_is_pytorchs(torch, mode, options):
    results = []
    for library in (tn, torch):
        x = library.tensor(normal(2, 3, 12, 10), requires_grad=True)
        y = library.nn.functional.interpolate(x, mode=mode, antialias=True, **options)
        y.sin().sum().backward()
        results.append((y.detach(), x.grad))
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-4, 1e-5)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:invalid value")
def test_resampling_of_other_dtypes_and_values_is_pytorchs(torch):
    images = normal(1, 2, 4, 3)
    images[0, 0, 1, 1] = np.inf
    for values, options in [
        ((normal(1, 2, 4, 3) * 50 + 99).astype(np.uint8), {"scale_factor": 2}),
        (images, {"scale_factor": 2}),
        (images, {"size": (5, 7), "mode": "bilinear"}),
        (normal(1, 2, 4, 3).astype(np.float16), {"size": (5, 7), "mode": "bilinear"}),
    ]:
        ours, theirs = (lib.nn.functional.interpolate(lib.tensor(values), **options) for lib in (tn, torch))
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-3, 1e-5)
        assert numpy(ours).dtype == numpy(theirs).dtype


@pytest.mark.torch
@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
def test_older_names_of_resampling_warn(torch, name):
    results = []
    for library in (tn, torch):
        with pytest.warns(UserWarning, match=f"nn.functional.{name}`? is deprecated"):
            results.append(getattr(library.nn.functional, name)(library.tensor(normal(1, 2, 3, 4)), scale_factor=2))
    np.testing.assert_allclose(numpy(results[0]), numpy(results[1]), 1e-5, 1e-6)


PADS = [f"{kind}Pad{d}d" for kind in ("Constant", "Zero", "Reflection", "Replication", "Circular") for d in (1, 2, 3)]


@pytest.mark.torch
@pytest.mark.parametrize("name", PADS)
def test_padding_is_pytorchs(torch, name):
    d, value = int(name[-2]), (1.5,) if "Constant" in name else ()
    for padding in (1, tuple(range(2))[:2] * d):
        ours, theirs = (getattr(library.nn, name)(padding, *value) for library in (tn, torch))
        x = normal(2, 3, *[4] * d)
        np.testing.assert_array_equal(numpy(ours(tn.tensor(x))), numpy(theirs(torch.tensor(x))))
        assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "module, shape, channels",
    [
        (nn.Dropout1d(0.4), (200, 10, 6), 2), (nn.Dropout1d(0.4), (2000, 6), 1),
        (nn.Dropout2d(0.4), (200, 10, 3, 4), 2),
        (nn.Dropout3d(0.4), (200, 10, 2, 2, 2), 2), (nn.Dropout3d(0.4), (2000, 2, 2, 2), 1),
    ],
    ids=str,
)  # fmt: skip
def test_channels_are_dropped_as_a_whole(module, shape, channels):
    x = tn.ones(shape, requires_grad=True)
    y = module(x)
    rows = numpy(y.detach()).reshape(*shape[:channels], -1)
    assert (rows == rows[..., :1]).all()
    np.testing.assert_allclose(np.unique(rows), [0, 1 / 0.6], rtol=1e-6)
    assert abs((rows[..., 0] == 0).mean() - 0.4) < 0.05
    y.sum().backward()
    assert (numpy(x.grad) == numpy(y.detach())).all()
    assert module.eval()(x) is x


@pytest.mark.parametrize("module", [nn.AlphaDropout(0.3), nn.FeatureAlphaDropout(0.3)], ids=str)
def test_alpha_dropout_keeps_mean_and_variance(module):
    y = numpy(module(tn.randn(400, 500, 2)))
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.03
    assert module.eval()(y_in := tn.ones(2, 3)) is y_in


def test_dropout2d_of_three_dimensions_warns():
    with pytest.warns(UserWarning, match="is taken for"):
        assert nn.Dropout2d()(tn.ones(2, 3, 4)).shape == (2, 3, 4)
    with pytest.raises(ShapeError, match="expected an input with 4 dimensions"):
        nn.Dropout2d()(tn.ones(2, 3))


@pytest.mark.torch
def test_a_module_dict_is_pytorchs(torch):
    results = []
    for library in (tn, torch):
        d = library.nn.ModuleDict({"a": library.nn.Linear(2, 3), "b": library.nn.ReLU()})
        d["c"] = library.nn.Linear(3, 1)
        d.update([("b", library.nn.Tanh())])
        popped = d.pop("a")
        assert "a" not in d and "c" in d and isinstance(popped, library.nn.Linear)
        d["a"] = popped
        found = [list(d), list(d.keys()), len(d), [type(m).__name__ for m in d.values()], list(d.state_dict())]
        results.append([*found, repr(d), [name for name, _ in d.items()]])
        with pytest.raises(KeyError):
            d["absent"]
        with pytest.raises(TypeError):
            d["x"] = 3
        d.clear()
        assert len(d) == 0
    assert results[0] == results[1]


@pytest.mark.torch
def test_containers_of_parameters_are_pytorchs(torch):
    results = []
    for library in (tn, torch):
        values = library.nn.ParameterList([library.nn.Parameter(library.ones(2)), library.zeros(3)])
        values.append(library.ones(1))
        values += [library.ones(4)]
        values[1] = library.full((2, 2), 3.0)
        named = library.nn.ParameterDict({"w": library.ones(2, 3)})
        named["b"] = library.zeros(3)
        named.update({"c": library.ones(1)})
        named.pop("c")
        module = library.nn.Module()
        module.values, module.named = values, named
        shapes = [tuple(p.shape) for p in module.parameters()]
        found = [
            len(values),
            [tuple(p.shape) for p in values[1:3]],
            list(named.keys()),
            shapes,
            list(module.state_dict()),
        ]
        results.append([*found, "w" in named, named.get("absent"), all(p.requires_grad for p in module.parameters())])
        with pytest.raises(IndexError):
            values[9]
        with pytest.raises((KeyError, AttributeError)):  # KeyError here, as of other mappings
            named["absent"]
        with pytest.raises(TypeError):
            library.nn.ParameterList(library.ones(2))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "run, error, words",
    [
        (lambda x: F.interpolate(x), ArgumentValueError, "either size or scale_factor"),
        (lambda x: F.interpolate(x, size=3, scale_factor=2), ArgumentValueError, "either size or scale_factor"),
        (lambda x: F.interpolate(x, 3, mode="trilinear"), ShapeError, "fits mode 'trilinear'"),
        (lambda x: F.interpolate(x, 3, align_corners=True), ArgumentValueError, "weighted modes only"),
        (lambda x: F.interpolate(x, 3, antialias=True), ArgumentValueError, "for antialias, got 'nearest'"),
        (lambda x: F.interpolate(x, 3, mode="lanczos"), ArgumentValueError, "antialias, and no align_corners"),
        (lambda x: F.interpolate(x.long(), 3, mode="bilinear"), DTypeError, "a floating dtype for mode 'bilinear'"),
        (lambda x: F.interpolate(x, scale_factor=0.01), ArgumentValueError, "at least 1 element"),
        (lambda x: F.interpolate(x, (1, 2, 3)), ShapeError, "for each of 2 dimensions"),
        (lambda x: nn.ZeroPad2d((1, 2))(x), ValueError, "a padding of 4 numbers"),
    ],
)
def test_errors_say_what_was_expected(run, error, words):
    with pytest.raises(error, match=words):
        run(tn.ones(1, 1, 4, 4))
