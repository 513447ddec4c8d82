# Actor and critic that share a layer, learning which of four arms pays in which of two states.
from collections import namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical

SavedAction = namedtuple("SavedAction", ["log_prob", "value"])
torch.manual_seed(0)
rng = np.random.RandomState(0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(2, 32)
        self.action_head = nn.Linear(32, 4)
        self.value_head = nn.Linear(32, 1)
        self.saved_actions, self.rewards = [], []

    def forward(self, x):
        x = F.relu(self.affine1(x))
        action_scores = self.action_head(x)
        state_values = self.value_head(x)
        return F.softmax(action_scores, dim=-1), state_values


model = Policy()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)


def select_action(state):
    state = torch.from_numpy(state).float()
    probs, state_value = model(state)
    m = Categorical(probs)
    action = m.sample()
    model.saved_actions.append(SavedAction(m.log_prob(action), state_value))
    return action.item(), m.entropy()


losses = []
for episode in range(80):
    entropies = []
    for t in range(10):
        which = rng.randint(2)
        action, entropy = select_action(np.eye(2)[which])
        model.rewards.append(1.0 if action == 1 + 2 * which else 0.0)
        entropies.append(entropy)
    policy_losses, value_losses = [], []
    rewards = torch.tensor(model.rewards)
    for (log_prob, value), r in zip(model.saved_actions, rewards):
        advantage = r - value.item()
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([r])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * torch.stack(entropies).sum()
    loss.backward()
    optimizer.step()
    losses.append(1 - rewards.mean().item())
    del model.rewards[:]
    del model.saved_actions[:]
losses = np.array(losses).reshape(4, 20).mean(axis=1).tolist()
print("Missed rewards", losses)
