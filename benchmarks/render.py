"""Speed of the built-in renderer, and what it measures of the default bank. Prints Markdown.

    python benchmarks/render.py speed     60 s, 20 tracks, 6 halls: seconds by stage, and against the bare synthesiser
    python benchmarks/render.py onsets    half rise against the tick, per program
    python benchmarks/render.py bank      attack and level per program
"""
from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.audio.bank_notes import BankNotes
from backend.audio.clock import SessionClock
from backend.audio.loudness import measure
from backend.audio.performance import PlayedNote, performances
from backend.audio.renderer import SoundfontRenderer
from backend.audio.reverb import reverberate
from backend.audio.soundfont import Preset, open_font
from backend.audio.voice import Touch, play
from backend.audio.wav import quantise, read_wav, write_wav
from backend.domain.requests import RenderRequest
from backend.domain.session import (
    EnvelopePoint,
    MidiControl,
    MidiItem,
    MidiNote,
    Send,
    Session,
    TempoMarker,
    Track,
)

RATE = 48_000
PROGRAMS = {"strings": (48, 40, 42, 45), "woodwind": (73, 71, 70), "brass": (60, 56, 57, 58),
            "choir": (52, 53), "harp_keys": (0, 46), "percussion": (0, 0, 47)}
ORCHESTRA = (0, 6, 8, 9, 11, 12, 13, 14, 24, 32, 40, 42, 43, 44, 45, 46, 47, 48, 49, 52, 53, 56, 57, 58, 60, 61, 68, 69,
             70, 71, 72, 73, 107, 114, 116)
STEPS = (480, 960, 1920, 3840)


