"""The MusicXML writer, read back by music21: every note, tie, transposition, metre, tempo and text."""
from __future__ import annotations

import random
import re
from collections import Counter
from fractions import Fraction
from xml.etree import ElementTree

import music21
import pytest

from backend.domain.hits import HitPoint, HitPoints
from backend.domain.score import Key, Note, Part, Score
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.music.instruments import instruments
from backend.music.notation.measures import bars_to
from backend.music.notation.musicxml import write_musicxml
from backend.music.notation.notated import notated_ends
from backend.music.notation.note_values import UNITS_PER_QUARTER, beat_grid, values
from backend.music.notation.spelling import signature_alter, spell
from backend.music.theory import MODES, key_fifths, scale_pcs
from tests.music.rhythms import METRES, tempo_map

FIGURES = ((Fraction(1, 3),) * 3, (Fraction(1, 6),) * 6, (Fraction(1, 2),) * 2, (Fraction(1),),
           (Fraction(3, 4), Fraction(1, 4)), (Fraction(2, 3), Fraction(1, 3)), (Fraction(1, 8),) * 8, (Fraction(3),),
           (Fraction(5, 2), Fraction(1, 2)))
TRANSPOSING = ("horns_a4", "clarinet", "bass_clarinet", "english_horn", "alto_sax", "basses", "piccolo", "glockenspiel")
Heard = Counter[tuple[Fraction, Fraction, int]]


def part(instrument: str, placed: TempoMap, seed: int) -> Part:
    """Lines, chords, overlaps, triplets and ties over bars inside the instrument's range."""
    rng = random.Random(f"{instrument}{seed}")
    tool = instruments()[instrument]
    notes: list[Note] = []
    position = Fraction(0)
    while position < placed.end_q:
        for duration in rng.choice(FIGURES):
            if rng.random() < 0.8:
                pitches = tool.drum_pitches[:1] if not tool.pitched else rng.sample(
                    range(tool.practical_range[0], tool.practical_range[1]), rng.choice((1, 1, 2, 3)))
                notes += [Note(position, duration, pitch, 80, rng.choice(("", "staccato", "tremolo")))
                          for pitch in sorted(pitches)]
            position += duration
    return Part(instrument, tool.name, instrument, "pad", tuple(notes))


D_DORIAN = Key(2, "dorian")


def score(*parts: Part, key: Key = D_DORIAN) -> Score:
    return Score("1M1", key, parts, (), (Section("A", 1, 8), Section("B", 9, 16)))


def read(text: str) -> music21.stream.Score:
    return music21.converter.parseData(text, format="musicxml")


def exact(value: object) -> Fraction:
    return Fraction(value).limit_denominator(96)  # type: ignore[arg-type]


def heard(line: music21.stream.Part) -> Heard:
    """(onset, duration, pitch) of a part with ties joined."""
    pieces = []
    for element in line.recurse().notes:
        onset, duration = exact(element.getOffsetInHierarchy(line)), exact(element.quarterLength)
        for note in element.notes if element.isChord else (element,):
            pieces.append((onset, duration, note.pitch.midi, note.tie.type if note.tie else ""))
    out: Heard = Counter()
    pending: dict[tuple[Fraction, int], tuple[Fraction, Fraction]] = {}
    for onset, duration, pitch, tie in sorted(pieces):
        start, before = pending.pop((onset, pitch)) if tie in ("stop", "continue") else (onset, Fraction(0))
        if tie in ("start", "continue"):
            pending[onset + duration, pitch] = (start, before + duration)
        else:
            out[start, before + duration, pitch] += 1
    assert not pending
    return out


def wanted(of: Part, placed: TempoMap) -> Heard:
    """Every note where it starts, as long as it is written."""
    struck = not instruments()[of.instrument].pitched if of.instrument in instruments() else False
    bars = bars_to(placed, max(note.end_q for note in of.notes))
    ends = notated_ends(of.notes, bars, struck)
    return Counter((note.onset_q, end - note.onset_q, note.pitch) for note, end in zip(of.notes, ends, strict=True))


@pytest.mark.parametrize("metre", METRES)
def test_every_note_is_read_back(metre: str) -> None:
    placed = tempo_map(metre, 16)
    parts = [part(name, placed, 1) for name in ("violins1", "cellos", "piano", "violas")]
    back = read(write_musicxml(score(*parts), placed, HitPoints(()), "Title"))
    assert [line.partName for line in back.parts] == [p.name for p in parts]
    for line, made in zip(back.parts, parts, strict=True):
        assert heard(line) == wanted(made, placed)
        bars = [(m.number, exact(m.offset), m.barDuration.quarterLength) for m in line.getElementsByClass("Measure")]
        assert bars == [(bar.number, bar.start_q, bar.length_q) for bar in placed.bars]


