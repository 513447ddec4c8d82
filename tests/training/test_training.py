"""The training loop, metrics, checkpoints and run folders."""

import contextlib
import copy
import errno
import json
import os
import re
import signal
import sys
import types

import numpy as np
import pytest
from helpers import run_python
from safetensors import safe_open

import tinynet as tn
from tinynet import data, nn, training
from tinynet.training import CheckpointError, Config, Run, progress
from tinynet.training.choices import OPTIMIZERS, SCHEDULES
from tinynet.training.files import uninterrupted, whole_file, whole_files
from tinynet.training.models import mlp

QUICK = {"epochs": 2, "batch_size": 64}


def loaders(n=64, batch=16):
    """A problem that is learnt quickly: the class is the larger of two numbers."""
    x = tn.rand(n, 2, generator=tn.Generator(0))
    dataset = data.TensorDataset(x, x.argmax(1))
    return data.DataLoader(dataset, batch, shuffle=True), data.DataLoader(dataset, n)


def model():
    tn.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))


def weights(module):
    return {name: tensor.array.tobytes() for name, tensor in module.state_dict().items()}


def fit(net, train, test, lr=0.1, **options):
    optimizer = tn.optim.SGD(net.parameters(), lr)
    return training.fit(net, train, test, optimizer, nn.CrossEntropyLoss(), **{"progress": False, **options})


# The loop


def test_fit_learns_and_tells(capsys):
    net, (train, test) = model(), loaders()
    rows = fit(net, train, test, lr=1.0, epochs=30, progress=True)
    assert [row.epoch for row in rows] == list(range(1, 31))
    assert rows[-1].step == 30 * 4 and rows[-1].lr == 1.0
    assert rows[-1].test_accuracy > 0.95 > rows[0].test_accuracy
    assert rows[-1].test_loss < rows[0].test_loss
    assert [row.seconds for row in rows] == sorted(row.seconds for row in rows)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 30 and re.fullmatch(r"epoch 30/30  train loss .*% right  test loss .*% right", out[-1])
    assert max(map(len, out)) < 80


