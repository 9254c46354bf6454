from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import pytest

from backend.domain.analysis import Curve
from backend.domain.brief import CueBrief
from backend.domain.description import Attribute
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Chord, Control, Key, Melody, Note, Part, Score
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.errors import EditError
from backend.music import consistency as check
from tests.music import drawn, rhythms

MAP = rhythms.tempo_map(bars=16)
"""Sixteen bars of 4/4: 64 quarters."""
FORM = rhythms.sections(16)
NOTES = (Note(F(0), F(2), 60), Note(F(2), F(2), 64), Note(F(60), F(4), 67))
MELODY = Melody(NOTES, Key(0, "major"), FORM, (1, 5))
PARTS = (Part("melody", "Violins", "violins1", "melody", NOTES, (Control(F(0), 1, 80),), (0.0, 1.0, 2.0)),
         Part("bass", "Basses", "basses", "bass", (Note(F(0), F(70), 36),)))
SCORE = Score("Film", Key(0, "major"), PARTS, (Chord(F(0), F(70), 0, "M"),), FORM)
SCHEME = ArrangementScheme(
    tuple(TrackScheme(i, part.id, part.name, part.role, part.instrument, "", 0.1, 0.4, -2.0, {1: 0.5})
          for i, part in enumerate(PARTS)), (), FORM, "cadence")
PICTURE = drawn.picture(4)


def test_what_fits_is_taken() -> None:
    check.check_analysis(drawn.picture(4, cuts=((30, 0.5),), impacts=((40, 0.5),)))
    check.check_description(rhythms.description(emotion=Attribute("sad", "user", 1.0)), PICTURE)
    for emotion in (None, "Fear", "Joyous"):
        check.check_brief(rhythms.brief(emotion))
    check.check_tempo_map(MAP, HitPoints(()))
    check.check_spots(rhythms.rhythm(MAP, 3), MAP)
    check.check_melody(MELODY, MAP)
    check.check_score(SCORE, MAP)
    check.check_scheme(SCHEME, SCORE)


def _refused(call: Callable[[], Any], *words: str) -> None:
    with pytest.raises(EditError) as refused:
        call()
    said = str(refused.value)
    assert "\n" not in said and all(word in said for word in words), said


def test_a_late_note_is_named_with_the_end() -> None:
    late = replace(MELODY, notes=(*NOTES, Note(F(128), F(1), 60)))
    with pytest.raises(EditError, match=r"^melody\.json: notes\[3\]\.onset_q 128 lies after the last bar "
                                        r"\(ends at 64\)\. Move it, or delete the file to have it made again\.$"):
        check.check_melody(late, MAP)


@pytest.mark.parametrize(("change", "field"), [
    ({"key": Key(0, "blues")}, "key.mode"), ({"notes": ()}, "notes"), ({"phrases": (17,)}, "phrases[0]"),
    ({"notes": NOTES[::-1]}, "notes[1].onset_q"), ({"notes": (Note(F(0), F(10 ** 6), 60),)}, "notes[0].duration_q"),
    ({"sections": FORM[:-1]}, "sections"), ({"sections": FORM[1:]}, "sections[0].first_bar"),
    ({"sections": (*FORM[:1], *FORM[2:])}, "sections[1].first_bar"),
    ({"sections": (*FORM, Section("C", 17, 20))}, "sections"), ({"sections": ()}, "sections")])
def test_melodies_that_do_not_fit(change: dict[str, Any], field: str) -> None:
    _refused(lambda: check.check_melody(replace(MELODY, **change), MAP), "melody.json: ", field)


@pytest.mark.parametrize(("change", "field"), [
    ({"id": "bass"}, "parts[1].id 'bass'"), ({"instrument": "kazoo"}, "parts[0].instrument 'kazoo'"),
    ({"timing_ms": (1.0,)}, "parts[0].timing_ms"), ({"timing_ms": (0.0, 0.0, 5e3)}, "parts[0].timing_ms[2]"),
    ({"notes": (Note(F(64), F(1), 60),), "timing_ms": ()}, "parts[0].notes[0].onset_q 64"),
    ({"controls": (Control(F(10 ** 6), 1, 1),)}, "parts[0].controls[0].position_q")])
def test_parts_that_do_not_fit(change: dict[str, Any], field: str) -> None:
    score = replace(SCORE, parts=(replace(PARTS[0], **change), PARTS[1]))
    _refused(lambda: check.check_score(score, MAP), "score.json: ", field)


@pytest.mark.parametrize(("chord", "field"), [
    (Chord(F(0), F(4), 0, "H"), "chords[0].quality 'H'"), (Chord(F(64), F(4), 0, "M"), "chords[0].onset_q 64"),
    (Chord(F(0), F(10 ** 6), 0, "M"), "chords[0].duration_q")])
def test_chords_that_do_not_fit(chord: Chord, field: str) -> None:
    _refused(lambda: check.check_score(replace(SCORE, chords=(chord,)), MAP), "score.json: ", field)


def test_schemes_that_do_not_fit() -> None:
    first, second = SCHEME.tracks
    wrong = (((first, first), "tracks[1].part"), ((first, replace(second, track_index=0)), "tracks[1].track_index"),
             ((replace(first, instrument="kazoo"),), "tracks[0].instrument"))
    for tracks, field in wrong:
        scheme = replace(SCHEME, tracks=tracks)
        _refused(lambda scheme=scheme: check.check_scheme(scheme, SCORE), "scheme.json: ", field)
    _refused(lambda: check.check_scheme(replace(SCHEME, chosen_round=3), SCORE), "chosen_round 3")
    _refused(lambda: check.check_scheme(replace(SCHEME, sections=FORM[:2]), SCORE), "sections")


