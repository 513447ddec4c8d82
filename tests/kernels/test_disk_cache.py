"""Compiled kernels on disk: found again by the next process, in a folder that nobody else can write to."""

import errno
import os
import stat
import sys
import time
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from formulas_for_lift import simple
from helpers import run_python

from tinynet.kernels.lifting import lift, module
from tinynet.kernels.runtime import disk_cache, folder
from tinynet.kernels.runtime.disk_cache import DiskCache
from tinynet.kernels.runtime.jit import compile_only_for, jit

USER = 1000
compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
with_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no users in this sense")


# Every way in which the package compiles: lifted formulas and rules, loops, functions called by their address. The
# compiler runs passes whichever way it is entered, and none when it finds machine code on disk.
SCRIPT = """
from numba.core import event
passes = []
class Count(event.Listener):
    def on_start(self, e): passes.append(e.data["name"])
    def on_end(self, e): pass
event.register("numba:run_pass", Count())

import numba, tinynet as tn
from tinynet import nn
F = nn.functional
tn.manual_seed(0)
images = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.ConvTranspose2d(4, 4, 2, 2),
    nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 16), nn.GELU(), nn.Dropout(0.1), nn.LayerNorm(16),
    nn.Linear(16, 5))
words, attend = nn.Embedding(7, 16), nn.MultiheadAttention(16, 2, batch_first=True)
for size in SIZES:
    x, ids, target = tn.randn(size, 1, 8, 8), tn.arange(size * 4).reshape(size, 4) % 7, tn.arange(size) % 5
    for make in (tn.optim.Adam, tn.optim.SGD):
        optimizer = make([*images.parameters(), *words.parameters(), *attend.parameters()], lr=1e-3)
        for step in range(2):
            optimizer.zero_grad()
            e = words(ids)
            loss = F.cross_entropy(images(x), target) + F.softmax(attend(e, e, e)[0], -1).log().mean() + e.std()
            loss.backward()
            optimizer.step(max_norm=1.0)
found = len(passes)
numba.njit(lambda x: x)(1)
print(found, len(passes) > found)
"""


def compiler_passes(*sizes):
    """How many passes the compiler runs for steps of training; and whether passes are counted at all."""
    return run_python(SCRIPT.replace("SIZES", repr(sizes)))


@compiled_only
def test_a_second_process_compiles_nothing_new():
    compiler_passes(3)
    assert compiler_passes(3, 5) == "0 True"  # and another size wants no other code


