"""What stands above the top staff: tempo marks, section letters, the timecode of every hit."""
from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element

from backend.domain.hits import HitPoints
from backend.domain.spotting import Section
from backend.domain.tempo import Bar, TempoMap
from backend.music.notation.note_values import UNITS_PER_QUARTER
from backend.music.notation.xml_notes import child

AUDIBLE_TEMPO_CHANGE = 0.02
"""A mark at each change above 2 %: what players notice (Drake & Botte 1993: 1.5-3 % for regular sequences)."""


def tempo_marks(tempo_map: TempoMap) -> dict[Fraction, float]:
    """Position in quarters -> tempo to print, where it has moved audibly since the last mark."""
    out: dict[Fraction, float] = {}
    last = 0.0
    for point in tempo_map.points:
        if not out or abs(point.tempo_qpm / last - 1) > AUDIBLE_TEMPO_CHANGE:
            last = point.tempo_qpm
            out[point.position_q] = last
    return out


def hit_words(tempo_map: TempoMap, hits: HitPoints) -> dict[Fraction, str]:
    """Position in quarters -> timecode and reason of the hit that falls there."""
    out: dict[Fraction, str] = {}
    for sync in tempo_map.sync:
        if not 0 <= sync.hit < len(hits.hits):
            continue
        hit = hits.hits[sync.hit]
        text = " ".join(part for part in (hit.timecode or f"{float(hit.time_s):.3f} s", hit.reason) if part)
        out[sync.position_q] = f"{out[sync.position_q]}; {text}" if sync.position_q in out else text
    return out


def write_directions(measure: Element, bar: Bar, marks: tuple[dict[Fraction, float], dict[Fraction, str]],
                     sections: tuple[Section, ...]) -> None:
    """The directions that fall into a bar, each with its offset from the bar line."""
    tempi, words = marks
    for section in sections:
        if section.first_bar == bar.number:
            child(child(child(measure, "direction", placement="above"), "direction-type"), "rehearsal", section.label)
    for position in sorted({*tempi, *words}):
        if not bar.start_q <= position < bar.end_q:
            continue
        offset = int((position - bar.start_q) * UNITS_PER_QUARTER + Fraction(1, 2))
        if position in tempi:
            _tempo(measure, tempi[position], offset)
        if position in words:
            direction = child(measure, "direction", placement="above")
            child(child(direction, "direction-type"), "words", words[position])
            child(direction, "offset", offset)


def _tempo(measure: Element, tempo_qpm: float, offset: int) -> None:
    direction = child(measure, "direction", placement="above")
    metronome = child(child(direction, "direction-type"), "metronome")
    child(metronome, "beat-unit", "quarter")
    child(metronome, "per-minute", f"{tempo_qpm:.4g}")
    child(direction, "offset", offset)
    child(direction, "sound", tempo=f"{tempo_qpm:.4f}")
