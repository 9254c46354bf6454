"""What every Assessor keeps: nineteen criteria, ratings in range, advice that never rejects, the same answer twice."""
from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest

from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.stand_in import Scripted, StandIn
from backend.domain import serial
from backend.domain.assessment import Assessment
from backend.domain.score import Chord, Key, Melody, Note, Part, Score
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.ports import Assessor
from tests.agents.ensemble.live_line import line_to
from tests.music.criteria.made import SONG, SONG_RHYTHM, brief

NOISE = (60, 73, 66, 81, 55, 78, 61, 70, 84, 58, 67, 75, 62, 57, 80, 71)


@pytest.fixture(scope="module")
def scripted() -> Iterator[EnsembleAssessor]:
    """Five reviewers behind real HTTP; whoever finds its prompt wanting says so in the end."""
    script = Scripted()
    with StandIn(script) as server:
        line = line_to(server.base_url)
        yield EnsembleAssessor(AnswerDesk(line, model="stand-in", prompting="cot", seed=1, folder=None,
                                          say=lambda text: None, sent_to="127.0.0.1"))
        line.close()
    assert script.complaints == ()


@pytest.fixture(params=["criteria", "ensemble"])
def assessor(request: pytest.FixtureRequest) -> Assessor:
    found: Assessor = CriteriaAssessor() if request.param == "criteria" else request.getfixturevalue("scripted")
    return found


def tempo_map(us_per_quarter: int = 600_000, meters: tuple[Meter, ...] = (Meter(1, 4, 4),), bars: int = 12) -> TempoMap:
    return TempoMap((TempoPoint(Fraction(0), us_per_quarter),), meters, bars, Fraction(48))


def melody(pitches: tuple[int, ...], rhythm: tuple[float, ...] = SONG_RHYTHM) -> Melody:
    notes, at = [], Fraction(0)
    for index, pitch in enumerate(pitches):
        length = Fraction(rhythm[index % len(rhythm)])
        notes.append(Note(at, length, pitch))
        at += length
    return Melody(tuple(notes), Key(0, "major"), ())


def score() -> Score:
    tune = melody(SONG).notes
    bass = tuple(Note(Fraction(4 * i), Fraction(4), p)
                 for i, p in enumerate((48, 48, 53, 55, 48, 55, 53, 55, 48, 53, 55, 48)))
    drums = tuple(Note(Fraction(i), Fraction(1, 2), 38) for i in range(48))
    chords = tuple(Chord(n.onset_q, n.duration_q, n.pitch % 12, "M") for n in bass)
    return Score("", Key(0, "major"), (Part("melody", "Flute", "flute", "melody", tune),
                                       Part("bass", "Cellos", "cellos", "bass", bass),
                                       Part("drums", "Snare", "snare", "percussion", drums)), chords, ())


def check(found: Assessment, assessor: Assessor) -> None:
    assert [c.id for c in found.criteria] == list(range(1, 20))
    assert all(c.rating is None or 0 <= c.rating <= 1 for c in found.criteria)
    assert all(c.name and c.group and c.evidence for c in found.criteria)
    assert 0 <= found.count <= 19 and 0 <= found.probability <= 1
    assert found.made_by == assessor.name
    assert serial.loads(Assessment, serial.dumps(found)) == found


@pytest.mark.parametrize("emotion", [None, "Joyous", "Fear", "Sad"])
def test_contract(assessor: Assessor, emotion: str | None) -> None:
    for pitches in (SONG, NOISE * 3, (60,) * 40, (60,), ()):
        found = assessor.assess(melody(pitches), tempo_map(), brief(emotion), False)
        check(found, assessor)
        assert found == assessor.assess(melody(pitches), tempo_map(), brief(emotion), False)


def test_a_tune_is_accepted_and_noise_sent_back_with_instructions(assessor: Assessor) -> None:
    assert assessor.assess(melody(SONG), tempo_map(), brief(), False).accepted
    noise = assessor.assess(melody(NOISE * 3), tempo_map(), brief(), False)
    assert not noise.accepted
    assert 2 <= len(noise.fixes) <= 4 and all(fix.instruction for fix in noise.fixes)


def test_a_composers_own_melody_is_never_rejected(assessor: Assessor) -> None:
    found = assessor.assess(melody(NOISE * 3), tempo_map(), brief(), True)
    assert found.accepted and found.advisory and found.fixes


def test_one_note_is_not_held_against_anybody_but_no_note_is(assessor: Assessor) -> None:
    assert assessor.assess(melody((60,)), tempo_map(), brief(), False).accepted
    silent = assessor.assess(melody(()), tempo_map(), brief(), False)
    assert not silent.accepted and silent.veto


def test_tempo_changes_no_structural_rating(assessor: Assessor) -> None:
    slow = assessor.assess(melody(SONG), tempo_map(600_000), brief("Sad", "aeolian"), False)
    fast = assessor.assess(melody(SONG), tempo_map(300_000), brief("Sad", "aeolian"), False)
    assert slow.criteria[:14] == fast.criteria[:14]
    assert slow.criteria[16].rating != fast.criteria[16].rating


def test_any_metre(assessor: Assessor) -> None:
    meters = (Meter(1, 4, 4), Meter(3, 7, 8), Meter(5, 3, 4), Meter(8, 6, 8))
    check(assessor.assess(melody(SONG), tempo_map(meters=meters, bars=14), brief(), False), assessor)


def test_scores_are_advised_only_and_drums_have_no_pitch(assessor: Assessor) -> None:
    found = assessor.assess_score(score(), tempo_map(), brief("Graceful"))
    check(found, assessor)
    assert found.advisory and found.accepted
    assert found.criteria[7].rating is not None and found.criteria[17].rating is not None
    drums = Score("", Key(0, "major"), score().parts[2:], (), ())
    assert all(c.rating is None for c in assessor.assess_score(drums, tempo_map(), brief()).criteria)
