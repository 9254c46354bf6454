"""Cases for the mix: the mixer seats a cast, and the computed figures say whether that is as good as the rules' mix.

Passing means: spread at least half as wide as the rules', nobody outside the stage, melody and bass near the middle,
rooms neither bone-dry nor drowned, and the score's computed quality not below that with the rules' mix.
"""
from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial

from backend.agents.ensemble.experts import ModelMixer
from backend.agents.ensemble.question import Desk
from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.cast import RuleCaster
from backend.agents.rules.mix import RuleMixer
from backend.agents.rules.quality import quality
from backend.agents.rules.volume import RuleVolume
from backend.agents.trials.case import TrialCase
from backend.agents.trials.scenes import Draft, draw, emotion_names
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangementScheme, ArrangePlan, Casting, MeasurePlan, MixPlan, TrackScheme, VolumePlan
from backend.domain.score import Score
from backend.music.orchestrate import write_score

WIDEST, CENTRAL = 0.7, 0.5
DRIEST, WETTEST = 0.03, 0.97
LEAST_SPREAD = 0.5
"""Of the rules' distance from the leftmost to the rightmost player."""
TOLERANCE = 0.01
"""How far the quality may lie below the rules' without a listener's hearing it; by ear."""
_METERS = ((4, 4), (3, 4), (6, 8), (4, 4))


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
        roles = {track.track_index: track.role for track in self.casting.tracks}
        if any(abs(t.pan) > (CENTRAL if roles[t.track_index] in ("melody", "bass") else WIDEST) for t in mix.tracks):
            return False
        if any(not DRIEST <= t.reverb_space <= WETTEST for t in mix.tracks):
            return False
        if _spread(mix) < LEAST_SPREAD * _spread(self.rules):
            return False
        return self.rating(mix) >= self.rating(self.rules) - TOLERANCE


def _spread(mix: MixPlan) -> float:
    pans = [track.pan for track in mix.tracks]
    return max(pans) - min(pans)


def stage(rng: random.Random) -> Stage:
    """A drawn cue, arranged by the rules up to the mix."""
    bars = 8 + 2 * rng.randrange(3)
    hits = (rng.randrange(3, bars),) if rng.random() < .5 else ()
    scene = draw(Draft(rng.randrange(2 ** 31), rng.choice(emotion_names()), bars, rng.choice(_METERS), hit_bars=hits))
    request = scene.request()
    plan = RuleAnalyzer().analyze(request)
    arrange = RuleArranger().arrange(request, plan)
    casting = RuleCaster().cast(request, plan, arrange)
    volume = RuleVolume().balance(request, plan, casting)
    score = write_score(request, plan, arrange, casting, "")
    return Stage(request, plan, arrange, casting, volume, score, RuleMixer().mix(request, casting))


def mix_cases(count: int, seed: int = 0) -> tuple[TrialCase, ...]:
    """``count`` casts of different emotions and metres."""
    return tuple(_case(stage(random.Random(f"trial/mix/{seed}/{number}"))) for number in range(count))


def _case(here: Stage) -> TrialCase:
    known = f"quality at least {here.rating(here.rules) - TOLERANCE:.3f} within the limits"
    return TrialCase("mix", f"{len(here.casting.tracks)} tracks", "arrange", known, partial(_put, here), here.passes)


def _put(here: Stage, desk: Desk) -> MixPlan:
    return ModelMixer(desk=desk).mix(here.request, here.casting)
