"""Notes and bars of a MusicXML file, nothing else.

A small reader of our own because a fit reads some 800 files: it takes milliseconds a file where music21 takes
seconds. Compared with music21 note by note in tests/music/criteria. Repeats are not unfolded; grace and cue notes are
left out; ties are joined; transposing parts sound where they sound.
"""
from __future__ import annotations

import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

WrittenNote = tuple[Fraction, Fraction, int]


@dataclass(frozen=True)
class WrittenBar:
    """A bar as written: pickups are as short as they are."""

    start_q: Fraction
    length_q: Fraction
    numerator: int
    denominator: int


@dataclass(frozen=True)
class WrittenPiece:
    """``lines``: one per part and staff, (onset_q, duration_q, sounding pitch) sorted; the first holds the melody in
    songs and lead sheets."""

    name: str
    bars: tuple[WrittenBar, ...]
    lines: tuple[tuple[WrittenNote, ...], ...]


def _root(path: Path) -> ElementTree.Element:
    if path.suffix != ".mxl":
        return ElementTree.parse(path).getroot()
    with zipfile.ZipFile(path) as archive:
        # Some files of OpenEWLD name the score in a container.xml that is no XML, so the score is found by its place.
        name = next(n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META-INF" not in n)
        return ElementTree.fromstring(archive.read(name))


def _number(element: ElementTree.Element, tag: str, default: int = 0) -> int:
    text = element.findtext(tag)
    return int(float(text)) if text else default


class _Part:
    """Reads one part measure by measure; state that carries over lives here."""

    def __init__(self) -> None:
        self.divisions = 1
        self.transpose = 0
        self.meter = (4, 4)
        self.lines: dict[int, list[WrittenNote]] = {}
        self.open_ties: dict[tuple[int, int], int] = {}

    def measure(self, element: ElementTree.Element, start: Fraction) -> Fraction:
        """Read a measure that begins at ``start``; returns how far its contents reach."""
        cursor = reach = onset = Fraction(0)
        for item in element:
            if item.tag == "attributes":
                self._attributes(item)
                continue
            length = Fraction(_number(item, "duration"), self.divisions)
            if item.tag == "backup":
                cursor -= length
            elif item.tag == "forward":
                cursor += length
            elif item.tag == "note" and item.find("grace") is None and item.find("cue") is None:
                if item.find("chord") is None:
                    onset, cursor = cursor, cursor + length
                self._note(item, start + onset, length)
            reach = max(reach, cursor)
        return reach

    def _attributes(self, item: ElementTree.Element) -> None:
        self.divisions = _number(item, "divisions", self.divisions)
        moved = item.find("transpose")
        if moved is not None:
            self.transpose = _number(moved, "chromatic") + 12 * _number(moved, "octave-change")
        time = item.find("time")
        if time is not None and time.findtext("beats"):
            beats = sum(int(b) for b in str(time.findtext("beats")).split("+"))
            self.meter = (beats, _number(time, "beat-type", 4))

    def _note(self, item: ElementTree.Element, onset: Fraction, length: Fraction) -> None:
        written = item.find("pitch")
        if written is None or length <= 0:
            return
        pitch = (12 * (_number(written, "octave") + 1) + _STEPS[str(written.findtext("step"))]
                 + _number(written, "alter") + self.transpose)
        staff = _number(item, "staff", 1)
        line = self.lines.setdefault(staff, [])
        ties = {tie.get("type") for tie in item.findall("tie")}
        before = self.open_ties.pop((staff, pitch), None) if "stop" in ties else None
        if before is not None and line[before][0] + line[before][1] == onset:
            line[before] = (line[before][0], line[before][1] + length, pitch)
            index = before
        else:
            line.append((onset, length, pitch))
            index = len(line) - 1
        if "start" in ties:
            self.open_ties[(staff, pitch)] = index


def read_piece(path: Path) -> WrittenPiece:
    """Read an .mxl, .xml or .musicxml file in score-partwise form."""
    parts = _root(path).findall("part")
    states = [_Part() for _ in parts]
    columns = zip(*[part.findall("measure") for part in parts], strict=False)
    bars: list[WrittenBar] = []
    start = Fraction(0)
    for measures in columns:
        reach = max(state.measure(m, start) for state, m in zip(states, measures, strict=True))
        beats, unit = states[0].meter
        length = reach or Fraction(4 * beats, unit)
        bars.append(WrittenBar(start, length, beats, unit))
        start += length
    lines = tuple(tuple(sorted(state.lines[staff])) for state in states for staff in sorted(state.lines))
    return WrittenPiece(path.stem, tuple(bars), tuple(line for line in lines if line))
