"""The order of the experts, what is done again, and when it stops: with experts that keep a diary."""
from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    Issue,
    MeasurePlan,
    MixPlan,
    Review,
    Soften,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Score
from backend.errors import CapError
from backend.music.playback import playback_offset_ms
from backend.rounds import ArrangementExperts, arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request


@dataclass
class Diary:
    """Plays all six parts: rules do the work, the diary notes who was asked, the reviewer reads from a script."""

    name: str = "diary"
    steps: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    script: list[Review] = field(default_factory=list)

    def analyze(self, request: ArrangeRequest) -> MeasurePlan:
        self.steps.append("analyze")
        self.seen.append(len(request.reviews))
        return EXPERTS.analyzer.analyze(replace(request, reviews=()))

    def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan:
        self.steps.append("arrange")
        return EXPERTS.arranger.arrange(replace(request, reviews=()), plan)

    def split(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> VoicePlan:
        self.steps.append("voices")
        return EXPERTS.voice_splitter.split(request, plan, arrange)

    def cast(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Casting:
        self.steps.append("cast")
        return EXPERTS.caster.cast(replace(request, reviews=()), plan, arrange)

    def balance(self, request: ArrangeRequest, plan: MeasurePlan, casting: Casting) -> VolumePlan:
        self.steps.append("volume")
        return EXPERTS.volume.balance(replace(request, reviews=()), plan, casting)

    def mix(self, request: ArrangeRequest, casting: Casting) -> MixPlan:
        self.steps.append("mix")
        return EXPERTS.mixer.mix(request, casting)

    def review(self, request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> Review:
        self.steps.append("review")
        return self.script[min(len(self.script) - 1, self.steps.count("review") - 1)]

    def experts(self) -> ArrangementExperts:
        return ArrangementExperts(self, self, self, self, self, self, self)


def _review(rating: float, step: str = "", problem: str = "", severity: int = 2) -> Review:
    issues = (Issue(severity, step, "/x", problem, ""),) if step else ()  # type: ignore[arg-type]
    return Review("revise" if issues else "accept", 1.0, issues, {"rating": rating})


def test_one_round_when_accepted() -> None:
    diary = Diary(script=[_review(0.9)])
    _, scheme = arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps == ["analyze", "arrange", "voices", "cast", "volume", "mix", "review"]
    assert len(scheme.rounds) == 1 and scheme.chosen_round == 0 and scheme.made_by == "diary"


def test_only_the_named_step_and_those_after_it_again() -> None:
    diary = Diary(script=[_review(0.5, "volume", "a"), _review(0.9)])
    arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps[7:] == ["volume", "mix", "review"]


def test_experts_see_the_reviews() -> None:
    diary = Diary(script=[_review(0.5, "analyze", "a"), _review(0.9)])
    arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.seen == [0, 1]


def test_three_rounds_at_most_and_the_best_is_kept() -> None:
    diary = Diary(script=[_review(0.5, "mixing", "a"), _review(0.8, "mixing", "b"), _review(0.6, "mixing", "c")])
    _, scheme = arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps.count("review") == 3
    assert scheme.chosen_round == 1
    assert [review.qa["rating"] for review in scheme.rounds] == [0.5, 0.8, 0.6]


def test_stops_when_nothing_is_gained() -> None:
    diary = Diary(script=[_review(0.5, "mixing", "a"), _review(0.51, "mixing", "b"), _review(0.9)])
    arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps.count("review") == 2


def test_stops_when_the_same_issue_comes_back() -> None:
    diary = Diary(script=[_review(0.5, "mixing", "a"), _review(0.9, "mixing", "a"), _review(0.95)])
    arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps.count("review") == 2


def test_a_note_is_no_reason_for_another_round() -> None:
    diary = Diary(script=[_review(0.5, "mixing", "a", severity=1)])
    arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert diary.steps.count("review") == 1


def test_scheme_has_a_track_for_every_part_and_a_level_for_every_bar() -> None:
    asked = request("Exciting")
    score, scheme = arrange_in_rounds(asked, EXPERTS, "T")
    assert [t.part for t in scheme.tracks] == [p.id for p in score.parts]
    bars = list(range(1, asked.tempo_map.bar_count + 1))
    for track in scheme.tracks:
        assert list(track.volume_envelope) == bars
        assert all(0 < level <= 1 for level in track.volume_envelope.values())
        assert track.playback_offset_ms < 0
    assert scheme.made_by == "rule"


def test_accented_articulations_speak_sooner() -> None:
    assert playback_offset_ms("violins1", "legato") == -90
    assert playback_offset_ms("violins1", "spiccato") == -36
    assert playback_offset_ms("timpani", "hit") == -5


def test_softened_bars_are_softer() -> None:
    class Softer(Diary):
        def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan:
            return replace(super().arrange(request, plan), soften=(Soften("pad", 2, 3, -6.0),))

    plain = arrange_in_rounds(request("Sad"), Diary(script=[_review(1.0)]).experts(), "T")[1]
    soft = arrange_in_rounds(request("Sad"), Softer(script=[_review(1.0)]).experts(), "T")[1]
    for before, after in zip(plain.tracks, soft.tracks, strict=True):
        ratio = after.volume_envelope[2] / before.volume_envelope[2]
        assert round(ratio, 2) == (0.5 if before.role == "pad" else 1.0)
        assert after.volume_envelope[4] == before.volume_envelope[4]


def test_stops_when_a_patch_comes_back_after_another_one() -> None:
    """A-B-A, said in another order, case and spacing."""
    first = _review(0.5, "mixing", "Too  dark")
    again = replace(_review(0.9, "mixing", "too dark"), issues=(
        *_review(0.9, "mixing", "a note", severity=1).issues, *_review(0.9, "mixing", "too dark").issues))
    diary = Diary(script=[first, _review(0.7, "mixing", "b"), again, _review(0.95)])
    _, scheme = arrange_in_rounds(request("Sad"), diary.experts(), "T", max_rounds=6)
    assert diary.steps.count("review") == 3 and scheme.chosen_round == 2


def test_the_reviewers_own_number_decides_nothing() -> None:
    boast = replace(_review(0.5, "mixing", "b"), rating=1.0, qa={})
    diary = Diary(script=[_review(0.4, "mixing", "a"), boast])
    _, scheme = arrange_in_rounds(request("Sad"), diary.experts(), "T")
    assert (scheme.chosen_round, len(scheme.rounds)) == (0, 2)


@dataclass
class Spender(Diary):
    """A diary whose money runs out when a step is asked for the nth time."""

    step: str = ""
    times: int = 1

    def _pay(self, step: str) -> None:
        if step == self.step and self.steps.count(step) >= self.times:
            raise CapError("The cap of $0.10 is reached.")

    def mix(self, request: ArrangeRequest, casting: Casting) -> MixPlan:
        self._pay("mix")
        return super().mix(request, casting)

    def review(self, request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> Review:
        self._pay("review")
        return super().review(request, score, scheme)


def test_at_the_cap_the_best_round_so_far_stands_and_the_user_hears_of_it(caplog: pytest.LogCaptureFixture) -> None:
    script = [_review(0.5, "mixing", "a"), _review(0.8, "mixing", "b"), _review(0.9)]
    spender = Spender(script=script, step="mix", times=2)
    _, scheme = arrange_in_rounds(request("Sad"), spender.experts(), "T")
    assert (scheme.chosen_round, len(scheme.rounds)) == (1, 2)
    assert caplog.messages == ["The cap of $0.10 is reached. What stands of the arrangement is used: "
                               "the better of 2 rounds is kept."]


def test_at_the_cap_an_arrangement_nobody_reviewed_stands_too(caplog: pytest.LogCaptureFixture) -> None:
    score, scheme = arrange_in_rounds(request("Sad"), Spender(step="review", times=0).experts(), "T")
    assert (scheme.rounds, scheme.chosen_round) == ((), 0)
    assert [t.part for t in scheme.tracks] == [p.id for p in score.parts] and caplog.messages


def test_at_the_cap_before_anything_stands_the_run_ends() -> None:
    with pytest.raises(CapError, match=r"\$0\.10"):
        arrange_in_rounds(request("Sad"), Spender(step="mix", times=0).experts(), "T")
