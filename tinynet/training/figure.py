"""A figure that shows itself in notebooks. Of matplotlib's own those do that pyplot made, which chooses a window."""

import io

from matplotlib.figure import Figure

SCREEN = 72  # pixels for an inch of it


class ShownFigure(Figure):
    """matplotlib's Figure, with a face for notebooks."""

    def _repr_png_(self):
        file = io.BytesIO()
        self.savefig(file, format="png")
        width, height = self.get_size_inches() * SCREEN
        return file.getvalue(), {"width": int(width), "height": int(height)}
