"""Runs that are killed (SIGKILL) at random moments, and gone on with: python tests/soak/kill.py [--kills 200]

After each kill the folder must be readable: its configuration, metrics, model and checkpoint, as far as they are there.
Each run is killed one to three times, on one thread or two, and then gone on with to its end. It must end with the
weights, best weights and metrics, bit by bit, of the run that was never killed.
"""

import argparse
import os
import random
import signal
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import matplotlib.figure  # noqa: F401 here once, and not in each process

import tinynet as tn
from tinynet import cli
from tinynet.training import Run
from tinynet.training.callbacks.saving import checkpoints

COMMON = ["--epochs", "8", "--save-every", "7", "--quiet"]
KINDS = {
    "plain": [],
    "compiled": ["--compile", "--optimizer", "momentum", "--schedule", "cosine"],
    "averaged": ["--average", "ema", "--accumulate", "2", "--clip", "1", "--keep", "2"],
    "stopping": ["--patience", "2", "--optimizer", "rmsprop", "--average", "swa", "--compile"],
}


LEFT = ("nothing", "no more than the configuration", "a checkpoint", "an epoch")


def forked(function):
    """A process that calls the function and ends with its result as code; this one has computed nothing before it."""
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            code = function()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def code_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_after(seconds, arguments, threads):
    """Run `tinynet train`, and kill it after so many seconds, unless it has ended; returns whether it was killed."""

    def train():
        tn.set_num_threads(threads)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return cli.main(["train", *map(str, arguments)])

    pid, end = forked(train), time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            if status:
                raise SystemExit(f"{arguments} ended with code {os.waitstatus_to_exitcode(status)}")
            return False
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    code_of(pid)
    return True


def check_readable(folder):
    """All that lies in a run folder can be read, and belongs together; returns the number in `LEFT` of what it is."""
    if not (folder / "config.json").exists():
        return 0
    run = Run.open(folder)
    rows, saved = run.rows(), checkpoints(folder)
    if rows:
        model = "best.safetensors" if run.config.patience else "model.safetensors"
        if (folder / model).exists():
            loss, row = run.evaluate().loss, run.counted(rows)  # the best weights may be those of an epoch before
            assert run.config.patience or abs(loss - row.test_loss) < 1e-4 * loss, (folder, loss, row)
    for path in saved:
        state = tn.load(path)
        assert state["step"] == int(path.stem.rpartition("-")[2]) and len(state["rows"]["values"]) <= 8
    return 3 if rows else 2 if saved else 1


def outcome(folder):
    """What a run has come to, without the time that it took."""
    rows = [row._replace(seconds=0) for row in Run.open(folder).rows()]
    return rows, *((folder / name).read_bytes() for name in ("model.safetensors", "best.safetensors"))


def main(kills=4, seed=0):
    draw, found, runs = random.Random(seed), Counter(), 0
    with tempfile.TemporaryDirectory() as out:
        whole, times = {}, {}
        first = ["digits", *COMMON, "--compile", "--out", out, "--name", "first"]
        killed_after(600, first, 2)  # compiles kernels, where no other has
        for kind, options in KINDS.items():
            began = time.perf_counter()
            killed_after(600, ["digits", *COMMON, *options, "--out", out, "--name", kind], 2)
            whole[kind], times[kind] = outcome(Path(out) / kind), time.perf_counter() - began
        while found.total() < kills:
            kind, folder = draw.choice([*KINDS]), Path(out) / f"run-{runs}"
            runs += 1
            for _ in range(draw.randint(1, 3)):
                new = ["digits", *COMMON, *KINDS[kind], "--out", out, "--name", folder.name]
                arguments = ["--resume", folder, "--quiet"] if (folder / "config.json").exists() else new
                if killed_after(draw.uniform(0, 1) * times[kind], arguments, draw.randint(1, 2)):
                    left = code_of(forked(lambda folder=folder: check_readable(folder)))
                    if left >= len(LEFT):
                        raise SystemExit(f"{folder} cannot be read")
                    found[LEFT[left]] += 1
            if not (folder / "config.json").exists():
                continue
            if killed_after(600, ["--resume", folder, "--quiet"], draw.randint(1, 2)):
                raise SystemExit(f"{folder}: no end after ten minutes")
            assert outcome(folder) == whole[kind], f"run {runs} ({kind}, seed {seed}): not the same bits"
            print(f"run {runs}, {kind}: the same bits after {found.total()} kills in all", flush=True)
    print(f"{found.total()} kills in {runs} runs; left behind: " + ", ".join(f"{n}× {k}" for k, n in found.items()))
    print("Every folder was readable, and every run ended with the bits of one that was never killed.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=4, help="(default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default %(default)s)")
    main(**vars(parser.parse_args()))
