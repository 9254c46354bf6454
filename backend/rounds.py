"""The arrangement experts at work: in a fixed order, at most three rounds, the best by computed figures is kept.

Craft 8.4: after a review only the named step and those after it are done again. It stops when the reviewer accepts,
when nothing of severity 2 is left, when the rating gains less than .02, when patches come back that were proposed
before, or when the cap on costs is reached. Locked fields stand in every answer, whoever gave it.
"""
from __future__ import annotations

import logging
import re
from dataclasses import dataclass, fields, replace

from backend.domain.ensemble import FieldSource
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    Review,
    TrackScheme,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Score
from backend.errors import CapError
from backend.music.locks import LockedFields, read_locks
from backend.music.locks_held import (
    hold_arrange,
    hold_casting,
    hold_mix,
    hold_plan,
    hold_scheme,
    hold_score,
    hold_volume,
    waiting,
)
from backend.music.orchestrate import write_score
from backend.music.playback import main_articulation, playback_offset_ms
from backend.music.provenance import RULES, WORDS, Track, scheme_maker, track_maker
from backend.ports import Analyzer, Arranger, Caster, Mixer, Reviewer, VoiceSplitter, VolumeExpert

_log = logging.getLogger(__name__)
STEPS = ("analyze", "arrange", "voice_part", "instrument", "volume", "mixing")
_LEAST_GAIN = 0.02
_SOFTEN_FLOOR = 0.03
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class ArrangementExperts:
    """The seven who arrange a cue, in the order in which they speak."""

    analyzer: Analyzer
    arranger: Arranger
    voice_splitter: VoiceSplitter
    caster: Caster
    volume: VolumeExpert
    mixer: Mixer
    reviewer: Reviewer


@dataclass(frozen=True)
class _Table:
    """Who sits there, and what nobody may change."""

    experts: ArrangementExperts
    locks: LockedFields
    title: str


@dataclass(frozen=True)
class _Draft:
    """What a round has come to so far; the steps overwrite it one after the other."""

    plan: MeasurePlan | None = None
    arrange: ArrangePlan | None = None
    voices: VoicePlan | None = None
    casting: Casting | None = None
    volume: VolumePlan | None = None
    mix: MixPlan | None = None


def _advance(draft: _Draft, first: int, request: ArrangeRequest, table: _Table) -> _Draft:
    """Do the steps from number ``first`` on again."""
    experts, locks, plan = table.experts, table.locks, draft.plan
    if first <= 0 or plan is None:
        plan = hold_plan(experts.analyzer.analyze(request), locks)
    arrange = draft.arrange
    if first <= 1 or arrange is None:
        arrange = hold_arrange(experts.arranger.arrange(request, plan), locks)
    voices = draft.voices
    if first <= 2 or voices is None:
        voices = experts.voice_splitter.split(request, plan, arrange)
    request = replace(request, voices=voices)
    casting = draft.casting
    if first <= 3 or casting is None:
        casting = hold_casting(experts.caster.cast(request, plan, arrange), locks)
    volume = draft.volume
    if first <= 4 or volume is None:
        balanced = experts.volume.balance(request, plan, casting)
        volume = hold_volume(balanced, casting, locks, request.tempo_map.bar_count)
    mix = hold_mix(experts.mixer.mix(request, casting), casting, locks)
    return _Draft(plan, arrange, voices, casting, volume, mix)


@dataclass(frozen=True)
class _Round:
    """A whole arrangement and what the reviewer said of it."""

    score: Score
    scheme: ArrangementScheme
    review: Review

    @property
    def rating(self) -> float:
        """The computed figure; without one a round is worth nothing."""
        return self.review.qa.get("rating", 0.0)


def _softened(levels: dict[int, float], track: tuple[str, str], arrange: ArrangePlan) -> dict[int, float]:
    """A track's levels after the arranger's softenings, which name a part, a role or ``*``."""
    out = dict(levels)
    for item in arrange.soften:
        if item.track in (*track, "*"):
            for bar in range(item.from_bar, item.to_bar + 1):
                if bar in out:
                    out[bar] = max(_SOFTEN_FLOOR, out[bar] * 10 ** (item.gain_db / 20))
    return {bar: round(value, 6) for bar, value in sorted(out.items())}


def _merge(draft: _Draft, score: Score, experts: ArrangementExperts) -> ArrangementScheme:
    """The paper's scheme out of the experts' answers, one entry per track that plays."""
    assert draft.plan and draft.arrange and draft.casting and draft.volume and draft.mix
    volumes = {track.track_index: track.measures for track in draft.volume.tracks}
    mixes = {track.track_index: track for track in draft.mix.tracks}
    parts = {part.id: part for part in score.parts}
    said, tracks = _said(experts), []
    for cast in draft.casting.tracks:
        if cast.part not in parts:
            continue
        made_by = track_maker(said, Track(cast.part, cast.track_index)) if said else _names(experts)
        mix, articulation = mixes[cast.track_index], cast.articulation or main_articulation(parts[cast.part])
        tracks.append(TrackScheme(
            cast.track_index, cast.part, parts[cast.part].name, cast.role, cast.instrument, articulation, mix.pan,
            mix.reverb_space, mix.gain_db, _softened(volumes.get(cast.track_index, {}), (cast.part, cast.role),
                                                     draft.arrange),
            playback_offset_ms(cast.instrument, articulation), made_by))
    return ArrangementScheme(tuple(tracks), draft.plan.measures, draft.plan.sections, draft.arrange.ending,
                             made_by=scheme_maker(said, _asked(experts)) if said else _names(experts))


