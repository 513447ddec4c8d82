import hypothesis
import pytest

import tinynet as tn

# The same examples in every run: a failure must mean that the code changed.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, max_examples=150)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random stream, with recording on, and leaves both as they should be."""
    tn.manual_seed(0)
    yield
    assert tn.is_grad_enabled(), "a test left recording switched off"