# Damage


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for compiled kernels."""
    for home in (disk_cache, module):
        monkeypatch.setattr(home, "cache_folder", lambda: tmp_path)
    return tmp_path


def flip(data, bit):
    damaged = bytearray(data)
    damaged[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(damaged)


DAMAGE = {
    "emptied": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "random": lambda data: np.random.default_rng(0).bytes(len(data)),
    "longer": lambda data: data + b"\0",
    "a bit of the checksum": lambda data: flip(data, 100),
    "a bit of the code": lambda data: flip(data, 4 * len(data)),
    "a folder": None,
}


def damage(path, how):
    whole = path.read_bytes()
    if DAMAGE[how] is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(DAMAGE[how](whole))
    return whole


def found_on_disk():
    """Compile a function, or find it on disk; which of the two."""
    kernel = jit(double)
    kernel._cache = DiskCache(double)
    compile_only_for(kernel, numba.float64[::1])
    x = np.ones(3)
    kernel(x)
    assert x.tolist() == [2, 2, 2]
    return bool(kernel.stats.cache_hits)


def double(x):
    for i in range(x.size):
        x[i] *= 2


@compiled_only
def test_damaged_machine_code_is_compiled_anew(cache):
    assert not found_on_disk() and found_on_disk()
    for how in DAMAGE:
        (path,) = cache.iterdir()
        damage(path, how)
        assert not found_on_disk(), how
        assert found_on_disk() == (how != "a folder"), how


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_text_of_a_lifted_kernel_is_not_what_runs(cache, how):
    text = lift.lift(simple, prologue="x = 0.5 * x").source("float32")
    loop, lifted = module.load("simple", text).loop, cache / "lifted"
    (path,) = lifted.iterdir()
    whole = damage(path, how)
    del sys.modules[loop.__module__]
    again = module.load("simple", text).loop
    assert again.__code__ == loop.__code__
    assert how == "a folder" or path.read_bytes() == whole == text.encode()
    del sys.modules[loop.__module__]


def test_a_damaged_fingerprint_is_taken_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "code_of", str)  # to parse all sources each time takes a second
    found = folder.fingerprint(tmp_path)
    (path,) = tmp_path.iterdir()
    for how in ("emptied", "cut", "random", "longer"):
        damage(path, how)
        assert folder.fingerprint(tmp_path) == found and path.read_text() == found


@compiled_only
def test_without_room_on_the_disk_kernels_run_uncached(cache, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for home, name in ((folder.tempfile, "mkstemp"), (folder.os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(home, name, full)
            assert not found_on_disk()
        assert list(cache.iterdir()) == []  # and nothing half written is left


@compiled_only
def test_without_a_folder_kernels_run_uncached(monkeypatch):
    for home in (disk_cache, module):
        monkeypatch.setattr(home, "cache_folder", lambda: None)
    kernel, out, one = lift.lift(simple, prologue="x = 0.25 * x"), np.zeros(1), np.ones(1)
    kernel.cpu(out, one, one)
    assert out.item() == 0.75


@compiled_only
def test_whoever_waits_for_a_compiler_is_told_so(cache):
    said = []
    with disk_cache.before_compiling(lambda: said.append(None)):
        assert not found_on_disk()
    assert len(said) == 1
    with disk_cache.before_compiling(lambda: said.append(None)):
        assert found_on_disk() and len(said) == 1


# Whose folder it is


def entry(mode=0o700, owner=USER, kind=stat.S_IFDIR):
    return SimpleNamespace(st_mode=kind | mode, st_uid=owner)


@with_users
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, ""),
        ({"/c/x": entry(0o755), "/c": entry(0o755, 0)}, ""),
        ({"/c/x": entry(owner=0)}, ""),
        ({"/c": entry(0o1777, 0)}, ""),  # as /tmp: others cannot move what is the user's
        ({"/c/x": entry(0o1777)}, "others can write to /c/x"),
        ({"/c/x": entry(owner=1001)}, "/c/x belongs to another user"),
        ({"/c": entry(owner=1001)}, "/c belongs to another user"),
        ({"/c": entry(0o1777, 1001)}, "/c belongs to another user"),
        ({"/c/x": entry(0o770)}, "others can write to /c/x"),
        ({"/c": entry(0o777)}, "others can write to /c"),
        ({"/": entry(0o775, 0)}, "others can write to /"),
        ({"/c/x": entry(0o777, kind=stat.S_IFLNK)}, "/c/x is a link"),
        ({"/c": entry(0o777, kind=stat.S_IFLNK)}, "/c is a link"),
        ({"/c/x": entry(kind=stat.S_IFREG)}, "/c/x is a file"),
    ],
)
def test_who_could_change_what_lies_in_a_folder(found, reason):
    entries = {"/": entry(0o755, 0), "/c": entry(), "/c/x": entry(), **found}
    assert folder.why_untrusted(folder.Path("/c/x"), USER, lambda path: entries[str(path)]) == reason
    assert folder.why_untrusted(folder.Path("/c/x"), None, lambda path: entries[str(path)]) == ""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The folders in which one for kernels is looked for: what the environment names, and the shared temporary one."""
    for name, variable in (("asked", "NUMBA_CACHE_DIR"), ("home", "XDG_CACHE_HOME")):
        monkeypatch.setenv(variable, str(tmp_path / name))
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setattr(folder.tempfile, "tempdir", str(shared))
    monkeypatch.setattr(folder, "fingerprint", lambda base: "0123456789abcdef")
    return tmp_path