@pytest.mark.parametrize(
    ("terminal", "notebook", "shown"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_a_bar_is_shown_where_somebody_looks_at_it(monkeypatch, capsys, terminal, notebook, shown):
    shell = types.SimpleNamespace(config={"IPKernelApp": {}} if notebook else {})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with progress.bar(4, True) as bar:
        bar.update()
    assert ("% |" in capsys.readouterr().err) == shown
    with progress.bar(4, False):
        pass
    assert capsys.readouterr().err == ""


def test_lines_and_bars_fit_into_eighty_columns():
    row = training.Epoch(100, 4500, 0.1234, 1.0, 123456.7, 0.5, 1e-3, 100.0)
    assert progress.line(row, 100) == "epoch 100/100  train loss 0.1234, 100.0% right  test loss 1.23e+05, 50.0% right"
    assert len(progress.line(row, 100)) < 80
    bar = progress.tqdm.format_meter(
        9, 100, 9.0, ncols=80, prefix="epoch 10/40", bar_format=progress.FORMAT, postfix="loss 0.1234, 97.1%, lr 0.003"
    )
    assert len(bar) <= 80 and len(bar.split("|")[1]) > 15


def test_fit_is_the_loop_one_would_write():
    net, (train, _) = model(), loaders()
    rows = fit(net, train, None, epochs=2)
    by_fit = weights(net)
    assert rows[-1].test_loss is None and rows[-1].test_accuracy is None

    net, total = model(), 0.0
    optimizer = tn.optim.SGD(net.parameters(), 0.1)
    for _ in range(2):
        losses = []
        for x, y in train:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        total = np.mean(losses)
    assert weights(net) == by_fit
    assert rows[-1].train_loss == pytest.approx(total)


def test_fit_calls_scheduler_and_hook():
    net, (train, test) = model(), loaders()
    optimizer = tn.optim.SGD(net.parameters(), 0.1)

    class Halve:
        def step(self):
            optimizer.param_groups[0]["lr"] /= 2

    seen = []
    loss = nn.CrossEntropyLoss()
    rows = training.fit(
        net,
        train,
        test,
        optimizer,
        loss,
        epochs=3,
        scheduler=Halve(),
        on_epoch=lambda rows: seen.append(len(rows)),
        progress=False,
    )
    assert [row.lr for row in rows] == [0.1, 0.05, 0.025]
    assert seen == [1, 2, 3]


def test_fit_of_a_regression_has_no_accuracy():
    x = tn.rand(32, 2, generator=tn.Generator(0))
    train = data.DataLoader(data.TensorDataset(x, x.sum(1, keepdim=True)), 8)
    net = nn.Linear(2, 1)
    row = training.fit(net, train, train, tn.optim.SGD(net.parameters(), 0.1), nn.MSELoss(), epochs=1, progress=False)[
        0
    ]
    assert row.train_accuracy is None and row.test_accuracy is None and row.test_loss > 0


def test_evaluate_weighs_batches_by_their_rows_and_restores_the_modes():
    net, (_, test) = model(), loaders()
    net[2].eval()  # a layer that somebody froze
    whole = training.evaluate(net, test, nn.CrossEntropyLoss())
    uneven = training.evaluate(net, data.DataLoader(test.dataset, 50), nn.CrossEntropyLoss())
    assert uneven.loss == pytest.approx(whole.loss) and uneven.accuracy == whole.accuracy
    assert net.training and not net[2].training
    x, y = test.dataset[:]
    assert whole.accuracy == (net.eval()(x).argmax(1) == y).float().mean().item()


def test_a_loss_that_is_not_finite_stops_before_the_step():
    net, (train, test) = model(), loaders()
    with tn.no_grad():
        net[3].weight.fill_(float("inf"))
    before = weights(net)
    with pytest.raises(tn.NonFiniteError, match=r"the loss became nan at step 1 \(epoch 1, lr 0.1\): the weights 3"):
        fit(net, train, test, epochs=1)
    with pytest.raises(tn.NonFiniteError, match="at batch 0 of an evaluation"):
        training.evaluate(net, test, nn.CrossEntropyLoss())
    assert weights(net) == before


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_fit_refuses_epochs(epochs):
    with pytest.raises(ValueError, match="whole number >= 1 as epochs"):
        fit(model(), *loaders(), epochs=epochs)


def test_no_batches_is_an_error():
    empty = data.DataLoader(loaders()[0].dataset, 100, drop_last=True)
    with pytest.raises(ValueError, match="expected train with at least one batch"):
        fit(model(), empty, None, epochs=1)
    with pytest.raises(ValueError, match="expected data with at least one batch"):
        training.evaluate(model(), [], nn.CrossEntropyLoss())


# Files


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "disk full")))
        with pytest.raises(OSError, match=r"disk full: .*x\.txt"), whole_file(path) as file:
            file.write(b"new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["x.txt"]
    with whole_file(path) as file:
        file.write(b"new")
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["x.txt"]


@pytest.fixture(params=["with files that have no name", "without"])
def system(request, monkeypatch):
    if request.param == "without":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def test_files_change_together_or_not_at_all(tmp_path, system):
    paths = [tmp_path / "a", tmp_path / "b"]
    for text in (b"old", b"new"):
        with whole_files(*paths) as files:
            for path, file in zip(paths, files):
                file.write(text)
                assert not path.exists() or path.read_bytes() == b"old"
    with pytest.raises(ZeroDivisionError), whole_files(*paths) as files:
        files[0].write(b"half")
        raise ZeroDivisionError
    assert [path.read_bytes() for path in paths] == [b"new", b"new"] and sorted(os.listdir(tmp_path)) == ["a", "b"]
    with pytest.raises(OSError, match="No such file or directory"), whole_files(paths[0], tmp_path / "none" / "x"):
        pass
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_what_is_not_a_file_is_written_and_not_replaced(tmp_path, system):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for path in (tmp_path / "link", os.devnull):
        with whole_file(path) as file:
            file.write(b"new")
    assert (tmp_path / "target").read_bytes() == b"new" and (tmp_path / "link").is_symlink()
    assert not os.path.isfile(os.devnull)
    with pytest.raises(OSError, match="directory"), whole_file(tmp_path):
        pass


def test_what_killed_processes_have_left_is_removed_after_a_while(tmp_path):
    old, new, other = (tmp_path / name for name in (".x.1.tmp", ".x.2.tmp", ".y.1.tmp"))
    for path in (old, new, other):
        path.touch()
    os.utime(old, (0, 0))
    with whole_file(tmp_path / "x") as file:
        file.write(b"x")
    assert sorted(os.listdir(tmp_path)) == [new.name, other.name, "x"]


FULL = """
import os, resource
from tinynet import nn, training
path = os.environ["CHECKPOINT"]
training.save(nn.Linear(4, 4), path)
whole = open(path, "rb").read()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # as if the disk had no more room
try:
    training.save(nn.Linear(64, 64), path)
except OSError as error:
    print(error)
print(open(path, "rb").read() == whole, os.listdir(os.path.dirname(path)))
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path):
    path = tmp_path / "model.safetensors"
    lines = run_python(FULL, CHECKPOINT=str(path)).splitlines()
    assert lines == [str(OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))), "True ['model.safetensors']"]


@pytest.fixture
def listening():
    """Ctrl-C raises KeyboardInterrupt, though the tests may run where it is ignored, as behind `nohup`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_waits_for_files_that_belong_together(listening):
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append(True)
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_is_ignored_stays_so(listening):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with uninterrupted():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


# Metrics and curves

ROWS = [
    training.Epoch(1, 45, 1.25, 0.5, 1.5, 0.625, 0.1, 0.5),
    training.Epoch(2, 90, 0.75, None, None, None, 1e-3, 1.0),
]


def test_metrics_round_trip(tmp_path):
    training.write_csv(ROWS, tmp_path / "metrics.csv")
    assert (tmp_path / "metrics.csv").read_text() == (
        "epoch,step,train_loss,train_accuracy,test_loss,test_accuracy,lr,seconds\n"
        "1,45,1.25,0.5,1.5,0.625,0.1,0.5\n"
        "2,90,0.75,,,,0.001,1\n"
    )
    assert training.read_csv(tmp_path / "metrics.csv") == ROWS


def test_a_table_holds_all_of_the_rows():
    odd = training.Epoch(3, 5, 1 / 3, None, float("nan"), 0.0, 1e-300, 7.0, {"f1": 0.1, "nan": float("nan")})
    for rows in ([], ROWS, [*ROWS, odd]):
        table = training.metrics.to_table(rows)
        assert repr(training.metrics.from_table(table)) == repr(rows)


HEADER = ",".join(training.metrics.COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "the file is empty"),
        (b"a,b\n1,2\n", "expected the columns epoch, step, .*, got a, b"),
        (HEADER.encode() + b"1,2\n", "row 1: expected 8 numbers, got 1,2"),
        (HEADER.encode() + b"1,2,3,,,,x,1\n", "row 1: expected 8 numbers"),
        (HEADER.encode() + b"1,2,3,,,,,\n", "row 1: expected epoch 1 with loss, lr and seconds"),
        (HEADER.encode() + b"7,2,3,,,,1,1\n", "row 1: expected epoch 1 with"),
        (HEADER.encode() + b"\xff\n", "'utf-8' codec can't decode"),
        (HEADER.encode() + b"1," + b"9" * 200_000, "field larger than field limit"),
    ],
)
def test_other_csv_files_are_refused(tmp_path, text, told):
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(ValueError, match=rf"x\.csv: {told}"):
        training.read_csv(tmp_path / "x.csv")


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_curves_are_a_picture(tmp_path, rows):
    training.plot(rows, tmp_path / "curves.png", "title")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


