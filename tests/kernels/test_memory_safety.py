"""No kernel touches what is outside of its arrays, or depends on what was there before it.

Cases of `hostile.py` run against pages that may not be touched, and again where the allocator marks its memory: many of
them where THOROUGH is set, as in CI. `test_addresses.py` looks at what kernels form addresses of, up to larger sizes.
"""

import os
import sys

import pytest
from guarded import faults, results

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pages are those of Linux, and so is its malloc")
EVERY = 13 if "THOROUGH" in os.environ else 151  # one case of so many is run; prime, so that all kinds are met

# Then malloc fills memory that it hands out and takes back, and so does Python's, from where the arrays come that
# compiled code makes; it also looks whether the bytes before and after are as they were.
MARKED = {"PYTHONMALLOC": "debug", "MALLOC_PERTURB_": "165"}


def test_kernels_stay_within_their_arrays():
    assert faults("hostile.CASES", EVERY) == {}


def test_what_was_wrong_once_is_right():
    assert faults("hostile.ONCE_WRONG") == {}


def test_results_do_not_depend_on_what_was_in_memory():
    assert results("hostile.CASES", EVERY, **MARKED) == results("hostile.CASES", EVERY)


def test_what_the_allocator_finds():
    found = faults("faulty.CASES")
    dies = {"past_the_end", "before_the_start", "after_its_death", "an_input_of_odd_size"}
    assert set(found) == {*dies, "what_was_not_written", "an_error"}
    assert all("Segmentation fault" in found[name] and name in found[name] for name in dies)
    assert "not written" in found["what_was_not_written"] and "of its own" in found["an_error"]
