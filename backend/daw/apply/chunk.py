"""A track's state as REAPER's text: the parts that have no function of their own."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import crc_text
from backend.daw.apply.refusal import Refused

CHUNK_SIZE = 4 * 1024 * 1024
"""REAPER's Python wrapper makes its text buffers this large."""
_WINDOW_LINES = ("SHOW", "LASTSEL", "DOCKED", "WNDRECT", "FLOAT", "FLOATPOS", "WAK")
"""Where plug-in windows stand: opening one is no edit."""
_BEHIND_ENVELOPES = ("FXCHAIN", "FXCHAIN_REC", "TAKEFX", "ITEM")


class TrackChunk:
    """The lines of one track. A block is ``<NAME ... >`` one level inside the track."""

    def __init__(self, text: str) -> None:
        self.lines = [line.strip() for line in text.splitlines() if line.strip()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def locked(self) -> bool:
        """REAPER writes ``LOCK 1`` when the track's controls are locked, and no such line otherwise."""
        depth = 0
        for line in self.lines:
            depth += _step(line)
            if depth == 1 and line.startswith("LOCK ") and line.split()[1] != "0":
                return True
            if line.startswith("<ITEM"):
                return False
        return False

    def block(self, name: str) -> list[str]:
        """Its lines with the brackets; empty when there is none."""
        found = self._find(name)
        return self.lines[found[0]:found[1]] if found else []

    def put(self, name: str, block: list[str]) -> None:
        """Replace a block, or add it in front of effects and items. An empty one takes it out."""
        found = self._find(name)
        if found:
            self.lines[found[0]:found[1]] = block
        else:
            place = self._place(name)
            self.lines[place:place] = block

    def _find(self, name: str) -> tuple[int, int] | None:
        return next(((start, end) for title, start, end in self._blocks() if title == name), None)

    def _place(self, name: str) -> int:
        after = _BEHIND_ENVELOPES[_BEHIND_ENVELOPES.index(name) + 1:] if name in _BEHIND_ENVELOPES \
            else _BEHIND_ENVELOPES
        return next((start for title, start, _ in self._blocks() if title in after), len(self.lines) - 1)

    def _blocks(self) -> list[tuple[str, int, int]]:
        found, depth, start = [], 0, 0
        for i, line in enumerate(self.lines):
            step = _step(line)
            if step > 0 and depth == 1:
                start = i
            depth += step
            if step < 0 and depth == 1:
                found.append((self.lines[start][1:].split()[0], start, i + 1))
        return found


def _step(line: str) -> int:
    return 1 if line[0] == "<" else -1 if line == ">" else 0


def read_chunk(host: Host, track: Any) -> TrackChunk:
    return TrackChunk(str(host.read("GetTrackStateChunk", track, "", CHUNK_SIZE, False)[2]))


def write_chunk(host: Host, track: Any, chunk: TrackChunk) -> None:
    if not host.write("SetTrackStateChunk", track, chunk.text, False):
        raise Refused("REAPER did not take the state of a track; nothing was changed. Please send the support bundle.")


def print_of_envelope(chunk: TrackChunk, name: str) -> int:
    """Of what sounds: whether it is active, and its points. 0 when there is no such envelope."""
    block = chunk.block(name)
    return crc_text("\n".join(line for line in block if line.startswith(("ACT ", "PT ")))) if block else 0


def print_of_effects(chunk: TrackChunk) -> int:
    """Of every effect with its state and bypass, without its window. 0 when there is none."""
    lines = [line for line in chunk.block("FXCHAIN")[1:-1] if line.split()[0] not in _WINDOW_LINES]
    return crc_text("\n".join(lines)) if lines else 0