# Checkpoints


def scrambled():
    net = model()
    net.register_buffer("count", tn.tensor(7))  # 0-d
    for p in net.parameters():
        p.data.mul_(-3)
    net.count.fill_(9)
    return net


def test_checkpoint_round_trip(tmp_path):
    saved, net = scrambled(), model()
    net.register_buffer("count", tn.tensor(7))
    training.save(saved, tmp_path / "m.safetensors")
    assert weights(net) != weights(saved)
    assert training.load(net, tmp_path / "m.safetensors") is net
    assert weights(net) == weights(saved)
    assert os.listdir(tmp_path) == ["m.safetensors"]
    (tmp_path / "other").touch()
    assert (tmp_path / "m.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode  # readable as any file is


def test_checkpoints_and_pytorch_read_each_other(tmp_path, torch):
    import safetensors.torch

    path, net = tmp_path / "m.safetensors", model().eval()
    training.save(net, path)
    twin = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, 2)).eval()
    twin.load_state_dict(safetensors.torch.load_file(path))
    x = np.random.default_rng(0).random((5, 2), np.float32)
    np.testing.assert_allclose(net(tn.tensor(x)).detach().numpy(), twin(torch.tensor(x)).detach().numpy(), rtol=1e-5)
    with torch.no_grad():
        twin[0].weight += 1
    safetensors.torch.save_file(twin.state_dict(), path)
    training.load(net, path)
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), twin[0].weight.detach().numpy())


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def header(text, numbers=b""):
    return len(text).to_bytes(8, "little") + text + numbers


