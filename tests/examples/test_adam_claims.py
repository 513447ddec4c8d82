"""What the paper and articles about Adam claim, each as a test that can fail, beside a rule for which it does not hold.

Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015); sections are the paper's. docs/adam.md tells the
story. Where a claim is only nearly true, the test says what is.
"""

import ast
import inspect
import math
import tracemalloc

import numpy as np
import pytest
from descents import ALPHA, descend, noise, steps
from helpers import launches
from hypothesis import given
from hypothesis import strategies as st
from uncorrected import Uncorrected

import tinynet as tn
from tinynet import nn, optim, rules
from tinynet.data import digits
from tinynet.kernels.launch import observe
from tinynet.kernels.runtime.memory import release

# "Straightforward to implement"


def statements(formula):
    tree = ast.parse(inspect.getsource(formula)).body[0]
    return [line for line in tree.body if not isinstance(line, ast.Expr)]


def test_few_lines():
    assert len(statements(rules.adam)) == 6  # weight decay, m, v, m̂, v̂, θ
    assert len(inspect.getsource(optim.LBFGS).splitlines()) > 15 * len(statements(rules.adam))


def test_it_is_algorithm_1():
    m = v = theta = np.zeros(5)
    gradients = noise(50, 5)
    ours = descend(optim.Adam, lambda _, t: gradients[t - 1], theta, 50)
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        theta = theta - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(ours[t], theta, rtol=1e-12, atol=1e-15)


# "Computationally efficient"


def touched(make, count, ones, **options):
    """The kernels of one step over `count` tensors, and how many elements they read or write."""
    ps = [tn.ones(ones, requires_grad=True) for _ in range(count)]
    optimizer = make(ps, **options)
    tn.cat(ps).sum().backward()
    optimizer.step()
    sizes = []

    def count_elements(kernel, arguments):
        sizes.append(sum(a.size for a in arguments if isinstance(a, np.ndarray)))
        kernel.cpu(*arguments)

    with observe(count_elements):
        optimizer.step()
    return len(sizes), sum(sizes)


@pytest.mark.parametrize(("count", "size"), [(1, 960), (60, 16)])
def test_a_step_is_one_pass_over_four_arrays(count, size):
    n = count * size
    assert touched(optim.Adam, count, size) == (1, 4 * n)  # θ, m, v, g
    assert touched(optim.Adadelta, count, size) == (1, 4 * n)  # no more than its rivals
    assert touched(optim.SGD, count, size) == (1, 2 * n)
    calls, elements = touched(optim.LAMB, count, size)
    assert calls > 1 and elements > 4 * n


def test_a_step_costs_the_same_at_any_time():
    theta = tn.ones(3, requires_grad=True)
    optimizer = optim.Adam([theta])
    theta.sum().backward()
    optimizer.step()  # the first makes the state
    for _ in range(3):
        theta.sum().backward()
        with launches() as names:
            optimizer.step()
        assert names == ["adam"]
    text = optimizer.rule(optimizer.param_groups[0]).kernel.source(np.float32)
    element = text[text.index("def adam") : text.index("def loop")]
    assert "**" in inspect.getsource(rules.adam) and "**" not in element  # βᵗ is computed once, not for each element
    assert element.count("sqrt") == 1


# "Little memory requirements"


def memory(make, n=1 << 18, count=3, **options):
    """Bytes that the first steps leave allocated, and that later ones ask for, per byte of parameters."""
    theta = tn.ones(n, requires_grad=True)
    optimizer = make([theta], **options)
    theta.grad = tn.ones(n)
    other = make([tn.ones(n, requires_grad=True)], **options)  # compiles what is needed
    other.param_groups[0]["params"][0].grad = tn.ones(n)
    other.step()
    release()  # so that all memory is new, and seen
    tracemalloc.start()
    try:
        optimizer.step()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(count):
            optimizer.step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return round(kept / (4 * n), 2), round((peak - kept) / (4 * n), 2)


MEMORY = [(optim.SGD, 0), (optim.Momentum, 1), (optim.RMSprop, 1), (optim.Adam, 2), (optim.Adan, 4)]


@pytest.mark.parametrize(("make", "numbers"), MEMORY, ids=[m.__name__ for m, _ in MEMORY])
def test_memory_is_exactly_that_of_the_state(make, numbers):
    assert memory(make) == (numbers, 0)


def test_the_state_is_two_moments_of_each_parameter():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters())
    model(tn.ones(1, 3)).sum().backward()
    optimizer.step()
    for p, state in optimizer.state.items():
        assert {k: v.shape for k, v in state.items() if k != "step"} == {"exp_avg": p.shape, "exp_avg_sq": p.shape}


# "Invariant to diagonal rescaling of the gradients"

POWERS = 2.0 ** np.array([-40, -9, -1, 0, 3, 17, 40])


def rescaled(make, scales, **options):
    """Paths over the same bowl, θ·Aθ/2, whose gradients arrive as they are, and scaled."""
    a = np.linspace(0.5, 2, len(scales))
    start = noise(len(scales), seed=1)
    return [descend(make, lambda x, _, c=c: c * a * x, start, 200, **options) for c in (1.0, scales)]


