"""Does every melody survive ABC exactly, and does abc2midi hear the same? Figures of docs/benchmarks/transcription.md.

    python -m benchmarks.abc_round_trip ../shared/data/symbolic

Melodies are the first line of every .mxl, .xml and .musicxml (read by backend.training.musicxml_pieces) and the first
track with notes of every .mid (mido). Melodies from MusicXML get every key in turn, so that all spellings occur.
abc2midi is the copy inside symusic. It starts notes one tick late, counts 480 ticks a quarter and cuts every length to
whole ticks: exact agreement is asked of melodies that whole ticks can say, a 32nd of the others.
"""
from __future__ import annotations

import argparse
import warnings
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import symusic

from backend.domain.score import Key, Melody, Note
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.music.notation.abc_reader import read_abc
from backend.music.notation.abc_writer import chords, write_abc, written_bars, written_spans
from backend.music.theory import MODES
from backend.training.musicxml_pieces import WrittenBar, read_piece
from tests.music.notation.songs import short_meter, song

LATE_TICKS = 1
NO_ARPEGGIO = "%%MIDI chordattack 0\n"
"""Or abc2midi spreads the notes of a chord."""
CUT_TICKS = 60
HEARD = tuple[int, int, int]
WRITTEN = tuple[Fraction, Fraction, int]


def key_of(number: int) -> Key:
    """All 108 keys in turn."""
    modes = sorted(MODES)
    return Key(number % 12, modes[number // 12 % len(modes)])


def written_melody(path: Path, key: Key) -> tuple[Melody, TempoMap] | None:
    """The first line of a MusicXML file on its own bars; None for a file without notes."""
    piece = read_piece(path)
    if not piece.lines:
        return None
    notes = tuple(Note(onset, duration, pitch) for onset, duration, pitch in piece.lines[0])
    end = max(note.end_q for note in notes)
    meters = tuple(_meter(number, bar) for number, bar in enumerate(piece.bars, 1))
    kept = tuple(m for i, m in enumerate(meters) if not i or _signature(m) != _signature(meters[i - 1]))
    return Melody(notes, key, ()), TempoMap((TempoPoint(Fraction(0), 500_000),), kept, len(meters), end)


def _meter(number: int, bar: WrittenBar) -> Meter:
    full = Meter(number, bar.numerator, bar.denominator)
    return full if full.length_q == bar.length_q else short_meter(number, bar.length_q)


def _signature(meter: Meter) -> tuple[int, int]:
    return meter.numerator, meter.denominator


def as_written(melody: Melody, tempo_map: TempoMap) -> list[WRITTEN]:
    """(onset, end, pitch) of every note in quarters, ends as written."""
    groups = chords(melody.notes)
    spans = written_spans(groups, written_bars(groups, tempo_map))
    return sorted((on, end, note.pitch) for (on, end), group in zip(spans, groups, strict=True) for note in group)


def read_without_memory(text: str, tempo_map: TempoMap, melody: Melody) -> list[WRITTEN]:
    """The same from the text alone: the reader is told of one note only, which fills all bars."""
    end = written_bars(chords(melody.notes), tempo_map)[-1].end_q
    read = read_abc(text, tempo_map, replace(melody, notes=(Note(Fraction(0), end, 60),)))
    return sorted((note.onset_q, note.end_q, note.pitch) for note in read.notes)


def in_ticks(notes: list[WRITTEN], ticks: int) -> tuple[list[HEARD], bool]:
    """Rounded, and whether whole ticks can say them all."""
    whole = all((place * ticks).denominator == 1 for on, end, _ in notes for place in (on, end))
    return [(round(on * ticks), round(end * ticks), pitch) for on, end, pitch in notes], whole


def foreign_notes(text: str) -> tuple[list[HEARD], int]:
    """What abc2midi plays, and its ticks a quarter."""
    heard = symusic.Score.from_abc(text.replace("X:1\n", "X:1\n" + NO_ARPEGGIO, 1))
    notes = [(note.time - LATE_TICKS, note.time + note.duration, note.pitch)
             for track in heard.tracks for note in track.notes]
    return sorted(notes), heard.tpq


def agree(wanted: list[HEARD], heard: list[HEARD], within_ticks: int) -> bool:
    if len(wanted) != len(heard) or [n[2] for n in wanted] != [n[2] for n in heard]:
        return False
    return all(abs(a[0] - b[0]) <= within_ticks and abs(a[1] - b[1]) <= within_ticks
               for a, b in zip(wanted, heard, strict=True))


def count(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".mid", ".mxl", ".xml", ".musicxml"))
    for number, path in enumerate(files):
        kind = f"{path.relative_to(folder).parts[0]} {path.suffix}"
        try:
            read = song(path) if path.suffix == ".mid" else written_melody(path, key_of(number))
        except Exception as error:  # noqa: BLE001 - files that the reading library refuses are counted, not judged
            found[f"{kind}: unreadable ({type(error).__name__}: {path.name})"] += 1
            continue
        if read is None:
            found[f"{kind}: without notes ({path.name})"] += 1
            continue
        melody, tempo_map = read
        text = write_abc(melody, tempo_map, path.stem)
        same = read_abc(text, tempo_map, melody) == melody
        found[f"{kind}: exact" if same else f"{kind}: DIFFERENT ({path.name})"] += 1
        found[f"{kind}: notes"] += len(melody.notes)
        written = as_written(melody, tempo_map)
        alone = read_without_memory(text, tempo_map, melody) == written
        found[f"{kind}: exact from the text alone" if alone else f"{kind}: alone DIFFERENT ({path.name})"] += 1
        heard, ticks = foreign_notes(text)
        wanted, whole = in_ticks(written, ticks)
        agrees = agree(wanted, heard, 0 if whole else CUT_TICKS)
        how = "agrees to the tick" if whole else "agrees but for cut lengths"
        found[f"{kind}: abc2midi {how}" if agrees else f"{kind}: abc2midi DIFFERS ({path.name})"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", type=Path)
    warnings.simplefilter("ignore")
    for name, total in sorted(count(parser.parse_args().scores).items()):
        print(f"{total:7d}  {name}")


if __name__ == "__main__":
    main()