def entry(name="a", **changes):
    return json.dumps({name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}).encode()


CANNOT_READ = r"cannot be read as a safetensors file: \w+"


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda content: b"", rf"\(0 bytes\) {CANNOT_READ}"),
        (lambda content: content.replace(b"crc32", b"crc33"), "is damaged: its values do not match"),
        (lambda content: flip(content.replace(b"crc32", b"crc33"), len(content) - 3), "is damaged: its values do not"),
        (lambda content: flip(content.replace(b'"tinynet"', b'"tinynot"'), len(content) - 3), "is damaged: its values"),
        (lambda content: content.replace(b'{\\"', b"{()"), "is damaged: its notes cannot be read: it is not JSON"),
        (lambda content: header(b"[" * 100_000), CANNOT_READ),
        (lambda content: header(b'{"a": 1}'), CANNOT_READ),
        (lambda content: header(entry(dtype=[])), CANNOT_READ),
        (lambda content: header(entry(dtype="F9")), CANNOT_READ),
        (lambda content: header(entry(shape=[-1])), CANNOT_READ),
        (lambda content: header(entry(shape=[2**62] * 9)), CANNOT_READ),
        (lambda content: header(entry(data_offsets=[8, 16]), bytes(16)), CANNOT_READ),
        (lambda content: header(entry(), bytes(9)), CANNOT_READ),
        (lambda content: header(entry(shape=[2**40], data_offsets=[0, 2**42]), bytes(8)), CANNOT_READ),
        (lambda content: header(b'{"a": 1, "a": 2}'), CANNOT_READ),
        (lambda content: header(b'{"__metadata__": {"a": 1}}'), CANNOT_READ),
        (lambda content: b"\xff" * 20, CANNOT_READ),
        (lambda content: content[:5], CANNOT_READ),
        (lambda content: content[:-1], CANNOT_READ),
        (lambda content: content + b"0", CANNOT_READ),
        (lambda content: flip(content, 7), CANNOT_READ),
        (lambda content: flip(content, 12), "cannot be read|does not fit|is damaged"),
        (lambda content: flip(content, len(content) - 3), "is damaged: its values do not match the checksum"),
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage, text):
    net, path = model(), tmp_path / "m.safetensors"
    training.save(net, path)
    path.write_bytes(damage(path.read_bytes()))
    before = weights(net)
    with pytest.raises(CheckpointError, match=text) as caught:
        training.load(net, path)
    assert "m.safetensors" in str(caught.value)
    assert weights(net) == before


