"""Where the constants of the onset detector and of the motif similarity come from.

    python benchmarks/onset_detector.py ../shared/data RESULTS [RESULTS ...]

Prints Markdown tables for docs/benchmarks/sync.md: attack times of drawn tones, onsets of rendered scores whose MIDI is
known (``audio/midi_audio_pairs`` and the RESULTS), and how often motif similarity calls a shuffled tune the same.
"""
from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import mido
import numpy as np
import soundfile

from backend.domain import serial
from backend.domain.score import Melody, Note, Score
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.evaluation.development import head_similarities, shuffled_pitches
from backend.evaluation.notes import score_table
from backend.evaluation.onsets import SALIENCE_FLOOR_SHARE, Onsets, find_rises
from backend.evaluation.sound import Sound, read_sound

RATE = 48000
SHUFFLES = 10
Tune = tuple[tuple[Note, ...], tuple[Section, ...], TempoMap]


def attacks() -> None:
    """Tones with straight attacks: how far the detector lies from half of the energy's rise."""
    print("| attack ms | half energy at ms | bias ms | worst ms |\n|---|---|---|---|")
    rng = np.random.default_rng(0)
    times = 1 + 0.9 * np.arange(20) + rng.uniform(-0.1, 0.1, 20)
    t = np.arange(20 * RATE) / RATE
    for attack_s in (0.001, 0.02, 0.05, 0.08, 0.12):
        out = 0.02 * np.sin(2 * np.pi * 130 * t) + rng.normal(0, 1e-4, len(t))
        for time_s in times:
            part = slice(int(time_s * RATE), int((time_s + 2.5) * RATE))
            since = t[part] - time_s
            envelope = np.clip(since / attack_s, 0, 1) * np.exp(-np.maximum(since, 0) / 0.4)
            hz = 220 * 2 ** (rng.integers(0, 12) / 12)
            out[part] += 0.1 * envelope * sum(np.sin(2 * np.pi * hz * k * t[part]) / k for k in range(1, 6))
        found = find_rises(Sound(out[:, None].astype(np.float32), RATE)).clear().times_s
        errors = 1000 * (np.array([found[np.argmin(abs(found - x))] - x for x in times]) - attack_s * 2 ** -0.5)
        print(f"| {1000 * attack_s:.0f} | {1000 * attack_s * 2 ** -0.5:.1f} | {errors.mean():+.1f} | "
              f"{np.abs(errors).max():.1f} |")


def matched(truth: np.ndarray, found: np.ndarray, tolerance_s: float) -> int:
    """Greedy one-to-one matches of two sorted lists."""
    i = j = count = 0
    while i < len(truth) and j < len(found):
        gap = found[j] - truth[i]
        if abs(gap) <= tolerance_s:
            count, i, j = count + 1, i + 1, j + 1
        elif gap < 0:
            j += 1
        else:
            i += 1
    return count


def filtered(rises: Onsets, share: float) -> np.ndarray:
    kept = (rises.relative >= share) & (rises.salience >= SALIENCE_FLOOR_SHARE * np.percentile(rises.salience, 95))
    return rises.times_s[kept]


def pairs(folder: Path) -> list[tuple[np.ndarray, Onsets]]:
    """Written onsets and rises of every MIDI file rendered to sound."""
    out = []
    for file in sorted(folder.glob("*.mid")):
        samples, rate = soundfile.read(str(file.with_suffix(".ogg")), dtype="float32", always_2d=True)
        now, times = 0.0, []
        for message in mido.MidiFile(file):
            now += message.time
            if message.type == "note_on" and message.velocity:
                times.append(now)
        truth = np.unique(np.round(times, 2))
        out.append((truth[truth < len(samples) / rate], find_rises(Sound(samples, rate))))
    return out


