"""The chat: who is asked, in which order, and what each has heard before."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.assess.shapes import PanelVerdict, WantedFix
from backend.agents.ensemble.question import Question
from backend.agents.rules.assessor import CriteriaAssessor
from backend.domain.requests import MelodyRequest
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.music.rule_melody.compose import compose_melody
from tests.agents.ensemble.told_desk import ToldDesk
from tests.contracts.test_assessor import NOISE, melody, score, tempo_map
from tests.music.criteria.made import SONG, brief


def by_the_figures(question: Question[Any]) -> Any:
    return question.twin()


def contrary(question: Question[Any]) -> PanelVerdict:
    panel = question.twin()
    return replace(panel, criteria=tuple(replace(v, passed=not v.passed, evidence="No.") for v in panel.criteria))


def sections_of(question: Question[Any]) -> list[str]:
    return [line[4:] for line in question.task.splitlines() if line.startswith("=== ")]


def test_in_sequence_and_beside() -> None:
    desk = ToldDesk(by_the_figures)
    EnsembleAssessor(desk).assess(melody(SONG), tempo_map(), brief("Joyous"), False)
    assert desk.together == [("mode",), ("melody",), ("harmony",), ("rhythm", "emotion")]
    assert desk.begun == ["assess"] and {q.step for q in desk.asked} == {"M1", "M2", "M3", "M4", "M5"}
    seen = {q.agent: sections_of(q) for q in desk.asked}
    assert seen["mode"] == ["CUE", "METRICS", "OPTIONS", "ABC"]
    assert seen["melody"] == seen["harmony"] == ["CUE", "VERDICTS", "METRICS", "OPTIONS", "ABC"]
    assert seen["rhythm"] == seen["emotion"] == ["CUE", "METRICS", "OPTIONS", "ABC"]
    harmony = next(q for q in desk.asked if q.agent == "harmony")
    assert "\nmode,1,pass" in harmony.task and "\nmelody,6,pass" in harmony.task


def test_every_criterion_that_applies_is_asked_once_with_its_figures() -> None:
    desk = ToldDesk(by_the_figures)
    found = EnsembleAssessor(desk).assess(melody(SONG), tempo_map(), brief("Joyous"), False)
    asked = [int(line.split(",")[0]) for q in desk.asked
             for line in q.task.split("=== METRICS\n")[1].split("\n\n")[0].splitlines()[1:]]
    assert sorted(asked) == [c.id for c in found.criteria if c.rating is not None]
    assert "r=" in desk.asked[0].task and "% bar 5" in desk.asked[0].task


def test_by_the_figures_it_is_the_rules_verdict() -> None:
    for pitches in (SONG, NOISE * 3, (60,) * 40, (60,), ()):
        rules = CriteriaAssessor().assess(melody(pitches), tempo_map(), brief("Sad"), False)
        mine = EnsembleAssessor(ToldDesk(by_the_figures)).assess(melody(pitches), tempo_map(), brief("Sad"), False)
        assert (mine.criteria, mine.count, mine.probability, mine.accepted, mine.veto) == (
            rules.criteria, rules.count, rules.probability, rules.accepted, rules.veto)
        assert [f.criterion for f in mine.fixes][:len(rules.fixes)] == [f.criterion for f in rules.fixes]
        assert mine.made_by == "llm-assess:told"


def test_contradiction_everywhere_accepts_no_noise_and_rejects_no_song() -> None:
    for pitches in (SONG, NOISE * 3):
        rules = CriteriaAssessor().assess(melody(pitches), tempo_map(), brief(), False)
        mine = EnsembleAssessor(ToldDesk(contrary)).assess(melody(pitches), tempo_map(), brief(), False)
        assert mine.accepted == rules.accepted and mine.probability == rules.probability
        assert [c.rating for c in mine.criteria] == [c.rating for c in rules.criteria]
        assert any("but the figure" in c.evidence for c in mine.criteria)


def test_where_nothing_applies_nobody_is_asked() -> None:
    desk = ToldDesk(by_the_figures)
    assessor = EnsembleAssessor(desk)
    assert assessor.assess(melody((60, 62)), tempo_map(), brief(), False).accepted
    silent = assessor.assess(melody(()), tempo_map(), brief(), False)
    assert not silent.accepted and silent.veto == "there are no notes" and desk.asked == []


def test_each_melody_is_a_round_of_one_chat() -> None:
    desk = ToldDesk(by_the_figures)
    assessor = EnsembleAssessor(desk)
    for _ in range(2):
        assessor.assess(melody(SONG), tempo_map(), brief(), False)
    assert desk.begun == ["assess"] and [q.round for q in desk.asked] == [1] * 4 + [2] * 4
    assert "emotion" not in [q.agent for q in desk.asked]  # no emotion was named: none of its criteria applies


def test_advice_never_rejects_and_says_so() -> None:
    desk = ToldDesk(contrary)
    found = EnsembleAssessor(desk).assess(melody(NOISE * 3), tempo_map(), brief(), True)
    assert found.accepted and found.advisory and all("advice_only: yes" in q.task for q in desk.asked)


def test_a_score_costs_two_questions_without_notes() -> None:
    desk = ToldDesk(by_the_figures)
    found = EnsembleAssessor(desk).assess_score(score(), tempo_map(), brief("Graceful"))
    rules = CriteriaAssessor().assess_score(score(), tempo_map(), brief("Graceful"))
    assert desk.together == [("harmony", "emotion")] and "=== ABC" not in desk.asked[0].task
    assert replace(found, made_by="criteria") == rules


def test_findings_are_constraints_that_change_the_next_melody() -> None:
    """The fix of a reviewer goes into the request, and the writer writes something else with the same seed."""
    def smooth(question: Question[Any]) -> PanelVerdict:
        return replace(question.twin(), fixes=(WantedFix("smooth_leaps", (2,)),) if question.agent == "harmony" else ())
    rough = (60, 72, 62, 74, 59, 71, 60, 76) * 6
    found = EnsembleAssessor(ToldDesk(smooth)).assess(melody(rough), tempo_map(), brief(), False)
    chosen = [fix for fix in found.fixes if fix.criterion == 7]
    assert [fix.bars for fix in chosen] == [(2,)]
    beats = tempo_map()
    spots = RhythmSpots(tuple(RhythmSpot(note.onset_q, note.duration_q, "fill") for note in melody(SONG).notes),
                        (Section("A", 1, 12),))
    plain = MelodyRequest(spots, beats, brief(), 5)
    asked = replace(plain, fixes=tuple(chosen))
    lines = [compose_melody(r.spots, r.tempo_map, r.brief, r.seed, r.fixes) for r in (plain, asked)]
    leaps = [sum(abs(b.pitch - a.pitch) for a, b in zip(line.notes, line.notes[1:], strict=False)) for line in lines]
    assert leaps[1] < leaps[0]