@pytest.mark.parametrize(
    ("text", "size", "told"),
    [
        (entry("weight", shape=[2, 2**33], data_offsets=[0, 2**36]), 2**36, r"float32 \(2, 8589934592\)"),
        (entry("weight", shape=[1] * 10_000 + [2]), 8, r"float32 \(1, 1, (1, )+.*\.\.\.$"),
        (entry("weight", dtype="F8_E4M3", shape=[3, 2], data_offsets=[0, 6]), 6, r"F8_E4M3 \(3, 2\)"),
        (entry("weight", dtype="BOOL", shape=[3, 2], data_offsets=[0, 6]), 6, r"bool \(3, 2\)"),
        (entry("weight", dtype="I16", shape=[3, 2], data_offsets=[0, 12]), 12, r"int16 \(3, 2\)"),
    ],
)
def test_shapes_and_dtypes_are_compared_before_numbers_are_read(tmp_path, monkeypatch, text, size, told):
    monkeypatch.delattr("tinynet.training.checkpoint.deserialize")
    path, net = tmp_path / "m.safetensors", nn.Linear(2, 3, bias=False)
    path.write_bytes(header(text))
    os.truncate(path, 8 + len(text) + size)  # takes no room on a disk
    before = weights(net)
    with pytest.raises(CheckpointError, match=rf"weight: expected float32 \(3, 2\), got {told}"):
        training.load(net, path)
    assert weights(net) == before


def test_names_from_a_file_are_told_in_brief(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(header(entry("x\n\x1b" * 10_000), bytes(8)))
    with pytest.raises(CheckpointError, match=r"unexpected x \? *x(.{0,100})\.\.\., float32 \(2,\); known: weight"):
        training.load(nn.Linear(2, 3, bias=False), tmp_path / "m.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be replaced")
def test_a_checkpoint_that_is_replaced_while_it_is_read(tmp_path, monkeypatch):
    """As by a run that goes on: what is loaded is the old file or the new one."""
    path, old, new = tmp_path / "m.safetensors", model(), model()
    new[0].weight.data.fill_(1)
    training.save(old, path)
    replacements = iter([new])

    def slow_open(*args, **kwargs):
        for replacement in replacements:
            training.save(replacement, path)
        return safe_open(*args, **kwargs)

    monkeypatch.setattr("tinynet.training.checkpoint.safe_open", slow_open)
    assert weights(training.load(old, path)) == weights(new)


def test_memory_order_is_not_saved(tmp_path):
    net = nn.Linear(2, 3, bias=False)
    net.register_buffer("turned", tn.arange(6).view(2, 3).t())
    net.register_buffer("spread", tn.tensor([1.0]).expand(3))
    training.save(net, tmp_path / "m.safetensors")
    other = copy.deepcopy(net)
    other.turned, other.spread = tn.zeros(3, 2, dtype=tn.int64), tn.zeros(3)
    training.load(other, tmp_path / "m.safetensors")
    assert other.turned.tolist() == net.turned.tolist() and other.spread.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("other", "texts"),
    [
        (
            lambda: nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2, bias=False)),
            [r"missing 3\.bias, expected float32 \(2,\)"],
        ),
        (
            lambda: nn.Sequential(*[nn.Linear(2, 8), nn.ReLU(), nn.ReLU(), nn.Linear(8, 2), nn.Linear(2, 2)]),
            [r"unexpected 4\.weight, float32 \(2, 2\)", r"unexpected 4\.bias"],
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 2)),
            [r"0\.weight: expected float32 \(8, 2\), got float32 \(9, 2\)", r"3\.weight: expected"],
        ),
        (lambda: counted("int64"), [r"unexpected count, int64 \(\)"]),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(tmp_path, other, texts):
    net, path = model(), tmp_path / "m.safetensors"
    training.save(other(), path)
    before = weights(net)
    for text in ["m.safetensors does not fit the model", *texts]:
        with pytest.raises(CheckpointError, match=text):
            training.load(net, path)
    assert weights(net) == before


