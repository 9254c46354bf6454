"""How well melodies are heard: the figures of docs/benchmarks/transcription.md.

    python -m benchmarks.transcription ../shared/data [--seeds 11 12 13 14]

Rendered: what the rules write on random rhythms, and voices of lieder, played by the project's renderer, dry, on ten
General MIDI programs. Recorded and foreign: shared audio with known notes. Chance: the same notes with their pitches
drawn from the melody's own, on the same onsets.
"""
from __future__ import annotations

import argparse
import csv
import random
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import mean

import numpy as np
from scipy.signal import find_peaks

from backend.audio.wav import write_wav
from backend.domain.score import Melody, Note
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap, TempoPoint
from backend.models.transcribe_command import read_notes
from backend.models.transcribe_posteriors import FRAME_S, LOWEST, PITCHES, PitchNetwork, Posteriors, read_sound
from backend.models.transcribe_quarters import TRUST_FROM, transcribe_spots
from backend.models.transcribe_scores import TimedNote, note_agreement
from backend.models.transcribe_voice import free_voice, voice_on_spots
from tests.models.transcribe_melodies import INSTRUMENTS, RATE, as_24_bit, melody, played, spots_of, timed
from tests.music.notation.songs import song

METRES = ("4/4", "3/4", "6/8", "7/8", "5/4", "2/4", "mixed")
LIEDER, LIED_NOTES = 4, 40
MELODY_CHANNEL = 0


