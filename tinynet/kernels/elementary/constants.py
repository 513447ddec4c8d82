"""The constants of the elementary functions in both types.

The polynomials are the best ones of their degree: those whose largest relative error over the range is smallest, found
with Remez' algorithm (1934) in 50 digits. The error is given beside each.
"""

import math
from typing import NamedTuple


class Constants(NamedTuple):
    fraction_bits: int  # of a number's bits
    bits_of_1: int
    bits_of_sqrt_half: int
    bits_of_shift: int
    sign_bit: int
    upper_half: int  # a mask: sign, exponent and half of the digits
    half_way: int  # 2^±half_way are `up` and `down`; twice it is more than any exponent
    up: float
    down: float
    shift: float  # a number so large that adding it rounds to integers
    smallest_normal: float
    raised: float  # 2^raised_by makes denormal numbers normal
    raised_by: float
    ln2_high: float
    ln2_low: float
    exp_low: float  # eˣ is 0 here and below
    exp_high: float  # and inf here
    expm1_low: float  # eˣ − 1 is −1
    tanh_is_1: float
    tanh_small: float  # below, the polynomial
    erf_is_1: float
    bell_is_0: float
    tail_a: float
    tail_middle: float
    tail_power: float
    tail_0: float
    middle_end: float
    exp: tuple  # (eʳ − 1 − r) / r²           for |r| ≤ log(2)/2
    log: tuple  # (2 artanh(s) − 2s) / s³     in s², for |s| ≤ (√2 − 1) / (√2 + 1)
    tanh: tuple  # (tanh(x) − x) / x³         in x², for |x| ≤ 5/8
    erf: tuple  # erf(x) / x − 1              in x², for |x| ≤ 1
    middle: tuple  # (Φ(x) − 1/2) / x           in x², for |x| ≤ 0.7
    tail: tuple  # Φ(−z) e^(z²/2) (z + a)     in 1 / (z + a) − tail_middle, for 0.66 ≤ z ≤ bell_is_0
    zero: float = 0.0
    half: float = 0.5
    one: float = 1.0
    two: float = 2.0
    three: float = 3.0
    inf: float = math.inf
    nan: float = math.nan
    log2_e: float = 1 / math.log(2)
    sqrt_2: float = math.sqrt(2)
    sqrt_half_over_pi: float = 1 / math.sqrt(2 * math.pi)
    # Of float32 alone, for GELU with a = 0.42:
    fall_digits: int = 0  # a mask: sign, exponent and 11 digits
    fall_rate: float = 0.0  # −a / log(2)
    fall_high: float = 0.0  # log(2) / a in 13 bits, and the rest
    fall_low: float = 0.0
    fall_is_0: float = 0.0
    fall: tuple = ()  # e^(−a x)                            for |x| ≤ log(2)/2a + 0.02
    gelu: tuple = ()  # Φ(−z) e^(a z (z + 3))               for z ≥ 0
    gelu_slope: tuple = ()  # (Φ(−z) − z φ(z)) e^(a z (z + 3))    for z ≥ 0


SINGLE = Constants(
    fraction_bits=23,
    bits_of_1=0x3F800000,
    bits_of_sqrt_half=0x3F3504F3,
    bits_of_shift=0x4B400000,
    sign_bit=-0x80000000,
    upper_half=-0x1000,
    half_way=64,
    up=2.0**64,
    down=2.0**-64,
    shift=1.5 * 2.0**23,
    smallest_normal=2.0**-126,
    raised=2.0**25,
    raised_by=25.0,
    ln2_high=355 / 512,
    ln2_low=math.log(2) - 355 / 512,
    exp_low=-104.0,
    exp_high=89.0,
    expm1_low=-18.0,
    tanh_is_1=10.0,
    tanh_small=0.625,
    erf_is_1=4.0,
    bell_is_0=14.5,
    tail_a=1.5,
    tail_middle=0.25,
    tail_power=1.25,
    middle_end=0.67,
    exp=(0.50000000620352427, 0.16666542860885218, 0.041666281610324797, 0.0083666015908177383,
         0.0013946481254394080),  # 5e-9
    log=(0.66666665756733148, 0.40000339141884959, 0.28536036404235948, 0.23617730872168481),  # 8e-12
    tanh=(-0.33333292551000044, 0.13331541957735957, -0.053738624243656769, 0.020615996170344505,
          -0.0056647753603674300),  # 8e-9
    erf=(0.12837916591377018, -0.37612627136091350, 0.11283600177697498, -0.026854444652686349,
         0.0051895354558363533, -0.00080208423120521389, 0.000078891229680821221),  # 2e-9
    middle=(0.39894227570102563, -0.066490216655920541, 0.0099719165487082424, -0.0011804351855583031,
            0.00010241954951955741),  # 3e-10
    fall_digits=-0x2000,
    fall_rate=-0.42 / math.log(2),
    fall_high=6760 / 4096,
    fall_low=math.log(2) / 0.42 - 6760 / 4096,
    fall_is_0=13.0625,
    fall=(1.0, -0.42000002, 0.088199984, -0.012347799, 0.0012965934, -0.00010947795, 7.5936897e-6),  # 3e-9
    gelu=(0.5, 0.23105777, 0.10423202, 0.013555506, 0.0029517305, -0.00053293728, 3.2973696e-5, -2.6153402e-5,
          2.7295748e-6),  # 3e-9 relative where Φ(−z) > 0.001, beyond 3e-9 absolute of Φ(−z)
    gelu_slope=(0.5, -0.16788668, -0.39839464, -0.27145907, -0.089120838, -0.019495799, -0.00048136656, -0.00040230921,
                0.00022085191, -1.408142e-5),  # 4e-8 absolute
    tail_0=0.5653253197669983,
    tail=(0.65799189, -0.333359, -0.9950555, 1.5111773, 0.95261216, -6.14226, 6.540972, 12.742353, -34.655827),  # 3e-8
)  # fmt: skip