def _first_step(review: Review) -> int | None:
    """The earliest step a serious issue names."""
    steps = [STEPS.index(issue.step) for issue in review.issues if issue.severity >= 2]
    return min(steps) if steps else None


def _patches(review: Review) -> frozenset[tuple[str, str, str]]:
    """What a review wants done, whatever the order, the case and the spaces it is said in."""
    return frozenset((issue.step, issue.path, " ".join(_WORD.findall(f"{issue.problem} {issue.suggestion}".lower())))
                     for issue in review.issues if issue.severity >= 2)


def _should_stop(rounds: list[_Round]) -> bool:
    last, earlier = rounds[-1], rounds[:-1]
    if last.review.verdict == "accept" or _first_step(last.review) is None:
        return True
    if not earlier:
        return False
    if last.rating - max(one.rating for one in earlier) < _LEAST_GAIN:
        return True
    return any(_patches(one.review) == _patches(last.review) for one in earlier)


def _said(experts: ArrangementExperts) -> dict[str, tuple[FieldSource, ...]]:
    """Who decided what of the answers as they stand; nothing where no expert asks anybody."""
    asked = {port: getattr(getattr(experts, port), "fields", ()) for port in WORDS}
    return {port: found for port, found in asked.items() if found}


def _asked(experts: ArrangementExperts) -> str:
    """``gpt-4.1`` of ``llm-analyze:gpt-4.1``."""
    return experts.analyzer.name.partition(":")[2].partition(" (")[0]


def _names(experts: ArrangementExperts) -> str:
    """Who sits there, where they are no models."""
    names = [getattr(experts, field.name).name for field in fields(experts)]
    rules = all(name.startswith("rule-") for name in names)
    return RULES if rules else "+".join(dict.fromkeys(names))


def _play(draft: _Draft, request: ArrangeRequest, table: _Table) -> tuple[Score, ArrangementScheme]:
    """The notes of a draft and its scheme."""
    assert draft.plan and draft.arrange and draft.casting
    score = write_score(request, draft.plan, draft.arrange, draft.casting, table.title)
    score = hold_score(score, draft.casting, table.locks)
    return score, hold_scheme(_merge(draft, score, table.experts), table.locks)


def _told(error: CapError, rounds: list[_Round]) -> None:
    kept = f"the better of {len(rounds)} rounds is kept" if len(rounds) > 1 else "the first round is kept"
    _log.warning("%s What stands of the arrangement is used: %s.", str(error).rstrip(), kept)


def arrange_in_rounds(request: ArrangeRequest, experts: ArrangementExperts, title: str,
                      max_rounds: int = 3) -> tuple[Score, ArrangementScheme]:
    """The best score and scheme of at most ``max_rounds`` rounds; all reviews stand in the scheme's ``rounds``.

    The best is the one with the highest computed rating (``Review.qa``), never by the reviewer's own number. Raises
    EditError for locks that cannot be, CapError when the cap is reached before the first round stands.
    """
    table = _Table(experts, read_locks(request.locks, request.tempo_map.bar_count), title)
    draft, first = _Draft(), 0
    rounds: list[_Round] = []
    unreviewed: tuple[Score, ArrangementScheme] | None = None
    try:
        for number in range(max(1, max_rounds)):
            asked = replace(request, reviews=(*request.reviews, *(one.review for one in rounds)))
            draft = _advance(draft, first, asked, table)
            score, scheme = _play(draft, asked, table)
            unreviewed = unreviewed or (score, scheme)
            rounds.append(_Round(score, scheme, experts.reviewer.review(asked, score, scheme)))
            _log.debug("round %d: rating %.3f", number + 1, rounds[-1].rating)
            if _should_stop(rounds):
                break
            first = _first_step(rounds[-1].review) or 0
    except CapError as error:
        if unreviewed is None:
            raise
        _told(error, rounds)
        if not rounds:
            return unreviewed
    best = max(range(len(rounds)), key=lambda i: (rounds[i].rating, -i))
    if absent := waiting(rounds[best].scheme, table.locks):
        _log.warning("  Locked, but not cast this time: %s. The lock waits; lock the instrument to have it play.",
                     ", ".join(absent))
    return rounds[best].score, replace(rounds[best].scheme, rounds=tuple(one.review for one in rounds),
                                       chosen_round=best)
