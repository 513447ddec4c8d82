# Denoising diffusion of points in the plane.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
rng = np.random.RandomState(0)
T = 50
betas = torch.linspace(1e-4, 0.05, T)
alphas = 1.0 - betas
alphas_cumprod = torch.cumprod(alphas, axis=0)
alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)
posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)


def extract(a, t, x_shape):
    out = a.gather(-1, t.cpu())
    return out.reshape(t.shape[0], *((1,) * (len(x_shape) - 1))).to(t.device)


def time_embedding(t, dim=16):
    half = dim // 2
    freqs = torch.exp(-np.log(10000) * torch.arange(start=0, end=half, dtype=torch.float32) / half)
    args = t[:, None].float() * freqs[None]
    return torch.cat([torch.cos(args), torch.sin(args)], dim=-1)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(18, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))

    def forward(self, x, t):
        return self.net(torch.cat([x, time_embedding(t)], dim=-1))


model = Denoiser()
for p in model.parameters():
    p.data = torch.tensor(rng.uniform(-1, 1, p.shape) * p.shape[-1] ** -0.5, dtype=torch.float32)
ema = {name: value.clone() for name, value in model.state_dict().items()}
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
losses = []
for step in range(40):
    x_start = torch.as_tensor(rng.choice([-1.0, 1.0], (64, 2)), dtype=torch.float32)
    t = torch.from_numpy(rng.randint(0, T, (64,))).long()
    noise = torch.from_numpy(rng.standard_normal((64, 2)).astype("float32"))
    x_noisy = (
        extract(alphas_cumprod.sqrt(), t, x_start.shape) * x_start
        + extract(torch.sqrt(1.0 - alphas_cumprod), t, x_start.shape) * noise
    )
    loss = F.smooth_l1_loss(noise, model(x_noisy, t))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for name, value in model.state_dict().items():
        ema[name].mul_(0.9).add_(value, alpha=0.1)
    losses.append(loss.item())

model.load_state_dict(ema)
img = torch.randn((16, 2))
with torch.no_grad():
    for i in reversed(range(T)):
        t = torch.full((16,), i, dtype=torch.long)
        mean = extract(alphas.rsqrt(), t, img.shape) * (
            img - extract(betas, t, img.shape) * model(img, t) / extract((1 - alphas_cumprod).sqrt(), t, img.shape)
        )
        img = mean + extract(posterior_variance, t, img.shape).sqrt() * torch.randn_like(img) * (i > 0)
print(losses[0], losses[-1], img.abs().mean().item())
