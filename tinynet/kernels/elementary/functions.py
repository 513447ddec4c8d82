"""The elementary functions. Each is one expression for all arguments: where two formulas are needed, both are computed
and one is chosen, which on vectors is cheaper than a branch.

Numbers are written x = 2ⁿ·m. A number's bits are a sign, the exponent n with an offset, and the fraction of m: so 2ⁿ is
made, and n taken out, by shifting integers. Constants come from `k = constants_of(x)`, in the type of x; a literal such
as 2.0 would turn a float32 computation into float64.
"""

from .constants import DOUBLE, SINGLE
from .floats import bits, by_type, choose, constants, elementary, from_bits, polynomial, wrapped

constants_of = constants(SINGLE, DOUBLE)


# Exponentials. x = n log 2 + r with |r| ≤ log(2)/2, then eˣ = 2ⁿ eʳ = 2ⁿ (1 + w) with w = eʳ − 1 = r + r² P(r).


@elementary
def _nearest(x):
    """The integer nearest to x / log 2, as n + 3·2²² in float32 and n + 3·2⁵¹ in float64: there the last bit is 1."""
    k = constants_of(x)
    return x * k.log2_e + k.shift


@elementary
def _remainder(x, shifted):
    """r = x − n log 2. In two steps (Cody & Waite, 1980): n·ln2_high is exact, as its last bits are zero."""
    k = constants_of(x)
    n = shifted - k.shift
    return (x - n * k.ln2_high) - n * k.ln2_low


@elementary
def _expm1_near_0(r):
    return r + (r * r) * polynomial(r, constants_of(r).exp)


@elementary
def _power_of_2(shifted, offset):
    """2ⁿ⁺ᵒᶠᶠˢᵉᵗ, a normal number: the exponent's bits alone. The shift pushes out all of the number but n."""
    k = constants_of(shifted)
    return from_bits(((bits(shifted) + offset) << k.fraction_bits) + k.bits_of_1, shifted)


@elementary
def _scaled(y, shifted):
    """y·2ⁿ, in two factors since 2ⁿ alone may be too large or too small; only the second product can round."""
    k = constants_of(y)
    large = shifted > k.shift
    return y * _power_of_2(shifted, choose(large, -k.half_way, k.half_way)) * choose(large, k.up, k.down)


@elementary
def _clipped(x, low, high):
    """x between low and high; NaN stays NaN."""
    return choose(x < low, low, choose(x > high, high, x))


@elementary
def exp(x):
    """eˣ; 0 below the smallest denormal number, and inf above the largest number."""
    k = constants_of(x)
    y = _clipped(x, k.exp_low, k.exp_high)
    shifted = _nearest(y)
    return _scaled(k.one + _expm1_near_0(_remainder(y, shifted)), shifted)


@elementary
def sigmoid(x):
    """1 / (1 + e⁻ˣ). With E = e^(−|x|) = 2ⁿ (1 + w) and r = 1 / (1 + E) it is r for x ≥ 0, and 2ⁿ (r + r w) below."""
    k = constants_of(x)
    y = _clipped(-abs(x), k.exp_low, k.zero)
    shifted = _nearest(y)
    w = _expm1_near_0(_remainder(y, shifted))
    power = _scaled(k.one, shifted)
    r = k.one / ((k.one + power) + power * w)
    return choose(x < k.zero, _scaled(r + r * w, shifted), r)


@elementary
def expm1(x):
    """eˣ − 1 = 2ⁿ w + (2ⁿ − 1), without the cancellation for small x; in halves, since 2ⁿ may overflow."""
    k = constants_of(x)
    y = _clipped(x, k.expm1_low, k.exp_high)
    shifted = _nearest(y)
    half = _power_of_2(shifted, -1)
    y = k.two * (half * _expm1_near_0(_remainder(y, shifted)) + (half - k.half))
    return choose(x == k.zero, x, y)  # keeps −0


