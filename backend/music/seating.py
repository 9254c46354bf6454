"""Who plays in which bars: tracks of a role take turns by section and come together when it is loud."""
from __future__ import annotations

from backend.domain.scheme import Casting, CastTrack
from backend.music.instruments import instruments
from backend.music.layers.canvas import Canvas, Seat
from backend.music.layers.doubling import plan_of

_TOGETHER = {"ostinato": 6, "pad": 6, "bass": 6, "counter": 7}
"""Dynamic index from which all tracks of the role play; below it they take turns (by ear)."""
_BRASS_PAD = 5
_PERCUSSION_STEP = 3


def _layer_bars(canvas: Canvas, role: str) -> frozenset[int]:
    return frozenset(bar for layer in canvas.arrange.layers if layer.role == role
                     for bar in range(layer.from_bar, layer.to_bar + 1))


def _silent_bars(canvas: Canvas) -> frozenset[int]:
    return frozenset(bar for silence in canvas.arrange.silences
                     for bar in range(silence.from_bar, silence.to_bar + 1))


def _takes_turn(canvas: Canvas, bar: int, rank: int, of: int) -> bool:
    return canvas.section_index(bar) % of == rank


def _together(canvas: Canvas, bar: int, role: str) -> bool:
    """All tracks of a role play in a cue of one section, drums and brass in the loudest one too; other sections keep
    to their own, so that the next one can differ."""
    alone = len(canvas.plan.sections) == 1
    return alone or (role == "percussion" and canvas.section_index(bar) == canvas.loudest_section)


def _plays(canvas: Canvas, track: CastTrack, bar: int, rank: int, of: int) -> bool:
    index = canvas.section_dynamic(bar)
    if track.role == "percussion":
        return index >= _PERCUSSION_STEP + rank if _together(canvas, bar, track.role) else (
            index >= _PERCUSSION_STEP and _takes_turn(canvas, bar, rank, of))
    if track.role in _TOGETHER:
        loud = index >= _TOGETHER[track.role] and _together(canvas, bar, track.role)
        return loud or _takes_turn(canvas, bar, rank, of)
    return True


def _groups(tracks: list[CastTrack]) -> tuple[list[CastTrack], list[CastTrack], list[CastTrack]]:
    """Pads: divisi sections that play together, chordal instruments that take turns, brass that waits for forte."""
    divisi: list[CastTrack] = []
    chordal: list[CastTrack] = []
    brass: list[CastTrack] = []
    for track in tracks:
        instrument = instruments()[track.instrument]
        group = brass if instrument.family == "brass" else chordal if instrument.max_polyphony >= 4 else divisi
        group.append(track)
    return divisi, chordal, brass


def _pad_seats(canvas: Canvas, tracks: list[CastTrack], bars: frozenset[int]) -> dict[str, Seat]:
    divisi, chordal, brass = _groups(tracks)
    silent = _silent_bars(canvas)
    out: dict[str, Seat] = {}
    for rank, track in enumerate(divisi):
        out[track.part] = Seat(track, instruments()[track.instrument], bars - silent if rank else bars, rank,
                               len(divisi))
    for rank, track in enumerate(chordal):
        mine = frozenset(bar for bar in bars if _plays(canvas, track, bar, rank, len(chordal)))
        if divisi:
            mine -= silent
        out[track.part] = Seat(track, instruments()[track.instrument], mine, rank, max(2, len(tracks)))
    for rank, track in enumerate(brass):
        alone = len(brass) == len(tracks)
        mine = frozenset(bar for bar in bars if alone or canvas.section_dynamic(bar) >= _BRASS_PAD
                         and (_together(canvas, bar, "percussion") or _takes_turn(canvas, bar, rank, len(brass))))
        out[track.part] = Seat(track, instruments()[track.instrument], mine - silent, rank, max(2, len(tracks)))
    return out


def _melody_bars(canvas: Canvas, tracks: list[CastTrack]) -> list[frozenset[int]]:
    """Every bar of the melody to one track: to the first that owns it by name; the others take turns with what is
    left, and where every track owns bars the first takes it."""
    left = {bar.number for bar in canvas.tempo_map.bars}
    out: list[frozenset[int]] = []
    for track in tracks:
        own = frozenset(bar for item in track.bars for bar in range(item.from_bar, item.to_bar + 1)) & left
        left -= own
        out.append(own)
    free = [place for place, track in enumerate(tracks) if not track.bars] or [0]
    for rank, place in enumerate(free):
        out[place] |= {bar for bar in left if _takes_turn(canvas, bar, rank, len(free))}
    return out


def _doubling_bars(canvas: Canvas, seat: Seat) -> frozenset[int]:
    return frozenset(bar for item in plan_of(canvas, seat) for bar in range(item.from_bar, item.to_bar + 1))


def seats(canvas: Canvas, casting: Casting) -> tuple[Seat, ...]:
    """A seat for every cast track, in the casting's order. The melody is never silenced; accents play anywhere."""
    every = frozenset(bar.number for bar in canvas.tempo_map.bars)
    silent = _silent_bars(canvas)
    found: dict[str, Seat] = {}
    for role in dict.fromkeys(track.role for track in casting.tracks):
        tracks = [track for track in casting.tracks if track.role == role]
        bars = every if role in ("melody", "accent") else _layer_bars(canvas, role)
        if role == "pad":
            found.update(_pad_seats(canvas, tracks, bars))
            continue
        leads = _melody_bars(canvas, tracks) if role == "melody" else []
        for rank, track in enumerate(tracks):
            if role == "melody":
                mine = leads[rank]
            elif role == "doubling":
                mine = _doubling_bars(canvas, Seat(track, instruments()[track.instrument], every, rank, len(tracks)))
            else:
                mine = frozenset(bar for bar in bars if _plays(canvas, track, bar, rank, len(tracks)))
            if role not in ("melody", "accent"):
                mine -= silent
            found[track.part] = Seat(track, instruments()[track.instrument], mine, rank, len(tracks))
    return tuple(found[track.part] for track in casting.tracks)