def counted(dtype):
    net = model()
    net.register_buffer("count", tn.tensor(7, dtype=dtype))
    return net


def test_integers_are_converted_to_wider_ones_only(tmp_path):
    training.save(counted("int32"), tmp_path / "m.safetensors")
    with pytest.warns(UserWarning, match="converted int32 to int64, the model's dtype"):
        assert training.load(counted("int64"), tmp_path / "m.safetensors").count.item() == 7
    training.save(counted("int64"), tmp_path / "m.safetensors")
    for dtype in ("int32", "float32", "bool"):
        with pytest.raises(CheckpointError, match=rf"count: expected {dtype} \(\), got int64 \(\)"):
            training.load(counted(dtype), tmp_path / "m.safetensors")


@pytest.mark.parametrize("kind", ["bfloat16", "float16", "float64"])
@pytest.mark.parametrize("own", ["float32", "float64"])
def test_floats_of_all_widths_are_converted_with_a_word(tmp_path, torch, kind, own):
    import safetensors.torch

    path, net = tmp_path / "m.safetensors", nn.Linear(2, 3).to(getattr(tn, own))
    twin = torch.nn.Linear(2, 3).to(getattr(torch, kind))
    safetensors.torch.save_file(twin.state_dict(), path)
    if kind == own:
        training.load(net, path)
    else:
        with pytest.warns(UserWarning, match=f"m.safetensors: converted {kind} to {own}, the model's dtype"):
            training.load(net, path)
    assert str(net.weight.dtype) == own
    np.testing.assert_array_equal(net.weight.detach().numpy(), twin.to(getattr(torch, own)).weight.detach().numpy())


def test_numbers_that_do_not_fit_are_refused(tmp_path):
    wide, net = nn.Linear(1, 1).double(), nn.Linear(1, 1)
    wide.weight.data.fill_(1e300)
    training.save(wide, tmp_path / "m.safetensors")
    before = weights(net)
    with pytest.raises(CheckpointError, match=r"weight: its numbers, up to 1e\+300, do not fit float32"):
        training.load(net, tmp_path / "m.safetensors")
    assert weights(net) == before


def test_files_without_numbers(tmp_path):
    path = tmp_path / "m.safetensors"
    for net in (nn.ReLU(), nn.Linear(0, 3, bias=False)):
        training.save(net, path)
        training.load(net, path)


def test_many_problems_are_told_in_part(tmp_path):
    training.save(nn.Sequential(*(nn.Linear(1, 1) for _ in range(50))), tmp_path / "m.safetensors")
    with pytest.raises(CheckpointError, match=r"unexpected 0\.weight(.|\n)*and 82 more") as caught:
        training.load(nn.Linear(1, 1), tmp_path / "m.safetensors")
    assert len(str(caught.value).splitlines()) == 22


def savez(path):
    with open(path, "wb") as file:
        np.savez(file, weight=np.ones(2))


