# REINFORCE on a corridor: the policy must learn to walk to the right.
from itertools import count

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical

torch.manual_seed(543)
eps = np.finfo(np.float32).eps.item()


class Corridor:
    def reset(self):
        self.at, self.time = 2, 0
        return self.state()

    def state(self):
        return np.eye(6, dtype=np.float32)[self.at]

    def step(self, action):
        self.at, self.time = max(0, self.at + (1 if action == 1 else -1)), self.time + 1
        done = self.at == 5 or self.time == 20
        return self.state(), 1.0 if self.at == 5 else -0.1, done, {}


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(6, 32)
        self.affine2 = nn.Linear(32, 2)
        self.saved_log_probs = []
        self.rewards = []

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.softmax(self.affine2(x), dim=1)


env, policy = Corridor(), Policy()
optimizer = optim.Adam(policy.parameters(), lr=2e-2)


def select_action(state):
    state = torch.from_numpy(state).float().unsqueeze(0)
    probs = policy(state)
    m = Categorical(probs)
    action = m.sample()
    policy.saved_log_probs.append(m.log_prob(action))
    return action.item()


def finish_episode():
    R = 0
    policy_loss = []
    returns = []
    for r in policy.rewards[::-1]:
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for log_prob, R in zip(policy.saved_log_probs, returns):
        policy_loss.append(-log_prob * R)
    optimizer.zero_grad()
    policy_loss = torch.cat(policy_loss).sum()
    policy_loss.backward()
    optimizer.step()
    del policy.rewards[:]
    del policy.saved_log_probs[:]


lengths = []
for i_episode in range(60):
    state = env.reset()
    for t in count(1):
        state, reward, done, _ = env.step(select_action(state))
        policy.rewards.append(reward)
        if done:
            break
    finish_episode()
    lengths.append(t)
losses = [float(np.mean(lengths[i : i + 15])) for i in range(0, 60, 15)]
print("Steps to the end", losses)
