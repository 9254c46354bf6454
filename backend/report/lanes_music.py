"""The music half of the timeline: bars, tempo, melody, dynamics, parts."""
from __future__ import annotations

from typing import Any

import numpy as np

from backend.domain.scheme import TrackScheme
from backend.domain.score import Note, Part
from backend.music.instruments import instruments
from backend.music.theory import key_fifths, pc_name, pitch_name
from backend.report import theme
from backend.report.canvas import shorten, write
from backend.report.view import CueView

MAX_BAR_NUMBERS = 44
TEMPO_MARGIN = 0.06
JOIN_S = 0.35
"""Notes closer than this make one block."""


def _boxes(axes: Any, boxes: list[list[tuple[float, float]]], **how: Any) -> None:
    from matplotlib.collections import PolyCollection

    axes.add_collection(PolyCollection(boxes, **how))


def _box(start: float, end: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(start, low), (end, low), (end, high), (start, high)]


def _bar_lines(axes: Any, view: CueView, low: float, high: float) -> None:
    from matplotlib.collections import LineCollection

    lines = [[(bar.start_s, low), (bar.start_s, high)] for bar in view.bars]
    axes.add_collection(LineCollection(lines, colors=theme.GRID, linewidths=0.9, zorder=0))


def _sections(axes: Any, view: CueView, low: float, high: float) -> None:
    """Tinted stretches, one tint a letter."""
    letters = sorted({section.label[:1] for section in view.score.sections})
    for section in view.score.sections:
        start, end = view.bar_span_s(section.first_bar, section.last_bar)
        tint = theme.SECTION_TINTS[letters.index(section.label[:1]) % len(theme.SECTION_TINTS)]
        _boxes(axes, [_box(start, min(end, view.end_s), low, high)], facecolors=tint, edgecolors="none", alpha=0.6,
               zorder=-2)


def draw_bars(axes: Any, view: CueView) -> None:
    """Bar numbers, beats as ticks, metre where it changes, the sections' names."""
    from matplotlib.collections import LineCollection

    axes.set_ylim(0, 1.5)
    _sections(axes, view, 0, 1.5)
    ticks = [[(beat, 0), (beat, 0.14 if k else 0.34)] for bar in view.bars for k, beat in enumerate(bar.beats_s)]
    axes.add_collection(LineCollection(ticks, colors=theme.FAINT, linewidths=0.9))
    step = next(s for s in (1, 2, 4, 8, 16, 32, 10 ** 6) if len(view.bars) / s <= MAX_BAR_NUMBERS)
    for bar in view.bars:
        if (bar.number - 1) % step == 0 or bar.meter:
            text = f"{bar.number}  {bar.meter}" if bar.meter else str(bar.number)
            write(axes, bar.start_s, 0.55, f" {text}", va="center", fontsize=theme.NORMAL,
                  fontweight="bold" if bar.meter else "normal")
    for section in view.score.sections:
        start, _ = view.bar_span_s(section.first_bar, section.last_bar)
        write(axes, start, 1.13, f" {section.label}", va="center", fontsize=theme.LARGE, fontweight="bold",
              color=theme.BLUE)


def draw_tempo(axes: Any, view: CueView) -> None:
    """Quarters a minute as steps."""
    times = [view.seconds(point.position_q) for point in view.tempo_map.points] + [view.end_s]
    tempi = [point.tempo_qpm for point in view.tempo_map.points]
    low, high = min(tempi) * (1 - TEMPO_MARGIN), max(tempi) * (1 + TEMPO_MARGIN)
    axes.set_ylim(low, high)
    _bar_lines(axes, view, low, high)
    axes.step(times, [*tempi, tempi[-1]], where="post", color=theme.GREEN, linewidth=2.0)
    for value in sorted({round(min(tempi)), round(max(tempi))}):
        axes.axhline(value, color=theme.GRID, linewidth=0.8, zorder=0)
        write(axes, -0.003, value, str(value), transform=axes.get_yaxis_transform(), ha="right", va="center",
              color=theme.FAINT, clip_on=False)


def draw_melody(axes: Any, view: CueView) -> None:
    """Piano roll of the melody, darker where louder, chords below."""
    notes = view.melody.notes
    pitches = [note.pitch for note in notes] or [60]
    low, high = min(pitches) - 5, max(pitches) + 2
    axes.set_ylim(low, high)
    _sections(axes, view, low, high)
    _bar_lines(axes, view, low, high)
    fifths = key_fifths(view.melody.key.tonic_pc, view.melody.key.mode)
    tonics = [p for p in range(min(pitches) - 1, max(pitches) + 2) if p % 12 == view.melody.key.tonic_pc]
    for pitch in tonics:
        axes.axhline(pitch, color=theme.FAINT, linewidth=0.6, alpha=0.5, zorder=-1)
    for pitch in sorted({*tonics, min(pitches), max(pitches)}):
        write(axes, -0.003, pitch, pitch_name(pitch, fifths), transform=axes.get_yaxis_transform(), ha="right",
              va="center", color=theme.FAINT, clip_on=False)
    _boxes(axes, [_box(view.seconds(n.onset_q), view.seconds(n.end_q), n.pitch - 0.42, n.pitch + 0.42) for n in notes],
           facecolors=[_shade(theme.BLUE, n.velocity / 127) for n in notes], edgecolors=theme.PAPER, linewidths=0.8)
    _chords(axes, view, low + 1.4, fifths)


