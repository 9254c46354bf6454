"""Whatever the reviewers say, the verdict is no worse founded than the rules'."""
from __future__ import annotations

import pytest

from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.assess.remedies import BY_ID
from backend.agents.ensemble.assess.settling import CLOSE, MOST_FIXES
from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.stand_in import Adversarial, Responder
from backend.agents.stand_in.spoiling import SPOILS
from backend.domain import serial
from backend.domain.assessment import Assessment
from backend.domain.brief import CueBrief
from backend.domain.score import Melody
from tests.agents.trials.direct_line import DirectLine
from tests.agents.trials.readers import Contrary
from tests.contracts.test_assessor import NOISE, melody, tempo_map
from tests.music.criteria.made import SONG, brief

PIECES = {"song": melody(SONG), "noise": melody(NOISE * 3), "one note": melody((60,) * 40)}


def judged(responder: Responder, piece: Melody, asked: CueBrief, until: int = 10 ** 9) -> tuple[Assessment, AnswerDesk]:
    desk = AnswerDesk(DirectLine(responder, until), model="bad", prompting="cot", seed=0, folder=None,
                      say=lambda text: None, sent_to="")
    return EnsembleAssessor(desk).assess(piece, tempo_map(), asked, False), desk


def well_founded(found: Assessment, rules: Assessment) -> None:
    """Ratings and probability are the rules'; only close calls moved; the writer hears words of the table only."""
    assert [c.rating for c in found.criteria] == [c.rating for c in rules.criteria]
    assert found.probability == rules.probability
    moved = [(a, b) for a, b in zip(found.criteria, rules.criteria, strict=True) if a.passed != b.passed]
    assert all(abs((b.rating or 0.0) - .5) <= CLOSE for _, b in moved)
    assert found.accepted == rules.accepted or moved
    known = {remedy.instruction for remedy in BY_ID.values()} | {fix.instruction for fix in rules.fixes}
    assert {fix.instruction for fix in found.fixes} <= known and len(found.fixes) <= MOST_FIXES
    assert all(1 <= bar <= 12 for thing in (*found.fixes, *found.criteria) for bar in thing.bars)
    assert serial.loads(Assessment, serial.dumps(found)) == found


@pytest.mark.parametrize("seed", range(16))
def test_spoilt_replies(seed: int) -> None:
    for name, piece in PIECES.items():
        asked = brief("Sad" if seed % 2 else None, "aeolian" if seed % 2 else "major")
        found, _ = judged(Adversarial(seed * 7 + len(name), tuple(SPOILS), 0.9), piece, asked)
        well_founded(found, CriteriaAssessor().assess(piece, tempo_map(), asked, False))


@pytest.mark.parametrize("name", sorted(PIECES))
def test_contradiction_in_good_form(name: str) -> None:
    found, desk = judged(Contrary(), PIECES[name], brief("Joyous"))
    well_founded(found, CriteriaAssessor().assess(PIECES[name], tempo_map(), brief("Joyous"), False))
    assert all(turn.source == "llm" and not turn.problems for turn in desk.record("assess").turns)
    assert any("but the figure" in criterion.evidence for criterion in found.criteria)


def test_a_line_lost_in_the_middle_leaves_the_rules_verdict_and_says_so() -> None:
    found, desk = judged(Contrary(), PIECES["song"], brief("Joyous"), until=1)
    rules = CriteriaAssessor().assess(PIECES["song"], tempo_map(), brief("Joyous"), False)
    well_founded(found, rules)
    record = desk.record("assess")
    assert [turn.source for turn in record.turns] == ["llm", *["rule"] * 4] and len(record.takeovers) == 1
    assert found.criteria[2:] == rules.criteria[2:]
