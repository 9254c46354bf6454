"""The assessment chat: Mode, Melody and Harmony one after the other, Rhythm and Emotion beside them.

The 19 criteria are computed first (``agents/rules/assessor.py``); the reviewers get their figures with the melody as
ABC, say what they mean, and choose what the writer should mend. How both become one verdict: ``assess_settling``.
"""
from __future__ import annotations

from backend.agents.ensemble.assess.questions import CHAT, Case, question
from backend.agents.ensemble.assess.settling import settle
from backend.agents.ensemble.assess.shapes import PanelVerdict
from backend.agents.ensemble.assess.tables import abc_section
from backend.agents.ensemble.naming import called
from backend.agents.ensemble.prompts import SPEAKERS
from backend.agents.ensemble.question import Desk
from backend.agents.rules.assessor import CriteriaAssessor
from backend.domain.assessment import Assessment
from backend.domain.brief import CueBrief
from backend.domain.score import Melody, Score
from backend.domain.tempo import TempoMap

IN_TURN = ("mode", "melody", "harmony")
BESIDE = ("rhythm", "emotion")
"""Those who hear nobody are asked at the same time."""
OF_A_SCORE = ("harmony", "emotion")
"""Who reads the figures of a whole score: harmony, orchestration, interplay; instruments and playing."""

Heard = tuple[tuple[str, PanelVerdict], ...]


class EnsembleAssessor:
    """Five reviewers at a desk over the computed criteria. Raises what the desk raises."""

    def __init__(self, desk: Desk) -> None:
        self.name = f"llm-assess:{called(desk, *SPEAKERS[CHAT])}"
        self._desk = desk
        self._figures = CriteriaAssessor()
        self._number = 0

    def assess(self, melody: Melody, tempo_map: TempoMap, brief: CueBrief, advisory: bool) -> Assessment:
        """The computed verdict, explained and with close calls decided; ``advisory`` never rejects. Where no criterion
        applies nobody is asked."""
        computed = self._figures.assess(melody, tempo_map, brief, advisory)
        if not _applies(computed):
            return settle(computed, (), self.name)
        case = Case(computed, tempo_map, brief, abc_section(melody, tempo_map), advisory)
        self._begin()
        heard: Heard = ()
        for speaker in IN_TURN:
            if case.group(speaker):
                answer = self._desk.ask(question(case, speaker, heard, self._desk.prompting, self._number))
                heard = (*heard, (speaker, answer.payload))
        return settle(computed, (*heard, *self._aside(case, BESIDE)), self.name)

    def assess_score(self, score: Score, tempo_map: TempoMap, brief: CueBrief) -> Assessment:
        """The same on the whole score, always advisory: two reviewers at once, figures only, nothing to mend."""
        computed = self._figures.assess_score(score, tempo_map, brief)
        if not _applies(computed):
            return settle(computed, (), self.name)
        self._begin()
        return settle(computed, self._aside(Case(computed, tempo_map, brief, "", True), OF_A_SCORE), self.name)

    def _begin(self) -> None:
        """Every melody of a run is another round of one chat."""
        if self._number == 0:
            self._desk.begin(CHAT)
        self._number += 1

    def _aside(self, case: Case, speakers: tuple[str, ...]) -> Heard:
        """What several say who hear nobody."""
        asked = tuple(speaker for speaker in speakers if case.group(speaker))
        answers = self._desk.ask_all(tuple(question(case, speaker, (), self._desk.prompting, self._number)
                                           for speaker in asked))
        return tuple((speaker, answer.payload) for speaker, answer in zip(asked, answers, strict=True))


def _applies(computed: Assessment) -> bool:
    return any(criterion.rating is not None for criterion in computed.criteria)
