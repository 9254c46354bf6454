"""Instrument: who plays which role, ranked by range, emotion and the brief's palette (craft 4.5, 4.6)."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.agents.rules.palette import ranked
from backend.agents.rules.voices import for_voice
from backend.domain.instruments import Instrument
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan, Casting, CastTrack, MeasurePlan
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.music.levels import dynamic_index

Taste = Callable[[Instrument], bool]
_LOUD = 5


@dataclass(frozen=True)
class _Wish:
    """One track that would be good to have: its role, and what its instrument should be like, best wish first."""

    role: str
    tastes: tuple[Taste, ...] = ()


def track_limit(plan: MeasurePlan) -> int:
    """At most ``4 + 2 * level`` tracks, the level being the loudest measure's, 0..7 (craft 8.5)."""
    return 4 + 2 * max(dynamic_index(measure.level) for measure in plan.measures)


def _fast(instrument: Instrument) -> bool:
    return instrument.attack_ms <= FAST_ATTACK_MS


def _chordal(instrument: Instrument) -> bool:
    return instrument.max_polyphony >= 4 and instrument.family not in ("brass", "keys", "strings_plucked", "plucked")


def _not_family(*families: str) -> Taste:
    return lambda instrument: instrument.family not in families


def _family(*families: str) -> Taste:
    return lambda instrument: instrument.family in families


def _accent_wishes(request: ArrangeRequest) -> tuple[_Wish, _Wish, _Wish]:
    """A fast tonal instrument first; then drums when the brief wants them, another fast one when not; then weight."""
    tonal = _Wish("accent", (lambda i: _fast(i) and i.pitched,))
    gentle = request.brief.percussion == 0
    second = _Wish("accent", (lambda i: _fast(i) and i.pitched,)) if gentle else _Wish("accent", (
        lambda i: not i.pitched,))
    third = _Wish("accent", (_family("tuned_perc", "keys"),)) if gentle else _Wish("accent", (_family("brass"), _fast))
    return tonal, second, third


def _wishes(request: ArrangeRequest, plan: MeasurePlan) -> tuple[_Wish, ...]:
    """Tracks by importance; the limit cuts from the end."""
    first, second, third = _accent_wishes(request)
    loud = max(dynamic_index(measure.level) for measure in plan.measures) >= _LOUD
    wishes = [_Wish("melody"), _Wish("pad", (_chordal,)), first, _Wish("bass"), second]
    if len(plan.sections) > 1:
        wishes += [_Wish("melody"), _Wish("pad", (_chordal,)), _Wish("ostinato"), _Wish("bass")]
    wishes += [_Wish("ostinato"), _Wish("counter"), third, _Wish("percussion"), _Wish("doubling"), _Wish("pad"),
               _Wish("percussion"), _Wish("doubling")]
    if loud:
        wishes += [_Wish("pad", (_family("brass"),)), _Wish("bass", (_not_family("strings"),))]
    return tuple(wishes)


def _pick(wish: _Wish, request: ArrangeRequest, used: list[Instrument],
          same_role: list[Instrument]) -> Instrument | None:
    options = ranked(wish.role, request, [instrument.id for instrument in used])
    families = [instrument.family for instrument in same_role]
    for taste in (*wish.tastes, None):
        tasty = [option for option in options if taste is None or taste(option)]
        fresh = [option for option in tasty if option.family not in families]
        for pool in (fresh, tasty):
            acceptable = [option for option in pool if option.id not in request.brief.avoid]
            if acceptable:
                return acceptable[0]
    return options[0] if options else None


def _needed(arrange: ArrangePlan) -> frozenset[str]:
    return frozenset({layer.role for layer in arrange.layers} | {"melody", "accent"})


def _doublings(arrange: ArrangePlan) -> list[str]:
    return list(dict.fromkeys(item.instrument for item in arrange.duplicates))


def _voiced(request: ArrangeRequest, tracks: tuple[CastTrack, ...]) -> tuple[CastTrack, ...]:
    """A melody of several voices has a track for each, with the instrument that carries it best."""
    if request.voices is None or len(request.voices.voices) < 2:
        return tracks
    used = [track.instrument for track in tracks if track.role != "melody"]
    lines: list[CastTrack] = []
    for voice in request.voices.voices:
        taken = [*used, *(line.instrument for line in lines)]
        options = ranked("melody", for_voice(request, voice), taken) or [instruments()[tracks[0].instrument]]
        part = "melody" if not lines else f"melody.{voice.id}"
        lines.append(CastTrack(0, part, "melody", options[0].id, "", 0, voice.bars))
    every = [*lines, *(track for track in tracks if track.role != "melody")]
    return tuple(replace(track, track_index=i) for i, track in enumerate(every, 1))


class RuleCaster:
    """Instruments for the plan's roles."""

    name = "rule-cast"

    def cast(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Casting:
        """Tracks in score order of importance, melody first, within the track limit."""
        needed, doublings = _needed(arrange), _doublings(arrange)
        room = track_limit(plan) - (len(request.voices.voices) - 1 if request.voices else 0)
        chosen: list[tuple[str, Instrument]] = []
        reserved = [instruments()[name] for name in doublings]
        for wish in _wishes(request, plan):
            if wish.role not in needed or len(chosen) >= room:
                continue
            if wish.role == "doubling":
                if doublings:
                    chosen.append(("doubling", instruments()[doublings.pop(0)]))
                continue
            used = [instrument for _, instrument in chosen] + reserved
            mine = [instrument for role, instrument in chosen if role == wish.role]
            found = _pick(wish, request, used, mine)
            if found is not None:
                chosen.append((wish.role, found))
        return Casting(_voiced(request, _tracks(chosen)))


def _tracks(chosen: list[tuple[str, Instrument]]) -> tuple[CastTrack, ...]:
    """Grouped by role; the first melody is ``melody``, every other part ``role.instrument``."""
    order = ("melody", "doubling", "counter", "pad", "ostinato", "bass", "accent", "percussion")
    ordered = sorted(enumerate(chosen), key=lambda entry: (order.index(entry[1][0]), entry[0]))
    out: list[CastTrack] = []
    for index, (_, (role, instrument)) in enumerate(ordered, 1):
        first = role == "melody" and not any(track.role == "melody" for track in out)
        part = "melody" if first else f"{role}.{instrument.id}"
        out.append(CastTrack(index, part, role, instrument.id, ""))
    return tuple(out)
