"""Update rules: how one parameter moves, each written once, for one element, in the symbols of its paper.

A rule takes the parameter `p`, then its state, then the gradient `g`, then numbers, and returns the new `p` and state
in the same order. Names of state and numbers are those of the optimizer's `state_dict` and arguments; `t` counts the
steps from 1. The lifting (`kernels/lifting/lift.py`) makes one loop of it, over all parameters at once. What depends on
numbers alone, such as `1 - beta1**t`, is computed once per step in float64 and not once per element.

The `g` that arrives is ready to use: negated to maximise, scaled and clipped as `Optimizer.step` was told to.
`weight_decay` λ is added to the gradient, as the derivative of λ/2 θ², or, where the docstring says *decoupled*,
takes its share of the parameter itself, by the step.
"""

from math import sqrt


def sign(x):
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x  # so that NaN stays NaN


# Gradient descent


def sgd(p, g, lr, weight_decay):
    """θ ← θ − η (g + λθ)."""
    g = g + weight_decay * p
    return p - lr * g


def sgd_momentum(p, momentum_buffer, g, lr, momentum, dampening, weight_decay):
    """b ← μb + (1−τ)(g + λθ);  θ ← θ − ηb."""
    g = g + weight_decay * p
    b = momentum * momentum_buffer + (1 - dampening) * g
    return p - lr * b, b


def sgd_nesterov(p, momentum_buffer, g, lr, momentum, dampening, weight_decay):
    """b ← μb + (1−τ)(g + λθ);  θ ← θ − η(g + λθ + μb): the gradient is taken as if one step ahead."""
    g = g + weight_decay * p
    b = momentum * momentum_buffer + (1 - dampening) * g
    return p - lr * (g + momentum * b), b


def classical_momentum(p, velocity, g, lr, momentum, weight_decay):
    """V ← γV + η(g + λθ);  θ ← θ − V: the classical form, in which η is inside the velocity."""
    g = g + weight_decay * p
    v = momentum * velocity + lr * g
    return p - v, v


def asgd(p, ax, g, eta, mu, lambd, weight_decay):
    """θ ← (1 − λη)θ − ηg;  the average follows it, θ̄ ← θ̄ + μ(θ − θ̄)."""
    g = g + weight_decay * p
    p = (1 - lambd * eta) * p - eta * g
    return p, (1 - mu) * ax + mu * p


# Steps of a size of their own for each parameter


def adagrad(p, sum, g, lr, lr_decay, eps, t, weight_decay):
    """G ← G + g²;  θ ← θ − ηₜ g / (√G + ε),  ηₜ = η / (1 + (t−1) decay)."""
    g = g + weight_decay * p
    G = sum + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(G) + eps), G


def adadelta(p, square_avg, acc_delta, g, lr, rho, eps, weight_decay):
    """E[g²] ← ρE[g²] + (1−ρ)g²;  Δ = √(E[Δ²] + ε) / √(E[g²] + ε) g;  E[Δ²] ← ρE[Δ²] + (1−ρ)Δ²;  θ ← θ − ηΔ."""
    g = g + weight_decay * p
    v = rho * square_avg + (1 - rho) * g * g
    delta = sqrt(acc_delta + eps) / sqrt(v + eps) * g
    u = rho * acc_delta + (1 - rho) * delta * delta
    return p - lr * delta, v, u


def rmsprop(p, square_avg, g, lr, alpha, eps, weight_decay):
    """v ← αv + (1−α)g²;  θ ← θ − ηg / (√v + ε)."""
    g = g + weight_decay * p
    v = alpha * square_avg + (1 - alpha) * g * g
    return p - lr * g / (sqrt(v) + eps), v


def rmsprop_centered(p, square_avg, grad_avg, g, lr, alpha, eps, weight_decay):
    """RMSprop with the variance v − a² in place of the second moment, a ← αa + (1−α)g."""
    g = g + weight_decay * p
    v = alpha * square_avg + (1 - alpha) * g * g
    a = grad_avg + (1 - alpha) * (g - grad_avg)
    return p - lr * g / (sqrt(v - a * a) + eps), v, a


def rmsprop_momentum(p, square_avg, momentum_buffer, g, lr, alpha, eps, momentum, weight_decay):
    """RMSprop's direction through momentum: b ← μb + g / (√v + ε);  θ ← θ − ηb."""
    g = g + weight_decay * p
    v = alpha * square_avg + (1 - alpha) * g * g
    b = momentum * momentum_buffer + g / (sqrt(v) + eps)
    return p - lr * b, v, b


