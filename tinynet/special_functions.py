"""Special functions, each a formula of one element as in `formulas.py`: the normal integral, Γ, ζ, Bessel's I,
incomplete Γ.

Where a series or a recurrence has to be summed, it is summed until it is exact to the last digit of float64. Equations
are numbered as in the Digital Library of Mathematical Functions, dlmf.nist.gov.
"""

from math import copysign, erf, erfc, exp, expm1, inf, lgamma, log, log1p, nan, pi, sqrt, tan

from .formulas import normal_cdf

# The normal integral


def error(x):
    """2/√π ∫₀ˣ e^(−t²) dt."""
    return erf(x)


def error_complement(x):
    """1 − erf x, with all its digits where erf x is nearly 1."""
    return erfc(x)


def root_of_error(y, rest):
    """x ≥ 0 with erf x = y and erfc x = rest = 1 − y, for y ≥ 0 and the smaller of the two exact.

    Winitzki's approximation (2008) has a relative error of 0.002 everywhere; each step of Halley's method cubes it.
    """
    a = 0.147
    logarithm = log1p(-y * y) if y < 0.5 else log(rest * (2.0 - rest))
    half = 2.0 / (pi * a) + 0.5 * logarithm
    x = sqrt((-logarithm / a) / (sqrt(half * half - logarithm / a) + half))
    steps = 3.0
    while steps > 0.0:
        error = erf(x) - y if y < 0.5 else rest - erfc(x)
        step = error / (2.0 / sqrt(pi) * exp(-x * x))
        x = x - step / (1.0 + x * step)
        steps -= 1.0
    return x


def error_inverse(y):
    """x with erf x = y."""
    a = abs(y)
    if a == 1.0:
        return copysign(inf, y)
    return copysign(root_of_error(a, 1.0 - a), y) if a < 1.0 else nan


def quantile(p):
    """x with Φ(x) = p."""
    if p == 0.0 or p == 1.0:
        return copysign(inf, p - 0.5)
    if p < 0.5:
        return -sqrt(2.0) * root_of_error(1.0 - 2.0 * p, 2.0 * p) if p > 0.0 else nan
    return sqrt(2.0) * root_of_error(2.0 * p - 1.0, 2.0 * (1.0 - p)) if p < 1.0 else nan


LOG_ROOT_2_PI = 0.5 * log(2.0 * pi)


def exponential_of_square(x):
    """e^(x²) as e^(a²) e^((x − a)(x + a)), where a has so few digits that its square is exact."""
    a = x - x % 0.015625
    return exp(a * a) * exp((x - a) * (x + a))


def scaled_error_complement(x):
    """e^(x²) erfc x. Far above 0 by Laplace's continued fraction, 7.9.4, from the inside out."""
    if x < 3.5:
        return exponential_of_square(x) * erfc(x) if x > -27.0 else inf
    fraction, k = x, 30.0
    while k > 0.0:
        fraction = x + k / fraction
        k -= 0.5
    return 1.0 / sqrt(pi) / fraction


def log_normal_cdf(x):
    """log Φ(x). Far below 0 it is log(½ erfc z) for z = −x / √2, without the factor e^(−z²) of erfc z."""
    if x > -5.0:
        return log1p(-normal_cdf(-x)) if x > 0.0 else log(normal_cdf(x))
    return log(0.5 * scaled_error_complement(-sqrt(0.5) * x)) - 0.5 * x * x


# Γ and its relatives


def log_gamma(x):
    """log |Γ(x)|; +∞ at 0, −1, −2, ..."""
    return inf if x <= 0.0 and x % 1.0 == 0.0 else lgamma(x)


def digamma(x):
    """ψ(x), the derivative of log Γ: from ψ(x + 1) = ψ(x) + 1/x (5.5.2) and the series for large x (5.11.2).

    Below 0 by reflection, ψ(1 − x) − ψ(x) = π / tan πx (5.5.4).
    """
    if x == 0.0:
        return copysign(inf, -x)
    if x < 0.0 and x % 1.0 == 0.0:
        return nan
    total = pi / tan(pi * (-x % 1.0)) if x < 0.0 else 0.0
    z = 1.0 - x if x < 0.0 else x
    while z < 10.0:
        total -= 1.0 / z
        z += 1.0
    w = 1.0 / (z * z)
    series = w * (1.0 / 12.0 - w * (1.0 / 120.0 - w * (1.0 / 252.0 - w * (1.0 / 240.0 - w * (1.0 / 132.0)))))
    return total + log(z) - 0.5 / z - series