def test_transposing_instruments_are_written_transposed_and_sound_right() -> None:
    placed = tempo_map("4/4", 6)
    parts = [part(name, placed, 2) for name in TRANSPOSING]
    back = read(write_musicxml(score(*parts, key=Key(5, "major")), placed, HitPoints(()), ""))
    signatures = {}
    for line, made in zip(back.parts, parts, strict=True):
        signatures[made.id] = line.recurse().getElementsByClass("KeySignature")[0].sharps
        shift = instruments()[made.instrument].transposition
        assert {p for _, _, p in heard(line)} == {note.pitch - shift for note in made.notes}
    sounding = back.toSoundingPitch()
    for line, made in zip(sounding.parts, parts, strict=True):
        assert heard(line) == wanted(made, placed), made.id
    assert signatures == {"horns_a4": 0, "clarinet": 1, "bass_clarinet": 1, "english_horn": 0, "alto_sax": 2,
                          "basses": -1, "piccolo": -1, "glockenspiel": -1}


def test_unpitched_percussion_clefs_and_midi_numbers() -> None:
    placed = tempo_map("4/4", 4)
    drums = Part("perc", "Toms", "toms", "percussion",
                 tuple(Note(Fraction(i), Fraction(1, 2), pitch) for i, pitch in enumerate((41, 43, 50, 41))))
    text = write_musicxml(score(drums, part("violas", placed, 1), part("cellos", placed, 1)), placed, HitPoints(()), "")
    back = read(text)
    hits = list(back.parts[0].recurse().notes)
    assert [exact(n.getOffsetInHierarchy(back.parts[0])) for n in hits] == [0, 1, 2, 3]
    assert len({n.displayStep for n in hits[:3]}) == 3 and hits[0].displayStep == hits[3].displayStep
    assert re.findall(r"<midi-unpitched>(\d+)", text) == ["42", "44", "51"]
    clefs = [line.recurse().getElementsByClass("Clef")[0].sign for line in back.parts]
    assert clefs == ["percussion", "C", "F"]


