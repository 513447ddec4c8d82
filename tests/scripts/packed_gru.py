# Sentences of different lengths, sorted, padded and packed, through a GRU in both directions.
import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset


class Sentences(Dataset):
    def __init__(self, n=96):
        rng = np.random.RandomState(0)
        self.items = []
        for _ in range(n):
            words = rng.randint(1, 20, size=rng.randint(3, 9))
            self.items.append((words, float((words < 10).sum() > (words >= 10).sum())))

    def __getitem__(self, i):
        words, label = self.items[i]
        return torch.tensor(words), label

    def __len__(self):
        return len(self.items)


def collate_fn(batch):
    batch.sort(key=lambda item: len(item[0]), reverse=True)
    words, labels = zip(*batch)
    lengths = torch.LongTensor([len(w) for w in words])
    return pad_sequence(words, batch_first=True, padding_value=0), lengths, torch.FloatTensor(labels)


class Classifier(nn.Module):
    def __init__(self, vocab, dim, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.gru = nn.GRU(dim, hidden, num_layers=1, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * hidden, 1)
        self.fc = nn.Linear(4 * hidden, 1)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths.cpu(), batch_first=True)
        output, hidden = self.gru(packed)
        output, _ = pad_packed_sequence(output, batch_first=True)
        score = self.attention(output).squeeze(-1).masked_fill(x == 0, float("-inf"))
        context = torch.bmm(torch.softmax(score, dim=1).unsqueeze(1), output).squeeze(1)
        return self.fc(torch.cat([hidden[-2], hidden[-1], context], dim=-1)).squeeze(1)


model = Classifier(20, 8, 12)
rng = np.random.RandomState(1)
for p in model.parameters():
    p.data = torch.from_numpy(rng.normal(0, 0.3, p.shape).astype(np.float32))
loader = DataLoader(Sentences(), batch_size=16, collate_fn=collate_fn, num_workers=0)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
losses = []
for epoch in range(5):
    correct = 0
    for words, lengths, labels in loader:
        optimizer.zero_grad()
        logits = model(words, lengths)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        correct += ((logits > 0).float() == labels).sum().item()
    print(epoch, loss.item(), correct / len(loader.dataset))
