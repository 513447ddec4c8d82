"""Training in forked, spawned and threaded programs: python tests/soak/processes.py [--rounds 20]

Each way is tried with the threads of kernels not yet used, and used before; it must end with the bits of a training in
this thread alone, or with an error at once, and never hang. What happens in each process stands in docs/engine.md,
"Threads".
"""

import argparse
import faulthandler
import multiprocessing
import os
import subprocess
import sys
import threading
import zlib

import tinynet as tn
from tinynet import data, nn, training
from tinynet.data import DataLoader

LIMIT = 120  # seconds in which each way has to end


def train(seed=0, workers=0, compile=False):
    """A short training with arrays that are large enough for all threads; returns a checksum of the weights."""
    generator = tn.Generator(seed)
    x = tn.rand(256, 128, generator=generator)
    layers = [nn.Linear(128, 512), nn.ReLU(), nn.Linear(512, 8)]
    for layer in layers[::2]:
        layer.weight.data.copy_(tn.rand(*layer.weight.shape, generator=generator) - 0.5)
        layer.bias.data.zero_()
    model = nn.Sequential(*layers)
    loader = DataLoader(data.TensorDataset(x, x[:, :8].argmax(1)), 128, num_workers=workers)
    optimizer, loss = tn.optim.Adam(model.parameters(), 1e-3), nn.CrossEntropyLoss()
    training.fit(model, loader, None, optimizer, loss, epochs=3, compile=compile, progress=False)
    return zlib.crc32(b"".join(p.detach().numpy().tobytes() for p in model.parameters()))


def send(pipe, seed):
    pipe.send(train(seed))


def in_processes(method, count=2):
    """The checksums of trainings in so many processes at once."""
    context, jobs = multiprocessing.get_context(method), []
    for seed in range(count):
        ours, theirs = context.Pipe(False)
        process = context.Process(target=send, args=(theirs, seed))
        process.start()
        theirs.close()
        jobs.append((process, ours))
    found = []
    for process, pipe in jobs:
        try:
            found.append(pipe.recv() if pipe.poll(LIMIT) else "a hang")
        except EOFError:
            process.join(LIMIT)
            found.append(f"ended with code {process.exitcode}")
        process.join(LIMIT)
    return found


def in_threads(count=2, **options):
    """The checksums of trainings in so many threads at once."""
    found = [None] * count

    def run(seed):
        found[seed] = train(seed, **options)

    threads = [threading.Thread(target=run, args=(seed,), daemon=True) for seed in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    return ["a hang" if value is None else value for value in found]


WAYS = {
    "forked": lambda: in_processes("fork"),
    "spawned": lambda: in_processes("spawn"),
    "by a fork server": lambda: in_processes("forkserver"),
    "two threads": in_threads,
    "two threads, compiled": lambda: in_threads(compile=True),
    "loaders with workers in two threads": lambda: in_threads(workers=1),
    "forked while another thread trains": lambda: _beside(lambda: in_processes("fork")),
}


def _beside(run):
    """`run()` while a thread trains."""
    going = threading.Event()
    thread = threading.Thread(target=lambda: [train(9) for _ in iter(lambda: not going.is_set(), False)], daemon=True)
    thread.start()
    try:
        return run()
    finally:
        going.set()
        thread.join(LIMIT)


def main(rounds=1, way=None):
    if way is not None:  # in a process of its own, in which nothing has been computed before
        name, used = way.rsplit(":", 1)
        if used == "used":
            train()
        print(*WAYS[name](), flush=True)
        os._exit(0)
    expected, failed = " ".join(str(train(seed)) for seed in range(2)), False
    for name in WAYS:
        for used in ("fresh", "used"):
            results = [_outcome(f"{name}:{used}", expected) for _ in range(rounds)]
            failed |= any(result != "the same bits" for result in results)
            print(
                f"{name}, {used}: " + ", ".join(f"{results.count(r)}× {r}" for r in dict.fromkeys(results)), flush=True
            )
    if failed:
        raise SystemExit("not all is as it should be")


def _outcome(way, expected):
    command = [sys.executable, __file__, "--way", way]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=3 * LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return "a hang"
    if done.returncode:
        return f"code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    return "the same bits" if done.stdout.strip() == expected else done.stdout.strip()


if __name__ == "__main__":
    faulthandler.enable()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="(default %(default)s)")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    main(**vars(parser.parse_args()))