@elementary
def tanh(x):
    """1 − 2 / (e²ˣ + 1), and where that cancels x + x³ P(x²); odd."""
    k = constants_of(x)
    a = abs(x)
    y = k.two * choose(a > k.tanh_is_1, k.tanh_is_1, a)
    shifted = _nearest(y)
    power = _power_of_2(shifted, 0)
    e = power + power * _expm1_near_0(_remainder(y, shifted))
    near_0 = a + a * (a * a) * polynomial(a * a, k.tanh)
    return _with_sign(choose(a < k.tanh_small, near_0, k.one - k.two / (e + k.one)), x)


@elementary
def _with_sign(y, x):
    """y ≥ 0 with the sign of x; x if it is NaN."""
    k = constants_of(x)
    return choose(x == x, from_bits(bits(y) | (bits(x) & k.sign_bit), x), x)


# Logarithms. x = 2ⁿ (1 + f) with √½ ≤ 1 + f < √2. With s = f / (2 + f), log(1 + f) = 2 artanh s = 2s + s³ P(s²),
# written as f − f²/2 + s (f²/2 + s² P(s²)), where the largest term f is exact (FDLIBM: Ng, Sun Microsystems, 1993).


@elementary
def _exponent(x):
    """The bits of x, counted from those of √½: n above, the fraction below."""
    return wrapped(bits(x) - constants_of(x).bits_of_sqrt_half, x)


@elementary
def _n(i, like):
    k = constants_of(like)
    return from_bits(k.bits_of_shift + (i >> k.fraction_bits), like) - k.shift


@elementary
def _f(i, like):
    k = constants_of(like)
    return from_bits((i & ((1 << k.fraction_bits) - 1)) + k.bits_of_sqrt_half, like) - k.one


@elementary
def _log(n, f, correction):
    """n log 2 + log(1 + f) + correction, the smallest terms first."""
    k = constants_of(f)
    s = f / (f + k.two)
    z = s * s
    half_square = k.half * f * f
    small = s * (half_square + z * polynomial(z, k.log)) + (n * k.ln2_low + correction)
    return small - half_square + f + n * k.ln2_high


@elementary
def log(x):
    """The natural logarithm; −inf at 0, NaN below."""
    k = constants_of(x)
    denormal = x < k.smallest_normal
    i = _exponent(choose(denormal, x * k.raised, x))
    n = _n(i, x) - choose(denormal, k.raised_by, k.zero)
    y = _log(n, _f(i, x), k.zero)
    y = choose(x > k.zero, y, choose(x == k.zero, -k.inf, k.nan))
    return choose(x < k.inf, y, x)  # inf and NaN


@elementary
def log1p(x):
    """log(1 + x), where 1 + x is rounded to u and log(1 + x) = log u + (1 + x − u) / u; for small x, f = x."""
    k = constants_of(x)
    u = x + k.one
    i = _exponent(u)
    n, f = _n(i, x), _f(i, x)
    lost = choose(n > k.one, k.one - (u - x), x - (u - k.one))
    small = n == k.zero
    y = _log(n, choose(small, x, f), choose(small, k.zero, lost / u))
    y = choose(x > -k.one, y, choose(x == -k.one, -k.inf, k.nan))
    return choose(x < k.inf, choose(x == k.zero, x, y), x)  # inf, NaN, and −0


# The normal distribution. The tail Φ(−z) falls like e^(−z²/2) / z. What remains is smooth, and for z ≥ 0.66
# Φ(−z) e^(z²/2) = u P(u) with u = 1 / (z + a): a polynomial in a variable that is finite for all z (Schonfelder, 1978).


@elementary
def _bell(z):
    """e^(−z²/2) for z ≥ 0, as w and the shifted n of 2ⁿ (1 + w).

    An error in z²/2, which may be 100 and more, would be an error of so many units in the result. With z = h + l, where
    h has half as many digits and h² is exact, z² = h² + l (z + h).
    """
    k = constants_of(z)
    h = from_bits(bits(z) & k.upper_half, z)
    large, small = -k.half * h * h, -k.half * (z - h) * (z + h)
    shifted = _nearest(large + small)
    return _expm1_near_0(_remainder(large, shifted) + small), shifted


