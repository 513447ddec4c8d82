"""Runs that are killed (SIGKILL) at random moments, and gone on with: python tests/soak/kill.py [--kills 200]

After each kill the folder must be readable: its configuration, metrics, model and checkpoint, as far as they are there.
Each run is killed one to three times, on one thread or two, and then gone on with to its end. It must end with the
weights, best weights and metrics, bit by bit, of the run that was never killed.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import tinynet as tn
from tinynet.training import Run
from tinynet.training.callbacks.saving import checkpoints

COMMON = ["--epochs", "8", "--save-every", "7", "--quiet"]
KINDS = {
    "plain": [],
    "compiled": ["--compile", "--optimizer", "momentum", "--schedule", "cosine"],
    "averaged": ["--average", "ema", "--accumulate", "2", "--clip", "1", "--keep", "2"],
    "stopping": ["--patience", "2", "--optimizer", "rmsprop", "--average", "swa", "--compile"],
}


def command(*arguments):
    return [sys.executable, "-m", "tinynet", "train", *map(str, arguments)]


def environment(threads):
    return {**os.environ, "NUMBA_NUM_THREADS": str(threads)}


def killed_after(seconds, arguments, threads):
    """Run the command, and kill it after so many seconds, unless it has ended; returns whether it was killed."""
    process = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, env=environment(threads))
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    if code:
        raise SystemExit(f"{arguments} ended with code {code}")
    return False


def check_readable(folder):
    """Everything that lies in a run folder can be read, and belongs together; returns what is there, for the tally."""
    if not (folder / "config.json").exists():
        return "nothing"
    run = Run.open(folder)
    rows, saved = run.rows(), checkpoints(folder)
    if rows:
        model = "best.safetensors" if run.config.patience else "model.safetensors"
        if (folder / model).exists():
            loss = run.evaluate().loss
            assert abs(loss - run.counted(rows).test_loss) < 1e-4 * loss or run.config.patience, (
                folder,
                loss,
                rows[-1],
            )
    for path in saved:
        state = tn.load(path)
        assert state["step"] == int(path.stem.rpartition("-")[2]) and len(state["rows"]["values"]) <= 8
    return "an epoch" if rows else "a checkpoint" if saved else "no more than the configuration"


def outcome(folder):
    """What a run has come to, without the time that it took."""
    rows = [row._replace(seconds=0) for row in Run.open(folder).rows()]
    return rows, *((folder / name).read_bytes() for name in ("model.safetensors", "best.safetensors"))


def main(kills=4, seed=0):
    draw, found, runs = random.Random(seed), Counter(), 0
    with tempfile.TemporaryDirectory() as out:
        whole, times = {}, {}
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
                if killed_after(draw.uniform(0.4, 1) * times[kind], arguments, draw.randint(1, 2)):
                    found[check_readable(folder)] += 1
            if not (folder / "config.json").exists():
                continue
            if killed_after(600, ["--resume", folder, "--quiet"], draw.randint(1, 2)):
                raise SystemExit(f"{folder}: no end after ten minutes")
            assert outcome(folder) == whole[kind], f"run {runs} ({kind}, seed {seed}): not the same bits"
    print(f"{found.total()} kills in {runs} runs; left behind: " + ", ".join(f"{n}× {k}" for k, n in found.items()))
    print("Every folder was readable, and every run ended with the bits of one that was never killed.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=4, help="(default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default %(default)s)")
    main(**vars(parser.parse_args()))
