"""The CSV value by value, and the console list."""
from __future__ import annotations

import csv
import io
from dataclasses import replace
from fractions import Fraction
from types import ModuleType

from backend.domain.hits import HitPoint, HitPoints
from backend.domain.time import FrameRate
from backend.report.spotting_notes import COLUMNS, hit_list, spotting_notes

RATE = FrameRate(24)


def test_rows_of_the_fake_cue(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    text = spotting_notes(cue.hits, cue.tempo_map, cue.analysis.cue, RATE)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 14
    assert rows[6] == ["6", "01:00:17:04", "412", "17.158", "8", "1", "0.00", "on the frame", "0.85", "hard", "user",
                       "yes", "The letter falls"]
    assert rows[3] == ["3", "01:00:07:23", "191", "7.954", "4", "2", "0.72", "on the frame", "0.45", "soft", "motion",
                       "no", "She turns"]
    assert text.count("\r\n") == 14 and "\n\n" not in text


def test_reasons_with_commas_quotes_lines_and_formulas_stay_text(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    reasons = ('He says "no", twice', "two\nlines", "=1+1", "-dash", "@home", "Tür fällt zu")
    hits = HitPoints(tuple(HitPoint(Fraction(k), 0.5, "user", "soft", r) for k, r in enumerate(reasons)))
    tempo_map = replace(cue.tempo_map, sync=())
    text = spotting_notes(hits, tempo_map, cue.analysis.cue, RATE)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[-1] for row in rows] == ['He says "no", twice', "two\nlines", "'=1+1", "'-dash", "'@home",
                                         "Tür fällt zu"]


def test_console_list_counts_hard_hits(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    lines = hit_list(cue.hits, cue.tempo_map, cue.analysis.cue, RATE).splitlines()
    assert lines[0] == "7 of 7 hard hits on the frame" and len(lines) == 14
    assert lines[3] == "=   3  01:00:07:23      4|2  soft     0.45   +0.72 frames  She turns"
    late = tuple(replace(p, error_s=0.06 if p.hit == 1 else p.error_s) for p in cue.tempo_map.sync)
    moved = hit_list(cue.hits, replace(cue.tempo_map, sync=late), cue.analysis.cue, RATE).splitlines()
    assert moved[0] == "6 of 7 hard hits on the frame, 1 within two frames"
    assert moved[2].startswith("~   2") and "+1.44 frames" in moved[2]
    empty = hit_list(HitPoints(()), cue.tempo_map, cue.analysis.cue, RATE)
    assert empty == "no hard hits"
