"""What is installed, and what a source distribution holds, as setuptools builds them; nothing is downloaded."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from helpers import ROOT

import tinynet as tn

FILES = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.cfg")
FOLDERS = ("docs", "examples", "tests", "tinynet")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with a clone, called tinynet, and what was built of it: an editable wheel, a wheel and an sdist."""
    pytest.importorskip("setuptools", minversion="77")
    parent = tmp_path_factory.mktemp("packaging")
    clone = parent / "tinynet"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in FILES:
        shutil.copy(ROOT / name, clone)
    build = (
        "from setuptools import build_meta as b; b.build_editable('../e'); b.build_wheel('../w'); b.build_sdist('../s')"
    )
    for name in "ews":
        (parent / name).mkdir()
    done = subprocess.run([sys.executable, "-c", build], cwd=clone, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return parent


def only(folder):
    (path,) = folder.iterdir()
    assert path.name.startswith(f"tinynet_numba-{tn.__version__}")
    return path


def test_an_editable_install_wins_over_a_clone_in_the_current_folder(built, tmp_path):
    site = tmp_path / "site"
    with zipfile.ZipFile(only(built / "e")) as wheel:
        wheel.extractall(site)
    look = (
        "import site, sys; others = sys.path[1:]; del sys.path[1:]; "  # among which tinynet may be installed too
        f"site.addsitedir({str(site)!r}); sys.path += others; import tinynet.dtypes; print(tinynet.__file__)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-Bc", look], cwd=built, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.strip() == str(built / "tinynet" / "tinynet" / "__init__.py"), done.stderr


def test_a_wheel_holds_the_package_alone(built):
    with zipfile.ZipFile(only(built / "w")) as wheel:
        names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    expected = [path for path in (built / "tinynet" / "tinynet").rglob("*") if path.is_file()]
    assert sorted(names) == sorted(str(path.relative_to(built / "tinynet")) for path in expected)
    assert "tinynet/data/digits.npz" in names


def test_a_source_distribution_holds_all_that_its_tests_need(built):
    with tarfile.open(only(built / "s")) as sdist:
        names = {member.name.split("/", 1)[1] for member in sdist.getmembers() if member.isfile()}
    clone = built / "tinynet"
    expected = {
        str(path.relative_to(clone)) for name in FOLDERS for path in (clone / name).rglob("*") if path.is_file()
    }
    assert names >= expected | set(FILES)
