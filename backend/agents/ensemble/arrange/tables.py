"""What the arrangers are shown of a cue: facts, story, one row a bar, locks, reviews. Counted here, so that no model
counts.

Every function returns the body of one section of a task. Tables are CSV with a header.
"""
from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from backend.agents.ensemble.aliases import names_text, section_aliases
from backend.agents.ensemble.prompts import quoted, section
from backend.agents.rules.analyze import RuleAnalyzer, hit_weights, sections_of
from backend.agents.rules.arrange import fades_out
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import DYNAMICS, MeasurePlan, Review
from backend.domain.score import Chord
from backend.domain.tempo import Bar, TempoMap
from backend.music.layers.ostinato import pulse_q
from backend.music.levels import bar_energies, picture_energy
from backend.music.locks import ROLES
from backend.music.theory import key_fifths, key_name, pc_name

_QUALITY = {"M": "", "d": "dim", "+": "aug"}
_STORY_CHARS, _CELL_CHARS = 1500, 240


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with a header; floats to two places at most, None as nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().strip()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return one_line(value)
    return _short(value) if isinstance(value, float) else value


def one_line(text: str) -> str:
    """On one line, without anything that could open a section or a fence. Our own lines and cells are never cut: what
    is missing there, a speaker cannot know."""
    readable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(re.sub(r"={3,}|<{3,}|>{3,}", " ", readable).split())


def cut(text: object) -> str:
    """Words of people and of other speakers in a table."""
    return one_line(str(text))[:_CELL_CHARS]


def _short(value: float) -> str:
    """Two places without what says nothing: ``.5``, ``-.12``, ``1``, ``0``."""
    text = f"{value:.2f}".rstrip("0").rstrip(".").replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
    return {"": "0", "-": "0", "-0": "0"}.get(text, text) if abs(value) < 1 else text.rstrip("0").rstrip(".")


def joined(parts: Iterable[tuple[str, str]]) -> str:
    """(name, body) as a task; a part with nothing to say is left out."""
    return "\n\n".join(section(name, body) for name, body in parts if body.strip())


def bar_list(ranges: Iterable[tuple[int, int]]) -> str:
    """``1-4 9``: inclusive bar ranges."""
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def pulses_in(bar: Bar, request: ArrangeRequest) -> int:
    """Characters of an ostinato cell that fills a bar."""
    return max(1, int(bar.length_q / pulse_q(request.tempo_map, request.brief.arousal)))


def _by_change(tempo_map: TempoMap, values: Sequence[str]) -> str:
    """``4/4`` or ``4/4, from bar 9 7/8``."""
    out = [values[0]]
    for bar, before, now in zip(tempo_map.bars[1:], values, values[1:], strict=False):
        if now != before:
            out.append(f"from bar {bar.number} {now}")
    return ", ".join(out)


def _tempo(tempo_map: TempoMap) -> str:
    values = [point.tempo_qpm for point in tempo_map.points]
    low, high = round(min(values)), round(max(values))
    return f"{low}" if low == high else f"{low}-{high}, {round(values[0])} at first"


def cue_lines(request: ArrangeRequest, more: Iterable[tuple[str, object]] = ()) -> str:
    """``key: value`` lines: what the cue is."""
    brief, beats = request.brief, request.tempo_map
    labels = labels_of(request)
    sections = "; ".join(f"{labels[s.label]} {s.first_bar}-{s.last_bar}" for s in sections_of(request))
    hits = "; ".join(f"bar {bar} ({weight:.2f})" for bar, weight in sorted(hit_weights(request).items()))
    lines: list[tuple[str, object]] = [
        ("bars", beats.bar_count), ("seconds", f"{float(request.analysis.cue.duration_s):.1f}"),
        ("metre", _by_change(beats, [f"{bar.numerator}/{bar.denominator}" for bar in beats.bars])),
        ("tempo_qpm", _tempo(beats)), ("key", key_name(brief.tonic_pc, brief.mode)),
        ("emotion", cut(brief.emotion or "not named")),
        ("valence_arousal", f"{brief.valence:.2f} {brief.arousal:.2f}"),
        ("base_dynamic", DYNAMICS[round(brief.dynamic)]), ("layers_wanted", brief.layers),
        ("percussion", f"{brief.percussion} of 3"), ("core", ", ".join(brief.core) or "open"),
        ("avoid", ", ".join(brief.avoid) or "nothing"), ("sections", sections), ("hard_hits", hits or "none"),
        ("round", len(request.reviews) + 1), *more]
    return "\n".join(f"{key}: {one_line(str(value))}" for key, value in lines)


