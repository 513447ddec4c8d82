"""The compiled step: what a function does becomes one program.

step.py        the function to call: which program is valid, and how one is made
entry.py       what was so at a call: arguments, modes, world, gradients
world.py       what a function can reach, and whether it has changed
holders.py     what else than a dict holds names
host.py        what a function asks of the machine
gradients.py   which gradients there are, and where they lie
recorder.py    a call, watched at the launch
lowering.py    which plans a launch is made of
trace.py       what was seen, with its memory sorted
agreement.py   whether two traces did the same
fuse.py        which elementwise launches are one loop
loops.py       such a loop
memory.py      where buffers lie
events.py      what is done on the host before each run
steps.py       its parts bound to memory, as tables of rows and as calls of Python
program.py     what is run
result.py      what is given back
text.py        the program as Python
imports.py     what that begins with
"""

from .step import CompiledStep, compile

__all__ = ["CompiledStep", "compile"]
