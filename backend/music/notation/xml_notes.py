"""Notes, rests, ties and tuplets of one bar as MusicXML elements."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from backend.domain.score import Key, Note
from backend.domain.tempo import Bar
from backend.music.notation.note_values import UNITS_PER_QUARTER, BeatGrid, Value, values
from backend.music.notation.spelling import spell
from backend.music.notation.staves import Chord, Staff

ARTICULATIONS = {"staccato": "staccato", "spiccato": "spiccato", "tenuto": "tenuto", "marcato": "strong-accent",
                 "sfz": "accent", "multitongue": "staccatissimo"}
_STAFF_STEPS = ("F", "A", "C", "E", "G", "B")
_STAFF_OCTAVES = (4, 4, 5, 5, 5, 5)


@dataclass(frozen=True)
class Writing:
    """How a part is written: its (transposed) key, semitones from sounding to written, and for unpitched
    percussion the instrument id of every key it uses."""

    key: Key
    shift: int
    drums: dict[int, str]


def child(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """A new last child with text."""
    element = SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element


def write_bar(measure: Element, staff: Staff, bar: Bar, writing: Writing) -> None:
    """Every voice of a bar; voice 1 always, the others where they sound."""
    length = int(bar.length_q * UNITS_PER_QUARTER)
    written = False
    for voice, pieces in enumerate(staff.voices):
        inside = pieces[bar.number - 1]
        silent = all(piece.source is None for piece in inside)
        if voice and silent:
            continue
        if written:
            child(child(measure, "backup"), "duration", length)
        written = True
        if silent:
            _bar_rest(measure, length)
            continue
        chords = staff.chords[voice]
        for entry in _marked(list(_entries(staff, voice, bar)), staff.grid):
            _write_entry(measure, entry, chords, (voice + 1, writing))


@dataclass
class _Entry:
    """One written value: a part of chord ``source`` (None: rest) with its ties and its place in a triplet."""

    start: int
    value: Value
    source: int | None
    first: bool
    last: bool
    tuplet: str = ""
    dotted: bool = False


def _entries(staff: Staff, voice: int, bar: Bar) -> Iterator[_Entry]:
    chords = staff.chords[voice]
    for piece in staff.voices[voice][bar.number - 1]:
        start, end = int(piece.start_q * UNITS_PER_QUARTER), int(piece.end_q * UNITS_PER_QUARTER)
        for value in values(start, end, staff.grid):
            chord = chords[piece.source] if piece.source is not None else None
            yield _Entry(start, value, piece.source, chord is None or chord.start == start,
                         chord is None or chord.end == start + value.units,
                         dotted=chord is not None and chord.dotted)
            start += value.units


def _marked(entries: list[_Entry], grid: BeatGrid) -> list[_Entry]:
    """Brackets around the values of each triplet beat."""
    beats = [grid.beat_of(entry.start) if entry.value.triplet else -1 for entry in entries]
    for i, entry in enumerate(entries):
        if beats[i] < 0:
            continue
        opens = i == 0 or beats[i - 1] != beats[i]
        closes = i + 1 == len(entries) or beats[i + 1] != beats[i]
        entry.tuplet = "start" if opens else "stop" if closes else ""
    return entries


def _bar_rest(measure: Element, length: int) -> None:
    note = child(measure, "note")
    child(note, "rest", measure="yes")
    child(note, "duration", length)
    child(note, "voice", 1)


def _write_entry(measure: Element, entry: _Entry, chords: tuple[Chord, ...], place: tuple[int, Writing]) -> None:
    notes: list[Note | None] = [None] if entry.source is None else list(chords[entry.source].notes)
    for number, note in enumerate(notes):
        element = child(measure, "note")
        if number:
            child(element, "chord")
        _write_note(element, note, entry, place)


def _write_note(element: Element, note: Note | None, entry: _Entry, place: tuple[int, Writing]) -> None:
    voice, writing = place
    if note is None:
        child(element, "rest")
    else:
        _write_pitch(element, note, writing)
    child(element, "duration", entry.value.units)
    ties = [] if note is None else [kind for kind, on in (("stop", not entry.first), ("start", not entry.last)) if on]
    for kind in ties:
        child(element, "tie", type=kind)
    if note is not None and note.pitch in writing.drums:
        child(element, "instrument", id=writing.drums[note.pitch])
    child(element, "voice", voice)
    child(element, "type", entry.value.type)
    for _ in range(entry.value.dots):
        child(element, "dot")
    if entry.value.triplet:
        change = child(element, "time-modification")
        child(change, "actual-notes", 3)
        child(change, "normal-notes", 2)
    _write_notations(element, note, entry, ties)


def _write_pitch(element: Element, note: Note, writing: Writing) -> None:
    if writing.drums:
        place = sorted(writing.drums).index(note.pitch) % len(_STAFF_STEPS)
        unpitched = child(element, "unpitched")
        child(unpitched, "display-step", _STAFF_STEPS[place])
        child(unpitched, "display-octave", _STAFF_OCTAVES[place])
        return
    spelled = spell(note.pitch + writing.shift, writing.key)
    pitch = child(element, "pitch")
    child(pitch, "step", spelled.letter)
    if spelled.alter:
        child(pitch, "alter", spelled.alter)
    child(pitch, "octave", spelled.octave)


def _mark(note: Note | None, entry: _Entry) -> str | None:
    """The part's articulation, or a dot for what sounds short without one."""
    if note is None or not entry.first:
        return None
    short = "staccato" if entry.dotted and note.articulation != "tremolo" else None
    return ARTICULATIONS.get(note.articulation, short)


def _write_notations(element: Element, note: Note | None, entry: _Entry, ties: list[str]) -> None:
    mark = _mark(note, entry)
    is_chord_note = element.find("chord") is not None
    tuplet = "" if is_chord_note else entry.tuplet
    tremolo = note is not None and note.articulation == "tremolo" and not is_chord_note
    if not (ties or tuplet or mark or tremolo):
        return
    notations = child(element, "notations")
    for kind in ties:
        child(notations, "tied", type=kind)
    if tuplet:
        child(notations, "tuplet", type=tuplet)
    if tremolo:
        child(child(notations, "ornaments"), "tremolo", 3, type="single")
    if mark:
        child(child(notations, "articulations"), mark)
