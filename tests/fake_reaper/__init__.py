"""A REAPER for tests: a stateful ``reaper_python`` in this process, or a whole program in another one.

It does what REAPER does, traps included, as far as is known, and refuses by name what it does not know.
"""
from __future__ import annotations

from tests.fake_reaper.plugins import EXTRA, STOCK, Plugin
from tests.fake_reaper.process import FakeReaperProcess
from tests.fake_reaper.reaper import FakeReaper

__all__ = ["EXTRA", "STOCK", "FakeReaper", "FakeReaperProcess", "Plugin"]