def rmsprop_centered_momentum(p, square_avg, grad_avg, momentum_buffer, g, lr, alpha, eps, momentum, weight_decay):
    """Both: b ← μb + g / (√(v − a²) + ε);  θ ← θ − ηb."""
    g = g + weight_decay * p
    v = alpha * square_avg + (1 - alpha) * g * g
    a = grad_avg + (1 - alpha) * (g - grad_avg)
    b = momentum * momentum_buffer + g / (sqrt(v - a * a) + eps)
    return p - lr * b, v, a, b


def rprop(p, prev, step_size, g, etaminus, etaplus, step_size_min, step_size_max):
    """Δ ← Δ η⁺ where the sign of g stays, Δ η⁻ where it turns (there g counts as 0);  θ ← θ − Δ sign(g)."""
    turn = g * prev
    step_size = step_size * (etaplus if turn > 0.0 else etaminus if turn < 0.0 else 1.0)
    step_size = min(max(step_size, step_size_min), step_size_max)
    g = 0.0 if turn < 0.0 else g
    return p - step_size * sign(g), g, step_size


# Adam and its relatives


def adam(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay):
    """Algorithm 1 of Kingma & Ba (2015): m, v ← moving averages of g, g²;  θ ← θ − α m̂ / (√v̂ + ε)."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return p - lr * m_hat / (sqrt(v_hat) + eps), m, v


def amsgrad(p, exp_avg, exp_avg_sq, max_exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay):
    """Adam that divides by the largest v so far (Reddi et al., 2018), debiased as PyTorch does."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    largest = max(max_exp_avg_sq, v)
    m_hat = m / (1 - beta1**t)
    v_hat = largest / (1 - beta2**t)
    return p - lr * m_hat / (sqrt(v_hat) + eps), m, v, largest


def adamw(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay):
    """Adam with decoupled weight decay: θ ← (1 − αλ)θ − α m̂ / (√v̂ + ε)."""
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return (1 - lr * weight_decay) * p - lr * m_hat / (sqrt(v_hat) + eps), m, v


def adamw_amsgrad(p, exp_avg, exp_avg_sq, max_exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay):
    """AdamW that divides by the largest v so far."""
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    largest = max(max_exp_avg_sq, v)
    m_hat = m / (1 - beta1**t)
    v_hat = largest / (1 - beta2**t)
    return (1 - lr * weight_decay) * p - lr * m_hat / (sqrt(v_hat) + eps), m, v, largest


def sparse_adam(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps):
    """Adam that leaves an element and its moments alone where the gradient is exactly 0."""
    if g == 0.0:
        return p, exp_avg, exp_avg_sq
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = exp_avg_sq + (1 - beta2) * (g * g - exp_avg_sq)
    # ε is added to √v and not to √v̂, as PyTorch does here alone.
    return p - lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps), m, v


def adamax(p, exp_avg, exp_inf, g, t, lr, beta1, beta2, eps, weight_decay):
    """Algorithm 2 of Kingma & Ba: u ← max(β₂u, |g| + ε);  θ ← θ − α/(1 − β₁ᵗ) m/u, and 0 where g was always 0."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    u = max(abs(g) + eps, beta2 * exp_inf)
    return p - lr / (1 - beta1**t) * (0.0 if u == 0.0 else m / u), m, u


def nadam(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay, mu, mu_next, mu_product):
    """Adam that looks ahead: θ ← θ − α (μₜ₊₁ m / (1 − Πᵗ⁺¹μ) + (1 − μₜ) g / (1 − Πᵗμ)) / (√v̂ + ε)."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    m_hat = mu_next / (1 - mu_product * mu_next) * m + (1 - mu) / (1 - mu_product) * g
    v_hat = v / (1 - beta2**t)
    return p - lr * m_hat / (sqrt(v_hat) + eps), m, v


def nadamw(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay, mu, mu_next, mu_product):
    """NAdam with decoupled weight decay."""
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    m_hat = mu_next / (1 - mu_product * mu_next) * m + (1 - mu) / (1 - mu_product) * g
    v_hat = v / (1 - beta2**t)
    return (1 - lr * weight_decay) * p - lr * m_hat / (sqrt(v_hat) + eps), m, v


