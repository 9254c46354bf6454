"""POP909 and Nottingham, for those who have them and want them in a training of their own. Never taken by default.

What ships with the project is trained on neither: POP909's annotations are MIT but its songs are third parties'
compositions, Nottingham's tunes are traditional but its repository is GPL-3.0.
"""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import mido
import numpy as np
from numpy.typing import NDArray

from backend.errors import InputError
from backend.training.assessment_material import Source, data_hash, listed
from backend.training.musicxml_pieces import WrittenBar, WrittenNote, WrittenPiece

RIGHTS = {
    "pop909": "POP909: the annotations are MIT, the songs are third parties' compositions. Weights trained on them are "
              "for your own use unless you clear the songs.",
    "nottingham": "Nottingham: traditional tunes from a GPL-3.0 repository. Whether weights trained on it fall under "
                  "the GPL is not settled; do not ship them as MIT.",
}
"""By the name in the configuration; said before training and written into the card."""
LEAST_BARS = 8
_MELODY = "MELODY"
_BEATS = "beat_midi.txt"


@dataclass(frozen=True, eq=False)
class OptInPiece:
    """A piece in the train split, and its tempo in quarters a minute."""

    source: Source
    tempo_qpm: float | None


@dataclass(frozen=True, eq=False)
class OptIn:
    """Everything a user adds: pieces, the lines on their rights, the hash of the files."""

    pieces: tuple[OptInPiece, ...] = ()
    rights: tuple[str, ...] = ()
    sha256: str = ""


def opt_in(folders: Mapping[str, Path]) -> OptIn:
    """Read the folders by the names of RIGHTS. Raises InputError where a folder does not hold the collection."""
    readers: dict[str, Callable[[Path], tuple[list[Path], list[OptInPiece]]]] = {"pop909": pop909,
                                                                                 "nottingham": nottingham}
    digest, pieces = hashlib.sha256(), []
    for name, folder in sorted(folders.items()):
        files, found = readers[name](folder)
        for file in files:
            digest.update(f"{name}/{file.relative_to(folder).as_posix()}:".encode() + file.read_bytes())
        pieces += found
    rights = tuple(RIGHTS[name] for name in sorted(folders))
    return OptIn(tuple(pieces), rights, digest.hexdigest() if folders else "")


NOTHING_MORE = OptIn()


def data_card(data: Path, more: OptIn) -> dict[str, Any]:
    """What a card says of the material under ``data`` (the folder that holds ``symbolic``) and of what was added."""
    plain = {"data": "OpenScore Lieder and String Quartets (CC0), OpenEWLD (public domain scores)",
             "data_sha256": data_hash(listed(data)), "licence": "MIT"}
    if not more.pieces:
        return plain
    return {**plain, "data": f"{plain['data']}; {'; '.join(more.rights)}", "added": len(more.pieces),
            "added_sha256": more.sha256, "licence": "not MIT: see the rights under data"}


def nottingham(folder: Path) -> tuple[list[Path], list[OptInPiece]]:
    """Files and pieces of ``folder/MIDI/*.mid`` (or of the folder itself): the tune is the first track with notes, its
    chords the second. Files that are no MIDI are left out."""
    files = sorted((folder / "MIDI" if (folder / "MIDI").is_dir() else folder).glob("*.mid"))
    found = [piece for file in files if (piece := _tune(file)) is not None]
    if not found:
        raise InputError(f"nottingham = '{folder}': no tunes are there. Give the folder whose 'MIDI' holds the .mid "
                         "files of jukedeck/nottingham-dataset.")
    return files, found


def pop909(folder: Path) -> tuple[list[Path], list[OptInPiece]]:
    """Files and pieces of ``folder/POP909/NNN`` (or ``folder/NNN``): a stretch of regular bars each, the track MELODY
    first."""
    root = folder / "POP909" if (folder / "POP909").is_dir() else folder
    songs = sorted(path for path in root.glob("[0-9][0-9][0-9]") if (path / f"{path.name}.mid").is_file()
                   and (path / _BEATS).is_file())
    found = [piece for song in songs for piece in _song(song)]
    if not found:
        raise InputError(f"pop909 = '{folder}': no songs are there. Give the folder that holds POP909/001/001.mid and "
                         f"{_BEATS} beside it.")
    return [song / name for song in songs for name in (f"{song.name}.mid", _BEATS)], found


def _opened(file: Path) -> mido.MidiFile | None:
    try:
        return mido.MidiFile(file)
    except (OSError, EOFError, ValueError, KeyError, IndexError):
        return None


def _tune(file: Path) -> OptInPiece | None:
    midi = _opened(file)
    if midi is None:
        return None
    lines = tuple(line for track in midi.tracks if (line := _line(track, midi.ticks_per_beat)))
    bars = _bars(midi, max((note[0] + note[1] for line in lines for note in line), default=Fraction(0)))
    if not lines or len(bars) < LEAST_BARS:
        return None
    tempi = [event.tempo for track in midi.tracks for event in track if event.type == "set_tempo"]
    return _piece("nottingham", file.stem, WrittenPiece(file.stem, bars, lines),
                  round(60e6 / tempi[0], 3) if tempi else None)


