"""Named tuples that operations with several results return: `values, indices = x.max(1)`, or `x.max(1).values`."""

from typing import NamedTuple

VALUES_AND_INDICES = "max min sort topk kthvalue median nanmedian mode cummax cummin"


def _named(name, fields):
    kind = NamedTuple(name, [(field, object) for field in fields])
    kind.__module__, kind.__doc__ = __name__, f"What `{name}` returns: {' and '.join(fields)}."
    return kind


globals().update({name: _named(name, ("values", "indices")) for name in VALUES_AND_INDICES.split()})
_FIELDS = {
    "aminmax": "min max", "frexp": "mantissa exponent", "qr": "Q R", "svd": "U S V", "slogdet": "sign logabsdet",
    "linalg_qr": "Q R", "linalg_svd": "U S Vh", "linalg_eigh": "eigenvalues eigenvectors",
    "linalg_lu": "P L U", "linalg_lu_factor": "LU pivots", "linalg_lu_factor_ex": "LU pivots info",
    "linalg_cholesky_ex": "L info", "linalg_inv_ex": "inverse info", "linalg_solve_ex": "result info",
    "linalg_ldl_factor": "LD pivots", "linalg_ldl_factor_ex": "LD pivots info", "geqrf": "a tau",
    "lu_unpack": "P L U", "triangular_solve": "solution cloned_coefficient", "histogram": "hist bin_edges",
    "histogramdd": "hist bin_edges",
    "linalg_slogdet": "sign logabsdet", "linalg_lstsq": "solution residuals rank singular_values",
}  # fmt: skip
globals().update({name: _named(name, tuple(fields.split())) for name, fields in _FIELDS.items()})
