"""Cases for the mix: the mixer seats a cast, and the computed figures say whether that is as good as the rules' mix.

Passing means: spread at least half as wide as the rules', sides not exchanged, nobody outside the stage, melody and
bass near the middle, rooms neither bone-dry nor drowned, the balance with the melody within 6 dB of the usual one, and
the score's computed quality not below that with the rules' mix.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from statistics import median

from backend.agents.ensemble.arrange.experts import ModelMixer
from backend.agents.ensemble.question import Desk
from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.cast import RuleCaster
from backend.agents.rules.mix import RuleMixer
from backend.agents.rules.quality import quality
from backend.agents.rules.volume import RuleVolume
from backend.agents.trials.case import TrialCase
from backend.agents.trials.scenes import Draft, drafts, draw
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangementScheme, ArrangePlan, Casting, MeasurePlan, MixPlan, TrackScheme, VolumePlan
from backend.domain.score import Score
from backend.music.orchestrate import write_score

WIDEST, CENTRAL = 0.7, 0.5
"""How far from the middle anybody may sit, and who sings or carries the bass."""
_HUNDREDTH = 0.01
"""Tables show two decimals."""
DRIEST, WETTEST = 0.03, 0.97
LEAST_SPREAD = 0.5
"""Of the rules' distance from the leftmost to the rightmost player."""
BALANCE_DB = 6.0
"""How much nearer or farther than usual (craft 5) a track may come, the melody being where it is."""
TOLERANCE = 0.01
"""How far the quality may lie below the rules' without a listener's hearing it; by ear."""
_BARS, _METERS = (6, 8), ((4, 4), (3, 4), (6, 8), (4, 4))
_STOCK = 24


@dataclass(frozen=True)
class Stage:
    """An arranged cue that lacks its mix, and what the rules' mix comes to."""

    request: ArrangeRequest
    plan: MeasurePlan
    arrange: ArrangePlan
    casting: Casting
    volume: VolumePlan
    score: Score
    rules: MixPlan

    @cached_property
    def rules_rating(self) -> float:
        return self.rating(self.rules)

    def rating(self, mix: MixPlan) -> float:
        """Computed quality 0..1 of the score under a mix."""
        return quality(self.request, self.score, self.scheme(mix))["rating"]

    def scheme(self, mix: MixPlan) -> ArrangementScheme:
        volumes = {track.track_index: track.measures for track in self.volume.tracks}
        places = {track.track_index: track for track in mix.tracks}
        names = {part.id: part.name for part in self.score.parts}
        tracks = tuple(TrackScheme(
            cast.track_index, cast.part, names[cast.part], cast.role, cast.instrument, cast.articulation,
            places[cast.track_index].pan, places[cast.track_index].reverb_space, places[cast.track_index].gain_db,
            volumes.get(cast.track_index, {})) for cast in self.casting.tracks if cast.part in names)
        return ArrangementScheme(tracks, self.plan.measures, self.plan.sections, self.arrange.ending)

    def passes(self, mix: MixPlan) -> bool:
        """Within the limits, and as good as the rules' by the figures."""
        if any(abs(t.pan) > self._limit(t.track_index) for t in mix.tracks):
            return False
        if any(not DRIEST <= t.reverb_space <= WETTEST for t in mix.tracks):
            return False
        if _spread(mix) < LEAST_SPREAD * _spread(self.rules) or not self._seated(mix) or not self._balanced(mix):
            return False
        return self.rating(mix) >= self.rules_rating - TOLERANCE

    def _seated(self, mix: MixPlan) -> bool:
        """Who sits left with the rules sits left on the whole."""
        usual = {track.track_index: track.pan for track in self.rules.tracks}
        return sum(track.pan * usual[track.track_index] for track in mix.tracks) > 0

    def _balanced(self, mix: MixPlan) -> bool:
        usual = {track.track_index: track.gain_db for track in self.rules.tracks}
        moved = {track.track_index: track.gain_db - usual[track.track_index] for track in mix.tracks}
        lead = median(moved[track.track_index] for track in self.casting.tracks if track.role == "melody")
        return all(abs(value - lead) <= BALANCE_DB for value in moved.values())

    def _limit(self, index: int) -> float:
        """How far from the middle a track may sit: where two basses share a seat the rules move one aside."""
        role = next(track.role for track in self.casting.tracks if track.track_index == index)
        rules = next(abs(track.pan) for track in self.rules.tracks if track.track_index == index)
        return max(CENTRAL, rules + _HUNDREDTH) if role in ("melody", "bass") else WIDEST


def _spread(mix: MixPlan) -> float:
    pans = [track.pan for track in mix.tracks]
    return max(pans) - min(pans)


def stage(draft: Draft, seed: int) -> Stage:
    """A drawn cue, arranged by the rules up to the mix; the seed varies the cast."""
    request = replace(draw(draft).request(), seed=seed)
    plan = RuleAnalyzer().analyze(request)
    arrange = RuleArranger().arrange(request, plan)
    casting = RuleCaster().cast(request, plan, arrange)
    volume = RuleVolume().balance(request, plan, casting)
    score = write_score(request, plan, arrange, casting, "")
    return Stage(request, plan, arrange, casting, volume, score, RuleMixer().mix(request, casting))


def mix_cases(count: int, seed: int = 0) -> tuple[TrialCase, ...]:
    """``count`` casts of different emotions and metres."""
    stock = drafts(seed, "mix", _STOCK, _BARS, _METERS, hits=True)
    return tuple(_case(stage(stock[number % _STOCK], seed + number)) for number in range(count))


def _case(here: Stage) -> TrialCase:
    return TrialCase("mix", f"{len(here.casting.tracks)} tracks", "arrange", "as good as the rules', within the limits",
                     partial(_put, here), here.passes)


def _put(here: Stage, desk: Desk) -> MixPlan:
    return ModelMixer(desk=desk).mix(here.request, here.casting)