def choose():
    return folder.cache_folder.__wrapped__()


VERSION = "tinynet-0123456789abcdef"


@with_users
def test_new_folders_are_closed_to_others(places):
    before = os.umask(0)
    try:
        assert choose() == places / "asked" / VERSION
    finally:
        os.umask(before)
    assert {stat.S_IMODE(p.stat().st_mode) for p in (places / "asked", places / "asked" / VERSION)} == {0o700}


@with_users
def test_a_folder_that_others_can_write_to_is_refused(places, monkeypatch):
    (places / "asked").mkdir()
    (places / "asked").chmod(0o777)
    with pytest.warns(RuntimeWarning, match=r"not kept in .*asked: others can write to .*asked"):
        assert choose() == places / "home" / "tinynet" / VERSION
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    (places / "home" / "tinynet" / VERSION).chmod(0o770)
    assert choose() == places / "shared" / f"tinynet-{os.geteuid()}" / VERSION


@with_users
@pytest.mark.parametrize("planted", ["a link", "open", "another user's", "a file", "a link to nothing"])
def test_what_somebody_else_has_put_into_the_shared_folder_is_not_used(places, monkeypatch, planted):
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    (places / "home").write_text("no folder can be made here")
    base, theirs = places / "shared" / f"tinynet-{os.geteuid()}", places / "theirs"
    if "link" in planted:
        base.symlink_to(theirs)
        if planted == "a link":
            theirs.mkdir(0o700)
    elif planted == "a file":
        base.touch()
    else:
        base.mkdir(0o700)
        (base / VERSION).mkdir(0o700)
        if planted == "open":
            base.chmod(0o777)
        elif os.geteuid() == 0:
            os.chown(base, USER, USER)
        else:
            pytest.skip("only root can give a folder away")
    chosen = choose()
    assert chosen.parent.name.startswith(f"{base.name}-") and chosen.parent.parent == base.parent
    assert (stat.S_IMODE(chosen.parent.stat().st_mode) == 0o700 and not theirs.exists()) or not any(theirs.iterdir())
    assert choose() == chosen  # the next process finds it


@with_users
def test_where_nothing_can_be_trusted_nothing_is_kept(places, monkeypatch):
    monkeypatch.setattr(folder, "why_untrusted", lambda *arguments, **options: "others can write to it")
    with pytest.warns(RuntimeWarning, match="others can write to it"):
        assert choose() is None


# What it is named after, and when it goes


def test_the_fingerprint_is_that_of_the_code():
    text = '"""A module."""\n\n# why\ndef f(x):\n    """Double."""\n    return 2 * x\n'
    same = '"""Another."""\ndef f(x):\n\n    return (2 *\n      x)  # twice\n'
    assert folder.code_of(text) == folder.code_of(same)
    assert folder.code_of(text) != folder.code_of(same.replace("2", "3"))
    assert folder.code_of("f(1)") != folder.code_of("'f'\nf(2)")


def test_folders_that_nobody_has_used_for_long_are_removed(places):
    asked = places / "asked"
    for name in ("tinynet-" + "a" * 16, "tinynet-" + "b" * 16, "tinynet-notes", "other"):
        (asked / name).mkdir(parents=True, mode=0o700)
        (asked / name / "file").touch()
    asked.chmod(0o700)
    long_ago = time.time() - folder.UNUSED - 60
    for path in asked.iterdir():
        if path.name != "tinynet-" + "b" * 16:
            os.utime(path, (long_ago, long_ago))
    choose()
    assert {p.name for p in asked.iterdir()} == {VERSION, "tinynet-" + "b" * 16, "tinynet-notes", "other"}
    os.utime(asked / VERSION, (long_ago, long_ago))
    assert choose().stat().st_mtime > long_ago + folder.UNUSED  # it counts as used
