"""Live plans for tests: a small orchestra over a cue, and everything about it can be changed by name."""
from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import replace

from backend.domain.live import (
    PARTS,
    LiveEnvelope,
    LiveFx,
    LiveItem,
    LiveMarker,
    LivePlan,
    LiveRegion,
    LiveSend,
    LiveTempo,
    LiveTrack,
)

_HEAD = struct.Struct("<iBi")
PPQ = 960
INSTRUMENTS = (("strings", "Violins I"), ("strings", "Violins II"), ("strings", "Violas"), ("strings", "Cellos"),
               ("woodwinds", "Flute"), ("woodwinds", "Oboe"), ("woodwinds", "Clarinet"), ("woodwinds", "Bassoon"),
               ("brass", "Horn"), ("brass", "Trumpet"), ("brass", "Trombone"), ("brass", "Tuba"))


def events(pitches: list[int], length_ticks: int = 32 * PPQ) -> str:
    """One quarter note after another, a controller in front, the closing event at ``length_ticks``."""
    rows: list[tuple[int, bytes]] = [(0, bytes((0xB0, 11, 100)))]
    for i, pitch in enumerate(pitches):
        tick = i * length_ticks // max(1, len(pitches))
        rows += [(tick, bytes((0x90, pitch, 90))), (tick + 100, bytes((0x80, pitch, 0)))]
    rows.append((length_ticks, bytes((0xB0, 123, 0))))
    out, now = b"", 0
    for tick, message in rows:
        out += _HEAD.pack(tick - now, 0, len(message)) + message
        now = tick
    return base64.b64encode(out).decode("ascii")


def tempo(start_s: float, bpms: tuple[float, ...] = (96.0, 101.5, 88.25),
          bar_quarters: int = 4) -> tuple[LiveTempo, ...]:
    """A tempo for two bars each; the metre stands at the first."""
    points, time_s = [], start_s
    for i, bpm in enumerate(bpms):
        points.append(LiveTempo(time_s, bpm, 4 if i == 0 else 0, 4 if i == 0 else 0))
        time_s += 2 * bar_quarters * 60.0 / bpm
    return tuple(points)


def bars_end_s(points: tuple[LiveTempo, ...], bar_quarters: int = 4) -> float:
    return points[-1].time_s + 2 * bar_quarters * 60.0 / points[-1].bpm


def time_of(points: tuple[LiveTempo, ...], quarter: float) -> float:
    """Project seconds of a quarter counted from the first point."""
    time_s, left_q = points[0].time_s, quarter
    for point, after in zip(points, (*points[1:], None), strict=True):
        length_q = float("inf") if after is None else (after.time_s - point.time_s) * point.bpm / 60.0
        if left_q <= length_q:
            return time_s + left_q * 60.0 / point.bpm
        time_s, left_q = after.time_s if after else time_s, left_q - length_q
    return time_s


def instrument(family: str, name: str, start_s: float, length_s: float, notes: int = 12, points: int = 6) -> LiveTrack:
    number = next(i for i, row in enumerate(INSTRUMENTS) if row[1] == name)
    item = LiveItem("midi", name, start_s, length_s, events([48 + (i + number) % 30 for i in range(notes)]))
    volume = tuple(v for i in range(points) for v in (start_s + i * length_s / points, -12.0 + 2.0 * (i % 5)))
    pan = (start_s, -0.5, start_s + length_s, 0.25)
    return LiveTrack(name.lower().replace(" ", "_"), "instrument", name, parent=family, color=0x3366AA,
                     gain_db=-6.0 - number / 2, pan=-0.5 + number / 12, items=(item,),
                     envelopes=(LiveEnvelope("volume", volume), LiveEnvelope("pan", pan)),
                     sends=(LiveSend(f"{family}.reverb", -9.0),),
                     fx=(LiveFx("ReaSynth", parameters=((0, 0.25), (5, 0.5))),))


def orchestra(start_s: float, length_s: float, count: int = 4, notes: int = 12,
              points: int = 6) -> tuple[LiveTrack, ...]:
    """The cue's folder, the spots, and ``count`` instruments in their families with a reverb each."""
    spots = LiveItem("midi", "FilmComposer spots", start_s, length_s, events([62, 64, 64, 62]))
    tracks = [LiveTrack("cue", "cue", "1M1 The Door"),
              LiveTrack("spots", "spots", "FilmComposer spots", parent="cue", muted=True, items=(spots,))]
    chosen = INSTRUMENTS[:count]
    for family in dict.fromkeys(row[0] for row in chosen):
        tracks.append(LiveTrack(family, "folder", family.capitalize(), parent="cue", color=0x884422))
        tracks += [instrument(family, name, start_s, length_s, notes, points) for f, name in chosen if f == family]
        tracks.append(LiveTrack(f"{family}.reverb", "reverb", f"{family.capitalize()} reverb", parent=family,
                                fx=(LiveFx("ReaVerbate", parameters=((0, 0.8), (1, 0.0))),)))
    return tuple(tracks)


def cue(label: str = "1M1", start_s: float = 10.0, count: int = 4, **changes: object) -> LivePlan:
    """A cue that ends a second before its last bar does; ``changes`` are fields of the plan."""
    points = tempo(start_s)
    last_s = bars_end_s(points)
    length_s = last_s - start_s
    plan = LivePlan(
        cue=label, title="The Door", undo_name=f"FilmComposer: Score {label}", start_s=start_s, end_s=last_s - 1.0,
        bars_end_s=last_s, parts=PARTS, tempo=points,
        markers=(LiveMarker(time_of(points, 4), "H01 impact: it's \"shut\" (hard 0.90)", 0xCC0000),
                 LiveMarker(time_of(points, 9.5), "H02 cut (soft 0.50)", 0x00CC00),
                 LiveMarker(time_of(points, 17), "H03 flash (hard 0.70)", 0xCC0000)),
        regions=(LiveRegion(start_s, time_of(points, 8), "A (bars 1-2)", 0x112233),
                 LiveRegion(time_of(points, 8), last_s, "B (bars 3-6)", 0x332211)),
        tracks=orchestra(start_s, length_s, count))
    return replace(plan, **changes)  # type: ignore[arg-type]


def with_track(plan: LivePlan, track_id: str, change: Callable[[LiveTrack], LiveTrack]) -> LivePlan:
    return replace(plan, tracks=tuple(change(t) if t.id == track_id else t for t in plan.tracks))


def without_tracks(plan: LivePlan, *ids: str) -> LivePlan:
    return replace(plan, tracks=tuple(t for t in plan.tracks if t.id not in ids))


def new_notes(plan: LivePlan, track_id: str, pitches: list[int]) -> LivePlan:
    """Another idea for the item of a track."""
    return with_track(plan, track_id, lambda t: replace(t, items=(replace(t.items[0], events=events(pitches)),)))
