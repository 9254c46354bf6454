"""The assessor that computes: every criterion is a metric, the verdict a fitted fusion. No language model."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from backend.domain.assessment import Assessment
from backend.domain.brief import CueBrief
from backend.domain.score import Melody, Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music.criteria import fusion, panel
from backend.music.criteria.features import Line, Piece, beat_length_q, line_of
from backend.music.instruments import instruments


class CriteriaAssessor:
    """Judges melodies and scores by the 19 criteria; deterministic, in milliseconds."""

    name = "criteria"

    def assess(self, melody: Melody, tempo_map: TempoMap, brief: CueBrief, advisory: bool) -> Assessment:
        """The verdict on a melody; ``advisory`` never rejects. A melody without notes is rejected, one of a few notes
        is not: there is nothing to hold against it."""
        piece = _piece((_line(melody.notes, "melody"),), tempo_map)
        found = fusion.verdict(panel.judge(piece, brief), piece.kind, advisory, self.name)
        if melody.notes:
            return found
        return dataclasses.replace(found, probability=0.0, accepted=advisory, veto="there are no notes")

    def assess_score(self, score: Score, tempo_map: TempoMap, brief: CueBrief) -> Assessment:
        """The verdict on the whole score, always advisory. Unpitched parts count for nothing here."""
        lines = tuple(_part_line(part, tempo_map) for part in score.parts if part.notes and _is_pitched(part))
        chords = tuple((float(c.onset_q), float(c.duration_q), c.root_pc, c.quality) for c in score.chords)
        piece = dataclasses.replace(_piece(lines, tempo_map), given_chords=chords)
        return fusion.verdict(panel.judge(piece, brief), piece.kind, True, self.name)


def _line(notes: Sequence[Note], role: str) -> Line:
    return line_of(((float(n.onset_q), float(n.duration_q), n.pitch) for n in notes), role)


def _is_pitched(part: Part) -> bool:
    tool = instruments().get(part.instrument)
    return part.role != "percussion" and (tool is None or tool.pitched)


def _part_line(part: Part, tempo_map: TempoMap) -> Line:
    notes = sorted(part.notes, key=lambda n: (n.onset_q, n.duration_q, n.pitch))
    seconds = [float(tempo_map.time_s(n.end_q) - tempo_map.time_s(n.onset_q)) for n in notes]
    return dataclasses.replace(_line(notes, part.role), instrument=instruments().get(part.instrument),
                               articulations=tuple(n.articulation for n in notes), note_s=np.asarray(seconds))


def _piece(lines: tuple[Line, ...], tempo_map: TempoMap) -> Piece:
    bars = tempo_map.bars
    edges = np.asarray([float(bar.start_q) for bar in bars] + [float(bars[-1].end_q)])
    beats = np.asarray([beat_length_q(bar.numerator, bar.denominator) for bar in bars])
    seconds = float(tempo_map.time_s(bars[-1].end_q))
    return Piece(lines, edges, beats, tempo_qpm=60 * float(edges[-1]) / seconds)
