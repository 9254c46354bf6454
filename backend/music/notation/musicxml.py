"""The full score as MusicXML 4.0 (W3C): one part a line, written pitch, the same bytes for the same score."""
from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element, indent, tostring

from backend.domain.hits import HitPoints
from backend.domain.instruments import Instrument
from backend.domain.score import Key, Part, Score
from backend.domain.tempo import Bar, TempoMap
from backend.music.instruments import instruments
from backend.music.notation.measures import bars_to
from backend.music.notation.note_values import UNITS_PER_QUARTER
from backend.music.notation.staves import make_staff
from backend.music.notation.xml_directions import hit_words, tempo_marks, write_directions
from backend.music.notation.xml_dynamics import write_dynamics
from backend.music.notation.xml_notes import Writing, child, write_bar
from backend.music.theory import is_minor_like, key_fifths

_HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
         '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n')
_CLEFS = {"treble": ("G", 2), "bass": ("F", 4), "alto": ("C", 3), "tenor": ("C", 4), "percussion": ("percussion", None)}
SHORTEST_Q = Fraction(1, 16)
"""A note shorter than the grid is written this long."""
_DIATONIC = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
"""Scale steps of an interval of so many semitones."""
_MODES = {"major": "major", "lydian": "lydian", "mixolydian": "mixolydian", "dorian": "dorian", "aeolian": "aeolian",
          "phrygian": "phrygian"}


def write_musicxml(score: Score, tempo_map: TempoMap, hits: HitPoints, title: str) -> str:
    """The score as text, ending with a newline. No dates and no random identifiers.

    Lengths are those a player reads (:mod:`notated`), on 64ths or 64th triplets, a staccato dot where much less
    sounds; dynamic marks follow the velocities; more than four overlapping notes in a part are cut to four voices.
    """
    end = max((max(note.end_q, note.onset_q + SHORTEST_Q) for part in score.parts for note in part.notes),
              default=Fraction(0))
    bars = bars_to(tempo_map, end)
    root = Element("score-partwise", version="4.0")
    child(child(root, "work"), "work-title", title or score.title)
    child(child(child(root, "identification"), "encoding"), "software", "FilmComposer")
    listing = child(root, "part-list")
    for number, part in enumerate(score.parts, 1):
        _list_part(listing, part, number)
    marks = (tempo_marks(tempo_map), hit_words(tempo_map, hits))
    for number, part in enumerate(score.parts, 1):
        element = child(root, "part", id=f"P{number}")
        measures = _write_part(element, part, bars, (number, score.key))
        if number == 1:
            for bar, measure in zip(bars, measures, strict=True):
                _insert_directions(measure, bar, marks, score)
    indent(root, " ")
    return _HEAD + tostring(root, encoding="unicode") + "\n"


def _instrument(part: Part) -> Instrument | None:
    return instruments().get(part.instrument)


def _drum_keys(part: Part, number: int) -> dict[int, str]:
    """Instrument id of every key an unpitched part strikes."""
    tool = _instrument(part)
    if tool is None or tool.pitched:
        return {}
    return {pitch: f"P{number}-I{i}" for i, pitch in enumerate(sorted({note.pitch for note in part.notes}), 1)}


def _list_part(listing: Element, part: Part, number: int) -> None:
    tool = _instrument(part)
    entry = child(listing, "score-part", id=f"P{number}")
    child(entry, "part-name", part.name)
    drums = _drum_keys(part, number)
    ids = drums or {0: f"P{number}-I1"}
    for name in ids.values():
        child(child(entry, "score-instrument", id=name), "instrument-name", part.name)
    for pitch, name in ids.items():
        midi = child(entry, "midi-instrument", id=name)
        child(midi, "midi-channel", 10 if drums else _channel(number))
        child(midi, "midi-program", (tool.gm_program if tool else 0) + 1)
        if drums:
            child(midi, "midi-unpitched", pitch + 1)


def _channel(number: int) -> int:
    """Channels 1-16 in turn without 10, the percussion channel."""
    channel = (number - 1) % 15 + 1
    return channel if channel < 10 else channel + 1


def _write_part(element: Element, part: Part, bars: tuple[Bar, ...], place: tuple[int, Key]) -> list[Element]:
    number, key = place
    tool = _instrument(part)
    shift = -tool.transposition if tool is not None and tool.pitched else 0
    writing = Writing(Key((key.tonic_pc + shift) % 12, key.mode), shift, _drum_keys(part, number))
    staff = make_staff(part.notes, bars, bool(writing.drums))
    measures = []
    for bar in bars:
        measure = child(element, "measure", number=str(bar.number))
        _attributes(measure, bar, bars, (tool, writing))
        write_bar(measure, staff, bar, writing)
        measures.append(measure)
    write_dynamics(measures, part.notes, bars)
    child(child(measures[-1], "barline", location="right"), "bar-style", "light-heavy")
    return measures


def _attributes(measure: Element, bar: Bar, bars: tuple[Bar, ...], how: tuple[Instrument | None, Writing]) -> None:
    before = bars[bar.number - 2] if bar.number > 1 else None
    if before is not None and (before.numerator, before.denominator) == (bar.numerator, bar.denominator):
        return
    first = before is None
    tool, writing = how
    attributes = child(measure, "attributes")
    if first:
        child(attributes, "divisions", UNITS_PER_QUARTER)
        if not writing.drums:
            _key(attributes, writing.key)
    time = child(attributes, "time")
    child(time, "beats", bar.numerator)
    child(time, "beat-type", bar.denominator)
    if first:
        sign, line = _CLEFS[tool.clef if tool is not None else "treble"]
        clef = child(attributes, "clef")
        child(clef, "sign", sign)
        if line is not None:
            child(clef, "line", line)
        if writing.shift:
            _transpose(attributes, -writing.shift)


def _key(attributes: Element, key: Key) -> None:
    element = child(attributes, "key")
    child(element, "fifths", key_fifths(key.tonic_pc, key.mode))
    child(element, "mode", _MODES.get(key.mode, "minor" if is_minor_like(key.mode) else "major"))


def _transpose(attributes: Element, semitones: int) -> None:
    """From written to sounding: whole octaves apart from the rest, as the standard asks."""
    octaves = int(semitones / 12)
    rest = semitones - 12 * octaves
    element = child(attributes, "transpose")
    child(element, "diatonic", _DIATONIC[abs(rest)] * (1 if rest > 0 else -1))
    child(element, "chromatic", rest)
    if octaves:
        child(element, "octave-change", octaves)


def _insert_directions(measure: Element, bar: Bar, marks: tuple[dict[Fraction, float], dict[Fraction, str]],
                       score: Score) -> None:
    """Directions stand after the attributes and before the notes."""
    above = Element("measure")
    write_directions(above, bar, marks, score.sections)
    place = 1 if measure.find("attributes") is not None else 0
    for offset, direction in enumerate(list(above)):
        measure.insert(place + offset, direction)
