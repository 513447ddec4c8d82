# Training is interrupted, saved, and goes on from the file; the best model is kept aside.
import copy
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn

rng = np.random.RandomState(0)
x = torch.from_numpy(rng.randn(64, 6)).float()
y = torch.from_numpy(rng.randint(0, 3, 64)).long()
folder = tempfile.mkdtemp()
PATH = os.path.join(folder, "checkpoint.pth.tar")


def make():
    model = nn.Sequential(nn.Linear(6, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 3))
    for p in model.parameters():
        if p.dim() > 1:
            p.data.copy_(torch.from_numpy(rng.normal(0, 0.5, tuple(p.shape))))
    for layer in (model[0], model[3]):
        nn.init.constant_(layer.bias, 0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, amsgrad=True)
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 5)


def save_checkpoint(state, is_best, filename=PATH):
    torch.save(state, filename)
    if is_best:
        torch.save(state["state_dict"], os.path.join(folder, "model_best.pth"))


losses, best = [], float("inf")
model, optimizer, scheduler = make()
for start in (0, 6):
    if os.path.isfile(PATH):
        model, optimizer, scheduler = make()
        checkpoint = torch.load(PATH, map_location=torch.device("cpu"))
        assert checkpoint["epoch"] == start and checkpoint["arch"] == "mlp"
        best = checkpoint["best"]
        model.load_state_dict(checkpoint["state_dict"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
    for epoch in range(start, start + 6):
        loss = nn.CrossEntropyLoss()(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if loss.item() < best:
            best, best_weights = loss.item(), copy.deepcopy(model.state_dict())
        state = {"epoch": epoch + 1, "arch": "mlp", "best": best, "history": losses}
        state.update(state_dict=model.state_dict(), optimizer=optimizer.state_dict(), scheduler=scheduler.state_dict())
        save_checkpoint(state, loss.item() == best)

model.load_state_dict(torch.load(os.path.join(folder, "model_best.pth"), weights_only=True))
for name, value in model.state_dict().items():
    print(name, "\t", value.size())
model.load_state_dict(best_weights)
model.eval()
print(losses, (model(x).argmax(1) == y).float().mean().item())
