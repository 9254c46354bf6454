"""Changes of balance: louder or softer bars, gain, place and depth of tracks."""
from __future__ import annotations

import math
from dataclasses import replace

from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Score
from backend.music.instruments import instruments
from backend.music.locks import LockedFields
from backend.music.playback import main_articulation, playback_offset_ms

_LOUDEST_DB = 24.0


def with_tracks(score: Score, scheme: ArrangementScheme) -> ArrangementScheme:
    """The scheme with a track for every part; those it lacked sit where their instrument sits."""
    have = {track.part for track in scheme.tracks}
    tracks = list(scheme.tracks)
    for part in score.parts:
        if part.id in have:
            continue
        instrument, way = instruments()[part.instrument], main_articulation(part)
        tracks.append(TrackScheme(max((t.track_index for t in tracks), default=0) + 1, part.id, part.name, part.role,
                                  instrument.id, "", instrument.pan, instrument.reverb_space, 0.0, {},
                                  playback_offset_ms(instrument.id, way), "revise"))
    return replace(scheme, tracks=tuple(tracks))


def level_of(track: TrackScheme, bar: int) -> float:
    """Level of a bar; unnamed bars keep the level before them, bars before the first named one take it."""
    named = sorted(track.volume_envelope)
    before = [n for n in named if n <= bar]
    return track.volume_envelope[before[-1] if before else named[0]] if named else 1.0


def written(level: float) -> float:
    """A level as it stands in a file: four digits."""
    return float(f"{level:.4g}")


def change_level(track: TrackScheme, bars: range, gain_db: float, bar_count: int,
                 locks: LockedFields) -> tuple[TrackScheme, float]:
    """Some bars of a track louder or softer by ``gain_db`` and no other; also what could be done of it in the loudest
    bar. Where the envelope has no room the fader rises and the other bars sink by as much, unless they are locked."""
    levels = {bar: level_of(track, bar) for bar in range(1, bar_count + 1)}
    wanted = {bar: levels[bar] * 10 ** (gain_db / 20) for bar in bars}
    top = max(wanted.values())
    rise_db = 20 * math.log10(top) if top > 1 else 0.0
    held = track.part in locks.levels or "gain_db" in locks.tracks.get(track.part, {})
    if top > 1 and track.gain_db + rise_db <= _LOUDEST_DB and not held:
        lower = {bar: written(min(1.0, {**levels, **wanted}[bar] / top)) for bar in levels}
        return replace(track, gain_db=round(track.gain_db + rise_db, 3), volume_envelope=lower), gain_db
    after = {bars[-1] + 1: levels[bars[-1] + 1]} if bars[-1] < bar_count else {}
    capped = {bar: written(min(1.0, value)) for bar, value in wanted.items()}
    track = replace(track, volume_envelope=dict(sorted({**track.volume_envelope, **after, **capped}.items())))
    room_db = min(20 * math.log10(1 / max(levels[bar], 1e-6)) for bar in bars)
    return track, gain_db if top <= 1 else room_db


def place(track: TrackScheme, action: str, amount: float) -> TrackScheme:
    """``pan`` and ``reverb`` are set, ``gain`` is added."""
    if action == "pan":
        return replace(track, panning=round(amount, 3))
    if action == "reverb":
        return replace(track, reverb_space=round(amount, 3))
    return replace(track, gain_db=round(track.gain_db + amount, 3))
