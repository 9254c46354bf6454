"""A folder of small clips with rendered tunes, and everything that has to be rejected; a build of it as a process."""
from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import av
import mido
import numpy as np
import soundfile

from backend.cli import dataset
from backend.dataset.score_notes import play_score
from backend.dataset.sound import Sound
from backend.errors import FilmComposerError
from backend.video.drawn_film import story_pictures
from backend.video.film_writer import write_film
from tests.cue_folder import draw_small_film

RATE = 48_000
QPM = 96
TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 79, 78, 76, 74, 72, 71, 69, 67)
"""G major, a note a beat."""
TRAIN, DEV = "Film A", "Film G"
"""Sources whose hashes fall into these splits (tests/dataset/test_dataset_material.py)."""


def write_tune(path: Path, accompanied: bool = True, shift: int = 0) -> None:
    """A flute on every beat, over a chord a bar of low strings when ``accompanied``."""
    file = mido.MidiFile(ticks_per_beat=480)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(QPM)),
                                mido.MetaMessage("time_signature", numerator=4, denominator=4)])
    file.tracks.append(conductor)
    if accompanied:
        chords = mido.MidiTrack([mido.Message("program_change", program=48, channel=1)])
        for _ in range(5):
            chords += [mido.Message("note_on", note=note, velocity=50, channel=1) for note in (43, 50, 55)]
            chords += [mido.Message("note_off", note=note, channel=1, time=1900 if note == 43 else 0)
                       for note in (43, 50, 55)]
            chords.append(mido.MetaMessage("text", text="bar", time=20))
        file.tracks.append(chords)
    flute = mido.MidiTrack([mido.Message("program_change", program=73, channel=0)])
    for pitch in TUNE:
        flute += [mido.Message("note_on", note=pitch + shift, velocity=90),
                  mido.Message("note_off", note=pitch + shift, time=440),
                  mido.MetaMessage("text", text="beat", time=40)]
    file.tracks.append(flute)
    file.save(path)


def tune_sound(folder: Path, length_s: float) -> Sound:
    """The unaccompanied tune as sound."""
    write_tune(folder / ".tune.mid", accompanied=False)
    return play_score(folder / ".tune.mid", length_s)


def mux(film: Path, sound: Sound, target: Path, picture_late_s: Fraction = Fraction(0)) -> None:
    """The film with a sound track; its picture begins ``picture_late_s`` after the sound."""
    with av.open(str(film)) as source, av.open(str(target), "w") as container:
        old = source.streams.video[0]
        picture = container.add_stream_from_template(old)
        track = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for packet in source.demux(old):
            if packet.dts is not None and packet.pts is not None:
                late = int(picture_late_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + late, packet.dts + late
                packet.stream = picture
                container.mux(packet)
        samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
        for first in range(0, len(samples), 4096):
            part = np.ascontiguousarray(samples[first:first + 4096]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def small_folder(folder: Path) -> Path:
    """Three clips with scores: quick to build."""
    folder.mkdir(parents=True)
    for number in range(3):
        if number:
            shutil.copy(folder / "clip0.mp4", folder / f"clip{number}.mp4")
        else:
            draw_small_film(folder / "clip0.mp4")
        write_tune(folder / f"clip{number}.mid", shift=number)
    return folder


def whole_folder(folder: Path) -> Path:
    """The good: ``night`` (a recording beside it), ``hall/scored`` (a score), ``own`` (its sound track). The others are
    named after what is wrong with them."""
    (folder / "hall").mkdir(parents=True)
    write_film(folder / "night.mp4", itertools.islice(story_pictures(), 216), Fraction(24))
    tune = tune_sound(folder, 11.0)
    soundfile.write(folder / "night.wav", tune, RATE, subtype="PCM_16")
    draw_small_film(folder / "no sound.mp4")
    small = (folder / "no sound.mp4").read_bytes()
    for name in ("hall/scored.mp4", "hall/twin.mp4", "silent.mp4", "unclear.mp4"):
        (folder / name).write_bytes(small)
    write_tune(folder / "hall/scored.mid")
    write_tune(folder / "hall/twin.mid")
    mux(folder / "no sound.mp4", tune, folder / "own.mkv")
    soundfile.write(folder / "silent.wav", np.zeros((9 * RATE, 1)), RATE)
    soundfile.write(folder / "unclear.wav", np.random.default_rng(1).normal(0, .1, (9 * RATE, 1)), RATE)
    soundfile.write(folder / "lonely.wav", np.zeros((RATE, 1)), RATE)
    (folder / "damaged.mp4").write_bytes(small[:len(small) // 2])
    write_film(folder / "too short.mp4", itertools.islice(story_pictures(), 30), Fraction(24))
    (folder / "licence.txt").write_text("CC-BY-4.0\nby us\n")
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (
        {"clip": "night.mp4", "source": TRAIN, "genre": "lullaby", "emotion": "calm", "setting": "garden"},
        {"clip": "hall/scored.mp4", "source": DEV, "licence": "CC0-1.0"}, {"clip": "own.mkv", "source": "Film E"})))
    return folder


def tree(folder: Path) -> dict[str, str]:
    """Hash of every file."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def build(*arguments: object) -> int:
    """``filmcomposer dataset build``: 0, 2 with a line for people, 130 when stopped."""
    top = argparse.ArgumentParser()
    dataset.add_parser(top.add_subparsers(dest="command"))
    try:
        return dataset.run(top.parse_args(["dataset", "build", *map(str, arguments)]))
    except FilmComposerError as error:
        sys.stderr.write(f"filmcomposer: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("filmcomposer: stopped\n")
        return 130


if __name__ == "__main__":
    sys.exit(build(*sys.argv[1:]))
