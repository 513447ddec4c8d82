"""The emulator finds what it is there to find."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ptx, pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")]
HERE = Path(__file__).parent


@pytest.mark.parametrize("backwards", ["0", "1"])
def test_faults_of_kernels_are_found(backwards):
    command = [sys.executable, str(HERE / "run.py"), str(HERE / "faults.py")]
    environment = {**os.environ, "EMULATOR_BACKWARDS": backwards}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert dict(line.split(": ") for line in done.stdout.splitlines()) == {
        "within the array": "fine",
        "beyond it, but within its memory": "ILLEGAL_ADDRESS",
        "an array of the host": "ILLEGAL_ADDRESS",
        "read before it is written": "LAUNCH_FAILED",
        "read after a barrier": "fine",
        "the values then": "True",
        "a vote at a barrier": "fine",
        "what came of it": "True",
        "some threads at a barrier": "LAUNCH_FAILED",
        "beyond shared memory": "ILLEGAL_ADDRESS",
        "2048 threads": "INVALID_VALUE",
        "70,000 blocks along y": "INVALID_VALUE",
    }
    assert "an address in none of the arrays" in done.stderr and "thread (63, 0, 0)" in done.stderr