DOUBLE = Constants(
    fraction_bits=52,
    bits_of_1=0x3FF0000000000000,
    bits_of_sqrt_half=0x3FE6A09E667F3BCD,
    bits_of_shift=0x4338000000000000,
    sign_bit=-0x8000000000000000,
    upper_half=-0x8000000,
    half_way=512,
    up=2.0**512,
    down=2.0**-512,
    shift=1.5 * 2.0**52,
    smallest_normal=2.0**-1022,
    raised=2.0**54,
    raised_by=54.0,
    ln2_high=6.93147180369123816490e-01,  # log 2 to 32 bits, and the rest: FDLIBM's e_exp.c
    ln2_low=1.90821492927058770002e-10,
    exp_low=-746.0,
    exp_high=710.0,
    expm1_low=-40.0,
    tanh_is_1=22.0,
    tanh_small=0.625,
    erf_is_1=6.0,
    bell_is_0=38.8,
    tail_a=3.0,
    tail_middle=0.125,
    tail_power=1.6,
    middle_end=0.67,
    exp=(0.50000000000000103, 0.16666666666666675, 0.041666666666521684, 0.0083333333333221837, 0.0013888888947914612,
         0.00019841269886663069, 0.000024801487220022420, 2.7557242255176656e-6, 2.7632695699975938e-7,
         2.5110080609180445e-8),  # 2e-17
    log=(0.66666666666667096, 0.39999999999519189, 0.28571428729459086, 0.22222199070374959, 0.18183572715010990,
         0.15313132148438751, 0.14810860212643531),  # 3e-18
    tanh=(-0.33333333333333113, 0.13333333333287600, -0.053968253939909441, 0.021869487718114899,
          -0.0088632222984358893, 0.0035919960705730314, -0.0014549798765500140, 0.00058634766858992347,
          -0.00022856585449333480, 0.000077089604298664919, -0.000016023110205828616),  # 2e-17
    erf=(0.12837916709551257, -0.37612638903183547, 0.11283791670945253, -0.026866170643276218, 0.0052239776074234678,
         -0.00085483259896967580, 0.00012055295320494294, -0.000014924744663335490, 1.6447517677871874e-6,
         -1.6209175911748696e-7, 1.3722976265924503e-8, -7.8011888740977516e-10),  # 7e-18
    middle=(0.39894228040143266, -0.066490380066902936, 0.0099735570099532647, -0.0011873282142354020,
            0.00011543467736498590, -9.4446063205491086e-6, 6.6582123499849393e-7, -4.0963291238836138e-8,
            2.0136102697171516e-9),  # 9e-19
    tail_0=0.61535443980005038,
    tail=(2.4221913111170126, 6.9038548626414154, 11.491244262458986, -1.8185570562547108,
          -54.507530092578850, -46.428546577564757, 307.20088247109522, 398.72289712691271, -2363.8786512798228,
          -2337.9919084252057, 22456.860150981968, 446.10273971001425, -223049.45463624361, 314569.88394158879,
          1898381.1891810422, -6834589.8965613146, -8280641.7327279029, 86659135.388224147, -75996102.625789951,
          -516574439.52906451, 1109105113.7029293),  # 3e-17
)  # fmt: skip
