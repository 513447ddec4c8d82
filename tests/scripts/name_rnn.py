# Names classified letter by letter, by a recurrent network written out, one name a step.
import random

import numpy as np
import torch
import torch.nn as nn

random.seed(0)
all_letters = "abcdefghijklmnopqrstuvwxyz"
n_letters = len(all_letters)
category_lines = {
    "Italian": ["rossi", "bianchi", "ferrari", "romano", "ricci", "marino", "greco", "conti"],
    "Polish": ["nowak", "kowalski", "wisniewski", "wojcik", "kowalczyk", "kaminski", "lewandowski", "zielinski"],
}
all_categories = list(category_lines)


def lineToTensor(line):
    tensor = torch.zeros(len(line), 1, n_letters)
    for li, letter in enumerate(line):
        tensor[li][0][all_letters.find(letter)] = 1
    return tensor


def categoryFromOutput(output):
    top_n, top_i = output.topk(1)
    category_i = top_i[0].item()
    return all_categories[category_i], category_i


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super(RNN, self).__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.i2o = nn.Linear(input_size + hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = self.i2h(combined)
        output = self.i2o(combined)
        output = self.softmax(output)
        return output, hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


rnn = RNN(n_letters, 16, len(all_categories))
rng = np.random.RandomState(0)
for p in rnn.parameters():
    p.data = torch.tensor(rng.uniform(-0.1, 0.1, p.shape)).float()
criterion = nn.NLLLoss()
learning_rate = 0.05


def train(category_tensor, line_tensor):
    hidden = rnn.initHidden()
    rnn.zero_grad()
    for i in range(line_tensor.size()[0]):
        output, hidden = rnn(line_tensor[i], hidden)
    loss = criterion(output, category_tensor)
    loss.backward()
    for p in rnn.parameters():
        p.data.add_(p.grad.data, alpha=-learning_rate)
    return output, loss.item()


current_loss, losses = 0, []
for iter in range(1, 101):
    category = random.choice(all_categories)
    line = random.choice(category_lines[category])
    category_tensor = torch.tensor([all_categories.index(category)], dtype=torch.long)
    output, loss = train(category_tensor, lineToTensor(line))
    current_loss += loss
    if iter % 10 == 0:
        guess, guess_i = categoryFromOutput(output)
        print("%d %.4f %s / %s %s" % (iter, loss, line, guess, "✓" if guess == category else "✗ (%s)" % category))
        losses.append(current_loss / 10)
        current_loss = 0
