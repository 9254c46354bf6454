"""The seven who arrange and mix, played by language models: each asks its question at the desk.

A model makes a plan; checks hold it to the cue, the rule expert of the same name stands in where it fails, locks are
held, and code counts. Raises EndpointError, CapError and ReplayError of the desk, EditError for a lock that cannot be.
"""
from __future__ import annotations

from typing import Generic, TypeVar

from backend.agents.ensemble.arrange import casting_checks as casting_checks
from backend.agents.ensemble.arrange import checks as checks
from backend.agents.ensemble.arrange import drafts as drafts
from backend.agents.ensemble.arrange import tasks as tasks
from backend.agents.ensemble.arrange.chair import CHAT, Chair
from backend.agents.ensemble.arrange.choices import PLAN, arrange_choices, casting_choices
from backend.agents.ensemble.arrange.locks import lock_faults, locks_of, volume_lock_faults
from backend.agents.ensemble.arrange.settling import joined_review, settled_casting, settled_plan, settled_volume
from backend.agents.ensemble.question import Desk, Fault
from backend.agents.rules.analyze import RuleAnalyzer
from backend.agents.rules.arrange import RuleArranger
from backend.agents.rules.cast import RuleCaster
from backend.agents.rules.mix import RuleMixer
from backend.agents.rules.review import RuleReviewer
from backend.agents.rules.voices import RuleVoices, measured
from backend.agents.rules.volume import RuleVolume
from backend.domain.ensemble import FieldSource
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    Review,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Score
from backend.errors import EditError
from backend.music.locks_held import hold_arrange, hold_casting, hold_mix, hold_plan, hold_volume

T = TypeVar("T")


class _Seated(Generic[T]):
    """An expert with a chair."""

    _chair: Chair[T]

    @property
    def fields(self) -> tuple[FieldSource, ...]:
        """Who decided what of the last answer."""
        return self._chair.fields


class ModelAnalyzer(_Seated[MeasurePlan]):
    """Reads the picture's table and says how loud, how tense and how full every measure is. Opens the chat."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "analyze", MeasurePlan, {"measures": "m"})
        self.name = self._chair.name

    def analyze(self, request: ArrangeRequest) -> MeasurePlan:
        locks = locks_of(request)
        if not request.reviews:
            self._chair.desk.begin(CHAT)

        def check(plan: MeasurePlan) -> tuple[Fault, ...]:
            return checks.plan_faults(request, plan) + lock_faults(plan, hold_plan(plan, locks))

        task = tasks.analyze_task(request, self._chair.before(request))
        said = self._chair.ask(request, task, lambda: hold_plan(RuleAnalyzer().analyze(request), locks), check, PLAN)
        return self._chair.keep(request, hold_plan(settled_plan(request, said), locks))


class ModelArranger(_Seated[ArrangePlan]):
    """Layers, doublings, softenings, silences, builds and the ending."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "arrange", ArrangePlan)
        self.name = self._chair.name

    def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan:
        locks = locks_of(request)

        def check(said: ArrangePlan) -> tuple[Fault, ...]:
            wrong = locks.ending and said.ending != locks.ending
            found = checks.arrange_faults(request, plan, said)
            return (*found, Fault(("ending",), f"this is locked: keep {locks.ending}")) if wrong else found

        task = tasks.arrange_task(request, plan, self._chair.before(request))
        said = self._chair.ask(request, task, lambda: hold_arrange(RuleArranger().arrange(request, plan), locks), check,
                               arrange_choices(request))
        return self._chair.keep(request, hold_arrange(said, locks))


class ModelVoices(_Seated[VoicePlan]):
    """The melody as lines that instruments can carry."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "voice_part", VoicePlan, {"voices": "id"})
        self.name = self._chair.name

    def split(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> VoicePlan:
        before = self._chair.before(request)
        said = self._chair.ask(request, tasks.voices_task(request, plan, before),
                               lambda: RuleVoices().split(request, plan, arrange),
                               lambda voices: checks.voice_faults(request, voices))
        return self._chair.keep(request, measured(request, said))


class ModelCaster(_Seated[Casting]):
    """Instruments for the roles, from those that fit."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "instrument", Casting, {"tracks": "part"})
        self.name = self._chair.name

    def cast(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Casting:
        locks = locks_of(request)

        def check(casting: Casting) -> tuple[Fault, ...]:
            found = casting_checks.casting_faults(request, plan, arrange, casting, locks.players)
            try:
                return found + lock_faults(casting, hold_casting(casting, locks))
            except EditError:
                return (*found, Fault(("tracks",), f"locked parts are missing: {', '.join(locks.players)}"))

        task = tasks.casting_task(request, plan, arrange, self._chair.before(request))
        said = self._chair.ask(request, task,
                               lambda: hold_casting(RuleCaster().cast(request, plan, arrange), locks), check,
                               casting_choices(request, arrange, locks))
        return self._chair.keep(request, hold_casting(settled_casting(said), locks))


class ModelVolume(_Seated[VolumePlan]):
    """A level per track where it changes."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "volume", VolumePlan, {"tracks": "track_index"})
        self.name = self._chair.name

    def balance(self, request: ArrangeRequest, plan: MeasurePlan, casting: Casting) -> VolumePlan:
        locks, last = locks_of(request), request.tempo_map.bar_count
        before = self._chair.before(request)

        def held(volume: VolumePlan) -> VolumePlan:
            return hold_volume(volume, casting, locks, last)

        def check(volume: VolumePlan) -> tuple[Fault, ...]:
            return (casting_checks.volume_faults(request, casting, volume)
                    + volume_lock_faults(volume, casting, locks, last))

        task = tasks.volume_task(request, plan, casting, drafts.volume_draft(before) if before else "")
        said = self._chair.ask(request, task, lambda: held(RuleVolume().balance(request, plan, casting)), check)
        return self._chair.keep(request, held(settled_volume(casting, said)))


class ModelMixer(_Seated[MixPlan]):
    """Pan, gain and reverb of every track."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "mixing", MixPlan, {"tracks": "track_index"})
        self.name = self._chair.name

    def mix(self, request: ArrangeRequest, casting: Casting) -> MixPlan:
        locks, before = locks_of(request), self._chair.before(request)

        def check(mix: MixPlan) -> tuple[Fault, ...]:
            return casting_checks.mix_faults(casting, mix) + lock_faults(mix, hold_mix(mix, casting, locks))

        said = self._chair.ask(request, tasks.mixing_task(request, casting, drafts.mix_draft(before) if before else ""),
                               lambda: hold_mix(RuleMixer().mix(request, casting), casting, locks), check)
        places = {track.track_index: track for track in said.tracks}
        ordered = MixPlan(tuple(places[track.track_index] for track in casting.tracks))
        return self._chair.keep(request, hold_mix(ordered, casting, locks))


class ModelReviewer(_Seated[Review]):
    """Adds to what the figures say; they decide the least that has to be done again."""

    def __init__(self, *, desk: Desk) -> None:
        self._chair = Chair(desk, "reviewer", Review, only=("verdict", "issues"))
        self.name = self._chair.name

    def review(self, request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> Review:
        computed = RuleReviewer().review(request, score, scheme)
        said = self._chair.ask(request, tasks.review_task(request, score, scheme, computed), lambda: computed,
                               lambda review: casting_checks.review_faults(scheme, review))
        return joined_review(computed, said)
