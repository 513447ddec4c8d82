"""Named tuples that operations with several results return: `values, indices = x.max(1)`, or `x.max(1).values`."""

from typing import NamedTuple

VALUES_AND_INDICES = "max min sort topk kthvalue median nanmedian mode cummax cummin"


def _named(name, fields):
    kind = NamedTuple(name, [(field, object) for field in fields])
    kind.__module__, kind.__doc__ = __name__, f"What `{name}` returns: {' and '.join(fields)}."
    return kind


globals().update({name: _named(name, ("values", "indices")) for name in VALUES_AND_INDICES.split()})
aminmax = _named("aminmax", ("min", "max"))
frexp = _named("frexp", ("mantissa", "exponent"))
