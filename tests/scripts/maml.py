# Learning to learn sines: gradients through a step of gradient descent.
import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.RandomState(0)
shapes = [(20, 1), (20,), (20, 20), (20,), (1, 20), (1,)]
weights = [
    torch.tensor(rng.normal(0, 0.5, shape) * (len(shape) > 1), dtype=torch.float32, requires_grad=True)
    for shape in shapes
]
optimizer = torch.optim.Adam(weights, lr=1e-2)


def forward(x, params):
    x = torch.tanh(F.linear(x, params[0], params[1]))
    x = F.relu(F.linear(x, params[2], params[3]))
    return F.linear(x, params[4], params[5])


def sample_task():
    amplitude, phase = rng.uniform(1, 3), rng.uniform(0, np.pi)
    x = rng.uniform(-5, 5, (2, 10, 1))
    y = amplitude * np.sin(x + phase)
    return [torch.from_numpy(a).float() for a in (x[0], y[0], x[1], y[1])]


losses = []
for iteration in range(30):
    meta_loss = 0
    for _ in range(4):
        x_support, y_support, x_query, y_query = sample_task()
        fast_weights = weights
        for _ in range(2):
            loss = F.mse_loss(forward(x_support, fast_weights), y_support)
            grads = torch.autograd.grad(loss, fast_weights, create_graph=True)
            fast_weights = [w - 0.05 * g for w, g in zip(fast_weights, grads)]
        meta_loss = meta_loss + F.mse_loss(forward(x_query, fast_weights), y_query)
    optimizer.zero_grad()
    (meta_loss / 4).backward()
    optimizer.step()
    losses.append(meta_loss.item() / 4)
losses = np.array(losses).reshape(6, 5).mean(1).tolist()
print(losses)
