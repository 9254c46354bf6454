"""What must hold of a casting, of levels and of places, beyond their schema: Instrument, Volume, Mixing, Reviewer."""
from __future__ import annotations

from collections import Counter

from backend.agents.ensemble.arrange.options import CAST_ROLES, needed_roles
from backend.agents.ensemble.question import Fault
from backend.agents.rules.analyze import hit_weights
from backend.agents.rules.cast import track_limit
from backend.agents.rules.palette import ranked
from backend.agents.rules.voices import bar_numbers, for_voice
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    CastTrack,
    MeasurePlan,
    MixPlan,
    Review,
    VolumePlan,
)
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS

LOWEST_GAIN_DB, HIGHEST_GAIN_DB = -40.0, 12.0
LEAST_MELODY = 0.1
MOST_ISSUES = 12


def casting_faults(request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan,
                   casting: Casting, locked: tuple[str, ...] = ()) -> tuple[Fault, ...]:
    """Tracks within the limit, instruments that can play their role in this cue, parts by name, nobody missing.
    Tracks of ``locked`` parts are the user's choice."""
    limit = track_limit(plan) + len(locked)
    out: list[Fault] = []
    if not 1 <= len(casting.tracks) <= limit:
        out.append(Fault(("tracks",), f"{len(casting.tracks)} tracks: give 1 to {limit}"))
    parts = Counter(track.part for track in casting.tracks)
    able = {role: able_for(role, request, arrange) for role in CAST_ROLES}
    for place, track in enumerate(casting.tracks):
        path: tuple[str | int, ...] = ("tracks", place)
        if parts[track.part] > 1:
            out.append(Fault((*path, "part"), f"'{track.part[:40]}' is there twice: one track for every instrument"))
        if track.part in locked:
            out += _locked_faults(path, track)
        else:
            out += _track_faults(path, track, able, request) or _playing_faults(path, track)
    return tuple([*out, *_lead_faults(request, casting), *_missing(request, arrange, casting, limit)])


def able_for(role: str, request: ArrangeRequest, arrange: ArrangePlan) -> frozenset[str]:
    """Ids of instruments that fill a role in this cue and can carry its line; drums are for accents, too."""
    found = {instrument.id for instrument in ranked(role, request)}
    if role == "melody" and request.voices is not None and len(request.voices.voices) > 1:
        return frozenset(i.id for voice in request.voices.voices for i in ranked(role, for_voice(request, voice)))
    if role == "doubling":
        found |= {item.instrument for item in arrange.duplicates}
    return frozenset(found)


def _track_faults(path: tuple[str | int, ...], track: CastTrack, able: dict[str, frozenset[str]],
                  request: ArrangeRequest) -> list[Fault]:
    if track.role not in CAST_ROLES:
        return [Fault((*path, "role"), f"'{track.role[:40]}' is no role; there are {', '.join(CAST_ROLES)}")]
    if track.instrument not in instruments():
        return [Fault((*path, "instrument"), f"there is no '{track.instrument[:40]}': take an id of OPTIONS")]
    if able[track.role] and track.instrument not in able[track.role]:
        return [Fault((*path, "instrument"), f"{track.instrument} cannot play {track.role} here: take one that OPTIONS "
                                             "lists for this role")]
    wanted = part_names(track, request)
    if track.part not in wanted:
        return [Fault((*path, "part"), f"'{track.part[:40]}' must be called {' or '.join(wanted)}")]
    return []


def _locked_faults(path: tuple[str | int, ...], track: CastTrack) -> list[Fault]:
    """Who plays a locked part is the user's choice; what the part is, is not."""
    role = track.part.split(".")[0]
    if track.role != role:
        return [Fault((*path, "role"), f"the part {track.part} is locked: its role is {role}")]
    if track.instrument not in instruments():
        return [Fault((*path, "instrument"), f"there is no '{track.instrument[:40]}': take an id of OPTIONS")]
    return _playing_faults(path, track)


