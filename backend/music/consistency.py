"""Whether documents that a person may have edited fit together: one check a document.

What a field may hold by itself stands in ``backend/domain``; here stands what takes the theory, the instruments or a
second document. Every check raises EditError, one line that names file and field; none changes anything.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from backend.domain.analysis import ClipAnalysis, Cut, Impact
from backend.domain.brief import CueBrief
from backend.domain.description import ClipDescription
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Note, Part, Score
from backend.domain.spotting import RhythmSpots, Section
from backend.domain.tempo import TempoMap
from backend.domain.visual_labels import LABELS, close_first, is_label
from backend.errors import EditError
from backend.music.instruments import instruments
from backend.music.roman import parse_progression
from backend.music.theory import MODES, QUALITIES

CURVES = ("motion", "saliency", "luma", "saturation", "contrast")
PAST_PICTURE_S = 60
"""A cue may outlast its last frame by as much (a last frame may stand long), no more."""
RING_S = 60
"""A last note may ring this long after the last bar."""
NOTE_VALUES = (1, 2, 4, 8, 16, 32)
"""What MIDI and notation can write under a metre."""
SPARE_BARS = 64
"""Whole bars after the music's end."""


def _wrong(file: str, field: str, problem: str, cure: str = "Mend it") -> EditError:
    return EditError(f"{file}: {field} {problem}. {cure}, or delete the file to have it made again.")


def check_analysis(analysis: ClipAnalysis) -> None:
    """Every curve there, one value a frame; frames in order; cuts, shots and the cue's end among the frames."""
    file, times = "analysis.json", analysis.frame_times_s
    if not times:
        raise _wrong(file, "frame_times_s", "is empty")
    if times[0] < 0 or any(a >= b for a, b in zip(times, times[1:], strict=False)):
        raise _wrong(file, "frame_times_s", "does not rise from 0")
    _check_curves(analysis)
    if analysis.cue.duration_s > times[-1] + PAST_PICTURE_S:
        raise _wrong(file, "cue.end_s", f"lies more than {PAST_PICTURE_S} s after the last frame")
    for i, shot in enumerate(analysis.shots):
        if not 0 <= shot.start_frame < shot.end_frame <= len(times) or shot.end_s < shot.start_s:
            raise _wrong(file, f"shots[{i}]", f"does not lie within the {len(times)} frames")
    marked: tuple[tuple[str, Sequence[Cut | Impact]], ...] = (("cuts", analysis.cuts), ("impacts", analysis.impacts))
    for field, marks in marked:
        for i, mark in enumerate(marks):
            if not 0 <= mark.frame < len(times) or mark.time_s < 0:
                raise _wrong(file, f"{field}[{i}].frame", f"is not one of the {len(times)} frames")
    for i, change in enumerate(analysis.transitions):
        if not 0 <= change.start_frame <= change.end_frame < len(times):
            raise _wrong(file, f"transitions[{i}]", f"does not lie within the {len(times)} frames")


def _check_curves(analysis: ClipAnalysis) -> None:
    frames = len(analysis.frame_times_s)
    have = [curve.name for curve in analysis.curves]
    for name in CURVES:
        if name not in have:
            raise _wrong("analysis.json", "curves", f"lacks '{name}'", "Put it back")
    for i, curve in enumerate(analysis.curves):
        if len(curve.values) != frames:
            raise _wrong("analysis.json", f"curves[{i}].values",
                         f"('{curve.name}') has {len(curve.values)} values for {frames} frames")
        if any(not 0 <= value <= 1e6 for value in curve.values):
            raise _wrong("analysis.json", f"curves[{i}].values", f"('{curve.name}') has a value below 0 or over 1e6")


def check_description(description: ClipDescription, analysis: ClipAnalysis) -> None:
    """Labels of Table 6, shots that the analysis has, instruments that exist."""
    file = "description.json"
    labels = [("clip", description.clip)] + [(f"shots[{i}].attributes", shot.attributes)
                                             for i, shot in enumerate(description.shots)]
    for field, attributes in labels:
        for name in LABELS:
            label = getattr(attributes, name).label
            if label is not None and not is_label(name, label):
                raise _wrong(file, f"{field}.{name}.label", f"'{label}' is none of "
                                                            f"{', '.join(close_first(name, label))}")
    for i, shot in enumerate(description.shots):
        if not 0 <= shot.shot < len(analysis.shots):
            raise _wrong(file, f"shots[{i}].shot", f"{shot.shot} is no shot of analysis.json")
    for i, name in enumerate(description.reasoning.music.instruments if description.reasoning else ()):
        _check_instrument(file, f"reasoning.music.instruments[{i}]", name)


