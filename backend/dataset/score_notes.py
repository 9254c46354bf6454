"""A score beside a clip (MIDI or MusicXML) as tracks in seconds, and as sound.

MusicXML goes through music21 to MIDI first, so that repeats, tempo marks and transposing parts are read by a library
that knows them and everything after has one path.
"""
from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.dataset.item import Instrument, Rejected
from backend.dataset.options import SAMPLE_RATE
from backend.dataset.sound import Sound
from backend.errors import MissingExtraError
from backend.music.main_melody import Note

MIDI = (".mid", ".midi")
_MOST_BYTES = 20 << 20
_DEFAULT_QPM = 120.0


@dataclass(frozen=True, eq=False)
class ScoreNotes:
    """``tracks``: (onset_s, duration_s, pitch) of every pitched track, from the score's first tick, which is the
    clip's first picture. ``programs``: General MIDI program of each. ``beats_s`` and ``downbeats_s`` by its metre."""

    tracks: tuple[tuple[Note, ...], ...]
    programs: tuple[int, ...]
    tempo_qpm: float
    beats_s: np.ndarray
    downbeats_s: np.ndarray


def read_score(path: Path, length_s: float) -> ScoreNotes:
    """Notes that begin within the clip, cut at its end. Raises Rejected: damaged, melody unclear."""
    with tempfile.TemporaryDirectory(prefix="filmcomposer-") as folder:
        midi = _as_midi(path, Path(folder))
        return _read(midi, path.name, length_s)


def play_score(path: Path, length_s: float) -> Sound:
    """The score on the General MIDI bank of pretty_midi, from its start. Raises Rejected, MissingExtraError."""
    with tempfile.TemporaryDirectory(prefix="filmcomposer-") as folder:
        midi = _as_midi(path, Path(folder))
        end_s = _file(midi, path.name).get_end_time() + 1.0
        return _play(midi, round(min(length_s, end_s) * SAMPLE_RATE))


def _as_midi(path: Path, folder: Path) -> Path:
    if path.stat().st_size > _MOST_BYTES:
        raise Rejected("damaged", f"'{path.name}' is too large for a score.")
    if path.suffix.lower() in MIDI:
        return path
    import music21
    midi = folder / "score.mid"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            piece: Any = music21.converter.parse(path, forceSource=True)
            piece.write("midi", midi)
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:  # music21 raises whatever its parsers stumble over
        raise Rejected("damaged", f"'{path.name}' cannot be read as MusicXML ({type(error).__name__}).") from None
    return midi


def _file(midi: Path, name: str) -> Any:
    import pretty_midi
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pretty_midi.PrettyMIDI(str(midi))
    except (OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError):
        raise Rejected("damaged", f"'{name}' cannot be read as MIDI.") from None


def _read(midi: Path, name: str, length_s: float) -> ScoreNotes:
    file = _file(midi, name)
    tracks, programs = [], []
    for instrument in file.instruments:
        notes = tuple(sorted((round(note.start, 6), round(min(note.end, length_s) - note.start, 6), int(note.pitch))
                             for note in instrument.notes if note.start < length_s and note.end > note.start))
        if notes and not instrument.is_drum:
            tracks.append(notes)
            programs.append(int(instrument.program))
    if not tracks:
        raise Rejected("melody unclear", f"'{name}' has no notes within the clip.")
    return ScoreNotes(tuple(tracks), tuple(programs), _tempo(file, length_s), file.get_beats(), file.get_downbeats())


def _tempo(file: Any, length_s: float) -> float:
    """The tempo that holds longest."""
    times, tempi = file.get_tempo_changes()
    if not len(tempi):
        return _DEFAULT_QPM
    held: dict[float, float] = {}
    for start, end, tempo in zip(times, [*times[1:], length_s], tempi, strict=True):
        held[round(float(tempo), 3)] = held.get(round(float(tempo), 3), 0.0) + max(0.0, min(end, length_s) - start)
    return max(sorted(held), key=lambda tempo: held[tempo])


def instruments_of(score: ScoreNotes) -> tuple[Instrument, ...]:
    """By share of the notes, the busiest first."""
    import pretty_midi
    counts: dict[int, int] = {}
    for program, track in zip(score.programs, score.tracks, strict=True):
        counts[program] = counts.get(program, 0) + len(track)
    total = sum(counts.values())
    return tuple(Instrument(pretty_midi.program_to_instrument_name(program), program, round(counts[program] / total, 6))
                 for program in sorted(counts, key=lambda program: (-counts[program], program)))


def _play(midi: Path, samples: int) -> Sound:
    import pretty_midi
    try:
        import tinysoundfont
    except ImportError:
        raise MissingExtraError("A score without a recording needs the synthesiser. Run: "
                                "pip install --no-deps tinysoundfont==0.3.7") from None
    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
    synth.sfload(str(Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"))
    sequencer = tinysoundfont.Sequencer(synth)
    sequencer.midi_load(str(midi))
    return np.frombuffer(synth.generate(samples), np.float32).reshape(-1, 2).copy()
