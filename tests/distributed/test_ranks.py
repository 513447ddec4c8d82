"""Several processes, started by mpiexec; each runs `ranks.py`."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mpi4py")
HERE = Path(__file__).parent
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
pytestmark = [pytest.mark.extras, pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")]

ANY_NUMBER = "reductions tree copies refusals averages accumulates unused begins_alike sampled".split()
SHARED = "sharded few_rows compiled fitted not_finite".split()  # by 1, 2, 4 or 8 ranks


def started(ranks, *arguments, program=(str(HERE / "ranks.py"),), **options):
    """The finished process of mpiexec, over so many ranks of one thread each."""
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
    more = {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "NUMBA_NUM_THREADS": "1", "NO_COLOR": "1"}
    command = [MPIEXEC, "-n", str(ranks), sys.executable, *program, *arguments]
    environment = os.environ | allowed | more
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, **options
    )


@functools.cache
def checked(ranks):
    """{check: what it returned} of all checks, in one run."""
    names = [*ANY_NUMBER, *(SHARED if ranks != 3 else ())]
    done = started(ranks, *names)
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.split(" ")[0] in names)
    return found, done.stderr


CASES = [(ranks, name) for ranks in (2, 3, 4) for name in (*ANY_NUMBER, *(SHARED if ranks != 3 else ()))]


@pytest.mark.parametrize(("ranks", "name"), CASES)
def test_ranks_agree(ranks, name):
    found, errors = checked(ranks)
    assert name in found, errors


@pytest.mark.parametrize("name", SHARED)
def test_any_number_of_ranks_gives_the_same_bits(name):
    results = [checked(ranks)[0][name] for ranks in (1, 2, 4)]
    assert results[0] == results[1] == results[2]


ENDS = {
    "dies": "OverflowError: the flux capacitor tinynet: the error above is that of rank 1 of 2",
    "leaves": "barrier: rank 0 waits for others, and rank 1 has ended its program",
    "waits": "barrier: rank 0 has waited 0.5 s for the others",
    "differs": "rank 1 no longer has the parameters of rank 0: '1.bias' differ",
    "another": "the model of rank 1 is another one: expected weight (2, 3) float32, got weight (3, 3) float32",
    "no_gradient": "backward gave no gradient to 'b.weight', 'b.bias'",
    "killed": "",
}


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_one_is_the_end_of_all(name):
    done = started(2, name)
    assert done.returncode != 0
    assert ENDS[name] in " ".join(done.stderr.split()), done.stderr


def command(ranks, *arguments):
    """`tinynet` by so many ranks, or alone for 0."""
    program = "-m", "tinynet"
    if ranks:
        return started(ranks, *arguments, program=program)
    return subprocess.run([sys.executable, *program, *arguments], capture_output=True, text=True, timeout=120)


def test_the_command_goes_on_with_any_number_of_ranks_to_the_same_bits(tmp_path):
    options = ("--out", str(tmp_path), "--quiet")
    first = command(2, "train", "digits", "--epochs", "1", "--name", "a", *options)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("on 2 ranks in 8 shards") == first.stdout.count("Test accuracy") == 1
    assert command(0, "train", "--resume", str(tmp_path / "a"), "--epochs", "2", "--quiet").returncode == 0
    assert command(0, "train", "digits", "--epochs", "2", "--shards", "8", "--name", "b", *options).returncode == 0
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert a == b
    assert len((tmp_path / "a" / "metrics.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--lr", "-1"], "tinynet: lr: expected a number > 0"),
        (["--shards", "3"], "tinynet: shards: expected shards to be 2 ranks times a power of two"),
        (["--nonsense"], "tinynet: error: unrecognized arguments"),
    ],
)
def test_an_error_of_all_ranks_is_printed_once(options, text):
    done = command(2, "train", "digits", *options)
    assert done.returncode == 2 and done.stderr.count("tinynet: ") == 1 and text in done.stderr, done.stderr
