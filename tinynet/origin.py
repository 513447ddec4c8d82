"""Where a launch comes from: the line of the user's code, the module, and the phase of the step."""

import sys
from pathlib import Path
from typing import NamedTuple

from .autograd.mode import mode

PACKAGE = str(Path(__file__).parent)
OPTIMIZERS, WALK = str(Path(PACKAGE, "optim")), str(Path(PACKAGE, "autograd", "backward.py"))
FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"


class Origin(NamedTuple):
    """Where something was called from."""

    phase: str  # forward, backward, or update: in an optimizer
    module: str  # the path of the module, or ""
    place: str  # the line of the user's code, "train.py:12", in a notebook "In[3]:12", or ""
    line: str  # the file of that line and its number, "/home/me/train.py:12", or ""


def name_of(file):
    """The name of a source file without its folder; of a cell of IPython or a notebook, "In[3]"."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = shell and getattr(shell.compile, "format_code_name", lambda file: None)(file)  # from IPython 8 on
    return cell[1] if cell else Path(file).name


def origin(depth=1):
    """The Origin of the call `depth` frames above the caller's, found on the way up to the user's frames."""
    phase, module, frame = FORWARD, mode.path or "", sys._getframe(depth + 1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename == WALK:
            phase, node = BACKWARD, frame.f_locals.get("node")
            module = module or (node and node.path) or ""
        elif phase is FORWARD and code.co_filename.startswith(OPTIMIZERS):
            phase = UPDATE
        elif not code.co_filename.startswith(PACKAGE):
            line = f"{code.co_filename}:{frame.f_lineno}"
            return Origin(phase, module, f"{name_of(code.co_filename)}:{frame.f_lineno}", line)
        frame = frame.f_back
    return Origin(phase, module, "", "")