def labels_of(request: ArrangeRequest, plan: MeasurePlan | None = None) -> dict[str, str]:
    """Label of a section -> what tables call it; those of the melody come first."""
    return section_aliases((*sections_of(request), *(plan.sections if plan else ())))


def names_of(request: ArrangeRequest, plan: MeasurePlan | None = None) -> str:
    """What people call the sections that tables call otherwise, fenced."""
    return names_text((alias, label) for label, alias in labels_of(request, plan).items())


def cell_length(request: ArrangeRequest) -> tuple[tuple[str, object], ...]:
    """Characters of an ostinato's cell, as a line of CUE; nothing where bars differ: :func:`arrange_columns`."""
    counts = {pulses_in(bar, request) for bar in request.tempo_map.bars}
    return (("cell_length", counts.pop()),) if len(counts) == 1 else ()


def arrange_columns(request: ArrangeRequest) -> tuple[str, ...]:
    """Columns for Arrange: with ``cell`` where an ostinato's cell is longer in some bars than in others."""
    return PLANNED if cell_length(request) else (*PLANNED, "cell")


def out_line(request: ArrangeRequest) -> tuple[str, str]:
    """How the picture ends."""
    return "picture_ends", "fades to black" if fades_out(request.analysis) else "no fade"


def note_text(request: ArrangeRequest) -> str:
    """The composer's word, fenced."""
    return quoted(request.note) if request.note.strip() else ""


def story_text(request: ArrangeRequest) -> str:
    """What is known of the picture's meaning, fenced: labels, plot by bars, the music description."""
    told, clip = request.description, request.description.clip
    labels = [f"{name}: {getattr(clip, name).label}" for name in ("emotion", "setting", "behaviour", "theme",
                                                                 "view_scale") if getattr(clip, name).label]
    lines = ["; ".join(labels), told.motion]
    for part in told.plot:
        if part.sentence:
            first, last = (_bar_at(request.tempo_map, s) for s in (part.start_s, part.end_s))
            lines.append(f"bars {first}-{last}: {part.sentence}")
    if told.reasoning is not None:
        lines.append(told.reasoning.music_description)
    text = "\n".join(line for line in lines if line.strip())
    return quoted(text[:_STORY_CHARS]) if text else ""


def _bar_at(tempo_map: TempoMap, time_s: float) -> int:
    position = tempo_map.position_q(Fraction(round(max(0.0, time_s) * 1000), 1000))
    return tempo_map.bar_at(min(position, tempo_map.end_q)).number


def _saliencies(request: ArrangeRequest) -> list[float]:
    """Bursts of motion per bar, 1 the cue's strongest."""
    times = np.array([float(t) for t in request.analysis.frame_times_s])
    values = np.asarray(request.analysis.curve("saliency").values, dtype=float)
    out = []
    for bar in request.tempo_map.bars:
        start, end = (float(request.tempo_map.time_s(q)) for q in (bar.start_q, bar.end_q))
        inside = values[(times >= start) & (times < end)]
        out.append(float(inside.mean()) if len(inside) else 0.0)
    top = max(out, default=0.0)
    return [value / top if top > 0 else 0.0 for value in out]


def chord_name(chord: Chord, fifths: int) -> str:
    """``Dm``, ``F#dim``, ``Gsus4``."""
    return pc_name(chord.root_pc, fifths) + _QUALITY.get(chord.quality, chord.quality)


def chords_in(request: ArrangeRequest, bar: Bar) -> str:
    """Chords that start in a bar; the one that sounds on, in brackets, where none does."""
    fifths = key_fifths(request.brief.tonic_pc, request.brief.mode)
    inside = [chord for chord in request.chords if bar.start_q <= chord.onset_q < bar.end_q]
    if inside:
        return " ".join(chord_name(chord, fifths) for chord in inside)
    before = [chord for chord in request.chords if chord.onset_q < bar.start_q]
    return f"({chord_name(before[-1], fifths)})" if before else ""


def notes_by_bar(request: ArrangeRequest) -> dict[int, list[int]]:
    """Bar number -> pitches of the melody notes that start in it."""
    out: dict[int, list[int]] = {bar.number: [] for bar in request.tempo_map.bars}
    for note in request.melody.notes:
        out.setdefault(request.tempo_map.bar_at(note.onset_q).number, []).append(note.pitch)
    return out


