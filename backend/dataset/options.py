"""What a data set is built with."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.errors import OptionError
from backend.ports import ClipAnalyzer, Describer, Transcriber

SAMPLE_RATE = 48_000
SILENT_LUFS = -60.0
FORMAT = "1"
"""Raised whenever the same input gives another document: finished items are then made again."""


@dataclass(frozen=True)
class BuildOptions:
    """Clips and music shorter than ``min_s`` (the paper takes clips over 8 seconds) or longer than ``max_s``, and
    melodies heard with less than ``min_confidence``, are left out. ``split_shares``: train, dev, test in percent."""

    min_s: float = 8.0
    max_s: float = 600.0
    min_confidence: float = 0.55
    copy_clips: bool = False
    split_shares: tuple[int, int, int] = (80, 10, 10)

    def check(self) -> BuildOptions:
        """Raises OptionError for what cannot be."""
        if not 1 <= self.min_s <= self.max_s <= 3600:
            raise OptionError(f"--min-seconds {self.min_s:g} and --max-seconds {self.max_s:g}: give 1 to 3600, the "
                              "smaller first.")
        if not 0 <= self.min_confidence <= 1:
            raise OptionError(f"--min-confidence {self.min_confidence:g}: give a number from 0 to 1.")
        if sum(self.split_shares) != 100 or min(self.split_shares) < 0:
            raise OptionError("--splits: give three percentages that make 100, such as 80/10/10.")
        return self

    def of_items(self) -> dict[str, str]:
        """Those that decide what an item holds."""
        return {"format": FORMAT, "min_seconds": f"{self.min_s:g}", "max_seconds": f"{self.max_s:g}",
                "min_confidence": f"{self.min_confidence:g}", "copy_clips": str(self.copy_clips).lower()}


@dataclass(frozen=True)
class Tools:
    """Who watches, describes and listens."""

    analyzer: ClipAnalyzer
    describer: Describer
    transcriber: Transcriber

    def made_by(self) -> dict[str, str]:
        return {"analysis": self.analyzer.name, "description": self.describer.name,
                "transcription": self.transcriber.name}


MakeTools = Callable[[], Tools]
"""A function that a module holds by name, so that every worker, wherever it runs, makes its own tools."""
