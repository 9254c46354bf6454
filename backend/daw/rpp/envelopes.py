"""Track envelopes and the tempo map.

Two traps. Volume points are linear amplitude (fader scaling, VOLTYPE 1, only changes how REAPER interpolates and
shows them), not dB. And a pan *envelope* counts the other way round than a track's pan: the fader is -1 at the left,
a point is +1 at the left.
"""
from __future__ import annotations

from backend.daw.rpp.chunk import Chunk
from backend.daw.rpp.identity import guid
from backend.daw.rpp.quoting import number
from backend.domain.session import EnvelopePoint, TempoMarker
from backend.music.ticks import TickClock

_LINEAR, _SQUARE = 0, 1
_TIME_DECIMALS, _TEMPO_DECIMALS = 12, 12
_METRE_DENOMINATOR = 65536


def amplitude(gain_db: float) -> float:
    return float(10.0 ** (gain_db / 20.0))


def volume_chunk(points: tuple[EnvelopePoint, ...], clock: TickClock, track_id: str) -> Chunk:
    """``<VOLENV2``: post-FX volume, linear between points."""
    chunk = _envelope("VOLENV2", track_id, visible=True)
    chunk.line("VOLTYPE", 1)
    _points(chunk, [(point.tick, amplitude(point.value)) for point in points], clock)
    return chunk


def pan_chunk(points: tuple[EnvelopePoint, ...], clock: TickClock, track_id: str) -> Chunk:
    """``<PANENV2``: post-FX pan; the sign is turned round."""
    chunk = _envelope("PANENV2", track_id, visible=True)
    _points(chunk, [(point.tick, -point.value) for point in points], clock)
    return chunk


def _envelope(name: str, place: str, visible: bool) -> Chunk:
    chunk = Chunk(name)
    chunk.line("EGUID", guid(place, name))
    chunk.line("ACT", 1, -1)
    chunk.line("VIS", int(visible), 1, 1)
    chunk.line("LANEHEIGHT", 0, 0)
    chunk.line("ARM", 1)
    chunk.line("DEFSHAPE", 0, -1, -1)
    return chunk


def _points(chunk: Chunk, points: list[tuple[int, float]], clock: TickClock) -> None:
    for tick, value in points:
        chunk.line("PT", float(clock.time_s(tick)), value, _LINEAR)


def tempo_qpm(us_per_quarter: int) -> str:
    """Quarters per minute, ``60e6 / us``, to 12 decimals: a map of an hour stays within a nanosecond."""
    return number(60_000_000 / us_per_quarter, _TEMPO_DECIMALS)


def tempo_chunk(tempo: tuple[TempoMarker, ...]) -> Chunk:
    """``<TEMPOENVEX``: one square point a tempo marker; a metre is ``denominator * 65536 + numerator``."""
    clock = TickClock(tempo)
    chunk = Chunk("TEMPOENVEX")
    chunk.line("EGUID", guid("tempo"))
    chunk.line("ACT", 1, -1)
    chunk.line("VIS", 1, 0, 1)
    chunk.line("LANEHEIGHT", 0, 0)
    chunk.line("ARM", 0)
    chunk.line("DEFSHAPE", 1, -1, -1)
    for marker in tempo:
        time = f"{float(clock.time_s(marker.tick)):.{_TIME_DECIMALS}f}"
        row = f"PT {time} {tempo_qpm(marker.us_per_quarter)} {_SQUARE}"
        if marker.numerator:
            row += f" {marker.denominator * _METRE_DENOMINATOR + marker.numerator} 0 1"
        chunk.raw(row)
    return chunk