@elementary
def _tail(z):
    """Φ(−z) for z ≥ 0.66.

    u is rounded twice, in the sum and in the division. With a fused multiply-add both errors are found, and since the
    smooth part is nearly proportional to a power of u, removed; without it they remain, 1 unit of the last place.
    """
    k = constants_of(z)
    d = z + k.tail_a
    u = k.one / d
    lost = (k.one - u * d) - u * (z - (d - k.tail_a))
    w, shifted = _bell(z)
    w += k.tail_power * lost * (k.one + w)
    # P(u) (1 + w), where P(u) = c + r, as a sum of two numbers, so that its rounding is not lost.
    t = u - k.tail_middle
    r = t * polynomial(t, k.tail)
    small = r + (k.tail_0 + r) * w
    total = k.tail_0 + small
    return _scaled(u * total + u * (small - (total - k.tail_0)), shifted)


@elementary
def normal_cdf(x):
    """Φ(x), the distribution function of the standard normal distribution: near 0, 1/2 + x P(x²), else by its tail."""
    k = constants_of(x)
    a = abs(x)
    tail = _tail(_clipped(a, k.zero, k.bell_is_0))
    middle = k.half + x * polynomial(x * x, k.middle)
    return choose(a < k.middle_end, middle, choose(x < k.zero, tail, k.one - tail))


@elementary
def normal_pdf(x):
    """φ(x) = e^(−x²/2) / √(2π), the density of the standard normal distribution."""
    k = constants_of(x)
    w, shifted = _bell(_clipped(abs(x), k.zero, k.bell_is_0))
    return _scaled(k.sqrt_half_over_pi + k.sqrt_half_over_pi * w, shifted)


@elementary
def erf(x):
    """2/√π ∫₀ˣ e^(−t²) dt: x + x P(x²) for |x| ≤ 1, and 1 − 2 Φ(−√2 |x|) beyond; odd."""
    k = constants_of(x)
    a = abs(x)
    z = choose(a < k.erf_is_1, a, k.erf_is_1)
    near_0 = a + a * polynomial(a * a, k.erf)
    return _with_sign(choose(a > k.one, k.one - k.two * _tail(k.sqrt_2 * z), near_0), x)


# GELU and its slope, which networks compute for millions of numbers, and where only digits next to 1 count. In float32
# Φ(−z) = e^(−a z (z + 3)) P(z), where a = 0.42 leaves a P so flat that 9 coefficients do, without a division; the slope
# at −z, Φ(−z) − z φ(z), is the same with another P. By symmetry Φ(z) = 1 − Φ(−z), and so for the slope.


@elementary
def _fall(z):
    """e^(−a z (z + 3)) for 0 ≤ z ≤ fall_is_0, where it is 0.

    The exponent may be large, and its error would be one of so many units in the result. With z = h + l, where h has 11
    digits and h (h + 3) is exact, z (z + 3) = h (h + 3) + l (z + h + 3). Of this n log(2)/a are taken out as 2ⁿ.
    """
    k = constants_of(z)
    h = from_bits(bits(z) & k.fall_digits, z)
    h_3 = h + k.three
    large, small = h * h_3, (z - h) * (z + h_3)
    shifted = large * k.fall_rate + k.shift
    n = shifted - k.shift
    rest = (large + n * k.fall_high) + (n * k.fall_low + small)
    return _power_of_2(shifted, 0) * polynomial(rest, k.fall)


@elementary
def _gelu_single(x):
    k = constants_of(x)
    z = choose(abs(x) < k.fall_is_0, abs(x), k.fall_is_0)
    tail = _fall(z) * polynomial(z, k.gelu)
    return x * choose(x < k.zero, tail, k.one - tail)


@elementary
def _gelu_slope_single(x):
    k = constants_of(x)
    z = choose(abs(x) < k.fall_is_0, abs(x), k.fall_is_0)
    tail = _fall(z) * polynomial(z, k.gelu_slope)
    return choose(x < k.zero, tail, k.one - tail) + (x - x)  # NaN for ±∞ as well


@elementary
def _gelu_double(x):
    return x * normal_cdf(x)


@elementary
def _gelu_slope_double(x):
    return normal_cdf(x) + x * normal_pdf(x)


gelu = by_type("x Φ(x), where −∞ · 0 is NaN.", _gelu_single, _gelu_double)
gelu_slope = by_type("The derivative of x Φ(x): Φ(x) + x φ(x).", _gelu_slope_single, _gelu_slope_double)