INVARIANT = [optim.Adam, optim.Adamax, optim.RMSprop, optim.Adagrad]


@pytest.mark.parametrize("make", INVARIANT, ids=lambda m: m.__name__)
def test_rescaled_gradients_take_the_same_path_bit_for_bit(make):
    plain, scaled = rescaled(make, POWERS, eps=0.0, lr=0.05)
    assert np.array_equal(plain, scaled) and not np.array_equal(plain[-1], plain[0])


def test_scales_that_are_no_powers_of_two_change_no_more_than_rounding():
    plain, scaled = rescaled(optim.Adam, np.array([1e-9, 3e-4, 0.7, 1.1, 5e3, 7e7, 1e12]), eps=0.0, lr=0.05)
    np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-12)


def test_gradient_descent_and_an_epsilon_are_not_invariant():
    plain, scaled = rescaled(optim.SGD, POWERS[2:5], lr=0.05)
    assert np.abs(plain - scaled)[-1].max() > 0.01
    plain, scaled = rescaled(optim.Adam, POWERS, eps=1e-8, lr=0.05)
    assert np.abs(plain - scaled)[:, 0].max() > 0.01  # a gradient of 2⁻⁴⁰ is small beside ε
    assert np.abs(plain - scaled)[:, -1].max() < 1e-6


def test_a_loss_in_other_units_trains_the_same_network():
    x, y = tn.rand(64, 64), digits()[:64][1]  # no gradient is exactly 0, and so no 0/0 without ε

    def trained(factor):
        tn.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))
        optimizer = optim.Adam(model.parameters(), eps=0.0)
        for _ in range(20):
            optimizer.zero_grad()
            (factor * nn.functional.cross_entropy(model(x), y)).backward()
            optimizer.step()
        return [p.detach().numpy() for p in model.parameters()]

    assert all(np.array_equal(a, b) for a, b in zip(trained(1.0), trained(2.0**20)))


# "Its stepsizes are approximately bounded by the stepsize hyperparameter", section 2.1


def bound(beta1, beta2, t):
    """The largest |Δₜ| / α that any gradients can bring about, with ε = 0.

    m̂ = Σ wᵢgᵢ and v̂ = Σ uᵢgᵢ² with weights that sum to 1, so by Cauchy and Schwarz m̂² ≤ v̂ Σ wᵢ²/uᵢ, with equality
    for gᵢ ∝ wᵢ/uᵢ: gradients that grow by β₂/β₁ from step to step.
    """
    i = np.arange(t)
    w = (1 - beta1) * beta1**i / (1 - beta1**t)
    u = (1 - beta2) * beta2**i / (1 - beta2**t)
    return math.sqrt((w**2 / u).sum())


gradient_lists = st.lists(st.floats(-1e6, 1e6).filter(lambda g: g == 0 or abs(g) > 1e-6), min_size=1, max_size=40)


@given(gradient_lists, st.sampled_from([(0.9, 0.999), (0.9, 0.99), (0.5, 0.9), (0.0, 0.999), (0.9, 0.9)]))
def test_no_gradients_bring_about_a_larger_step_than_the_bound(gradients, betas):
    gradients = [1.0, *gradients]  # so that v is never 0
    found = np.abs(steps(optim.Adam, [[g] for g in gradients], eps=0.0, betas=betas)[:, 0])
    limits = [bound(*betas, t) for t in range(1, len(gradients) + 1)]
    assert (found <= np.array(limits) * (1 + 1e-7)).all()


@given(gradient_lists)
def test_with_equal_betas_no_step_is_larger_than_alpha(gradients):
    found = steps(optim.Adam, [[1.0], *([g] for g in gradients)], eps=0.0, betas=(0.9, 0.9))
    assert np.abs(found).max() <= 1 + 1e-7


@pytest.mark.parametrize("g", [1e-12, 1.0, -1e12])
def test_steady_gradients_of_any_size_make_steps_of_alpha(g):
    np.testing.assert_allclose(steps(optim.Adam, [[g]] * 100, eps=0.0), -np.sign(g), rtol=1e-12)
    assert np.abs(steps(optim.SGD, [[g]])[0, 0]) == abs(g)  # gradient descent goes as far as the gradient is long


def test_steps_are_smaller_than_alpha_when_gradients_are_noisy():
    found = np.abs(steps(optim.Adam, 100 * noise(300, 500), eps=0.0))[50:]
    assert (found < 1).mean() > 0.999


def test_a_gradient_after_long_silence_makes_the_step_that_the_paper_gives():
    """α (1 − β₁) / √(1 − β₂), "the most severe case of sparsity": with the default β it is 3.2 α."""
    sparse = np.zeros((8000, 1))
    sparse[[0, -1]] = 1.0  # the first is forgotten when the last comes
    assert abs(steps(optim.Adam, sparse, eps=0.0)[-1, 0]) == pytest.approx(0.1 / math.sqrt(0.001), rel=1e-3)