def zeta_from(s, q):
    """Σ (q + k)^(−s) over k = 0, 1, ... for s > 1 and q > 0: the first terms, and for the others Euler and Maclaurin.

    The term j of the series is B₂ⱼ / (2j)! · s (s + 1) ... (s + 2j − 2) q^(−s − 2j + 1), 25.11.7.
    """
    total = term = q**-s
    q += 1.0
    while q < 12.0 + 2.0 * s:
        if term <= 1e-18 * total:  # what is left is too small to count
            return total
        term = q**-s
        total += term
        q += 1.0
    w = 1.0 / (q * q)
    t1 = s / q
    t2 = t1 * (s + 1.0) * (s + 2.0) * w
    t3 = t2 * (s + 3.0) * (s + 4.0) * w
    t4 = t3 * (s + 5.0) * (s + 6.0) * w
    t5 = t4 * (s + 7.0) * (s + 8.0) * w
    t6 = t5 * (s + 9.0) * (s + 10.0) * w
    t7 = t6 * (s + 11.0) * (s + 12.0) * w
    series = t1 / 12.0 - t2 / 720.0 + t3 / 30240.0 - t4 / 1209600.0 + t5 / 47900160.0
    series = series - t6 * (691.0 / 1307674368000.0) + t7 / 74724249600.0
    return total + q ** (1.0 - s) * (1.0 / (s - 1.0) + (0.5 + series) / q)


def zeta(s, q):
    """Hurwitz's ζ(s, q) = Σ (q + k)^(−s). For q < 0, whole s: the terms left of 0 are the difference of two sums."""
    if s < 1.0 or s != s or q != q:
        return nan
    if s == 1.0 or q == -inf or (q <= 0.0 and q % 1.0 == 0.0):
        return inf
    if q < 0.0 and s % 1.0 != 0.0:
        return nan
    if q > 0.0:
        return 0.0 if q == inf else zeta_from(s, q)
    rest = -q % 1.0
    left = zeta_from(s, rest) - zeta_from(s, 1.0 - q)
    return zeta_from(s, 1.0 - rest) + (left if s % 2.0 == 0.0 else -left)


# Bessel's modified functions of the first kind, of order 0 and 1


def scaled_bessel_i(n, x):
    """e⁻ˣ Iₙ(x) for x ≥ 0, n = 0 or 1: by the power series (10.25.2), for large x by the asymptotic one (10.40.1)."""
    k = 1.0
    if x > 20.0:
        term = 1.0
        total = 1.0
        while k < 30.0:
            term = term * ((2.0 * k - 1.0) * (2.0 * k - 1.0) - 4.0 * n) / (8.0 * k) / x
            total = total + term
            k += 1.0
        return total / sqrt(2.0 * pi) / sqrt(x)
    term = 0.5 * x if n == 1.0 else 1.0
    total = term
    while k < 60.0:
        term = term * (0.25 * x * x) / (k * (k + n))
        total = total + term
        k += 1.0
    return total * exp(-x)


def bessel_i0e(x):
    return scaled_bessel_i(0.0, abs(x))


def bessel_i1e(x):
    return copysign(scaled_bessel_i(1.0, abs(x)), x)


def bessel_i0(x):
    return scaled_bessel_i(0.0, abs(x)) * exp(abs(x))


def bessel_i1(x):
    return copysign(scaled_bessel_i(1.0, abs(x)), x) * exp(abs(x))


# The incomplete Γ functions, P(a, x) = γ(a, x) / Γ(a) = 1 − Q(a, x), and their derivative by a


def log_gamma_weight(a, x):
    """log(xᵃ e⁻ˣ / Γ(a)); for large a by Stirling's series (5.11.1), as terms of the size of a log a would cancel."""
    if a < 10.0:
        return a * log(x) - x - lgamma(a)
    distance = (x - a) / a
    w = 1.0 / (a * a)
    series = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0)))) / a
    return a * ((log1p(distance) if distance > -0.5 else log(x / a)) - distance) + 0.5 * log(a) - LOG_ROOT_2_PI - series


def lower_gamma_series(a, x):
    """γ(a, x) without its weight xᵃ e⁻ˣ: Σ xⁿ / (a (a + 1) ... (a + n)), 8.11.4, for x < a + 1."""
    term = 1.0 / a
    total = term
    n = 1.0
    while term > 1e-17 * total:
        term = term * x / (a + n)
        total = total + term
        n += 1.0
    return total


def upper_gamma_fraction(a, x):
    """Γ(a, x) without its weight xᵃ e⁻ˣ: the continued fraction 8.9.2, for x ≥ a + 1, summed by Steed's method."""
    b = x + 1.0 - a
    d = 1.0 / b
    delta = d
    total = d
    n = 1.0
    while abs(delta) > 1e-17 * total:
        numerator = n * (a - n)
        b = b + 2.0
        d = 1.0 / (b + numerator * d)
        delta = (b * d - 1.0) * delta
        total = total + delta
        n += 1.0
    return total


