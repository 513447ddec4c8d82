"""Families of distributions: parameters, and a value for each index of the batch; the same for both libraries.

All is float64, so that little is lost where a formula subtracts what is nearly equal.
"""

import numpy as np

LOGITS = np.array([[0.3, -1.2, 0.5], [0.0, 2.0, -0.7]])
P = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])
LOC, SCALE = np.array([[0.5, -1.0, 2.0]]), np.array([[0.3, 1.5, 2.0], [1.0, 0.7, 4.0]])
COUNTS = np.array([[0, 1, 3], [2, 0, 5]])
INSIDE, ABOVE = P + 0.05, np.array([[0.5, 0.2, 3.0], [2.0, 0.1, 5.0]])
BITS, ONE_HOT = (COUNTS > 0).astype(float), np.eye(3)[[2, 0]]
TRIL = np.array([[[1.0, 0, 0], [0.5, 2, 0], [-0.3, 0.4, 0.5]], [[2.0, 0, 0], [0, 1, 0], [1.0, 1, 1]]])
SPREAD = TRIL @ TRIL.swapaxes(-1, -2)
ROWS = TRIL / np.linalg.norm(TRIL, axis=-1, keepdims=True)
TEMPERATURE = np.array(0.7)

FAMILIES = {
    "Bernoulli probs": ({"probs": P}, BITS),
    "Bernoulli logits": ({"logits": LOGITS}, BITS),
    "Beta": ({"concentration1": SCALE + 0.5, "concentration0": SCALE[::-1].copy()}, INSIDE),
    "Binomial probs": ({"total_count": 5, "probs": P}, COUNTS),
    "Binomial logits": ({"total_count": 5, "logits": LOGITS}, COUNTS),
    "Categorical probs": ({"probs": P}, np.array([2, 0])),
    "Categorical logits": ({"logits": LOGITS}, np.array([1, 2])),
    "Cauchy": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "Chi2": ({"df": SCALE}, ABOVE),
    "ContinuousBernoulli probs": ({"probs": P}, INSIDE),
    "ContinuousBernoulli logits": ({"logits": LOGITS}, INSIDE),
    "Dirichlet": ({"concentration": SCALE}, P),
    "Exponential": ({"rate": SCALE}, COUNTS),
    "FisherSnedecor": ({"df1": SCALE + 2, "df2": SCALE + 4}, ABOVE),
    "Gamma": ({"concentration": SCALE, "rate": SCALE[::-1].copy()}, ABOVE),
    "Geometric": ({"probs": P}, COUNTS),
    "Gumbel": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "HalfCauchy": ({"scale": SCALE}, ABOVE),
    "HalfNormal": ({"scale": SCALE}, ABOVE),
    "InverseGamma": ({"concentration": SCALE + 2, "rate": SCALE[::-1].copy()}, ABOVE),
    "Kumaraswamy": ({"concentration1": SCALE + 1, "concentration0": SCALE[::-1] + 1}, INSIDE),
    "Laplace": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "LogNormal": ({"loc": LOC, "scale": SCALE}, ABOVE),
    "LogisticNormal": ({"loc": LOC[:, :2], "scale": SCALE[:, :2].copy()}, P),
    "LowRankMultivariateNormal": ({"loc": LOC, "cov_factor": TRIL[..., :2].copy(), "cov_diag": SCALE}, COUNTS),
    "Multinomial probs": ({"total_count": 6, "probs": P}, np.array([[1, 2, 3], [0, 0, 6]])),
    "Multinomial logits": ({"total_count": 6, "logits": LOGITS}, np.array([[1, 2, 3], [0, 0, 6]])),
    "MultivariateNormal covariance": ({"loc": LOC, "covariance_matrix": SPREAD}, COUNTS),
    "MultivariateNormal precision": ({"loc": LOC, "precision_matrix": SPREAD}, COUNTS),
    "MultivariateNormal tril": ({"loc": LOC, "scale_tril": TRIL}, COUNTS),
    "NegativeBinomial probs": ({"total_count": SCALE, "probs": P}, COUNTS),
    "NegativeBinomial logits": ({"total_count": SCALE, "logits": LOGITS}, COUNTS),
    "Normal": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "OneHotCategorical": ({"probs": P}, ONE_HOT),
    "Pareto": ({"scale": SCALE, "alpha": SCALE[::-1].copy()}, SCALE + ABOVE),
    "Poisson": ({"rate": SCALE}, COUNTS),
    "RelaxedBernoulli": ({"temperature": TEMPERATURE, "logits": LOGITS}, INSIDE),
    "RelaxedOneHotCategorical": ({"temperature": TEMPERATURE, "logits": LOGITS}, P),
    "StudentT": ({"df": SCALE, "loc": LOC, "scale": SCALE[::-1].copy()}, COUNTS),
    "Uniform": ({"low": LOC, "high": LOC + SCALE}, LOC + SCALE / 3),
    "VonMises": ({"loc": LOC, "concentration": SCALE}, COUNTS),
    "LKJCholesky": ({"dim": 3, "concentration": SCALE[0, :2].copy()}, ROWS),
    "Wishart covariance": ({"df": np.array([3.5, 6.0]), "covariance_matrix": SPREAD}, SPREAD[::-1].copy()),
    "Wishart precision": ({"df": np.array([3.5, 6.0]), "precision_matrix": SPREAD}, SPREAD[::-1].copy()),
    "Wishart tril": ({"df": np.array([3.5, 6.0]), "scale_tril": TRIL}, SPREAD[::-1].copy()),
    "Weibull": ({"scale": SCALE, "concentration": SCALE[::-1].copy()}, ABOVE),
}


def make(library, name, parameters):
    """(the distribution, its parameters as leaves)."""
    values = {
        key: value if isinstance(value, int) else library.tensor(value, requires_grad=True)
        for key, value in parameters.items()
    }
    leaves = [x for x in values.values() if not isinstance(x, int)]
    return getattr(library.distributions, name.split()[0])(**values), leaves


def other(parameters):
    """Parameters of another distribution of the family, that has the values of the first."""
    factors = {"loc": 0.5, "scale": 0.8, "rate": 0.5, "logits": 0.5, "low": 0.4, "high": 1.2, "alpha": 0.7}
    factors |= {"concentration": 1.3, "concentration1": 0.6, "covariance_matrix": 1.5, "cov_diag": 2.0, "df": 1.4}
    changed = {key: value * factors[key] for key, value in parameters.items() if key in factors}
    return {**parameters, **changed}
