# Deep Q-learning with a replay memory and a target network, on a ring of states.
import math
import random
from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
random.seed(0)
rng = np.random.RandomState(0)


class ReplayMemory(object):
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self):
        super(DQN, self).__init__()
        self.layer1, self.layer2 = nn.Linear(8, 32), nn.Linear(32, 2)
        for p in self.parameters():
            p.data.copy_(torch.from_numpy(rng.uniform(-0.3, 0.3, p.shape)))

    def forward(self, x):
        return self.layer2(F.relu(self.layer1(x)))


BATCH_SIZE, GAMMA, EPS_START, EPS_END, EPS_DECAY, TARGET_UPDATE = 32, 0.9, 0.9, 0.05, 50, 20
policy_net, target_net = DQN(), DQN()
target_net.load_state_dict(policy_net.state_dict())
target_net.eval()
optimizer = optim.RMSprop(policy_net.parameters(), lr=0.003)
memory = ReplayMemory(200)
losses, steps_done, position = [], 0, 0
one_hot = torch.eye(8)

for step in range(120):
    state = one_hot[position].unsqueeze(0)
    eps_threshold = EPS_END + (EPS_START - EPS_END) * math.exp(-1.0 * step / EPS_DECAY)
    if random.random() > eps_threshold:
        with torch.no_grad():
            action = policy_net(state).max(1)[1].view(1, 1)
    else:
        action = torch.tensor([[random.randrange(2)]], dtype=torch.long)
    position = (position + 2 * action.item() - 1) % 8
    done = position == 4
    reward = torch.tensor([1.0 if done else 0.0])
    memory.push(state, action, None if done else one_hot[position].unsqueeze(0), reward)
    position = 0 if done else position
    if len(memory) < BATCH_SIZE:
        continue
    batch = Transition(*zip(*memory.sample(BATCH_SIZE)))
    non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE)
    next_state_values[non_final_mask] = target_net(non_final_next_states).max(1)[0].detach()
    expected_state_action_values = (next_state_values * GAMMA) + reward_batch
    loss = F.smooth_l1_loss(state_action_values, expected_state_action_values.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    for param in policy_net.parameters():
        param.grad.data.clamp_(-1, 1)
    optimizer.step()
    if step % TARGET_UPDATE == 0:
        target_net.load_state_dict(policy_net.state_dict())
    losses.append(loss.item())
print(losses[::10])