def check_brief(brief: CueBrief) -> None:
    """A known mode, loops that can be read, instruments that exist."""
    _check_mode("brief.json", "mode", brief.mode)
    for i, text in enumerate(brief.progressions):
        try:
            chords = parse_progression(text, brief.tonic_pc, brief.mode)
        except ValueError as error:
            raise _wrong("brief.json", f"progressions[{i}]", f"cannot be read: {str(error).rstrip('.')}") from None
        if not chords:
            raise _wrong("brief.json", f"progressions[{i}]", "is empty")
    for field, names in (("core", brief.core), ("avoid", brief.avoid)):
        for i, name in enumerate(names):
            _check_instrument("brief.json", f"{field}[{i}]", name)


def check_tempo_map(tempo_map: TempoMap, hits: HitPoints) -> None:
    """End, tempi and sync points among the bars. Sync points of hits that are gone are dropped by
    :func:`consistent_tempo_map`, not refused; so ``hits`` may be shorter than the map knew them."""
    file, last_q = "tempo_map.json", tempo_map.bars[-1].end_q
    for i, meter in enumerate(tempo_map.meters):
        if meter.denominator not in NOTE_VALUES:
            raise _wrong(file, f"meters[{i}].denominator", f"{meter.denominator} is none of {NOTE_VALUES}")
    if tempo_map.end_q > last_q:
        raise _wrong(file, "end_q", f"{tempo_map.end_q} lies after the last bar (ends at {last_q})")
    if tempo_map.bar_count - tempo_map.bar_at(tempo_map.end_q).number > SPARE_BARS:
        raise _wrong(file, "bar_count", f"{tempo_map.bar_count} goes more than {SPARE_BARS} bars past end_q")
    if tempo_map.points[-1].position_q > last_q:
        raise _wrong(file, f"points[{len(tempo_map.points) - 1}].position_q", "lies after the last bar")
    for i, point in enumerate(tempo_map.sync):
        if point.position_q > last_q:
            raise _wrong(file, f"sync[{i}].position_q", f"{point.position_q} lies after the last bar")


def consistent_tempo_map(tempo_map: TempoMap, hits: HitPoints) -> TempoMap:
    """The map without sync points whose hit is no longer in the list."""
    kept = tuple(point for point in tempo_map.sync if point.hit < len(hits.hits))
    return tempo_map if len(kept) == len(tempo_map.sync) else replace(tempo_map, sync=kept)


def check_spots(spots: RhythmSpots, tempo_map: TempoMap) -> None:
    """Sections that tile the bars; onsets among the bars. For spots already clipped to the cue."""
    _check_sections("spots.json", spots.sections, tempo_map.bar_count)
    last_q = tempo_map.bars[-1].end_q
    for i, spot in enumerate(spots.spots):
        if spot.onset_q >= last_q:
            raise _late("spots.json", f"spots[{i}].onset_q {spot.onset_q}", last_q)


def check_melody(melody: Melody, tempo_map: TempoMap) -> None:
    """A key, sections that tile the bars, notes in order and among the bars."""
    file = "melody.json"
    _check_mode(file, "key.mode", melody.key.mode)
    _check_sections(file, melody.sections, tempo_map.bar_count)
    if not melody.notes:
        raise _wrong(file, "notes", "is empty", "Write one")
    _check_notes(file, "notes", melody.notes, tempo_map)
    for i, (a, b) in enumerate(zip(melody.notes, melody.notes[1:], strict=False), 1):
        if b.onset_q < a.onset_q:
            raise _wrong(file, f"notes[{i}].onset_q", f"{b.onset_q} comes before the note above it", "Sort the notes")
    for i, bar in enumerate(melody.phrases):
        if not 1 <= bar <= tempo_map.bar_count:
            raise _wrong(file, f"phrases[{i}]", f"{bar} is no bar (there are {tempo_map.bar_count})")