def _playing_faults(path: tuple[str | int, ...], track: CastTrack) -> list[Fault]:
    out = []
    known = instruments()[track.instrument].articulations
    if track.articulation and track.articulation not in known:
        out.append(Fault((*path, "articulation"), f"{track.instrument} has no '{track.articulation[:40]}': leave it "
                                                  f"empty or take one of {', '.join(known)}"))
    if not -2 <= track.octave_shift <= 2:
        out.append(Fault((*path, "octave_shift"), f"{track.octave_shift} octaves are out of reach: -2 to 2"))
    if track.bars and track.role != "melody":
        out.append(Fault((*path, "bars"), "only melody tracks own bars: leave them empty"))
    return out


def part_names(track: CastTrack, request: ArrangeRequest) -> tuple[str, ...]:
    """What a track's part may be called: ``melody`` for the first melody, ``melody.VOICE`` for further voices,
    ``ROLE.INSTRUMENT`` for everything else."""
    plain = f"{track.role}.{track.instrument}"
    if track.role != "melody":
        return (plain,)
    voices = request.voices.voices if request.voices else ()
    if len(voices) < 2:
        return ("melody", plain)
    return ("melody", *(f"melody.{voice.id}" for voice in voices[1:]))


def _lead_faults(request: ArrangeRequest, casting: Casting) -> list[Fault]:
    """One track is called melody; the melody's voices are all there, with their bars and somebody who can play them."""
    leads = {track.part: (place, track) for place, track in enumerate(casting.tracks) if track.role == "melody"}
    if "melody" not in leads:
        return [Fault(("tracks",), "there is no melody: one track has role melody and part melody")]
    voices = request.voices.voices if request.voices else ()
    if len(voices) < 2:
        return _free_bars(request, leads)
    out = []
    for number, voice in enumerate(voices):
        name = "melody" if number == 0 else f"melody.{voice.id}"
        if name not in leads:
            out.append(Fault(("tracks",), f"the voice '{voice.id}' needs a track of part {name}"))
            continue
        place, track = leads[name]
        if bar_numbers(track.bars) != bar_numbers(voice.bars):
            out.append(Fault(("tracks", place, "bars"), f"part {name} plays the bars of the voice '{voice.id}'"))
        able = {instrument.id for instrument in ranked("melody", for_voice(request, voice))}
        if able and track.instrument not in able:
            out.append(Fault(("tracks", place, "instrument"), f"{track.instrument[:40]} cannot carry the voice "
                                                              f"'{voice.id}': take one listed for melody:{voice.id}"))
    return out


def _free_bars(request: ArrangeRequest, leads: dict[str, tuple[int, CastTrack]]) -> list[Fault]:
    """Bars a single melody's tracks may own: within the cue, none twice."""
    last, owned = request.tempo_map.bar_count, set[int]()
    out = []
    for place, track in leads.values():
        wrong = [item for item in track.bars if not 1 <= item.from_bar <= item.to_bar <= last]
        if wrong:
            out.append(Fault(("tracks", place, "bars"), f"bars {wrong[0].from_bar} to {wrong[0].to_bar} do not lie "
                                                        f"within 1 to {last}"))
            continue
        mine = bar_numbers(track.bars)
        if mine & owned:
            out.append(Fault(("tracks", place, "bars"), f"bar {min(mine & owned)} has another melody already"))
        owned |= mine
    return out


