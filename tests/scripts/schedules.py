# One network under five schedules, with clipped gradients and early stopping on a plateau.
import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, OneCycleLR, ReduceLROnPlateau, StepLR

rng = np.random.RandomState(0)
X = torch.tensor(rng.randn(120, 8), dtype=torch.float32)
Y = (X[:, :1] * X[:, 1:2]).sign()
train_x, train_y, val_x, val_y = X[:80], Y[:80], X[80:], Y[80:]
start = [rng.normal(0, 0.4, shape) for shape in [(16, 8), (16,), (1, 16), (1,)]]
schedules = {
    "step": lambda o: StepLR(o, step_size=2, gamma=0.5),
    "exponential": lambda o: ExponentialLR(o, 0.9),
    "cosine": lambda o: CosineAnnealingLR(o, T_max=6),
    "one cycle": lambda o: OneCycleLR(o, max_lr=0.1, total_steps=7),
    "plateau": lambda o: ReduceLROnPlateau(o, mode="min", factor=0.3, patience=0),
}


class EarlyStopping:
    def __init__(self, patience=2, min_delta=0.0):
        self.patience, self.min_delta, self.counter, self.best = patience, min_delta, 0, float("inf")

    def __call__(self, val_loss):
        if val_loss < self.best - self.min_delta:
            self.best, self.counter = val_loss, 0
        else:
            self.counter += 1
        return self.counter >= self.patience


losses = []
for name, schedule in schedules.items():
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
    for p, values in zip(model.parameters(), start):
        p.data = torch.from_numpy(values).float()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    scheduler = schedule(optimizer)
    stop = EarlyStopping()
    for epoch in range(6):
        model.train()
        optimizer.zero_grad()
        loss = nn.HuberLoss()(model(train_x), train_y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)
        optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(val_x), val_y).item()
        scheduler.step(val_loss) if name == "plateau" else scheduler.step()
        losses += [loss.item(), optimizer.param_groups[0]["lr"], float(norm)]
        if stop(val_loss):
            break
    print(name, epoch, loss.item(), optimizer.param_groups[0]["lr"])
