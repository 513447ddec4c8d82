"""Shapes of an SVG: boxes with lines of text, and arrows."""

from html import escape

INK, MUTED, LINE = "#1f2933", "#616e7c", "#9aa5b1"
FILLS = {"scalar": "#fdf3d7", "kernel": "#e3f0e5", "engine": "#e1ecf7", "user": "#f3e6f2", "memory": "#ffffff"}


class Picture:
    """Shapes of an SVG, of a width and height in pixels, which is white also where the page is dark."""

    def __init__(self, width, height):
        self.shapes = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" font-family="system-ui, sans-serif" font-size="13">',
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker></defs>',
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#ffffff"/>',
        ]

    def text(self, x, y, words, size=13, fill=INK, anchor="middle", weight="normal", mono=False):
        family = ' font-family="ui-monospace, monospace"' if mono else ""
        self.shapes.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
            f'font-weight="{weight}"{family}>{escape(words)}</text>'
        )

    def box(self, x, y, width, height, kind, lines, round=6):
        """A box with lines of text, (words, size, fill) each, in its middle."""
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round}" fill="{FILLS[kind]}" '
            f'stroke="{LINE}"/>'
        )
        top = y + (height - sum(size + 4 for _, size, _ in lines)) / 2 - 2
        for words, size, fill in lines:
            top += size + 4
            self.text(x + width / 2, top, words, size, fill)

    def arrow(self, x1, y1, x2, y2, width=1.2):
        """An arrow that leaves and arrives upright."""
        self.path([(x1, y1), (x2, y2)], width)

    def path(self, points, width=1.2):
        """An arrow through points, upright at each."""
        (x, y), *rest = points
        words = [f"M{x:g} {y:g}"]
        for u, v in rest:
            bend = (y + v) / 2
            words.append(f"C{x:g} {bend:g} {u:g} {bend:g} {u:g} {v:g}")
            x, y = u, v
        self.shapes.append(
            f'<path d="{"".join(words)}" fill="none" stroke="{LINE}" stroke-width="{width:g}" marker-end="url(#head)"/>'
        )

    def __str__(self):
        return "\n".join([*self.shapes, "</svg>", ""])
