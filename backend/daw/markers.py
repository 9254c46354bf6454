"""Tempo, hits and sections as the session's tempo markers, markers and regions."""
from __future__ import annotations

from backend.daw.palette import HIT_COLORS, SECTION_COLORS
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.session import Marker, Region, TempoMarker
from backend.domain.spotting import Section
from backend.domain.tempo import TempoMap
from backend.music.ticks import ticks

CUE_COLOR = 0x839192


def tempo_markers(tempo_map: TempoMap) -> tuple[TempoMarker, ...]:
    """One marker wherever the tempo or the metre changes; the metre stands only where it changes."""
    tempi = {ticks(point.position_q): point.us_per_quarter for point in tempo_map.points}
    metres: dict[int, tuple[int, int]] = {}
    current = (0, 0)
    for bar in tempo_map.bars:
        if (bar.numerator, bar.denominator) != current:
            current = (bar.numerator, bar.denominator)
            metres[ticks(bar.start_q)] = current
    metres.setdefault(0, (tempo_map.meters[0].numerator, tempo_map.meters[0].denominator))
    out, us = [], tempo_map.points[0].us_per_quarter
    for tick in sorted(set(tempi) | set(metres)):
        us = tempi.get(tick, us)
        numerator, denominator = metres.get(tick, (0, 4))
        out.append(TempoMarker(tick, us, numerator, denominator))
    return tuple(out)


def hit_name(number: int, hit: HitPoint) -> str:
    """``H03 impact: the door slams (hard 0.90)``."""
    reason = f": {hit.reason}" if hit.reason else ""
    return f"H{number:02d} {hit.kind}{reason} ({hit.type} {hit.weight:.2f})"


def hit_markers(hits: HitPoints) -> tuple[Marker, ...]:
    """Every hit at its own time: the picture decides, not the beat that meets it."""
    return tuple(Marker(float(hit.time_s), hit_name(number, hit), HIT_COLORS[hit.type])
                 for number, hit in enumerate(hits.hits, start=1))


def section_regions(label: str, sections: tuple[Section, ...], tempo_map: TempoMap) -> tuple[Region, ...]:
    """The whole cue, then every section, from bar line to bar line."""
    bars = tempo_map.bars
    out = [Region(0, ticks(bars[-1].end_q), label, CUE_COLOR)]
    letters = sorted({section.label.rstrip("'") for section in sections})
    for section in sections:
        first = bars[min(max(section.first_bar, 1), len(bars)) - 1]
        last = bars[min(max(section.last_bar, section.first_bar, 1), len(bars)) - 1]
        color = SECTION_COLORS[letters.index(section.label.rstrip("'")) % len(SECTION_COLORS)]
        name = f"{section.label} (bars {first.number}-{last.number})"
        out.append(Region(ticks(first.start_q), ticks(last.end_q), name, color))
    return tuple(out)
