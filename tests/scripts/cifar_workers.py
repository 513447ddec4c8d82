# A classifier of colour images whose batches come from two workers.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __init__(self, n=128):
        rng = np.random.RandomState(3)
        self.labels = rng.randint(0, 3, n)
        self.images = rng.rand(n, 32, 32, 3).astype("float32") * 0.5
        self.images[np.arange(n), :, :, self.labels] += 0.5

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        image = self.images[idx].transpose((2, 0, 1))
        return {"image": torch.from_numpy(image), "label": self.labels[idx]}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 40)
        self.fc2 = nn.Linear(40, 3)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, self.num_flat_features(x))
        return self.fc2(F.relu(self.fc1(x)))

    def num_flat_features(self, x):
        num_features = 1
        for s in x.size()[1:]:
            num_features *= s
        return num_features


losses = []


def main():
    trainloader = DataLoader(Images(), batch_size=16, shuffle=False, num_workers=2, drop_last=True)
    net = Net()
    rng = np.random.RandomState(0)
    for p in net.parameters():
        p.data = torch.from_numpy(rng.uniform(-0.1, 0.1, tuple(p.size()))).float()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(3):
        running_loss = 0.0
        for i, data in enumerate(trainloader, 0):
            inputs, labels = data["image"], data["label"]
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            losses.append(loss.item())
        print(f"[{epoch + 1}] loss: {running_loss / 8:.3f}")
    correct = total = 0
    with torch.no_grad():
        for data in trainloader:
            outputs = net(data["image"])
            _, predicted = torch.max(outputs.data, 1)
            total += data["label"].size(0)
            correct += (predicted == data["label"]).sum().item()
    print("Accuracy: %d %%" % (100 * correct / total))


if __name__ == "__main__":
    main()
