# A small network learns from the soft answers of a larger one.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.RandomState(0)
x = torch.from_numpy(rng.randn(128, 10)).float()
y = torch.from_numpy((x.numpy()[:, :4] ** 2).argmax(1))


def fill(module):
    if isinstance(module, nn.Linear):
        module.weight.data = torch.from_numpy(rng.normal(0, module.in_features**-0.5, module.weight.shape)).float()
        nn.init.zeros_(module.bias)


teacher = nn.Sequential(nn.Linear(10, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 4)).apply(fill)
student = nn.Sequential(nn.Linear(10, 12), nn.Hardtanh(), nn.Linear(12, 4)).apply(fill)
print("parameters", *(sum(p.numel() for p in net.parameters() if p.requires_grad) for net in (teacher, student)))


def loss_fn_kd(outputs, labels, teacher_outputs, alpha=0.9, T=4.0):
    soft = nn.KLDivLoss(reduction="batchmean")(F.log_softmax(outputs / T, dim=1), F.softmax(teacher_outputs / T, dim=1))
    return soft * (alpha * T * T) + F.cross_entropy(outputs, labels) * (1.0 - alpha)


losses = []
optimizer = torch.optim.NAdam(teacher.parameters(), lr=0.02)
for step in range(30):
    loss = F.cross_entropy(teacher(x), y, weight=torch.tensor([1.0, 1.0, 2.0, 2.0]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
for param in teacher.parameters():
    param.requires_grad = False
teacher.eval()
optimizer = torch.optim.RAdam(filter(lambda p: p.requires_grad, student.parameters()), lr=0.02)
for step in range(30):
    with torch.inference_mode():
        answers = teacher(x)
    loss = loss_fn_kd(student(x), y, answers.clone())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
confusion = torch.zeros(4, 4, dtype=torch.int64)
for t, p in zip(y.view(-1), student(x).argmax(dim=-1).view(-1)):
    confusion[t.long(), p.long()] += 1
print(losses[29], losses[-1], confusion.diag() / confusion.sum(1))