@pytest.mark.parametrize(("change", "field"), [
    ({"mode": "locrian"}, "mode 'locrian'"), ({"progressions": ("i V", "i hm")}, "progressions[1]"),
    ({"progressions": (" ",)}, "progressions[0]"), ({"core": ("kazoo",)}, "core[0] 'kazoo'"),
    ({"avoid": ("kazoo",)}, "avoid[0] 'kazoo'")])
def test_briefs_that_do_not_fit(change: dict[str, Any], field: str) -> None:
    _refused(lambda: check.check_brief(replace(drawn.brief(), **change)), "brief.json: ", field)


@pytest.mark.parametrize(("field", "value"), [
    ("tonic_pc", 12), ("tempo_lo_qpm", 0.0), ("tempo_hi_qpm", 1e6), ("tempo_hi_qpm", 50.0), ("tempo_qpm", 299.0),
    ("meter_denominator", 3), ("meter_numerator", 0), ("percussion", 9), ("valence", 3.0), ("emotion", "Hungry")])
def test_a_brief_knows_its_ranges(field: str, value: Any) -> None:
    brief: CueBrief = drawn.brief()
    with pytest.raises(ValueError, match=f"^{field}: "):
        replace(brief, **{field: value})


def test_analyses_that_do_not_fit() -> None:
    motion, *others = PICTURE.curves
    for change, field in (({"curves": tuple(others)}, "curves lacks 'motion'"),
                          ({"curves": (Curve("motion", "x", (0.1,)), *others)}, "curves[0].values"),
                          ({"curves": (replace(motion, values=(-1.0,) * 96), *others)}, "curves[0].values"),
                          ({"frame_times_s": ()}, "frame_times_s"),
                          ({"cue": replace(PICTURE.cue, end_s=F(1000))}, "cue.end_s"),
                          ({"shots": (replace(PICTURE.shots[0], end_frame=97),)}, "shots[0]")):
        _refused(lambda change=change: check.check_analysis(replace(PICTURE, **change)), "analysis.json: ", field)


def test_descriptions_that_do_not_fit() -> None:
    hungry = rhythms.description(emotion=Attribute("Hungry", "user", 1.0))
    _refused(lambda: check.check_description(hungry, PICTURE), "description.json: clip.emotion.label 'Hungry'")


@pytest.mark.parametrize(("change", "field"), [
    ({"end_q": F(65)}, "end_q 65"), ({"bar_count": 900}, "bar_count 900"),
    ({"meters": (Meter(1, 4, 5),)}, "meters[0].denominator 5"),
    ({"sync": (SyncPoint(0, F(65), 0.0, True),)}, "sync[0].position_q 65"),
    ({"points": (TempoPoint(F(0), 600_000), TempoPoint(F(65), 600_000))}, "points[1].position_q")])
def test_tempo_maps_that_do_not_fit(change: dict[str, Any], field: str) -> None:
    _refused(lambda: check.check_tempo_map(replace(MAP, **change), HitPoints(())), "tempo_map.json: ", field)


@pytest.mark.parametrize(("make", "field"), [
    (lambda: Meter(1, 4, 0), "denominator"), (lambda: Meter(1, 0), "numerator"), 
    (lambda: TempoPoint(F(0), 1), "us_per_quarter"),
    (lambda: TempoPoint(F(0), 17_000_000), "us_per_quarter"), (lambda: SyncPoint(-1, F(0), 0.0, True), "hit"),
    (lambda: replace(MAP, bar_count=0), "bar_count"), (lambda: replace(MAP, end_q=F(-1)), "end_q"),
    (lambda: replace(MAP, beat_q=F(0)), "beat_q"), (lambda: Section("A", 0, 4), "first_bar"),
    (lambda: Section("A", 4, 3), "last_bar"), (lambda: Control(F(0), 1, 128), "value"),
    (lambda: Control(F(0), -1, 0), "number"), (lambda: Key(12, "major"), "tonic_pc"),
    (lambda: Note(F(-1), F(1), 60), "onset_q"), (lambda: Chord(F(0), F(0), 0, "M"), "duration_q"),
    (lambda: replace(SCHEME.tracks[0], panning=1.2), "panning"),
    (lambda: replace(SCHEME.tracks[0], volume_envelope={2: 1.2}), "volume_envelope.2")])
def test_one_object_knows_its_ranges(make: Callable[[], Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}"):
        make()


def test_sync_points_of_deleted_hits_go() -> None:
    points = (SyncPoint(0, F(4), 0.0, True), SyncPoint(2, F(8), 0.0, True))
    edited: TempoMap = replace(MAP, sync=points)
    two = drawn.hits(drawn.hit(1), drawn.hit(2))
    check.check_tempo_map(edited, two)
    assert check.consistent_tempo_map(edited, two).sync == points[:1]
    three = drawn.hits(drawn.hit(1), drawn.hit(2), drawn.hit(3))
    assert check.consistent_tempo_map(edited, three) is edited


def test_spots_after_the_last_bar() -> None:
    short = rhythms.tempo_map(bars=8)
    spots = replace(rhythms.rhythm(MAP, 3), sections=rhythms.sections(8))
    _refused(lambda: check.check_spots(spots, short), "spots.json: spots[", "(ends at 32)")
