"""What the kernels of the GPU reach: Adam beside a copy, products beside cuBLAS, and training steps.

    python tests/benchmarks/gpu.py

Each line is the median of several rounds. With `--small` the sizes are such that Numba's simulator gets through, to see
that it runs; its times mean nothing.
"""

import argparse
import statistics
import time

import tinynet as tn
from tinynet import nn, optim


def median_seconds(run, rounds, repeats):
    """The median over rounds of the time of one call; the device is waited for at the end of each round."""
    run()
    tn.cuda.synchronize()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        tn.cuda.synchronize()
        found.append((time.perf_counter() - start) / repeats)
    return statistics.median(found)


def adam(n, rounds):
    """Adam over n elements reads p, m, v and g and writes three of them; a copy reads one and writes one."""
    x, y = tn.ones(n, device="cuda"), tn.empty(n, device="cuda")
    copy = 8 * n / median_seconds(lambda: y.copy_(x), rounds, 10)
    p = tn.ones(n, device="cuda", requires_grad=True)
    p.grad = tn.ones(n, device="cuda")
    optimizer = optim.Adam([p])
    step = 28 * n / median_seconds(optimizer.step, rounds, 10)
    print(f"Adam over {n:,} elements: {step / 1e9:,.0f} GB/s, {step / copy:.0%} of a copy's {copy / 1e9:,.0f} GB/s")


def product(n, rounds):
    """n × n × n in float32, by our kernel and by cuBLAS where it is installed."""
    a, b = tn.rand(n, n, device="cuda"), tn.rand(n, n, device="cuda")
    found = {}
    for name, flag in (("own kernel", False), ("cuBLAS", True)):
        tn.cuda.use_cublas(flag)
        found[name] = 2 * n**3 / median_seconds(lambda: a @ b, rounds, 5)
    ratio = found["own kernel"] / found["cuBLAS"]
    rates = ", ".join(f"{name} {rate / 1e12:.1f} TFLOP/s" for name, rate in found.items())
    print(f"product of {n}³: {rates}, ratio {ratio:.0%} (1 where cuBLAS is not installed)")


def training_step(name, model, x, y, rounds):
    model, x, y = model.to("cuda"), x.to("cuda"), y.to("cuda")
    optimizer = optim.Adam(model.parameters())

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    print(f"{name}: {median_seconds(step, rounds, 5) * 1e6:,.0f} µs a training step")


def main(small=False):
    print(tn.cuda.get_device_name())
    rounds = 1 if small else 7
    adam(64 if small else 100_000_000, rounds)
    for n in (6,) if small else (512, 1024, 2048, 4096):
        product(n, rounds)
    batch = 2 if small else 64
    mlp = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    cnn = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(64, 10),
    )  # fmt: skip
    if small:
        mlp, cnn = nn.Sequential(nn.Linear(4, 10)), nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(8, 10))
    labels = tn.randint(10, size=(batch,))
    training_step(f"MLP 784-256-128-10 ({batch})", mlp, tn.randn(batch, 4 if small else 784), labels, rounds)
    side = 4 if small else 32
    training_step(f"CNN 3×3 32-64, batch norm, 32×32 ({batch})", cnn, tn.randn(batch, 3, side, side), labels, rounds)
    print(f"{tn.cuda.max_memory_allocated() / 2**20:,.0f} MiB at most in use")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="sizes for the simulator")
    main(parser.parse_args().small)
