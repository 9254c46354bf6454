"""The cue that both ways build: twelve instruments, each with notes, two envelopes and a send, under a tempo map."""
from __future__ import annotations

import base64
import math
import struct
from dataclasses import dataclass

from backend.domain.live import LiveEnvelope, LiveFx, LiveItem, LivePlan, LiveSend, LiveTempo, LiveTrack

TRACKS, NOTES = 12, 200
POINTS = {"volume": 16, "pan": 8}
TICKS = 960
STEP_TICKS = 240
BPM = 96.0
_CC_END = b"\xb0\x7b\x00"
FAMILIES = ("Woodwinds", "Brass", "Strings")


@dataclass(frozen=True)
class Line:
    """One instrument. ``notes`` are (start tick, end tick, pitch, velocity), ``points`` (time_s, dB or pan)."""

    name: str
    pan: float
    gain_db: float
    notes: tuple[tuple[int, int, int, int], ...]
    points: dict[str, tuple[tuple[float, float], ...]]


def seconds(ticks: int) -> float:
    return ticks / TICKS * 60.0 / BPM


LENGTH_S = seconds(NOTES * STEP_TICKS)


def lines() -> tuple[Line, ...]:
    return tuple(_line(number) for number in range(TRACKS))


def _line(number: int) -> Line:
    notes = tuple((i * STEP_TICKS, i * STEP_TICKS + 200, 48 + number + 7 * i % 24, 60 + i % 40) for i in range(NOTES))
    swell = [round(-12.0 + 10.0 * math.sin(i + number), 3) for i in range(POINTS["volume"])]
    sweep = [round(0.5 * math.cos(i + number), 3) for i in range(POINTS["pan"])]
    return Line(f"Instrument {number + 1}", round((number - 5.5) / 8, 3), -6.0, notes,
                {"volume": _over_time(swell), "pan": _over_time(sweep)})


def _over_time(values: list[float]) -> tuple[tuple[float, float], ...]:
    return tuple((round(i * LENGTH_S / len(values), 6), value) for i, value in enumerate(values))


def _events(line: Line) -> str:
    found = [(start, bytes((0x90, pitch, velocity))) for start, _, pitch, velocity in line.notes]
    found += [(end, bytes((0x80, pitch, 0))) for _, end, pitch, _ in line.notes]
    now, data = 0, b""
    for tick, message in [*sorted(found), (NOTES * STEP_TICKS, _CC_END)]:
        data += struct.pack("<iBi", tick - now, 0, 3) + message
        now = tick
    return base64.b64encode(data).decode()


def _track(line: Line, parent: str) -> LiveTrack:
    envelopes = tuple(LiveEnvelope("volume" if kind == "volume" else "pan", tuple(n for point in points for n in point))
                      for kind, points in line.points.items())
    return LiveTrack(line.name, "instrument", line.name, parent, gain_db=line.gain_db, pan=line.pan,
                     items=(LiveItem("midi", line.name, 0.0, LENGTH_S, _events(line)),), envelopes=envelopes,
                     sends=(LiveSend("reverb", -12.0),), fx=(LiveFx("ReaSynth"),))


def plan() -> LivePlan:
    folders = tuple(LiveTrack(name, "folder", name, "cue") for name in FAMILIES)
    tracks: list[LiveTrack] = [LiveTrack("cue", "cue", "FilmComposer 1M1")]
    for number, folder in enumerate(folders):
        tracks += [folder, *(_track(line, folder.id) for line in lines()[number * 4:number * 4 + 4])]
    tracks.append(LiveTrack("reverb", "reverb", "Reverb", "cue", fx=(LiveFx("ReaVerbate"),)))
    tempo = (LiveTempo(0.0, BPM, 4, 4),)
    return LivePlan("1M1", "Benchmark", "FilmComposer: benchmark", 0.0, LENGTH_S, LENGTH_S, ("tempo", "tracks"),
                    tempo=tempo, tracks=tuple(tracks))