FOREIGN = {
    "PyTorch": (lambda torch, path: torch.save(torch.nn.Linear(2, 2).state_dict(), path), "a checkpoint of PyTorch"),
    "old PyTorch": (
        lambda torch, path: torch.save({}, path, _use_new_zipfile_serialization=False),
        r"a checkpoint of PyTorch.*torch\.load\(path, weights_only=True\)",
    ),
    "NumPy": (lambda torch, path: savez(path), "an archive of NumPy"),
    "ONNX": (lambda torch, path: path.write_bytes(b"\x08\x08\x12\x07pytorch\x1a\x052.4.0"), "an ONNX graph"),
    "HDF5": (lambda torch, path: path.write_bytes(b"\x89HDF\r\n\x1a\n"), r"an HDF5 file \(\.h5\)"),
    "zip": (lambda torch, path: path.write_bytes(b"PK\x03\x04"), "a zip archive"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_model_files_of_others_are_called_by_name(tmp_path, torch, kind):
    write, text = FOREIGN[kind]
    write(torch, tmp_path / "model.bin")
    with pytest.raises(CheckpointError, match=f"model.bin: expected a safetensors file, got {text}"):
        training.load(nn.Linear(2, 2), tmp_path / "model.bin")


def test_a_missing_checkpoint_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.safetensors"):
        training.load(model(), tmp_path / "no.safetensors")


# Configurations


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"optimizer": "adm"}, "no optimizer 'adm'; did you mean 'adam'"),
        ({"model": "mpl"}, "no model 'mpl'; did you mean 'mlp'"),
        ({"dataset": "nothing"}, "no dataset 'nothing'; known: digits"),
        ({"lr": 0.0}, "lr: expected a number > 0, got 0.0"),
        ({"lr": float("nan")}, "lr: expected"),
        ({"lr": float("inf")}, "lr: expected"),
        ({"lr": 10**400}, "lr: expected"),
        ({"epochs": 0}, r"epochs: expected a whole number in \[1, 2\^31\), got 0"),
        ({"epochs": 10**400}, "epochs: expected"),
        ({"batch_size": -3}, r"batch-size: expected a whole number in \[1, 2\^31\), got -3"),
        ({"model": ["mlp"]}, "no model"),
        ({"device": "gpu"}, "no device 'gpu'; did you mean 'cpu'"),
        ({"seed": -1}, "seed: expected a whole number in"),
        ({"epochs": True}, "epochs: expected"),
        ({"held_out": 1.0}, "held-out: expected a fraction"),
    ],
)
def test_config_refuses(values, text):
    with pytest.raises(ValueError, match=text):
        Config(**values)


def test_config_round_trip(tmp_path):
    config = Config(optimizer="sgd", epochs=3)
    assert config.lr == OPTIMIZERS["sgd"].lr
    config.write(tmp_path / "config.json")
    assert Config.read(tmp_path / "config.json") == config
    assert json.loads((tmp_path / "config.json").read_text())["tinynet"] == tn.__version__


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "the file is empty"),
        (b"[]", "expected a JSON object, got list"),
        (b'{"tinynet": "0"', "it is not JSON"),
        (b'{"epochs": 1}', "expected an entry 'tinynet'"),
        (b'{"tinynet": "0", "epoch": 1}', "unknown entry 'epoch'; tinynet 0 wrote it, this is "),
        (b'{"tinynet": "0", "epochs": NaN}', "epochs: expected a whole number"),
        (b'{"tinynet": "0", "lr": ' + b"9" * 5000 + b"}", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        (b'{"a": ' * 10_000, "its JSON is nested too deeply"),
        (b" " * 100_000, "expected at most 65,536 bytes"),
    ],
)
def test_a_damaged_config_is_refused(tmp_path, text, told):
    (tmp_path / "config.json").write_bytes(text)
    with pytest.raises(
        ValueError, match=rf"config\.json is not a configuration that this tinynet reads: {told}"
    ) as caught:
        Config.read(tmp_path / "config.json")
    assert len(str(caught.value)) < 300


# Run folders


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_the_digits(tmp_path, optimizer):
    rows = Run.create(Config(optimizer=optimizer, epochs=10), tmp_path).train(progress=False)
    assert rows[-1].test_accuracy > 0.94


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 30, 1000])
def test_every_schedule_has_lr_as_its_largest_rate(name, steps):
    rates = [SCHEDULES[name](0.1, steps)(t) for t in range(steps)]
    assert min(rates) > 0 and max(rates) <= 0.1 and (steps < 30 or max(rates) == pytest.approx(0.1))


def test_a_run_can_be_opened_and_measured_again(tmp_path):
    run = Run.create(Config(**QUICK), tmp_path)
    rows = run.train(progress=False)
    again = Run.open(run.folder)
    assert again.config == run.config
    assert again.evaluate() == (rows[-1].test_loss, rows[-1].test_accuracy)
    assert [row.epoch for row in again.rows()] == [1, 2]
    assert not again.model()[0].training


