"""Reviewer: computed figures decide; every shortfall names the step that has to be done again."""
from __future__ import annotations

from backend.agents.rules.quality import quality
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangementScheme, Issue, Review
from backend.domain.score import Score
from backend.music.instruments import instruments
from backend.music.ranges import practical_share

_PRACTICAL, _HITS, _RHO, _MELODY, _CLARITY, _CONTRAST = 0.998, 1.0, 0.5, 0.7, 0.9, 0.6


def _range_issues(score: Score) -> list[Issue]:
    out = []
    for i, part in enumerate(score.parts):
        instrument = instruments()[part.instrument]
        if instrument.pitched and practical_share(part.notes, instrument) < 0.95:
            out.append(Issue(2, "instrument", f"/tracks/{i}/instrument", f"{part.id} leaves its practical range",
                             f"replace {instrument.id}"))
    return out


def _issues(score: Score, qa: dict[str, float]) -> list[Issue]:
    out = _range_issues(score) if qa["range"] < _PRACTICAL else []
    if qa["hits"] < _HITS:
        out.append(Issue(2, "instrument", "/accents", "a hard hit is not met by a clear accent",
                         "add a fast instrument"))
    if qa.get("dynamics_rho", 1.0) < _RHO:
        out.append(Issue(2, "analyze", "/measures", "the dynamics do not follow the picture", "widen the levels"))
    if qa["melody"] < _MELODY:
        out.append(Issue(2, "volume", "/melody", "the melody is covered", "lower the accompaniment"))
    if qa["clarity"] < _CLARITY:
        out.append(Issue(1, "arrange", "/layers", "the low register is thick", "open the spacing"))
    if qa["contrast"] < _CONTRAST:
        out.append(Issue(1, "arrange", "/layers", "neighbouring sections sound alike", "change the texture"))
    if qa["limits"] < 1:
        out.append(Issue(2, "instrument", "/tracks", "too many tracks for the dynamic", "drop the last ones"))
    return out


class RuleReviewer:
    """Judges by figures, never by taste."""

    name = "rule-review"

    def review(self, request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> Review:
        """``accept`` when nothing of severity 2 or 3 is found."""
        qa = quality(request, score, scheme)
        issues = tuple(_issues(score, qa))
        serious = any(issue.severity >= 2 for issue in issues)
        return Review("revise" if serious else "accept", qa["rating"], issues, qa)
