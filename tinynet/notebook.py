"""HTML in which things show themselves in a notebook: text as it prints, facts in a line, tables, and what folds.

It has no color of its own, so it is read as well on a dark page as on a light one. All text is escaped.
"""

from html import escape

MUTED = "opacity: 0.65"
MONO = "font-family: ui-monospace, monospace; font-size: 90%"
CELL = "padding: 1px 10px; border: 0; white-space: nowrap"


def muted(text):
    """Text that stands back."""
    return f'<span style="{MUTED}">{escape(text)}</span>'


def block(text):
    """Text as it prints, which scrolls where it is wide."""
    style = "margin: 0; line-height: 1.3; white-space: pre; overflow-x: auto; background: none"
    return f'<pre style="{style}">{escape(text)}</pre>'


def facts(*texts):
    """A line of what there is to say; empty texts are left out."""
    return f'<div style="{MUTED}; font-size: 85%">{escape(" · ".join(filter(None, texts)))}</div>'


def folding(head, body, is_open):
    """HTML under a line, also HTML, with which it is folded away."""
    unfolded = ' open=""' if is_open else ""
    inside = f'<div style="margin-left: 1.4em">{body}</div>'
    return f'<details{unfolded}><summary style="cursor: pointer">{head}</summary>{inside}</details>'


def table(header, rows, numbers=()):
    """A table of texts; the columns named in `numbers` end at the right."""
    sides = ["right" if name in numbers else "left" for name in header]

    def line(tag, cells, style=""):
        made = (
            f'<{tag} style="{CELL}; text-align: {side}{style}">{escape(cell)}</{tag}>'
            for cell, side in zip(cells, sides)
        )
        return f'<tr style="background: none">{"".join(made)}</tr>'

    head = line("th", header, "; border-bottom: 1px solid currentColor")
    body = "".join(line("td", row) for row in rows)
    style = f"{MONO}; border-collapse: collapse; margin: 4px 0"
    return f'<table style="{style}"><thead>{head}</thead><tbody>{body}</tbody></table>'


def page(*parts):
    """The parts of a face, one below the other."""
    return f'<div style="margin: 2px 0">{"".join(parts)}</div>'