def upper_gamma_of_large(a, x, side):
    """Q(a, x) for side = 1, P(a, x) for side = −1, where a is large: the uniform expansion 8.12.3 and 8.12.4."""
    distance = (x - a) / a
    eta = sqrt(max(2.0 * (distance - (log1p(distance) if distance > -0.5 else log(x) - log(a))), 0.0))
    eta = copysign(eta, distance)
    if abs(eta) > 0.1:
        c0 = 1.0 / distance - 1.0 / eta
    else:
        c0 = -1.0 / 3.0 + eta * (1.0 / 12.0 - eta * (2.0 / 135.0 - eta * (1.0 / 864.0 + eta / 2835.0)))
    c1 = -1.0 / 540.0 - eta / 288.0
    rest = exp(-0.5 * a * eta * eta) / sqrt(2.0 * pi * a) * (c0 + c1 / a)
    return 0.5 * erfc(side * eta * sqrt(0.5 * a)) + side * rest


def upper_gamma_of_small(a, x):
    """Q(a, x) for small a and x < a + 1, where P is nearly 1: by 8.7.1, and log Γ(1 + a) by its series (5.7.3)."""
    series = 0.2705808084277845 - a * (0.20738555102867398 - a * (0.1695571769974082 - a * 0.1440498967688461))
    y = a * log(x) - a * (a * (0.8224670334241132 - a * (0.40068563438653143 - a * series)) - 0.5772156649015329)
    term = -x
    total = term / (a + 1.0)
    n = 2.0
    while abs(term) > 1e-17 * abs(total):
        term = -term * x / n
        total = total + term / (a + n)
        n += 1.0
    return -expm1(y) - exp(y) * a * total


LARGE_CONCENTRATION = 1e5  # from there on expansions for large a, as the number of terms of a series grows with √a


def lower_gamma(a, x):
    """P(a, x), the distribution function of the gamma distribution."""
    if not (a >= 0.0 and x >= 0.0) or (a == 0.0 and x == 0.0) or (a == inf and x == inf):
        return nan
    if a == 0.0 or x == inf:
        return 1.0
    if x == 0.0 or a == inf:
        return 0.0
    if a > LARGE_CONCENTRATION:
        return upper_gamma_of_large(a, x, -1.0)
    weight = exp(log_gamma_weight(a, x))
    return weight * lower_gamma_series(a, x) if x < a + 1.0 else 1.0 - weight * upper_gamma_fraction(a, x)


def upper_gamma(a, x):
    """Q(a, x) = 1 − P(a, x), with all its digits where P is nearly 1."""
    if not (a >= 0.0 and x >= 0.0) or (a == 0.0 and x == 0.0) or (a == inf and x == inf):
        return nan
    if a == 0.0 or x == inf:
        return 0.0
    if x == 0.0 or a == inf:
        return 1.0
    if a > LARGE_CONCENTRATION:
        return upper_gamma_of_large(a, x, 1.0)
    if a < 0.01 and x < a + 1.0:
        return upper_gamma_of_small(a, x)
    weight = exp(log_gamma_weight(a, x))
    return 1.0 - weight * lower_gamma_series(a, x) if x < a + 1.0 else weight * upper_gamma_fraction(a, x)


def gamma_quantile_slope(a, y):
    """∂y/∂a of the logarithm y of a quantile, where P(a, eʸ) = p stays: −(∂P/∂a) / (∂P/∂y).

    By the derivatives of the series and of the fraction above, term by term; for very large a by that of the expansion
    of Cornish and Fisher, 26.2.49 of Abramowitz and Stegun.
    """
    if not a > 0.0:
        return nan
    x = exp(y)
    if a > LARGE_CONCENTRATION:
        w = (x - a) / sqrt(a)
        z = w - (w * w - 1.0) / (3.0 * sqrt(a)) + (7.0 * w * w * w - w) / (36.0 * a)
        return (1.0 + z / (2.0 * sqrt(a)) - (z * z * z - 7.0 * z) / (72.0 * a * sqrt(a))) / x
    psi = digamma(a)
    n = 1.0
    if x < a + 1.0:
        psi = psi + 1.0 / a
        term = 1.0 / a
        total = term * (y - psi)
        while abs(term * (y - psi)) > 1e-17 * abs(total):
            term = term * x / (a + n)
            psi = psi + 1.0 / (a + n)
            total = total + term * (y - psi)
            n += 1.0
        return -total
    b = x + 1.0 - a
    d = 1.0 / b
    slope_d = d * d
    delta = d
    slope_delta = slope_d
    total = delta
    slope = slope_delta
    while abs(delta) > 1e-17 * total or abs(slope_delta) > 1e-17 * abs(slope):
        numerator = n * (a - n)
        b = b + 2.0
        slope_denominator = n * d + numerator * slope_d - 1.0
        d = 1.0 / (b + numerator * d)
        slope_d = -d * d * slope_denominator
        slope_delta = (b * slope_d - d) * delta + (b * d - 1.0) * slope_delta
        delta = (b * d - 1.0) * delta
        total = total + delta
        slope = slope + slope_delta
        n += 1.0
    return (y - psi) * total + slope
