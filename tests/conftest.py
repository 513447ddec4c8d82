import hypothesis
import pytest

import tinynet as tn

# The same examples in every run: a failure must mean that the code changed.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, max_examples=150)
hypothesis.settings.load_profile("tests")


def pytest_collection_modifyitems(items):
    """`pytest -m torch` runs the comparisons with PyTorch: the tests that ask for it."""
    for item in items:
        if "torch" in getattr(item, "fixturenames", ()):
            item.add_marker("torch")


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
