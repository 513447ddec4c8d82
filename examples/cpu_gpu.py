"""The same network on the CPU or the GPU: one argument decides, and the losses agree to rounding.

    python examples/cpu_gpu.py --device cpu
    python examples/cpu_gpu.py --device cuda
    NUMBA_ENABLE_CUDASIM=1 python examples/cpu_gpu.py --device cuda --samples 8 --epochs 2

The last line needs no GPU: Numba's simulator stands in for one, a thread of Python for each of its threads. Apart from
the data, every line means the same in PyTorch.
"""

import argparse

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import digits


def main(device="cpu", epochs=5, samples=1024, batch=32):
    """Train on the handwritten digits; returns the mean loss of each epoch."""
    tn.manual_seed(0)
    data = digits()
    x, y = data[:samples]
    x, y = x.to(device), y.to(device)

    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10)).to(device)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    loss_of = nn.CrossEntropyLoss()

    losses = []
    for epoch in range(1, epochs + 1):
        total = tn.zeros((), device=device)  # a number on the device: to add to it waits for nothing
        for start in range(0, samples, batch):
            optimizer.zero_grad()
            loss = loss_of(model(x[start : start + batch]), y[start : start + batch])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        losses.append(total.item() / -(-samples // batch))
        print(f"epoch {epoch:2d}  loss {losses[-1]:.6f}  on {model[0].weight.device}")
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--samples", type=int, default=1024)
    arguments = parser.parse_args()
    main(arguments.device, arguments.epochs, arguments.samples)
