"""A run in a notebook: what it was told, its last epochs, and its curves."""

import base64
from dataclasses import asdict
from html import escape

from ..notebook import facts, page, table

LAST = 5  # epochs that are listed


def html_of(run):
    """The face of a Run."""
    rows, told = run.rows(), asdict(run.config)
    head = f"<b>{escape(run.folder.name)}</b>"
    parts = [head, facts(*(f"{name} {value}" for name, value in told.items() if value is not None))]
    if not rows:
        return page(*parts, facts("no epoch was finished"))
    names = [name for name, value in rows[-1].values().items() if value is not None]
    header = [name.replace("_", " ") for name in names]
    lines = [[_text(row.values().get(name)) for name in names] for row in rows[-LAST:]]
    return page(*parts, table(header, lines, numbers=header), _picture(run.plot()))


def _text(value):
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _picture(figure):
    data, size = figure._repr_png_()
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="loss and accuracy over the epochs" width="{size["width"]}" src="{source}"/>'