def test_the_same_seed_gives_the_same_bits(tmp_path):
    def train(seed):
        run = Run.create(Config(**QUICK, seed=seed), tmp_path)
        return [row._replace(seconds=0) for row in run.train(progress=False)], (
            run.folder / "model.safetensors"
        ).read_bytes()

    assert train(1) == train(1)
    assert train(1)[0] != train(2)[0]
    assert sorted(os.listdir(tmp_path)) == ["digits-mlp-adam", *(f"digits-mlp-adam-{i}" for i in (2, 3, 4))]


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_interrupt_leaves_the_last_finished_epoch(tmp_path, monkeypatch, epoch):
    class Interrupting(data.TensorDataset):
        batches = 0

        def __getitems__(self, indices):
            self.batches += 1
            if self.batches == 12 * (epoch - 1) + 5:  # an epoch is ten batches of training and two of evaluation
                raise KeyboardInterrupt
            return super().__getitems__(indices)

    x = tn.rand(800, 4, generator=tn.Generator(0))
    with monkeypatch.context() as patch:
        patch.setitem(data.DATASETS, "tiny", lambda: Interrupting(x, x.argmax(1)))
        run = Run.create(Config(dataset="tiny", batch_size=64, held_out=0.2), tmp_path)
        patch.setattr("tinynet.training.run.EVALUATION_BATCH", 80)
        with pytest.raises(KeyboardInterrupt):
            run.train(progress=False)
        assert len(run.rows()) == epoch - 1
        saved = {"metrics.csv", "model.safetensors", "best.safetensors", f"checkpoint-{10 * (epoch - 1)}.safetensors"}
        assert set(os.listdir(run.folder)) == {"config.json", "data.json"} | (saved if epoch > 1 else set())
        if epoch > 1:
            assert run.evaluate().accuracy == pytest.approx(run.rows()[-1].test_accuracy, rel=1e-5)
        else:
            with pytest.raises(FileNotFoundError, match="training was stopped before the first epoch ended"):
                run.evaluate()


def test_what_is_no_run_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run folder: it has no config\.json"):
        Run.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"cannot make the run folder .*: File exists"):
        Run.create(Config(), tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(OSError, match=r"cannot make the run folder .*link: a link that leads nowhere"):
        Run.create(Config(), tmp_path / "link")
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\0", "a\n"])
def test_a_run_is_called_by_a_plain_name(tmp_path, name):
    with pytest.raises(ValueError, match="name: expected the plain name of a folder"):
        Run.create(Config(), tmp_path / "out", name)
    assert os.listdir(tmp_path) == []


def test_rows_belong_to_the_model_whenever_a_run_is_killed(tmp_path, monkeypatch):
    """Killed between any two of the system calls that change the folder's names, and read then."""
    config, calls = Config(**{**QUICK, "epochs": 3}), iter(range(1000))

    class Killed(BaseException):
        pass

    def replace(old, new, real=os.replace):
        if os.path.basename(new) in ("config.json", "metrics.csv", "model.safetensors") and next(calls) == last:
            raise Killed
        real(old, new)

    monkeypatch.setattr(os, "replace", replace)
    for last in range(7):
        calls, run = iter(range(-1, 1000)), None  # the first call is that for config.json
        with contextlib.suppress(Killed):
            run = Run.create(config, tmp_path)
            run.train(progress=False)
        run = Run.open(run.folder)
        rows = run.rows()
        assert len(rows) == last // 2
        if rows:
            assert run.evaluate().loss == pytest.approx(rows[-1].test_loss, rel=1e-5)


def test_mlp_has_the_names_of_pytorch():
    assert {name: p.shape for name, p in mlp(64, 10).named_parameters()} == {
        "0.weight": (128, 64),
        "0.bias": (128,),
        "2.weight": (64, 128),
        "2.bias": (64,),
        "4.weight": (10, 64),
        "4.bias": (10,),
    }