def _missing(request: ArrangeRequest, arrange: ArrangePlan, casting: Casting, limit: int) -> list[Fault]:
    """Planned roles without a player while there is room, and hits that nobody can strike."""
    roles = {track.role for track in casting.tracks}
    out = []
    if len(casting.tracks) < limit:
        lacking = [role for role in needed_roles(arrange) if role not in roles and role != "melody"
                   and (role == "doubling" or ranked(role, request))]
        note = ": cast it as NOTE wishes, rules cannot read it" if request.note.strip() else ""
        out += [Fault(("tracks",), f"the plan has {role}, but nobody plays it{note}") for role in lacking]
    fast = [track for track in casting.tracks if track.role == "accent"
            and track.instrument in instruments() and instruments()[track.instrument].attack_ms <= FAST_ATTACK_MS]
    if hit_weights(request) and "accent" in roles and not fast:
        out.append(Fault(("tracks",), "no accent strikes fast: the hits need one that OPTIONS calls so"))
    return out


def _indices(named: list[int], casting: Casting) -> list[Fault]:
    known = {track.track_index for track in casting.tracks}
    missing = sorted(known - set(named))
    out = [Fault(("tracks",), f"track_index {', '.join(map(str, missing))}: missing")] if missing else []
    seen: Counter[int] = Counter()
    for place, index in enumerate(named):
        seen[index] += 1
        if index not in known or seen[index] > 1:
            what = "is there twice" if index in known else "is not in DRAFT"
            out.append(Fault(("tracks", place), f"track_index {index} {what}"))
    return out


def volume_faults(request: ArrangeRequest, casting: Casting, volume: VolumePlan) -> tuple[Fault, ...]:
    """A level 0..1 for every track from bar 1 on; the melody never vanishes."""
    last = request.tempo_map.bar_count
    roles = {track.track_index: track.role for track in casting.tracks}
    out = _indices([track.track_index for track in volume.tracks], casting)
    for place, track in enumerate(volume.tracks):
        path: tuple[str | int, ...] = ("tracks", place, "measures")
        if 1 not in track.measures:
            out.append(Fault(path, "measure 1 is missing: later measures keep the level before them"))
        for bar, level in track.measures.items():
            if not 1 <= bar <= last:
                out.append(Fault((*path, bar), f"there is no measure {bar}: the cue has {last}"))
            elif not 0 <= level <= 1:
                out.append(Fault((*path, bar), f"level {level:g} does not lie within 0 and 1"))
            elif roles.get(track.track_index) == "melody" and level < LEAST_MELODY:
                out.append(Fault((*path, bar), f"the melody would vanish: {LEAST_MELODY:g} at least"))
    return tuple(out)


def mix_faults(casting: Casting, mix: MixPlan) -> tuple[Fault, ...]:
    """A place for every track, within what the scheme can hold."""
    out = _indices([track.track_index for track in mix.tracks], casting)
    for place, track in enumerate(mix.tracks):
        for name, value, low, high in (("pan", track.pan, -1.0, 1.0), ("reverb_space", track.reverb_space, 0.0, 1.0),
                                       ("gain_db", track.gain_db, LOWEST_GAIN_DB, HIGHEST_GAIN_DB)):
            if not low <= value <= high:
                out.append(Fault(("tracks", place, name), f"{value:g} does not lie within {low:g} and {high:g}"))
    return tuple(out)


def review_faults(scheme: ArrangementScheme, review: Review) -> tuple[Fault, ...]:
    """Severities, paths into the scheme, and replacements of instruments that play."""
    playing = {track.instrument for track in scheme.tracks}
    out = [] if len(review.issues) <= MOST_ISSUES else [
        Fault(("issues",), f"{len(review.issues)} issues: name the {MOST_ISSUES} that matter most")]
    for place, issue in enumerate(review.issues):
        if not 1 <= issue.severity <= 3:
            out.append(Fault(("issues", place, "severity"), "give 1, 2 or 3"))
        if not issue.path.startswith("/"):
            out.append(Fault(("issues", place, "path"), "a path begins with /, like /tracks/melody/instrument"))
        words = issue.suggestion.split()
        if issue.step == "instrument" and words[:1] == ["replace"] and (words[1:2] or [""])[0] not in playing:
            out.append(Fault(("issues", place, "suggestion"), f"'{' '.join(words[1:2])[:40]}' does not play here"))
    return tuple(out)