def orchestra(length_s: float = 60.0) -> Session:
    """20 tracks in 6 families, about 1,500 notes a minute, controllers, envelopes, sends."""
    rng = random.Random(1)
    ticks = int(length_s * 1920)
    tracks: list[Track] = []
    rows = [(family, program) for family, programs in PROGRAMS.items() for program in programs]
    for family in PROGRAMS:
        tracks += [Track(family, "folder", family), Track(f"{family}.reverb", "reverb", family, parent=family)]
    for index in range(20):
        family, program = rows[index % len(rows)]
        drum = family == "percussion" and program == 0
        step = STEPS[index % len(STEPS)]
        notes = tuple(MidiNote(tick + rng.randint(0, 15), step - 60,
                               rng.choice((36, 38, 41, 49)) if drum else rng.randint(48, 80), rng.randint(40, 115))
                      for tick in range(0, ticks - step, step) if rng.random() < 0.7)
        swell = tuple(MidiControl(tick, 1, 40 + tick // 480 % 70) for tick in range(0, ticks, 240) if step > 480)
        points = tuple(EnvelopePoint(tick, -6.0 * (tick // 3840 % 2)) for tick in range(0, ticks, 3840))
        tracks.append(Track(f"{family}.{index}", "instrument", family, parent=family, program=program, drum_kit=drum,
                            gain_db=-6.0, pan=(index % 7 - 3) / 5, width=0.6, volume_envelope=points,
                            midi=(MidiItem(family, 0, ticks, notes, swell),),
                            sends=(Send(f"{family}.reverb", -12.0),)))
    return Session("Bench", "1M1", length_s, ticks, 24, 1, False, 0.0, RATE, None, (TempoMarker(0, 500_000, 4, 4),),
                   (), (), tuple(tracks))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall, processor) seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def bare_synthesis(session: Session) -> None:
    """The peer: tinysoundfont plays every part, nothing else is done."""
    clock, samples = SessionClock(session.tempo, RATE), round(session.length_s * RATE)
    font = open_font(None, RATE)
    for track in session.tracks:
        for performance in performances(track, clock):
            gains = {note.preset: 1.0 for note in performance.notes}
            play(font, [(note.start, note) for note in performance.notes], (0, samples), Touch(gains, 1.0), RATE)


def speed() -> None:
    session = orchestra()
    notes = sum(len(item.notes) for track in session.tracks for item in track.midi)
    sound = np.random.default_rng(1).standard_normal((2, 60 * RATE)).astype(np.float32) * 0.1
    reverberate(sound[:, :RATE], "strings", RATE)
    with tempfile.TemporaryDirectory() as folder:
        renderer = SoundfontRenderer()
        request = RenderRequest(session, Path(folder), -23.0)
        rows = {"bare tinysoundfont, all parts (the peer)": timed(lambda: bare_synthesis(session)),
                "whole render, first": timed(lambda: renderer.render(request, lambda done: None)),
                "whole render, notes already measured": timed(lambda: renderer.render(request, lambda done: None)),
                "one hall, 60 s": timed(lambda: reverberate(sound, "strings", RATE)),
                "loudness and true peak, 60 s": timed(lambda: measure(sound)),
                "write one 24-bit file, 60 s": timed(lambda: write_wav(Path(folder) / "x.wav", quantise(sound), RATE))}
    print(f"60 s, 20 tracks, {notes} notes, 6 halls\n\n| work | wall s | CPU s | CPU over peer |\n|---|---|---|---|")
    peer = next(iter(rows.values()))[1]
    for name, (wall, processor) in rows.items():
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {processor / peer:.2f} |")


def onsets() -> None:
    """Half rise (largest magnitude within one period, 0.12 s) minus the tick, three pitches per program."""
    print("| program | attack ms | error ms at C3, G4, C6 |\n|---|---|---|")
    errors: list[float] = []
    for program in ORCHESTRA:
        row = [_onset_error_ms(program, pitch) for pitch in (48, 67, 84)]
        errors += [error for error, _ in row]
        print(f"| {program} | {row[1][1]:.1f} | {', '.join(f'{error:+.1f}' for error, _ in row)} |")
    size = np.abs(errors)
    print(f"\nmedian {np.median(size):.1f} ms, 90th percentile {np.percentile(size, 90):.1f} ms, "
          f"within 5 ms: {np.mean(size <= 5):.2f} of {len(size)}")


def _onset_error_ms(program: int, pitch: int) -> tuple[float, float]:
    item = MidiItem("p", 0, 1920, (MidiNote(960, 900, pitch, 100),))
    session = Session("B", "1M1", 1.0, 1920, 24, 1, False, 0.0, RATE, None, (TempoMarker(0, 500_000, 4, 4),), (), (),
                      (Track("p", "instrument", "p", program=program, midi=(item,)),))
    with tempfile.TemporaryDirectory() as folder:
        report = SoundfontRenderer(1).render(RenderRequest(session, Path(folder), -23.0), lambda done: None)
        sound, _ = read_wav(Path(folder) / report.mix)
    first = RATE // 2 - round(0.3 * RATE)
    magnitude = np.abs(sound[:, first:RATE // 2 + round(0.12 * RATE)]).max(axis=0)
    width = round(RATE / (440 * 2 ** ((pitch - 69) / 12)))
    padded = np.pad(magnitude, (width // 2, width - width // 2 - 1))
    held = np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1)
    return 1000 * ((first + int(np.argmax(held >= held.max() / 2))) / RATE - 0.5), report.attack_ms.get("p", 0.0)


def bank() -> None:
    font, notes = open_font(None, RATE), BankNotes(RATE)
    print("| program | attack ms at C3, C4, C5, C6 | trim dB at C3, C4, C5, C6 |\n|---|---|---|")
    for program in ORCHESTRA:
        played = [PlayedNote(0, RATE, pitch, 100, Preset(program)) for pitch in (48, 60, 72, 84)]
        attacks = ", ".join(f"{notes.advance(font, note) / RATE * 1000:.1f}" for note in played)
        trims = ", ".join(f"{notes.trim_db(font, [note]):+.1f}" for note in played)
        print(f"| {program} | {attacks} | {trims} |")


if __name__ == "__main__":
    {"speed": speed, "onsets": onsets, "bank": bank}[sys.argv[1] if len(sys.argv) > 1 else "speed"]()
