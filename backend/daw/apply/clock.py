"""How a place in the project is said to people."""
from __future__ import annotations


def clock(time_s: float) -> str:
    """``1:02.345`` (minutes, seconds on the project's own clock)."""
    minutes, seconds = divmod(round(max(0.0, time_s), 3), 60.0)
    return f"{int(minutes)}:{seconds:06.3f}"
