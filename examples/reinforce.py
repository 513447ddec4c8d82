"""REINFORCE: a network learns to balance a pole on a cart, from nothing but how long it stood.

    python examples/reinforce.py

The cart is pushed left or right, fifty times a second. Many carts run at once, each with a pole of its own. Where an
action was followed by more than is usual at that time, it becomes more likely: the gradient of log π(action) times
(return − mean return). The policy: Williams (1992); the cart: Barto, Sutton and Anderson (1983).
"""

import argparse
import math

import tinynet as tn
from tinynet import nn, optim
from tinynet.distributions import Categorical


class Carts:
    """n carts with a pole each; a state is (x, its speed, the pole's angle, its speed), in metres, radians, seconds."""

    GRAVITY, CART, POLE, LENGTH, FORCE, DT = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02

    def __init__(self, n, device="cpu"):
        self.state = (0.1 * tn.rand(n, 4) - 0.05).to(device)

    def push(self, action):
        """Push each cart left (0) or right (1); returns which poles still stand, on carts still on their track."""
        x, v, angle, spin = self.state.unbind(1)
        force = self.FORCE * (2 * action - 1)
        sin, cos, mass = angle.sin(), angle.cos(), self.CART + self.POLE
        push = (force + self.POLE * self.LENGTH * spin**2 * sin) / mass
        turn = (self.GRAVITY * sin - push * cos) / (self.LENGTH * (4 / 3 - self.POLE * cos**2 / mass))
        speed_up = push - self.POLE * self.LENGTH * turn * cos / mass
        x, angle = x + self.DT * v, angle + self.DT * spin
        self.state = tn.stack([x, v + self.DT * speed_up, angle, spin + self.DT * turn], 1)
        return (x.abs() < 2.4) & (angle.abs() < math.radians(12))


def play(policy, carts, steps, device):
    """log π of each action that was taken, and whether the pole stood before it: both (steps, carts)."""
    world, up = Carts(carts, device), tn.ones(carts, device=device)
    log_probs, standing = [], []
    for _ in range(steps):
        choice = Categorical(logits=policy(world.state))
        action = choice.sample()
        log_probs.append(choice.log_prob(action))
        standing.append(up)
        up = up * world.push(action)
        if not up.any():
            break
    return tn.stack(log_probs), tn.stack(standing)


def main(updates=60, carts=32, steps=500, discount=0.99, device="cpu"):
    tn.manual_seed(0)
    policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2)).to(device)
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    for update in range(1, updates + 1):
        log_probs, standing = play(policy, carts, steps, device)
        returns, later = [], tn.zeros(carts, device=device)
        for reward in reversed(standing.unbind()):
            later = reward + discount * later
            returns.insert(0, later)
        returns = tn.stack(returns)
        advantage = (returns - (returns * standing).sum(1, keepdim=True) / standing.sum(1, keepdim=True)) * standing
        loss = -(log_probs * advantage).sum() / standing.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds = standing.sum(0).mean().item() * Carts.DT
        if update % max(updates // 10, 1) == 0:
            print(f"update {update:3d}  poles stood {seconds:5.2f} s of {steps * Carts.DT:.0f}", flush=True)
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=60, help="of the policy (default %(default)s)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    main(**vars(parser.parse_args()))
