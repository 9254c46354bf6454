"""Every fault that a player would meet, planted and found."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.metrics import RangeMetrics
from backend.domain.score import Key, Melody, Note, Part, Score
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.evaluation.ranges_check import check_ranges

MAP = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 16, Fraction(64))
KEY = Key(0, "major")


def note(onset: float, pitch: int, length: float = 1.0) -> Note:
    return Note(Fraction(onset), Fraction(length), pitch)


def check(*parts: tuple[str, list[Note]], melody: list[Note] | None = None) -> RangeMetrics:
    made = tuple(Part(f"p{k}", name, name, "pad", tuple(notes)) for k, (name, notes) in enumerate(parts))
    return check_ranges(Score("t", KEY, made, (), ()), Melody(tuple(melody or []), KEY, ()), MAP)


def test_a_clean_score_has_no_fault() -> None:
    result = check(("violins1", [note(0, 72), note(1, 74)]), melody=[note(0, 72)])
    assert result == RangeMetrics(2, 0, 1.0, 0.0, 0, 0, 0)


def test_notes_out_of_range_and_merely_impractical() -> None:
    """Flute: full 59-98, practical 60-96. Unknown instruments can play nothing, drums only their keys."""
    result = check(("flute", [note(0, 58), note(1, 59), note(2, 72), note(3, 99)]))
    assert (result.outside_full, result.practical_share) == (2, 0.25)
    assert check(("kazoo", [note(0, 60)])).outside_full == 1
    assert check(("taiko_ensemble", [note(0, 41), note(1, 60)])).outside_full == 1


def test_low_intervals() -> None:
    """A third on low C (36) is mud, a fifth on F (41) and an octave are not, nor a third an octave up."""
    muddy = check(("cellos", [note(0, 36), note(0, 40)]))
    clear = check(("cellos", [note(0, 36), note(0, 48), note(2, 41), note(2, 48), note(4, 48), note(4, 52)]))
    assert (muddy.low_interval_per_100_notes, clear.low_interval_per_100_notes) == (50.0, 0.0)


def test_breath() -> None:
    """English horn, 12 s limit: 32 quarters at 120 are 16 s. A rest of a quarter (.5 s) half way mends it."""
    breathless = check(("english_horn", [note(k, 64) for k in range(32)]))
    rested = check(("english_horn", [note(k, 64) for k in range(32) if k != 16]))
    strings = check(("violins1", [note(k, 64) for k in range(32)]))
    assert (breathless.breath_violations, rested.breath_violations, strings.breath_violations) == (1, 0, 0)


def test_more_voices_than_the_instrument_has() -> None:
    chord = [note(0, p) for p in (60, 64, 67)]
    assert check(("tuba", [note(0, 40), note(0, 47)])).voices_violations == 2
    assert check(("harp", chord)).voices_violations == 0


def test_lost_melody_notes_octaves_allowed() -> None:
    result = check(("violins1", [note(0, 72), note(1, 74)]), melody=[note(0, 60), note(1, 74), note(2, 76)])
    assert result.lost == 1