def _shade(color: str, strength: float) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    red, green, blue, _ = to_rgba(color)
    return red, green, blue, 0.25 + 0.75 * min(1.0, strength)


def _chords(axes: Any, view: CueView, y: float, fifths: int) -> None:
    char_s = view.end_s / 200
    last_end = -1.0
    for chord in view.score.chords:
        start = view.seconds(chord.onset_q)
        if start < last_end:
            continue
        suffix = {"M": "", "d": "\u00b0"}.get(chord.quality, chord.quality)
        name = f" {pc_name(chord.root_pc, fifths)}{suffix}"
        write(axes, start, y, name, va="center", color=theme.FAINT)
        last_end = start + char_s * len(name)


def draw_dynamics(axes: Any, view: CueView) -> None:
    """Planned level of every bar from ppp to fff, tension as a line, accents heard as ticks."""
    axes.set_ylim(0, 1.08)
    _bar_lines(axes, view, 0, 1.08)
    spans = [(*view.bar_span_s(m.m, m.m), m) for m in view.scheme.measures if 1 <= m.m <= len(view.bars)]
    _boxes(axes, [_box(start, end, 0, max(0.02, m.level)) for start, end, m in spans], facecolors=theme.YELLOW,
           edgecolors="#b9a900", linewidths=0.8, alpha=0.65)
    last = ""
    for start, _, measure in spans:
        if measure.dynamic != last:
            write(axes, start, 0.14, f" {measure.dynamic}", va="center", fontsize=theme.LARGE, fontstyle="italic",
                  fontweight="bold", fontfamily="DejaVu Serif")
        last = measure.dynamic
    if spans:
        middles = [(start + end) / 2 for start, end, _ in spans]
        axes.plot(middles, [m.tension for _, _, m in spans], color=theme.PURPLE, linewidth=1.8)
        axes.text(-0.008, 0.46, "tension", transform=axes.transAxes, ha="right", va="center", fontsize=theme.SMALL,
                  color="#9a4d78")
    _accents(axes, view)


def _accents(axes: Any, view: CueView) -> None:
    from matplotlib.collections import LineCollection

    if view.metrics is None or view.metrics.sync is None:
        return
    lines = [[(t, 0.98), (t, 1.08)] for t in view.metrics.sync.accents_s]
    axes.add_collection(LineCollection(lines, colors=theme.INK, linewidths=1.4))
    axes.text(-0.008, 0.62, "accents heard", transform=axes.transAxes, ha="right", va="center", fontsize=theme.SMALL,
              color=theme.INK)


def draw_parts(axes: Any, view: CueView) -> None:
    """One row a part: blocks where it plays, as high as it is loud, a tick at every note."""
    from matplotlib.collections import LineCollection

    parts = view.score.parts
    axes.set_ylim(max(1, len(parts)), 0)
    _sections(axes, view, len(parts), 0)
    _bar_lines(axes, view, len(parts), 0)
    known = instruments()
    tracks = {track.part: track for track in view.scheme.tracks}
    for row, part in enumerate(parts):
        instrument = known.get(part.instrument)
        color = theme.FAMILY_COLOR.get(instrument.stem if instrument else "", theme.FAINT)
        axes.axhline(row + 1, color=theme.GRID, linewidth=0.8, zorder=-1)
        blocks = [_block(view, run, tracks.get(part.id), row) for run in _runs(view, part)]
        _boxes(axes, blocks, facecolors=color, edgecolors="none", alpha=0.45)
        onsets = [view.seconds(note.onset_q) for note in part.notes]
        axes.add_collection(LineCollection([[(t, row + 0.94), (t, row + 0.72)] for t in onsets], colors=color,
                                           linewidths=1.1))
        write(axes, -0.008, row + 0.52, shorten(part.name, 24), transform=axes.get_yaxis_transform(), ha="right",
              va="center", fontsize=theme.NORMAL, clip_on=False,
              fontweight="bold" if part.role == "melody" else "normal")


def _runs(view: CueView, part: Part) -> list[list[Note]]:
    """Notes in groups without a rest longer than JOIN_S."""
    runs: list[list[Note]] = []
    end = float("-inf")
    for note in sorted(part.notes, key=lambda n: (n.onset_q, n.pitch)):
        start = view.seconds(note.onset_q)
        if start - end > JOIN_S:
            runs.append([])
        runs[-1].append(note)
        end = max(end, view.seconds(note.end_q))
    return runs


def _block(view: CueView, run: list[Note], track: TrackScheme | None, row: int) -> list[tuple[float, float]]:
    """Outline of a run: half height for silence, full for velocity 127 at an envelope of 1."""
    points = [(view.seconds(note.onset_q), _level(view, note, track)) for note in run]
    end = max(view.seconds(note.end_q) for note in run)
    times = np.array([t for t, _ in points] + [end])
    levels = np.array([level for _, level in points] + [points[-1][1]])
    upper = [(float(t), row + 0.94 - 0.86 * float(level)) for t, level in zip(times, levels, strict=True)]
    return [(float(times[0]), row + 0.94), *upper, (end, row + 0.94)]


def _level(view: CueView, note: Note, track: TrackScheme | None) -> float:
    envelope = 1.0
    if track is not None and track.volume_envelope:
        bar = view.tempo_map.bar_at(note.onset_q).number
        known = [m for m in track.volume_envelope if m <= bar]
        envelope = track.volume_envelope[max(known)] if known else 1.0
    return min(1.0, note.velocity / 127 * (0.35 + 0.65 * min(1.0, envelope)))
