"""The datasets by name, as the command line asks for them."""

from ..errors import nearest
from .digits import digits

DATASETS = {"digits": digits}


def load(name):
    """The dataset of that name; raises ValueError with the nearest name if there is none."""
    if name not in DATASETS:
        raise ValueError(f"no dataset {name!r}; {nearest(name, DATASETS)}")
    return DATASETS[name]()
