import importlib.util
import os
import shutil
import sys
import tempfile

import hypothesis
import numba
import pytest

import tinynet as tn

if sys.dont_write_bytecode:
    # Processes that tests start find each other's bytecode nevertheless, which lies beside no source.
    _bytecode = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    os.environ["PYTHONPYCACHEPREFIX"] = _bytecode.name
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else it was -B

if numba.config.ENABLE_CUDASIM:
    import simulator

    simulator.install()

os.fsync = lambda file: None  # a test that fails by a power failure is run again

# The same examples in every run: a failure must mean that the code changed.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, max_examples=150)
hypothesis.settings.load_profile("tests")


def pytest_collection_modifyitems(items):
    """`pytest -m torch` runs the comparisons with PyTorch: the tests that ask for it.

    Tests marked cuda and ptx are skipped where they cannot run. The smallest tests come first.
    """
    items.sort(key=lambda item: item.path.name != "test_tiny.py")
    no_gpu = pytest.mark.skip(reason="needs a GPU, or NUMBA_ENABLE_CUDASIM=1")
    no_compiler = pytest.mark.skip(reason="needs numba-cuda[cu13], and no simulator")
    for item in items:
        if item.get_closest_marker("cuda") and not _has_gpu():
            item.add_marker(no_gpu)
        if item.get_closest_marker("ptx") and not _has_compiler():
            item.add_marker(no_compiler)
        if "torch" in getattr(item, "fixturenames", ()):
            item.add_marker("torch")


def _has_gpu():
    """Whether there is a GPU or its simulator; asked without importing anything of CUDA where there is no driver."""
    return numba.config.ENABLE_CUDASIM or (shutil.which("nvidia-smi") is not None and tn.cuda.is_available())


def _has_compiler():
    found = importlib.util.find_spec("numba_cuda") and importlib.util.find_spec("nvidia")
    return bool(found) and not numba.config.ENABLE_CUDASIM


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random stream, with recording on, and leaves both as they should be."""
    tn.manual_seed(0)
    yield
    left_on = tn.is_grad_enabled()
    tn.set_grad_enabled(True)
    assert left_on, "a test left recording switched off"


@pytest.fixture(params=["tinynet", pytest.param("torch", marks=pytest.mark.torch)])
def lib(request):
    """Either library, for a test that asserts what PyTorch does too."""
    return tn if request.param == "tinynet" else pytest.importorskip("torch")
