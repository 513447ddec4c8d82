"""Random numbers as a function of a key and a counter, so that any element of any draw can be computed on its own.

So it is the same on every device and for any number of threads. Words are integers below 2³² held in 64 bits.
"""

import numpy as np

PHILOX_M0, PHILOX_M1 = 0xD2511F53, 0xCD9E8D57
PHILOX_W0, PHILOX_W1 = 0x9E3779B9, 0xBB67AE85
LOW = 0xFFFFFFFF


def philox(c0, c1, c2, c3, k0, k1, m0, m1, w0, w1, low, half):
    """Philox4x32-10: four random words from a counter (c) and a key (k); Salmon et al., SC 2011.

    The constants come as arguments, so that their integer type is the caller's.
    """
    for _ in range(10):
        p0, p1 = m0 * c0, m1 * c2
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ k0, p1 & low, (p0 >> half) ^ c3 ^ k1, p0 & low
        k0, k1 = (k0 + w0) & low, (k1 + w1) & low
    return c0, c1, c2, c3


# The upper 24 bits of one word, or 53 bits of two, give every multiple of 2⁻²⁴ or 2⁻⁵³ in [0, 1).


def unit24(word):
    return np.float32(np.int64(word) >> 8) * np.float32(2.0**-24)


def unit53(high, low):
    return (np.int64(high) >> 5) * 2.0**-27 + (np.int64(low) >> 6) * 2.0**-53