def _piece(collection: str, title: str, written: WrittenPiece, tempo_qpm: float | None) -> OptInPiece:
    """Always in the train split: held-out figures stay those of pieces with clear rights."""
    return OptInPiece(Source(collection, f"{collection}:{title}", "train", written), tempo_qpm)


def _line(track: mido.MidiTrack, ticks_per_beat: int) -> tuple[WrittenNote, ...]:
    return tuple(sorted((Fraction(start, ticks_per_beat), Fraction(end - start, ticks_per_beat), pitch)
                        for start, end, pitch in _notes(track)))


def _notes(track: mido.MidiTrack) -> list[tuple[int, int, int]]:
    """(start, end, pitch) in ticks; a note that is struck again ends there."""
    tick, open_notes, out = 0, dict[int, int](), []
    for event in track:
        tick += event.time
        if event.type not in ("note_on", "note_off"):
            continue
        start = open_notes.pop(event.note, None)
        if start is not None and tick > start:
            out.append((start, tick, event.note))
        if event.type == "note_on" and event.velocity > 0:
            open_notes[event.note] = tick
    return out


def _bars(midi: mido.MidiFile, end_q: Fraction) -> tuple[WrittenBar, ...]:
    """Bars by the time signatures (4/4 before the first) up to ``end_q``."""
    changes: dict[Fraction, tuple[int, int]] = {}
    for track in midi.tracks:
        tick = 0
        for event in track:
            tick += event.time
            if event.type == "time_signature":
                changes[Fraction(tick, midi.ticks_per_beat)] = (event.numerator, event.denominator)
    out: list[WrittenBar] = []
    start, meter = Fraction(0), (4, 4)
    while start < end_q:
        meter = next((changes[at] for at in sorted(changes, reverse=True) if at <= start), meter)
        length = Fraction(4 * meter[0], meter[1])
        cut = min((at - start for at in changes if start < at < start + length), default=length)
        out.append(WrittenBar(start, cut, *meter))
        start += cut
    return tuple(out)


def _song(folder: Path) -> list[OptInPiece]:
    midi = _opened(folder / f"{folder.name}.mid")
    try:
        beats = np.loadtxt(folder / _BEATS, ndmin=2)
    except (OSError, ValueError):
        return []
    names = [track.name for track in midi.tracks] if midi is not None else []
    if midi is None or _MELODY not in names or beats.shape[1] < 3 or len(beats) < 2:
        return []
    ordered = sorted(midi.tracks, key=lambda track: track.name != _MELODY)
    seconds = _seconds_of(midi)
    played = [line for track in ordered
              if (line := [(seconds(a), seconds(b), pitch) for a, b, pitch in _notes(track)])]
    tempo = round(60 / float(np.median(np.diff(beats[:, 0]))), 3)
    return [_piece("pop909", f"{folder.name}/{number}", _stretch(f"{folder.name}/{number}", beats[:, 0], run, played),
                   tempo) for number, run in enumerate(_regular(np.flatnonzero(beats[:, 2] > 0)))]


def _seconds_of(midi: mido.MidiFile) -> Callable[[int], float]:
    """Ticks to seconds under all tempo events of the file."""
    events, tick = [(0, 500_000)], 0
    for event in mido.merge_tracks(midi.tracks):
        tick += event.time
        if event.type == "set_tempo":
            events.append((tick, event.tempo))
    ticks = np.array([at for at, _ in events], float)
    pace = np.array([tempo for _, tempo in events]) / 1e6 / midi.ticks_per_beat
    starts = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * pace[:-1])])

    def seconds(at: int) -> float:
        number = int(np.searchsorted(ticks, at, side="right")) - 1
        return float(starts[number] + (at - ticks[number]) * pace[number])
    return seconds


def _regular(downbeats: NDArray[np.intp]) -> list[tuple[int, int]]:
    """(first beat, number of bars) of every stretch of bars of four beats that is long enough."""
    out, first = [], 0
    for number in range(1, len(downbeats) + 1):
        if number == len(downbeats) or downbeats[number] - downbeats[number - 1] != 4:
            if number - 1 - first >= LEAST_BARS:
                out.append((int(downbeats[first]), number - 1 - first))
            first = number
    return out


def _stretch(name: str, beats_s: NDArray[np.float64], run: tuple[int, int],
             played: Sequence[Sequence[tuple[float, float, int]]]) -> WrittenPiece:
    """The bars of a stretch; notes at the nearest sixteenth of the beats that were played."""
    first, count = run
    bars = tuple(WrittenBar(Fraction(4 * bar), Fraction(4), 4, 4) for bar in range(count))

    def place(time_s: float) -> Fraction:
        return Fraction(round((float(np.interp(time_s, beats_s, np.arange(len(beats_s)))) - first) * 4), 4)
    lines = []
    for line in played:
        notes = [(place(a), max(Fraction(1, 4), place(b) - place(a)), pitch) for a, b, pitch in line]
        lines.append(tuple(sorted(note for note in notes if 0 <= note[0] < 4 * count)))
    return WrittenPiece(name, bars, tuple(line for line in lines if line))