def check_score(score: Score, tempo_map: TempoMap) -> None:
    """Part ids once each, known instruments, notes, controllers and chords among the bars, a key and sections."""
    file = "score.json"
    _check_mode(file, "key.mode", score.key.mode)
    _check_sections(file, score.sections, tempo_map.bar_count)
    if not score.parts:
        raise _wrong(file, "parts", "is empty")
    _check_unique(file, "parts", "id", [part.id for part in score.parts])
    for i, part in enumerate(score.parts):
        _check_part(f"parts[{i}]", part, tempo_map)
    last_q, longest_q = tempo_map.bars[-1].end_q, _ring_end_q(tempo_map)
    for i, chord in enumerate(score.chords):
        if chord.quality not in QUALITIES:
            raise _wrong(file, f"chords[{i}].quality", f"'{chord.quality}' is none of {', '.join(QUALITIES)}")
        if chord.onset_q >= last_q:
            raise _late(file, f"chords[{i}].onset_q {chord.onset_q}", last_q)
        if chord.onset_q + chord.duration_q > longest_q:
            raise _wrong(file, f"chords[{i}].duration_q", f"lasts more than {RING_S} s past the last bar")


def _check_part(field: str, part: Part, tempo_map: TempoMap) -> None:
    file = "score.json"
    _check_instrument(file, f"{field}.instrument", part.instrument)
    _check_notes(file, f"{field}.notes", part.notes, tempo_map)
    if part.timing_ms and len(part.timing_ms) != len(part.notes):
        raise _wrong(file, f"{field}.timing_ms", f"has {len(part.timing_ms)} values for {len(part.notes)} notes",
                     "Give every note one value or none to all")
    for i, offset in enumerate(part.timing_ms):
        if abs(offset) > 1000:
            raise _wrong(file, f"{field}.timing_ms[{i}]", f"{offset:g} is more than a second")
    longest_q = _ring_end_q(tempo_map)
    for i, control in enumerate(part.controls):
        if control.position_q > longest_q:
            raise _late(file, f"{field}.controls[{i}].position_q", tempo_map.bars[-1].end_q)


def check_scheme(scheme: ArrangementScheme, score: Score) -> None:
    """Tracks once each, instruments that exist, sections without a gap, a chosen round."""
    file = "scheme.json"
    _check_unique(file, "tracks", "part", [track.part for track in scheme.tracks])
    _check_unique(file, "tracks", "track_index", [track.track_index for track in scheme.tracks])
    for i, track in enumerate(scheme.tracks):
        _check_instrument(file, f"tracks[{i}].instrument", track.instrument)
    _check_sections(file, scheme.sections, max((section.last_bar for section in score.sections), default=0))
    if [measure.m for measure in scheme.measures] != list(range(1, len(scheme.measures) + 1)):
        raise _wrong(file, "measures", "does not count its bars 1, 2, 3 in order")
    if not 0 <= scheme.chosen_round < max(1, len(scheme.rounds)):
        raise _wrong(file, "chosen_round", f"{scheme.chosen_round} is no round (there are {len(scheme.rounds)})")


def _check_mode(file: str, field: str, mode: str) -> None:
    if mode not in MODES:
        raise _wrong(file, field, f"'{mode}' is none of {', '.join(MODES)}")


def _check_instrument(file: str, field: str, name: str) -> None:
    if name not in instruments():
        raise _wrong(file, field, f"'{name}' does not exist. Name one of backend/music/instruments.json, "
                                  "for example 'violins1'")


def _check_unique(file: str, field: str, key: str, values: Sequence[object]) -> None:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise _wrong(file, f"{field}[{i}].{key}", f"'{value}' is there twice")


def _check_sections(file: str, sections: Iterable[Section], bar_count: int) -> None:
    bar = 0
    for i, section in enumerate(sections):
        if section.first_bar != bar + 1:
            raise _wrong(file, f"sections[{i}].first_bar", f"{section.first_bar} does not follow bar {bar}"
                         if bar else f"{section.first_bar} is not bar 1")
        bar = section.last_bar
    if bar != bar_count:
        raise _wrong(file, "sections", f"end with bar {bar}, the tempo map has {bar_count}")


def _check_notes(file: str, field: str, notes: Sequence[Note], tempo_map: TempoMap) -> None:
    last_q, longest_q = tempo_map.bars[-1].end_q, _ring_end_q(tempo_map)
    for i, note in enumerate(notes):
        if note.onset_q >= last_q:
            raise _late(file, f"{field}[{i}].onset_q {note.onset_q}", last_q)
        if note.end_q > longest_q:
            raise _wrong(file, f"{field}[{i}].duration_q", f"lasts more than {RING_S} s past the last bar",
                         "Shorten it")


def _ring_end_q(tempo_map: TempoMap) -> Fraction:
    return tempo_map.position_q(tempo_map.time_s(tempo_map.bars[-1].end_q) + RING_S)


def _late(file: str, place: str, last_q: Fraction) -> EditError:
    return _wrong(file, place, f"lies after the last bar (ends at {last_q})", "Move it")
