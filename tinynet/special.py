"""`tinynet.special`: special functions, under the names that they have in `torch.special`."""

from .ops import activation, arithmetic, exponential, incomplete_gamma, reduction, rounding, special, trigonometry
from .ops import out as _out

expit, sinc, round = activation.sigmoid, trigonometry.sinc, rounding.round
exp2, expm1, log1p, logsumexp = exponential.exp2, exponential.expm1, arithmetic.log1p, reduction.logsumexp
logit, xlogy, xlog1py, entr = exponential.logit, exponential.xlogy, special.xlog1py, special.entr
erf, erfc, erfcx, erfinv = special.erf, special.erfc, special.erfcx, special.erfinv
ndtr, ndtri, log_ndtr = special.ndtr, special.ndtri, special.log_ndtr
gammaln, multigammaln, zeta = special.lgamma, special.mvlgamma, special.zeta
digamma = psi = special.digamma
polygamma = special.polygamma
i0, i0e, i1, i1e = special.i0, special.i0e, special.i1, special.i1e
gammainc, gammaincc = incomplete_gamma.igamma, incomplete_gamma.igammac

globals().update(_out.taking_out(globals(), _out.SPECIAL))
