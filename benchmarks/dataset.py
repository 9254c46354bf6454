"""How far the computed parts of a data set can be trusted, and how fast it is built: the tables of docs/dataset.md.

    python -m benchmarks.dataset ../shared/data

Truth: the MIDI files of the audio-MIDI pairs (tempo that holds longest, onsets of all tracks, main melody by eq. 1-3).
Chance: the same melody notes with their onsets drawn anew, uniformly over the excerpt. Without truth: recordings with
much speech and noise, for the confidence alone.
"""
from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from backend.cli.dataset import tools
from backend.dataset.build import Build, build_dataset
from backend.dataset.engine import LocalEngine
from backend.dataset.item import ItemMelody, Rejected
from backend.dataset.listening import Listening
from backend.dataset.melody import melody_of_sound
from backend.dataset.options import SAMPLE_RATE, BuildOptions
from backend.dataset.score_notes import ScoreNotes, read_score
from backend.dataset.sound import Sound, read_music
from backend.models.transcribe_scores import TimedNote, note_agreement
from backend.music.main_melody import main_melody

LONGEST_S = 60.0
MOST_APART_S = 0.07
FILMS = ("his_girl_friday_640x480_30fps.mp4", "sintel_trailer_480x204_24fps.mp4",
         "bigbuckbunny_opening_854x480_24fps.mp4")


def heard_melody(sound: Sound, name: Path) -> ItemMelody | None:
    file = name / "heard.wav"
    soundfile.write(file, sound, SAMPLE_RATE, subtype="FLOAT")
    try:
        return melody_of_sound(tools().transcriber, file, len(sound) / SAMPLE_RATE, BuildOptions(min_confidence=0))
    except Rejected:
        return None


def timed(melody: ItemMelody | None) -> list[TimedNote]:
    return [(note.start_s, note.end_s, float(note.pitch)) for note in melody.notes] if melody else []


def onset_f1(truth: np.ndarray, found: np.ndarray) -> float:
    """Onsets within 70 ms, each used once, in order."""
    left, hits = list(found), 0
    for onset in truth:
        near = [one for one in left if abs(one - onset) <= MOST_APART_S]
        if near:
            left.remove(min(near, key=lambda one: abs(one - onset)))
            hits += 1
    return 2 * hits / max(1, len(truth) + len(found))


def line(name: str, sound: Sound, score: ScoreNotes | None, folder: Path) -> str:
    listening, melody = Listening(sound), heard_melody(sound, folder)
    tempo = listening.tempo[0]
    row = [name, f"{melody.confidence:.2f}" if melody else "-", f"{tempo:.1f}" if tempo else "none"]
    if score is None:
        return "| " + " | ".join([*row, *["-"] * 6]) + " |"
    every = [note for track in score.tracks for note in track]
    notes = [(onset, onset + length, float(pitch)) for onset, length, pitch in every]
    lead = [(onset, onset + length, float(pitch)) for onset, length, pitch in main_melody(score.tracks).notes]
    heard, rng = timed(melody), np.random.default_rng(1)
    moved = [(at, at + end - start, pitch) for (start, end, pitch), at in zip(
        lead, rng.uniform(0, len(sound) / SAMPLE_RATE, len(lead)), strict=True)]
    onsets = np.unique(np.round([start for start, _, _ in notes], 2))
    row += [f"{score.tempo_qpm:.1f}", f"{onset_f1(onsets, listening.onsets_s):.2f}",
            f"{len(listening.onsets_s) / len(onsets):.2f}", f"{note_agreement(notes, heard).precision:.2f}",
            f"{note_agreement(lead, heard).f1:.2f}", f"{note_agreement(moved, heard).f1:.2f}"]
    return "| " + " | ".join(row) + " |"


def listening_table(data: Path) -> None:
    print("| recording | confidence | tempo heard | tempo | onset F1 | onsets heard / real | heard notes that some "
          "track plays | main melody F1 | by chance |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for midi in sorted((data / "audio/midi_audio_pairs").glob("*.mid")):
            sound = read_music(midi.with_suffix(".ogg"), None, LONGEST_S)
            print(line(midi.stem, sound, read_score(midi, len(sound) / SAMPLE_RATE), folder), flush=True)
        for path in [*sorted((data / "audio/music").glob("*.ogg")), *(data / "video/clips" / film for film in FILMS)]:
            print(line(path.stem, read_music(path, None, LONGEST_S), None, folder), flush=True)


def speed(data: Path) -> None:
    """One worker over the shared clips with their own sound tracks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clips"
        folder.mkdir()
        for clip in (data / "video/clips").iterdir():
            (folder / clip.name).symlink_to(clip)
        build = Build(folder, Path(name) / "out", BuildOptions(min_confidence=0, min_s=3), tools)
        for again in (False, True):
            engine, start = LocalEngine(1), time.perf_counter()
            try:
                report = build_dataset(build, engine)
            finally:
                engine.close()
            print(f"{'Again' if again else 'Built'}: {report.clips} clips, {report.accepted} accepted, "
                  f"{report.seconds:.0f} s of music, {time.perf_counter() - start:.1f} s on one worker")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    given = parser.parse_args().data.resolve()
    listening_table(given)
    speed(given)
