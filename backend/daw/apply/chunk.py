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
_SOUNDING = ("ACT ", "PT ", "POOLEDENVINST ")
_BEHIND_ENVELOPES = ("FXCHAIN", "FXCHAIN_REC", "TAKEFX", "ITEM")


class TrackChunk:
    """The lines of one track, as they are. A block is ``<NAME ... >`` one level inside the track."""

    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip("\r") for line in text.rstrip().split("\n")]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def whole(self) -> bool:
        return is_whole(self.lines)

    @property
    def locked(self) -> bool:
        """REAPER writes ``LOCK 1`` when the track's controls are locked, and no such line otherwise."""
        depth = 0
        for line in self.lines:
            depth += _step(line)
            words = line.split()
            if depth == 1 and words[:1] == ["LOCK"]:
                return words[1:] != ["0"]
            if words[:1] == ["<ITEM"]:
                return False
        return False

    @property
    def envelopes(self) -> set[str]:
        """Names of the track's own envelopes, such as ``MUTEENV``."""
        return {title for title, _, _ in self._blocks() if title.rstrip("0123456789").endswith("ENV")}

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
                found.append((self.lines[start].strip()[1:].split()[0], start, i + 1))
        return found


def _step(line: str) -> int:
    text = line.strip()
    return 1 if text.startswith("<") else -1 if text == ">" else 0


def is_whole(lines: list[str]) -> bool:
    """Whether every bracket is closed, the outermost in the last line: a buffer that was too small cuts the end off."""
    depth = 0
    for i, line in enumerate(lines):
        depth += _step(line)
        if depth <= 0 and i < len(lines) - 1:
            return False
    return depth == 0


def read_chunk(host: Host, track: Any) -> TrackChunk:
    return TrackChunk(str(host.read("GetTrackStateChunk", track, "", CHUNK_SIZE, False)[2]))


def write_chunk(host: Host, track: Any, chunk: TrackChunk) -> None:
    """Raises Refused when the text is not whole, or REAPER does not take it."""
    if not chunk.whole:
        raise Refused("The state of a track is larger than a script can read; nothing was changed. Freeze the track, "
                      "or move its plug-ins to another one, then build again.")
    if not host.write("SetTrackStateChunk", track, chunk.text, False):
        raise Refused("REAPER did not take the state of a track; nothing was changed. Please send the support bundle.")


def print_of_envelope(chunk: TrackChunk, name: str) -> int:
    """Of what sounds: whether it is active, its automation items, and its points, to a millionth (points that went
    through the fader scaling and back differ in their last digits). 0 when there is no such envelope."""
    block = chunk.block(name)
    lines = [line.strip() for line in block]
    rows = [_rounded(line) if line.startswith("PT ") else line for line in lines if line.startswith(_SOUNDING)]
    return crc_text("\n".join(rows)) if block else 0


def _rounded(line: str) -> str:
    """Time, value and shape of a point."""
    words = line.split()[1:4]
    return " ".join(f"{float(word):.6f}" for word in words)


def print_of_effects(chunk: TrackChunk) -> int:
    """Of every effect with its state and bypass, without its window. 0 when there is none."""
    lines = [line.strip() for line in chunk.block("FXCHAIN")[1:-1]]
    lines = [line for line in lines if line and line.split()[0] not in _WINDOW_LINES]
    return crc_text("\n".join(lines)) if lines else 0
