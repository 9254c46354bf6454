"""Puts a live plan into the open REAPER project: one undo step, and nothing of the user's is moved or lost."""
from __future__ import annotations

from backend.daw.apply.entry import apply_session

__all__ = ["apply_session"]
