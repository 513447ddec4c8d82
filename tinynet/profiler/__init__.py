"""`tinynet.profiler`: which kernels a program runs, from which of its lines and modules, and what they cost.

    with tn.profile() as p:
        train_step(x, y)
    print(p)

It sees the launches (`kernels/launch.py`), through which everything goes that reads or writes a tensor's memory.
"""

from .activity import ProfilerAction, ProfilerActivity, schedule
from .session import profile, record_function, tensorboard_trace_handler

__all__ = [
    "ProfilerAction", "ProfilerActivity", "profile", "record_function", "schedule", "tensorboard_trace_handler",
]  # fmt: skip