def test_growing_gradients_go_beyond_what_the_paper_gives():
    for betas, limit in (((0.9, 0.999), 3.2), ((0.9, 0.99), 1.0)):  # for the second the paper gives |Δ| ≤ α
        growing = (betas[1] / betas[0]) ** np.arange(-7999.0, 1.0)
        growing[0] = 1e-30
        found = abs(steps(optim.Adam, growing[:, None], eps=0.0, betas=betas)[-1, 0])
        assert found == pytest.approx(bound(*betas, 8000), rel=1e-6) and found > 2 * limit


@given(gradient_lists)
def test_adamax_is_bounded_by_alpha_but_for_one_percent(gradients):
    """Σ wᵢ β₂⁻ⁱ = (1 − β₁) / (1 − β₁/β₂) = 1.009 in the limit; section 7.1 says 1."""
    found = steps(optim.Adamax, [[1.0], *([g] for g in gradients)], eps=0.0)
    assert np.abs(found).max() <= 0.1 / (1 - 0.9 / 0.999)


# "Naturally performs a form of step size annealing"


def mean_step(make, signal, **options):
    """Mean |Δ| for gradients of mean `signal` and deviation 1."""
    return np.abs(steps(make, signal + noise(400, 2000), **options))[100:].mean()


def test_steps_shrink_with_the_signal_to_noise_ratio():
    found = [mean_step(optim.Adam, signal) for signal in (10, 3, 1, 0.3, 0.1, 0)]
    assert found == sorted(found, reverse=True) and found[0] > 0.99
    # Of noise alone, m has the variance (1 − β₁)/(1 + β₁), and a normal number the mean magnitude √(2/π).
    assert found[-1] == pytest.approx(math.sqrt(2 / math.pi * 0.1 / 1.9), rel=0.05)


def test_steps_of_momentum_and_rmsprop_do_not():
    near, far = mean_step(optim.SGD, 0.1, momentum=0.9), mean_step(optim.SGD, 0.0, momentum=0.9)
    assert near / far < 1.2 and mean_step(optim.SGD, 0.0, momentum=0.9) > 1.5  # a unit of noise, amplified
    assert mean_step(optim.RMSprop, 0.0) > 0.75 > 3 * mean_step(optim.Adam, 0.0)


def test_near_the_minimum_steps_become_small_by_themselves():
    def sizes(make, **options):
        z = noise(3000, 200)
        path = descend(make, lambda x, t: x + z[t - 1], np.full(200, 100.0), 3000, lr=0.1, **options)
        size = np.abs(np.diff(path, axis=0)).mean(1)
        return size[50:500].mean(), size[-500:].mean()

    far, near = sizes(optim.Adam)
    assert near < far / 4
    far, near = sizes(optim.RMSprop)
    assert near > far / 1.5


# The correction of the start at zero, section 3


def test_without_correction_v_is_too_small_by_what_the_paper_says():
    """E[vₜ] = E[g²] (1 − β₂ᵗ) for stationary gradients."""
    theta = tn.zeros(100_000, requires_grad=True)
    optimizer = optim.Adam([theta])
    for t in range(1, 101):
        theta.grad = tn.tensor(0.5 + noise(100_000, seed=t), dtype=tn.float32)
        optimizer.step()
        if t in (1, 10, 100):
            v = optimizer.state[theta]["exp_avg_sq"].numpy().mean(dtype=float)
            assert v / (1 - 0.999**t) == pytest.approx(1.25, rel=0.02) and v < 0.13


@pytest.mark.parametrize("beta2", [0.99, 0.999, 0.9999])
def test_without_correction_the_first_steps_are_too_large(beta2):
    gradients = np.ones((200, 1))
    corrected = np.abs(steps(optim.Adam, gradients, eps=0.0, betas=(0.9, beta2)))
    biased = np.abs(steps(Uncorrected, gradients, eps=0.0, betas=(0.9, beta2)))
    np.testing.assert_allclose(corrected, 1, rtol=1e-9)
    assert biased[0, 0] == pytest.approx(0.1 / math.sqrt(1 - beta2)) and biased.max() > 0.4 / math.sqrt(10 - 10 * beta2)


# Relations, section 5


def test_adagrad_is_a_limit_of_adam():
    """β₁ = 0, 1 − β₂ very small, αₜ = α / √t."""
    gradients = noise(100, 20)
    limit = {"betas": (0.0, 1 - 1e-9), "eps": 0.0, "lr": lambda t: ALPHA / math.sqrt(t + 1)}
    np.testing.assert_allclose(steps(optim.Adam, gradients, **limit), steps(optim.Adagrad, gradients, eps=0), rtol=1e-5)


def test_the_faster_order_of_section_2_is_the_same_path():
    """αₜ = α √(1 − β₂ᵗ) / (1 − β₁ᵗ) before m / √v."""
    gradients, alpha = noise(50, 20), lambda t: ALPHA * math.sqrt(1 - 0.999 ** (t + 1)) / (1 - 0.9 ** (t + 1))
    ordered = steps(Uncorrected, gradients, lr=alpha, eps=0.0)
    np.testing.assert_allclose(ordered, steps(optim.Adam, gradients, eps=0.0), rtol=1e-12)