def scored(folders: list[Path]) -> list[tuple[np.ndarray, Onsets]]:
    """The same of finished cues."""
    out = []
    for folder in folders:
        score = serial.loads(Score, (folder / "score.json").read_text(encoding="utf-8"))
        tempo_map = serial.loads(TempoMap, (folder / "tempo_map.json").read_text(encoding="utf-8"))
        truth = np.unique(np.round(score_table(score, tempo_map).onset_s, 2))
        out.append((truth, find_rises(read_sound(folder / "mix.wav"))))
    return out


def detection(named: dict[str, list[tuple[np.ndarray, Onsets]]]) -> None:
    """F-measure, precision and recall at 50 ms for several values of RELATIVE_RISE."""
    print("\n| RELATIVE_RISE | " + " | ".join(f"{name}: F (precision, recall)" for name in named) + " |")
    print("|---|" + "---|" * len(named))
    for share in (0.0, 0.02, 0.05, 0.1, 0.15, 0.2):
        cells = []
        for material in named.values():
            rows = []
            for truth, rises in material:
                found = filtered(rises, share)
                hits = matched(truth, found, 0.05)
                rows.append((2 * hits / (len(truth) + len(found)), hits / max(1, len(found)), hits / len(truth)))
            f, precision, recall = np.mean(rows, axis=0)
            cells.append(f"{f:.3f} ({precision:.2f}, {recall:.2f})")
        print(f"| {share} | " + " | ".join(cells) + " |")


def tunes(folder: Path) -> list[Tune]:
    """Sixteen bars of folk tunes, the highest note at each onset, in four sections of four bars."""
    out: list[Tune] = []
    for file in sorted(folder.glob("*.mid")):
        midi = mido.MidiFile(file)
        highest: dict[Fraction, int] = {}
        now = 0
        for message in midi.tracks[min(1, len(midi.tracks) - 1)]:
            now += message.time
            if message.type == "note_on" and message.velocity:
                at = Fraction(now, midi.ticks_per_beat)
                highest[at] = max(message.note, highest.get(at, 0))
        notes = tuple(Note(at, Fraction(1, 4), highest[at]) for at in sorted(highest) if at < 64)
        if len(notes) > 40 and notes[-1].onset_q > 56:
            tempo_map = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 16, Fraction(64))
            out.append((notes, tuple(Section("A", k, k + 3) for k in (1, 5, 9, 13)), tempo_map))
    return out


def melodies(folders: list[Path]) -> list[Tune]:
    out: list[Tune] = []
    for folder in folders:
        melody = serial.loads(Melody, (folder / "melody.json").read_text(encoding="utf-8"))
        tempo_map = serial.loads(TempoMap, (folder / "tempo_map.json").read_text(encoding="utf-8"))
        out.append((melody.notes, melody.sections, tempo_map))
    return out


def motifs(named: dict[str, list[Tune]]) -> None:
    """Share of later sections in which the head motif returns, as written and with the pitches shuffled."""
    print("\n| material | sections | head returns | shuffled | mean | shuffled mean |\n|---|---|---|---|---|---|")
    for name, material in named.items():
        real, control = [], []
        for notes, sections, tempo_map in material:
            real += [v for v in head_similarities(notes, sections, tempo_map)[1:] if v is not None]
            for seed in range(SHUFFLES):
                shuffled = head_similarities(shuffled_pitches(notes, seed), sections, tempo_map)[1:]
                control += [v for v in shuffled if v is not None]
        shares = [np.mean(np.array(v) >= 0.5) for v in (real, control)]
        print(f"| {name} | {len(real)} | {shares[0]:.2f} | {shares[1]:.2f} | {np.mean(real):.2f} | "
              f"{np.mean(control):.2f} |")


def main(data: Path, folders: list[Path]) -> None:
    attacks()
    detection({"8 MIDI files (FluidR3)": pairs(data / "audio" / "midi_audio_pairs"), "finished cues": scored(folders)})
    motifs({"folk tunes": tunes(data / "symbolic" / "nottingham_gpl3"), "rule melodies": melodies(folders)})


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
