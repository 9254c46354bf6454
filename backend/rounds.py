"""The arrangement experts at work: in a fixed order, at most three rounds, the best by computed figures is kept.

Craft 8.4: after a review only the named step and those after it are done again. It stops when the reviewer accepts,
when nothing of severity 2 is left, when the rating gains less than .02, or when the same issues come back.
"""
from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, fields, replace

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
from backend.domain.score import Part, Score
from backend.music.instruments import instruments
from backend.music.orchestrate import write_score
from backend.ports import Analyzer, Arranger, Caster, Mixer, Reviewer, VoiceSplitter, VolumeExpert

_log = logging.getLogger(__name__)
STEPS = ("analyze", "arrange", "voice_part", "instrument", "volume", "mixing")
_LEAST_GAIN = 0.02
_QUICK = frozenset({"spiccato", "staccato", "marcato", "sfz", "pizzicato", "bartok_pizz", "col_legno", "hit", "hard"})
_QUICK_SHARE = 0.4
"""Attack of short and accented articulations relative to the instrument's long tone (by ear; measure to calibrate)."""
_SOFTEN_FLOOR = 0.03


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
class _Draft:
    """What a round has come to so far; the steps overwrite it one after the other."""

    plan: MeasurePlan | None = None
    arrange: ArrangePlan | None = None
    voices: VoicePlan | None = None
    casting: Casting | None = None
    volume: VolumePlan | None = None
    mix: MixPlan | None = None


def _advance(draft: _Draft, first: int, request: ArrangeRequest, experts: ArrangementExperts) -> _Draft:
    """Do the steps from number ``first`` on again."""
    plan = experts.analyzer.analyze(request) if first <= 0 or draft.plan is None else draft.plan
    arrange = draft.arrange
    if first <= 1 or arrange is None:
        arrange = experts.arranger.arrange(request, plan)
    voices = draft.voices
    if first <= 2 or voices is None:
        voices = experts.voice_splitter.split(request, plan, arrange)
    request = replace(request, voices=voices)
    casting = draft.casting
    if first <= 3 or casting is None:
        casting = experts.caster.cast(request, plan, arrange)
    volume = draft.volume
    if first <= 4 or volume is None:
        volume = experts.volume.balance(request, plan, casting)
    return _Draft(plan, arrange, voices, casting, volume, experts.mixer.mix(request, casting))


def _main_articulation(part: Part | None) -> str:
    if part is None or not part.notes:
        return ""
    counts = Counter(note.articulation for note in part.notes)
    return max(sorted(counts), key=lambda name: counts[name])


def playback_offset_ms(instrument_id: str, articulation: str) -> float:
    """How much earlier a track has to play so that its tones are half risen on the beat."""
    attack = instruments()[instrument_id].attack_ms
    return -round(attack * (_QUICK_SHARE if articulation in _QUICK and attack > 15 else 1.0), 3)


def _softened(levels: dict[int, float], track: tuple[str, str], arrange: ArrangePlan) -> dict[int, float]:
    """A track's levels after the arranger's softenings, which name a part, a role or ``*``."""
    out = dict(levels)
    for item in arrange.soften:
        if item.track in (*track, "*"):
            for bar in range(item.from_bar, item.to_bar + 1):
                if bar in out:
                    out[bar] = max(_SOFTEN_FLOOR, out[bar] * 10 ** (item.gain_db / 20))
    return {bar: round(value, 6) for bar, value in sorted(out.items())}


def _merge(draft: _Draft, score: Score, made_by: str) -> ArrangementScheme:
    """The paper's scheme out of the experts' answers, one entry per track that plays."""
    assert draft.plan and draft.arrange and draft.casting and draft.volume and draft.mix
    volumes = {track.track_index: track.measures for track in draft.volume.tracks}
    mixes = {track.track_index: track for track in draft.mix.tracks}
    parts = {part.id: part for part in score.parts}
    tracks = []
    for cast in draft.casting.tracks:
        if cast.part not in parts:
            continue
        mix, articulation = mixes[cast.track_index], cast.articulation or _main_articulation(parts[cast.part])
        tracks.append(TrackScheme(
            cast.track_index, cast.part, parts[cast.part].name, cast.role, cast.instrument, articulation, mix.pan,
            mix.reverb_space, mix.gain_db, _softened(volumes.get(cast.track_index, {}), (cast.part, cast.role),
                                                     draft.arrange),
            playback_offset_ms(cast.instrument, articulation), made_by))
    return ArrangementScheme(tuple(tracks), draft.plan.measures, draft.plan.sections, draft.arrange.ending,
                             made_by=made_by)


def _first_step(review: Review) -> int | None:
    """The earliest step a serious issue names."""
    steps = [STEPS.index(issue.step) for issue in review.issues if issue.severity >= 2]
    return min(steps) if steps else None


def _should_stop(reviews: list[Review], best_before: float) -> bool:
    last = reviews[-1]
    if last.verdict == "accept" or _first_step(last) is None:
        return True
    if len(reviews) == 1:
        return False
    gained = last.qa.get("rating", last.rating) - best_before
    return gained < _LEAST_GAIN or any(last.issues == review.issues for review in reviews[:-1])


def _made_by(experts: ArrangementExperts) -> str:
    names = [getattr(experts, field.name).name for field in fields(experts)]
    rules = all(name.startswith("rule-") for name in names)
    return "rule" if rules else "+".join(dict.fromkeys(names))


def arrange_in_rounds(request: ArrangeRequest, experts: ArrangementExperts, title: str,
                      max_rounds: int = 3) -> tuple[Score, ArrangementScheme]:
    """The best score and scheme of at most ``max_rounds`` rounds; all reviews stand in the scheme's ``rounds``."""
    draft, first = _Draft(), 0
    reviews: list[Review] = []
    kept: tuple[float, int, Score, ArrangementScheme] | None = None
    made_by = _made_by(experts)
    for number in range(max(1, max_rounds)):
        asked = replace(request, reviews=(*request.reviews, *reviews))
        draft = _advance(draft, first, asked, experts)
        assert draft.plan and draft.arrange and draft.casting
        score = write_score(asked, draft.plan, draft.arrange, draft.casting, title)
        scheme = _merge(draft, score, made_by)
        review = experts.reviewer.review(asked, score, scheme)
        before = kept[0] if kept else 0.0
        reviews.append(review)
        rating = review.qa.get("rating", review.rating)
        if kept is None or rating > kept[0]:
            kept = (rating, number, score, scheme)
        _log.debug("round %d: rating %.3f, %d issues", number + 1, rating, len(review.issues))
        if _should_stop(reviews, before):
            break
        first = _first_step(review) or 0
    assert kept is not None
    return kept[2], replace(kept[3], rounds=tuple(reviews), chosen_round=kept[1])
