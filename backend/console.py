"""How a run looks in a terminal: one line a stage, a bar while it works, the results at the end."""
from __future__ import annotations

import sys
from typing import TextIO

from backend.config import STAGE_WORDS
from backend.pipeline import StageNews

_WIDTH = 24


class Console:
    """Prints news to ``stream``; bars only on a terminal."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty()

    def line(self, text: str = "") -> None:
        if not self._quiet:
            self._write(text + "\n")

    def notice(self, text: str) -> None:
        """What must be read even where only data is wanted on standard output: this goes to the other stream."""
        self._write(("\r\033[K" if self._live else "") + text + "\n")

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()

    def tell(self, news: StageNews) -> None:
        if self._quiet:
            return
        word = STAGE_WORDS.get(news.stage, news.stage)
        if news.status == "running":
            if self._live:
                filled = round(_WIDTH * min(1.0, max(0.0, news.fraction)))
                self._write(f"\r  {word:<24} [{'#' * filled}{'.' * (_WIDTH - filled)}]")
            return
        ending = {"made": "done", "unchanged": "as before", "kept": "kept"}[news.status]
        note = f": {news.note}" if news.note else ""
        self._write(("\r\033[K" if self._live else "") + f"  {word:<24} {ending}{note}\n")