def material(data: Path, seeds: Sequence[int]) -> list[tuple[Melody, TempoMap]]:
    """Rule melodies in every metre in turn and the openings of a few songs, one note at a time."""
    out = [melody(seed, METRES[i % len(METRES)]) for i, seed in enumerate(seeds)]
    files = sorted((data / "symbolic" / "openscore_lieder" / "midi").glob("*.mid"))
    for file in files[::len(files) // LIEDER][:LIEDER]:
        found = song(file)
        assert found is not None
        out.append((opening(found[0]), TempoMap((TempoPoint(Fraction(0), 600_000),), found[1].meters,
                                                found[1].bar_count, found[1].end_q)))
    return out


def opening(one: Melody) -> Melody:
    """The first notes from the first on, the highest where several start together, none overlapping."""
    top: dict[Fraction, Note] = {}
    for note in one.notes:
        if note.onset_q not in top or note.pitch > top[note.onset_q].pitch:
            top[note.onset_q] = note
    notes = [top[onset] for onset in sorted(top)][:LIED_NOTES]
    rest = notes[0].onset_q // 1
    limits = [*(note.onset_q for note in notes[1:]), notes[-1].end_q]
    kept = tuple(Note(n.onset_q - rest, min(n.duration_q, limit - n.onset_q), n.pitch, 90)
                 for n, limit in zip(notes, limits, strict=True))
    return Melody(kept, one.key, ())


def rendered(data: Path, seeds: Sequence[int]) -> None:
    network, pieces = PitchNetwork(), material(data, seeds)
    others = [spots_of(one) for one, _ in pieces]
    took = length = 0.0
    lowest, highest = 1.0, 0.0
    print("instrument, on spots: least, mean; free: mean; confidence; with another melody's spots; trusted of them")
    for name, program in INSTRUMENTS.items():
        on_spots, free, sure, unsure, fooled, rows = [], [], [], [], 0, 0
        for i, (one, placed) in enumerate(pieces):
            truth = timed(one.notes, placed)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "melody.wav"
                write_wav(path, as_24_bit(played(one.notes, placed, program)), RATE)
                start = time.process_time()
                heard = network.listen(read_sound(path))
            spotted = transcribe_spots(heard, placed, spots_of(one), "")
            took, length = took + time.process_time() - start, length + heard.length_s
            other = transcribe_spots(heard, placed, within(others[(i + 1) % len(pieces)], one), "")
            voice = [(n.start_s, n.end_s, float(n.pitch)) for n in free_voice(heard)]
            on_spots.append(note_agreement(truth, timed(spotted.notes, placed)).f1)
            free.append(note_agreement(truth, voice).f1)
            sure.append(spotted.confidence)
            unsure.append(other.confidence)
            fooled, rows = fooled + other.trusted, rows + 1
        lowest, highest = min(lowest, *sure), max(highest, *unsure)
        print(f"| {name} | {min(on_spots):.2f} | {mean(on_spots):.3f} | {mean(free):.2f} "
              f"| {min(sure):.2f}-{max(sure):.2f} | {min(unsure):.2f}-{max(unsure):.2f} | {fooled} of {rows} |")
    print(f"confidence: right spots {lowest:.2f} and more, others up to {highest:.2f}, trusted from {TRUST_FROM}")
    print(f"{length / took:.1f} times faster than real time on one core")
    print(f"chance: {mean(chance(one, placed) for one, placed in pieces):.2f}")


def within(spots: RhythmSpots, one: Melody) -> RhythmSpots:
    """The spots that lie in the melody."""
    end = one.notes[-1].end_q
    return RhythmSpots(tuple(s for s in spots.spots if s.onset_q < end), spots.sections, spots.made_by)


def chance(one: Melody, placed: TempoMap) -> float:
    rng = random.Random(1)
    truth = timed(one.notes, placed)
    pitches = [pitch for _, _, pitch in truth]
    drawn = [[(on, end, rng.choice(pitches)) for on, end, _ in truth] for _ in range(20)]
    return mean(note_agreement(truth, guess).f1 for guess in drawn)


def top_line(notes: Sequence[TimedNote]) -> list[TimedNote]:
    """One note an onset, the highest, each ending by the next."""
    top: dict[float, TimedNote] = {}
    for note in sorted(notes):
        key = round(note[0], 3)
        if key not in top or note[2] > top[key][2]:
            top[key] = note
    line = [top[key] for key in sorted(top)]
    limits = [*(note[0] for note in line[1:]), line[-1][1]]
    return [(on, min(end, limit), pitch) for (on, end, pitch), limit in zip(line, limits, strict=True)]


def every_note(heard: Posteriors) -> list[TimedNote]:
    """All pitches for themselves, from onset peak to the fall of the posterior: what the network hears of a mix."""
    out: list[TimedNote] = []
    for column in range(PITCHES):
        note = heard.note[:, column]
        curve = np.concatenate([[0.0], heard.onset[:, column], [0.0]])
        peaks = find_peaks(curve, height=0.5, prominence=0.3, distance=5)[0] - 1
        for start, stop in zip(peaks, [*peaks, len(note)][1:], strict=True):
            low = np.flatnonzero(note[start + 3:stop] < 0.3)
            end = start + 3 + int(low[0]) if len(low) else stop
            if end - start >= 6:
                out.append((start * FRAME_S, end * FRAME_S, float(column + LOWEST)))
    return out


def scored(name: str, line: list[TimedNote], heard: Posteriors) -> None:
    spotted = voice_on_spots(heard, [(on, end) for on, end, _ in line])
    free = free_voice(heard)
    sure = mean(one.confidence for one in spotted) if spotted else 0.0
    pairs = [[(one.start_s, one.end_s, float(one.pitch)) for one in voice] for voice in (spotted, free)]
    print(f"| {name} | {len(line)} | {note_agreement(line, pairs[0]).f1:.2f} | {note_agreement(line, pairs[1]).f1:.2f}"
          f" | {sure:.2f} |")


def recorded(data: Path) -> None:
    network, folder = PitchNetwork(), data / "audio" / "midi_audio_pairs"
    print("recording, notes of the melody, F on spots, F free, confidence on spots")
    every = []
    for path in sorted(folder.glob("*.ogg")):
        heard = network.listen(read_sound(path))
        score = folder / f"{path.name.split('.')[0]}.mid"
        if "stem" not in path.name:
            truth = [(on, end, float(pitch)) for on, end, pitch in read_notes(score)]
            every.append((path.stem, note_agreement(truth, every_note(heard)).f1))
        if "accompaniment" not in path.name and path.name.startswith("lied"):
            scored(path.stem, top_line(melody_of(score)), heard)
    for annotator in ("A1", "A2"):
        rows = csv.reader((data / "audio" / "transcription" / f"vocadito_1_notes{annotator}.csv").open())
        line = [(float(on), float(on) + float(length), 69 + 12 * float(np.log2(float(hz) / 440)))
                for on, hz, length in rows]
        scored(f"vocadito_1, annotator {annotator}", line,
               network.listen(read_sound(data / "audio" / "transcription" / "vocadito_1.wav")))
    print("all notes of the mixes: " + ", ".join(f"{name} {f1:.2f}" for name, f1 in every))


def melody_of(score: Path) -> list[TimedNote]:
    """The notes of the channel that holds the voice."""
    import mido
    out, now, begun = [], 0.0, {}
    for message in mido.MidiFile(score, clip=True):
        now += message.time
        if message.type in ("note_on", "note_off") and message.channel == MELODY_CHANNEL:
            if message.note in begun:
                out.append((begun.pop(message.note), now, float(message.note)))
            if message.type == "note_on" and message.velocity:
                begun[message.note] = now
    return [note for note in out if note[1] > note[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14, 15, 16, 17])
    asked = parser.parse_args()
    recorded(asked.data)
    rendered(asked.data, asked.seeds)


if __name__ == "__main__":
    main()
