# A Wasserstein GAN whose critic is held by a penalty on its gradients.
import numpy as np
import torch
import torch.autograd as autograd
import torch.nn as nn
from torch.autograd import Variable

np.random.seed(0)
Tensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor
lambda_gp, n_critic = 10, 5
generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(True), nn.Linear(32, 2))
discriminator = nn.Sequential(nn.Linear(2, 32), nn.Softplus(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
for net in (generator, discriminator):
    for p in net.parameters():
        p.data = Tensor(np.random.normal(0, 0.3, tuple(p.shape)))


def compute_gradient_penalty(D, real_samples, fake_samples):
    alpha = Tensor(np.random.random((real_samples.size(0), 1)))
    interpolates = (alpha * real_samples + ((1 - alpha) * fake_samples)).requires_grad_(True)
    d_interpolates = D(interpolates)
    fake = Variable(Tensor(real_samples.shape[0], 1).fill_(1.0), requires_grad=False)
    gradients = autograd.grad(
        outputs=d_interpolates,
        inputs=interpolates,
        grad_outputs=fake,
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.002, betas=(0.5, 0.9))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.002, betas=(0.5, 0.9))
losses = []
for i in range(30):
    angles = np.random.uniform(0, 2 * np.pi, 32)
    real_imgs = Variable(torch.from_numpy(np.stack([np.cos(angles), np.sin(angles)], 1)).type(Tensor))
    optimizer_D.zero_grad()
    z = Variable(Tensor(np.random.normal(0, 1, (32, 4))))
    fake_imgs = generator(z)
    gradient_penalty = compute_gradient_penalty(discriminator, real_imgs.data, fake_imgs.data)
    real_validity, fake_validity = discriminator(real_imgs), discriminator(fake_imgs)
    d_loss = -torch.mean(real_validity) + torch.mean(fake_validity) + lambda_gp * gradient_penalty
    d_loss.backward()
    optimizer_D.step()
    losses.append(d_loss.item())
    optimizer_G.zero_grad()
    if i % n_critic == 0:
        g_loss = -torch.mean(discriminator(generator(z)))
        g_loss.backward()
        optimizer_G.step()
print(losses[0], losses[-1], g_loss.item())
