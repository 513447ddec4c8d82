# Two towers that share weights, with a contrastive loss; then triplets.
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

random.seed(0)
rng = np.random.RandomState(0)
centers = rng.randn(3, 10)


class SiameseNetworkDataset(Dataset):
    def __init__(self):
        self.labels = np.arange(60) % 3
        self.points = (centers[self.labels] + 0.3 * rng.randn(60, 10)).astype(np.float32)

    def __getitem__(self, index):
        same = random.randint(0, 1)
        while True:
            other = random.choice(range(len(self.labels)))
            if (self.labels[index] == self.labels[other]) == bool(same):
                break
        label = torch.from_numpy(np.array([int(not same)], dtype=np.float32))
        return self.points[index], self.points[other], label

    def __len__(self):
        return len(self.labels)


class SiameseNetwork(nn.Module):
    def __init__(self):
        super(SiameseNetwork, self).__init__()
        self.fc = nn.Sequential(nn.Linear(10, 16), nn.ReLU(inplace=True), nn.Linear(16, 2))

    def forward_once(self, x):
        return self.fc(x.view(x.size()[0], -1))

    def forward(self, input1, input2):
        return self.forward_once(input1), self.forward_once(input2)


class ContrastiveLoss(torch.nn.Module):
    def __init__(self, margin=2.0):
        super(ContrastiveLoss, self).__init__()
        self.margin = margin

    def forward(self, output1, output2, label):
        d = F.pairwise_distance(output1, output2, keepdim=True)
        return torch.mean((1 - label) * torch.pow(d, 2) + label * torch.pow(torch.clamp(self.margin - d, min=0.0), 2))


net, criterion = SiameseNetwork(), ContrastiveLoss()
for p in net.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.3, tuple(p.shape)).astype(np.float32))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
losses = []
for epoch in range(8):
    for i, (x0, x1, label) in enumerate(DataLoader(SiameseNetworkDataset(), batch_size=20)):
        output1, output2 = net(x0, x1)
        optimizer.zero_grad()
        loss = criterion(output1, output2, label)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
triplet_loss = nn.TripletMarginLoss(margin=1.0, p=2)
points = SiameseNetworkDataset().points
for step in range(8):
    anchor, positive, negative = (net.forward_once(torch.from_numpy(points[i::3][:19])) for i in (0, 0, 1))
    loss = triplet_loss(anchor, positive[torch.arange(18, -1, -1)], negative)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(F.cosine_similarity(anchor, positive).mean().item(), losses[0], losses[-1])