def radam(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay, rectification):
    """θ ← θ − α r m̂ √(1 − β₂ᵗ) / (√v + ε), with r for how well v is known yet."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    return p - lr * rectification * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps), m, v


def radam_early(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, weight_decay):
    """While v is not known well enough (ρ ≤ 5), momentum alone: θ ← θ − α m̂."""
    g = g + weight_decay * p
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    return p - lr / (1 - beta1**t) * m, m, v


def radamw(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay, rectification):
    """RAdam with decoupled weight decay."""
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    step = lr * rectification * sqrt(1 - beta2**t) / (1 - beta1**t)
    return (1 - lr * weight_decay) * p - step * m / (sqrt(v) + eps), m, v


def radamw_early(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, weight_decay):
    m = exp_avg + (1 - beta1) * (g - exp_avg)
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    return (1 - lr * weight_decay) * p - lr / (1 - beta1**t) * m, m, v


def adabelief(p, exp_avg, exp_avg_var, g, t, lr, beta1, beta2, eps, weight_decay):
    """Adam that divides by how far g is from what was expected: s ← β₂s + (1−β₂)(g − m)² + ε.  Decoupled."""
    m = beta1 * exp_avg + (1 - beta1) * g
    s = beta2 * exp_avg_var + (1 - beta2) * (g - m) * (g - m) + eps
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return (1 - lr * weight_decay) * p - lr * m_hat / (sqrt(s_hat) + eps), m, s


def yogi(p, exp_avg, exp_avg_sq, g, lr, beta1, beta2, eps, weight_decay):
    """Adam whose v moves by no more than (1−β₂)g², up or down: v ← v − (1−β₂) sign(v − g²) g²."""
    g = g + weight_decay * p
    m = beta1 * exp_avg + (1 - beta1) * g
    v = exp_avg_sq - (1 - beta2) * sign(exp_avg_sq - g * g) * g * g
    return p - lr * m / (sqrt(v) + eps), m, v


def adopt(p, exp_avg, exp_avg_sq, g, t, lr, beta1, beta2, eps, weight_decay):
    """m ← β₁m + (1−β₁) clip(g / max(√v, ε), (t−1)^¼), with v from the step before;  θ ← θ − αm.  Decoupled."""
    u = g / max(sqrt(exp_avg_sq), eps)
    u = min(max(u, -((t - 1) ** 0.25)), (t - 1) ** 0.25)
    m = beta1 * exp_avg + (1 - beta1) * u
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    return (1 - lr * weight_decay) * p - lr * m, m, v


def adopt_first(p, exp_avg, exp_avg_sq, g):
    """The first gradient only begins v ← g²."""
    return p, exp_avg, g * g


def adan(p, exp_avg, exp_avg_diff, exp_avg_sq, previous, g, t, lr, beta1, beta2, beta3, eps, weight_decay):
    """m, v, n ← averages of g, of g − g₋₁, of (g + β₂(g − g₋₁))²;  θ ← (θ − η (m̂ + β₂v̂) / (√n̂ + ε)) / (1 + ηλ)."""
    difference = g - previous
    ahead = g + beta2 * difference
    m = beta1 * exp_avg + (1 - beta1) * g
    v = beta2 * exp_avg_diff + (1 - beta2) * difference
    n = beta3 * exp_avg_sq + (1 - beta3) * ahead * ahead
    m_hat, v_hat, n_hat = m / (1 - beta1**t), v / (1 - beta2**t), n / (1 - beta3**t)
    p = (p - lr * (m_hat + beta2 * v_hat) / (sqrt(n_hat) + eps)) / (1 + lr * weight_decay)
    return p, m, v, n, g


def lion(p, exp_avg, g, lr, beta1, beta2, weight_decay):
    """θ ← θ − η (sign(β₁m + (1−β₁)g) + λθ);  m ← β₂m + (1−β₂)g."""
    c = beta1 * exp_avg + (1 - beta1) * g
    m = beta2 * exp_avg + (1 - beta2) * g
    return p - lr * (sign(c) + weight_decay * p), m


def prodigy(p, exp_avg, exp_avg_sq, s, p0, g, d, d0, lr, beta1, beta2, beta3, eps, weight_decay):
    """Adam on dg: m, v ← averages of dg, d²g²;  s ← β₃s + (1−β₃)γ(d/d₀)²g;  θ ← θ − γd m / (√v + dε).  Decoupled."""
    m = beta1 * exp_avg + (1 - beta1) * d * g
    v = beta2 * exp_avg_sq + (1 - beta2) * (d * g) * (d * g)
    s = beta3 * s + (1 - beta3) * lr * (d / d0) ** 2 * g
    return (1 - lr * d * weight_decay) * p - lr * d * m / (sqrt(v) + d * eps), m, v, s, p0


def prodigy_progress(g, p0, p):
    """Summed over all parameters: ⟨g, θ₀ − θ⟩."""
    return g * (p0 - p)


# Averages in place of a schedule: the parameter is y, where gradients are taken


def schedule_free_sgd(p, z, g, lr, c, beta, weight_decay):
    """z ← z − γ(g + λy);  x ← (1−c)x + cz;  y ← (1−β)z + βx."""
    g = g + weight_decay * p
    x = (p - (1 - beta) * z) / beta
    z = z - lr * g
    x = (1 - c) * x + c * z
    return (1 - beta) * z + beta * x, z


def schedule_free_adamw(p, z, exp_avg_sq, g, lr, c, beta1, beta2, eps, weight_decay):
    """v ← β₂v + (1−β₂)g²;  z ← z − γ(g / (√v + ε) + λy);  x ← (1−c)x + cz;  y ← (1−β₁)z + β₁x."""
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    x = (p - (1 - beta1) * z) / beta1
    z = z - lr * (g / (sqrt(v) + eps) + weight_decay * p)
    x = (1 - c) * x + c * z
    return (1 - beta1) * z + beta1 * x, z, v


def averaged(p, z, beta):
    """x from y: (y − (1−β)z) / β."""
    return (p - (1 - beta) * z) / beta


def extrapolated(p, z, beta):
    """y from x: (1−β)z + βx."""
    return (1 - beta) * z + beta * p


# Steps measured by whole tensors. What a norm decides comes as a number per tensor, such as `ratio`, which a formula
# computes of the sums of squares, or of the norms, so that nothing waits for the host.


def lars_ratio(w2, g2, trust_coefficient, weight_decay):
    """η‖w‖ / (‖g‖ + λ‖w‖) from ‖w‖² and ‖g‖²; 1 where one of them is 0."""
    w = sqrt(w2)
    g = sqrt(g2)
    return 1.0 if w == 0 or g == 0 else trust_coefficient * w / (g + weight_decay * w)


def lars(p, velocity, g, ratio, lr, momentum, weight_decay):
    """v ← μv + γ ratio (g + λθ);  θ ← θ − v."""
    v = momentum * velocity + lr * ratio * (g + weight_decay * p)
    return p - v, v


def lamb_direction(p, exp_avg, exp_avg_sq, r, g, t, beta1, beta2, eps, weight_decay):
    """r ← m̂ / (√v̂ + ε) + λθ; the parameter waits until the norm of r is known."""
    m = beta1 * exp_avg + (1 - beta1) * g
    v = beta2 * exp_avg_sq + (1 - beta2) * g * g
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return p, m, v, m_hat / (sqrt(v_hat) + eps) + weight_decay * p


def lamb_ratio(x2, r2):
    """‖x‖ / ‖r‖ from ‖x‖² and ‖r‖²; 1 where one of them is 0."""
    x = sqrt(x2)
    r = sqrt(r2)
    return 1.0 if x == 0 or r == 0 else x / r


def lamb_step(p, r, ratio, lr):
    """θ ← θ − η ratio r."""
    return p - lr * ratio * r


def muon(p, momentum_buffer, u, g, lr, momentum, weight_decay):
    """B ← B + (1−μ)(g − B);  θ ← (1 − ηλ)θ; B is then made orthogonal."""
    b = momentum_buffer + (1 - momentum) * (g - momentum_buffer)
    return (1 - lr * weight_decay) * p, b, b


def muon_nesterov(p, momentum_buffer, u, g, lr, momentum, weight_decay):
    """The same, with g + μ(B − g) made orthogonal, the momentum as if one step ahead."""
    b = momentum_buffer + (1 - momentum) * (g - momentum_buffer)
    return (1 - lr * weight_decay) * p, b, g + momentum * (b - g)


def newton_schulz_scale(g2, eps):
    """1 / max(‖G‖, ε) from ‖G‖²."""
    norm = sqrt(g2)
    return 1.0 / (eps if eps > norm else norm)


def toward(x, y, weight):
    """x ← x + w(y − x)."""
    return x + weight * (y - x)


def adafactor_direction(g, v, eps):
    """U ← g / √max(V, ε²)."""
    return g / sqrt(max(v, eps**2))


def adafactor_factor(p2, u2, count, eps2, rate, d):
    """−α / max(1, RMS(U) / d) with α = max(ε₂, RMS(θ)) min(η, 1/√t), from ‖θ‖² and ‖U‖²."""
    p_rms = sqrt(p2 / count)
    u_rms = sqrt(u2 / count) / d
    return -rate * (p_rms if p_rms > eps2 else eps2) / (u_rms if u_rms > 1.0 else 1.0)


def plus(x, y, factor):
    """x ← x + cy."""
    return x + factor * y


def times(x, factor):
    return factor * x


def mix(x, y, a, b):
    """x ← ax + by."""
    return a * x + b * y


def preprocess(g, factor, limit, scale):
    """The gradient, scaled, then clipped by its norm, which decides the factor, or at ±limit."""
    return min(max(factor * (scale * g), -limit), limit)
