"""XOR with nothing but tensors: two layers, their gradients, and gradient descent written out.

    python examples/xor.py

No single line separates (0,0), (1,1) from (0,1), (1,0); a hidden layer of four units bends the plane so that one does.
"""

import tinynet as tn

tn.manual_seed(1)

x = tn.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = tn.tensor([[0.0], [1.0], [1.0], [0.0]])

w1 = tn.randn(2, 4, requires_grad=True)
b1 = tn.zeros(4, requires_grad=True)
w2 = tn.randn(4, 1, requires_grad=True)
b2 = tn.zeros(1, requires_grad=True)
parameters = [w1, b1, w2, b2]


def network(x):
    hidden = tn.tanh(x @ w1 + b1)
    return tn.sigmoid(hidden @ w2 + b2)


def main(steps=2000, lr=0.5):
    for step in range(steps + 1):
        p = network(x)
        loss = -(target * p.log() + (1 - target) * (1 - p).log()).mean()
        loss.backward()
        with tn.no_grad():
            for w in parameters:
                w -= lr * w.grad
                w.grad = None
        if step % (steps // 4) == 0:
            print(f"step {step:4d}  loss {loss.item():.4f}")

    for row, p in zip(x.tolist(), network(x)[:, 0].tolist()):
        print(f"{row[0]:.0f} xor {row[1]:.0f} = {p:.3f}")
    return loss.item()


if __name__ == "__main__":
    main()