def test_metre_changes_tempo_marks_and_hits() -> None:
    points = (TempoPoint(Fraction(0), 600_000), TempoPoint(Fraction(4), 595_000), TempoPoint(Fraction(10), 560_000),
              TempoPoint(Fraction(25, 2), 555_000))
    meters = (Meter(1, 4), Meter(3, 7, 8), Meter(4, 4))
    sync = (SyncPoint(0, Fraction(0), 0.0, True), SyncPoint(1, Fraction(21, 2), 0.01, False))
    placed = TempoMap(points, meters, 6, Fraction(20), sync)
    hits = HitPoints((HitPoint(Fraction(0), 1, "cut", "hard", "door <slam>", 0, "01:00:00:00"),
                      HitPoint(Fraction(6), 1, "cut", "hard", "", 144, "01:00:06:00")))
    back = read(write_musicxml(score(part("flute", placed, 1), part("oboe", placed, 1)), placed, hits, "T & T"))
    assert back.metadata.title == "T & T"
    top = back.parts[0]
    times = [(t.ratioString, t.measureNumber) for t in top.recurse().getElementsByClass("TimeSignature")]
    assert times == [("4/4", 1), ("7/8", 3), ("4/4", 4)]
    marks = [(exact(m.getOffsetInHierarchy(top)), m.number) for m in top.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [(0, 100), (10, 107.1)]
    texts = top.recurse().getElementsByClass("TextExpression")
    words = [(exact(text.getOffsetInHierarchy(top)), text.content) for text in texts]
    assert words == [(0, "01:00:00:00 door <slam>"), (Fraction(21, 2), "01:00:06:00")]
    letters = [(r.measureNumber, str(r.content)) for r in top.recurse().getElementsByClass("RehearsalMark")]
    assert letters == [(1, "A")]
    assert not back.parts[1].recurse().getElementsByClass("TextExpression")


def test_same_score_same_bytes_and_no_dates() -> None:
    placed = tempo_map("mixed", 16)
    made = score(part("violins1", placed, 1), part("snare", placed, 1))
    text = write_musicxml(made, placed, HitPoints(()), "T")
    assert text == write_musicxml(made, placed, HitPoints(()), "T")
    assert "date" not in text and text.endswith("</score-partwise>\n")
    assert text.count("<measure ") == 32


def test_every_voice_fills_its_bars_exactly() -> None:
    placed = tempo_map("mixed", 16)
    root = ElementTree.fromstring(write_musicxml(score(part("piano", placed, 5)), placed, HitPoints(()), ""))
    for bar, measure in zip(placed.bars, root.iter("measure"), strict=True):
        position = 0
        for element in measure:
            if element.tag == "note" and element.find("chord") is None:
                position += int(element.findtext("duration"))
            elif element.tag == "backup":
                assert position == bar.length_q * UNITS_PER_QUARTER
                position -= int(element.findtext("duration"))
        assert position == bar.length_q * UNITS_PER_QUARTER
        opened = [t.get("type") for t in measure.iter("tuplet")]
        assert opened == ["start", "stop"] * (len(opened) // 2)


def test_off_grid_notes_move_to_what_can_be_written() -> None:
    placed = tempo_map("4/4", 2)
    notes = (Note(Fraction(1, 100), Fraction(49, 100), 60), Note(Fraction(2, 3), Fraction(33, 100), 62),
             Note(Fraction(2), Fraction(1, 1000), 64))
    back = read(write_musicxml(score(Part("x", "X", "flute", "melody", notes)), placed, HitPoints(()), ""))
    assert set(heard(back.parts[0])) == {(Fraction(0), Fraction(1, 2), 60), (Fraction(2, 3), Fraction(1, 3), 62),
                                         (Fraction(2), Fraction(1, 16), 64)}


def test_a_fifth_overlapping_note_shortens_another_and_none_is_lost() -> None:
    placed = tempo_map("4/4", 3)
    notes = tuple(Note(Fraction(i, 2), Fraction(6), 60 + 2 * i) for i in range(6))
    back = read(write_musicxml(score(Part("x", "X", "piano", "pad", notes)), placed, HitPoints(()), ""))
    assert sorted((onset, pitch) for onset, _, pitch in heard(back.parts[0])) == [(n.onset_q, n.pitch) for n in notes]


def test_empty_score_and_unknown_instrument() -> None:
    placed = tempo_map("3/4", 2)
    assert "<part-list />" in write_musicxml(score(), placed, HitPoints(()), "")
    lone = Part("x", "Theremin", "theremin", "melody", (Note(Fraction(0), Fraction(1), 70),))
    assert heard(read(write_musicxml(score(lone), placed, HitPoints(()), "")).parts[0]) == wanted(lone, placed)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_scale_tones_take_one_letter_each(mode: str) -> None:
    for tonic in range(12):
        key = Key(tonic, mode)
        spelled = [spell(60 + pc, key) for pc in range(12)]
        assert [s.pitch for s in spelled] == list(range(60, 72))
        assert all(abs(s.alter) <= 2 for s in spelled)
        pcs = scale_pcs(tonic, mode)
        if len(pcs) == 7:
            letters = [spell(60 + pc, key).letter for pc in pcs]
            assert len(set(letters)) == 7
        if mode in ("major", "dorian", "phrygian"):
            fifths = key_fifths(tonic, mode)
            assert all(signature_alter(s.letter, fifths) == s.alter for s in (spell(60 + pc, key) for pc in pcs))


@pytest.mark.parametrize(("start", "end", "types"), [
    ("0", "1", ["quarter"]), ("0", "3/2", ["quarter."]), ("1/2", "3/2", ["quarter"]), ("0", "5/2", ["half", "eighth"]),
    ("0", "1/3", ["eighth3"]), ("1/3", "1", ["quarter3"]), ("1/3", "2", ["quarter3", "quarter"]), ("0", "4", ["whole"]),
    ("3", "13/3", ["quarter", "eighth3"]),
])
def test_lengths(start: str, end: str, types: list[str]) -> None:
    bars = tempo_map("5/4", 2).bars
    places = [Fraction(start), Fraction(end), *([Fraction(1, 3)] if "1/3" in (start, end) else [])]
    grid = beat_grid(bars, places)
    units = [int(Fraction(place) * UNITS_PER_QUARTER) for place in (start, end)]
    named = [v.type + "." * v.dots + ("3" if v.triplet else "") for v in values(units[0], units[1], grid)]
    assert named == types
