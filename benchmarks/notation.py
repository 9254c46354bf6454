"""Do real melodies survive ABC exactly, and how long does a full score take: the figures of docs/benchmarks/melody.md.

    python -m benchmarks.notation FOLDER_OF_SCORES

Melodies are the first track with notes of every .mid (read by mido) and the first part of every .mxl (music21).
"""
from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path

import music21

from backend.domain.hits import HitPoints
from backend.domain.score import Key, Melody, Note, Part, Score
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.music.instruments import instruments
from backend.music.notation.abc_reader import read_abc
from backend.music.notation.abc_writer import write_abc
from backend.music.notation.musicxml import write_musicxml
from tests.music.notation.songs import short_meter, song

PARTS, BARS = 20, 30


def lead_sheet(path: Path) -> tuple[Melody, TempoMap] | None:
    """The first part of a MusicXML file, its bars as they last."""
    part = music21.converter.parse(path).parts[0].stripTies()
    meters, notes, bar = [], [], 0
    for measure in part.getElementsByClass("Measure"):
        length = Fraction(measure.duration.quarterLength).limit_denominator(480)
        if length > 0:
            bar += 1
            meters.append(short_meter(bar, length))
    for element in part.flatten().notes:
        onset = Fraction(element.offset).limit_denominator(480)
        duration = Fraction(element.quarterLength).limit_denominator(480)
        if duration > 0 and not isinstance(element, music21.harmony.ChordSymbol):
            notes += [Note(onset, duration, pitch.midi) for pitch in element.pitches]
    if not notes:
        return None
    end = max(note.end_q for note in notes)
    tempo_map = TempoMap((TempoPoint(Fraction(0), 500_000),), tuple(meters), bar, end)
    return Melody(tuple(notes), Key(0, "major"), ()), tempo_map


def round_trips(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".mid", ".mxl")):
        try:
            read = song(path) if path.suffix == ".mid" else lead_sheet(path)
        except Exception as error:  # noqa: BLE001 - files that the reading library refuses are counted, not judged
            found[f"{path.suffix} unreadable ({type(error).__name__}: {path.name})"] += 1
            continue
        if read is None:
            found[f"{path.suffix} without notes"] += 1
            continue
        melody, tempo_map = read
        same = read_abc(write_abc(melody, tempo_map, path.stem), tempo_map, melody) == melody
        found[f"{path.suffix} exact" if same else f"{path.suffix} DIFFERENT ({path.name})"] += 1
        found[f"{path.suffix} notes"] += len(melody.notes)
    return found


def full_score_s() -> tuple[float, int]:
    """CPU seconds to write 20 parts over 60 s of music in eighths, and the notes written."""
    tempo_map = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), BARS, Fraction(4 * BARS))
    tools = [tool for tool in instruments().values() if tool.pitched][:PARTS]
    parts = tuple(Part(tool.id, tool.name, tool.id, "ostinato", tuple(
        Note(Fraction(k, 2), Fraction(1, 2), tool.practical_range[0] + k % 12) for k in range(8 * BARS)))
        for tool in tools)
    score = Score("", Key(0, "major"), parts, (), ())
    start = time.process_time()
    write_musicxml(score, tempo_map, HitPoints(()), "")
    return time.process_time() - start, sum(len(part.notes) for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", type=Path)
    warnings.simplefilter("ignore")
    for name, count in sorted(round_trips(parser.parse_args().scores).items()):
        print(f"{count:7d}  {name}")
    took, notes = full_score_s()
    print(f"MusicXML: {PARTS} parts, {notes} notes in {took:.2f} CPU-seconds")


if __name__ == "__main__":
    main()