SEEN = ("m", "t_s", "motion", "saliency", "tension", "hit", "chord", "notes")
PLANNED = (*SEEN, "dyn", "level", "texture", "section")
SUNG = (*SEEN, "low", "high", "dyn", "level", "texture", "section")
PLAYED = ("m", "hit", "notes", "dyn", "level", "section")
"""Columns of TABLE: for Analyze, for those after it, for Voice-Part, for Instrument (whose layers are in DRAFT)."""


def measure_table(request: ArrangeRequest, plan: MeasurePlan | None = None, columns: Sequence[str] = SEEN) -> str:
    """One row a bar: start, motion 0..1, bursts 0..1, tension 0..1, hard hit, chords, melody onsets and their lowest
    and highest pitch; with a plan what Analyze decided. ``texture`` and ``section`` are named where they change."""
    energies = bar_energies(picture_energy(request.analysis), request.tempo_map)
    bursts, hits, notes = _saliencies(request), hit_weights(request), notes_by_bar(request)
    measures = (plan or RuleAnalyzer().analyze(request)).measures
    rows: list[dict[str, object]] = []
    before = "", ""
    labels = labels_of(request, plan)
    for bar, energy, burst, measure in zip(request.tempo_map.bars, energies, bursts, measures, strict=True):
        mine = notes[bar.number]
        now = ("+".join(role for role in measure.texture if role in ROLES),
               labels.get(_label(plan, bar.number), "") if plan else "")
        texture, label = ("" if a == b else a for a, b in zip(now, before, strict=True))
        before = now
        rows.append({"m": bar.number, "t_s": f"{float(request.tempo_map.time_s(bar.start_q)):.1f}", "motion": energy,
                     "saliency": round(burst, 1), "tension": measure.tension, "hit": hits.get(bar.number),
                     "chord": chords_in(request, bar), "notes": len(mine), "low": min(mine, default=None),
                     "high": max(mine, default=None), "dyn": measure.dynamic, "level": measure.level,
                     "texture": texture, "section": label, "cell": pulses_in(bar, request)})
    return csv_text(columns, [[row[name] for name in columns] for row in rows])


def _label(plan: MeasurePlan, bar: int) -> str:
    return next((s.label for s in plan.sections if s.first_bar <= bar <= s.last_bar), "")


def locks_table(request: ArrangeRequest) -> str:
    """Fields that stand."""
    if not request.locks:
        return ""
    return csv_text(("path", "value"), [(lock.path, cut(lock.value)) for lock in request.locks])


def review_table(request: ArrangeRequest) -> str:
    """The last review's issues."""
    return issues_table(request.reviews[-1]) if request.reviews else ""


def issues_table(review: Review) -> str:
    """Issues, the gravest first; nothing where there are none."""
    if not review.issues:
        return ""
    issues = sorted(review.issues, key=lambda issue: -issue.severity)
    return csv_text(("severity", "step", "path", "problem", "suggestion"),
                    [(i.severity, i.step, cut(i.path), cut(i.problem), cut(i.suggestion)) for i in issues])


def figures_table(request: ArrangeRequest) -> str:
    """Figures of the cue the arrangers may lean on: id, name, value."""
    energies = np.array(bar_energies(picture_energy(request.analysis), request.tempo_map))
    pitches = [note.pitch for note in request.melody.notes] or [request.brief.register_pitch]
    bars = request.tempo_map.bar_count
    rows = [("motion_mean", "mean motion of the picture 0..1", float(energies.mean())),
            ("motion_spread", "loudest bar less stillest bar 0..1", float(energies.max() - energies.min())),
            ("motion_peak_bar", "bar of most motion", int(energies.argmax()) + 1),
            ("hits", "hard hits the tempo map meets", len(hit_weights(request))),
            ("notes_per_bar", "melody onsets a bar", len(request.melody.notes) / bars),
            ("chords_per_bar", "harmonies a bar", len(request.chords) / bars),
            ("melody_low", "lowest melody pitch (MIDI)", min(pitches)),
            ("melody_high", "highest melody pitch (MIDI)", max(pitches))]
    return csv_text(("id", "name", "value"), rows)


def bars_with_notes(request: ArrangeRequest) -> frozenset[int]:
    """Numbers of the bars in which melody notes start."""
    return frozenset(bar for bar, pitches in notes_by_bar(request).items() if pitches)
