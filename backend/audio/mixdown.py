"""From a session to float stems: every part played, shaped, panned, sent to its hall, summed by family.

A stem does not depend on any other, and sums run in session order, so the result is the same for any number of workers.
"""
from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from backend.audio.bank_notes import MAX_ADVANCE_S, BankNotes
from backend.audio.clock import SessionClock
from backend.audio.curve import dynamics_curve, grid
from backend.audio.performance import Performance, PlayedNote, performances
from backend.audio.reverb import reverberate
from backend.audio.routing import Return, Routing, route
from backend.audio.soundfont import Preset, check_preset, open_font
from backend.audio.strip import linear, strip_of
from backend.audio.voice import Touch, play
from backend.domain.render import SoundBank
from backend.domain.session import Session, Track

MODULATION, VOLUME, EXPRESSION = 1, 7, 11
VELOCITY_POWER = 2.0
"""Amplitude = (velocity / 127) ** 2, the default of SoundFont 2.04 section 8.4.1 (40 log10)."""
CONTROL_POWERS = {VOLUME: 2.0, EXPRESSION: 2.0}
"""The square law that the MIDI Manufacturers Association recommends for General MIDI (40 log10)."""
VELOCITY_POWER_WITH_CC1 = 0.5
CONTROL_POWERS_WITH_CC1 = {MODULATION: 1.0, VOLUME: 2.0, EXPRESSION: 1.0}
"""Where CC1 carries the dynamics, level is shared: CC1 and CC11 20 log10 each, velocity 10 log10 (it is mostly attack).
A held and a struck part written at one level then differ by at most 3 dB (docs/benchmarks/render.md)."""
FADE_IN_S = 0.003
FADE_OUT_S = 0.03

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mixdown:
    """``stems``: family -> float32 [2, samples], in order. ``attack_ms``: median advance of each part's notes."""

    stems: dict[str, np.ndarray]
    attack_ms: dict[str, float]


@dataclass(frozen=True)
class Studio:
    """What every stem needs: the bank, the clock, the measured notes and the length of the files."""

    soundfont: Path | None
    bank: SoundBank
    clock: SessionClock
    notes: BankNotes
    samples: int


def mix_down(session: Session, studio: Studio, workers: int, progress: Callable[[float], None]) -> Mixdown:
    """Render every stem, dry and wet. Raises InputError for a bank that lacks a program."""
    routing = route(session)
    shared = [back for back in routing.reverbs if not back.private]
    steps, done = len(routing.stems) + len(shared), 0
    stems: dict[str, np.ndarray] = {}
    buses: dict[str, np.ndarray] = {}
    attack_ms: dict[str, float] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        played = [pool.submit(_play_stem, routing, stem, studio) for stem in routing.stems]
        for stem, future in zip(routing.stems, played, strict=True):
            stems[stem], sent, attacks = future.result()
            for target, bus in sent.items():
                buses[target] = buses[target] + bus if target in buses else bus
            attack_ms.update(attacks)
            progress((done := done + 1) / steps)
        fed = [back for back in shared if back.track.id in buses]
        wet = [pool.submit(_wet, routing, back, buses.pop(back.track.id), studio) for back in fed]
        for back, answer in zip(fed, wet, strict=True):
            stems[back.stem] += answer.result()
            progress((done := done + 1) / steps)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    for sound in stems.values():
        _fade(sound, studio.clock.sample_rate)
    order = [track.id for track in session.tracks if track.id in attack_ms]
    return Mixdown(stems, {part: attack_ms[part] for part in order})


def _play_stem(routing: Routing, stem: str,
               studio: Studio) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, float]]:
    """The stem with its own halls, what it sends to shared ones (by reverb id), attacks by part."""
    font = open_font(studio.soundfont, studio.clock.sample_rate)
    total = np.zeros((2, studio.samples), np.float32)
    buses: dict[str, np.ndarray] = {}
    attack_ms: dict[str, float] = {}
    for track in routing.instruments[stem]:
        advances: list[int] = []
        for performance in performances(track, studio.clock):
            sound = _perform(track, performance, font, studio, advances)
            for stage in (track, *routing.ancestors[track.id]):
                shape = _dynamics(performance, studio) if stage is track else None
                strip_of(stage, studio.clock, studio.samples, shape).apply(sound)
                for send in stage.sends:
                    bus = buses.setdefault(send.target, np.zeros_like(total))
                    bus += sound * np.float32(linear(send.gain_db))
            total += sound
        if advances:
            attack_ms[track.id] = round(1000 * median(advances) / studio.clock.sample_rate, 3)
    for back in routing.reverbs:
        if back.private and back.track.id in buses and back.stem == stem:
            total += _wet(routing, back, buses.pop(back.track.id), studio)
    return total, buses, attack_ms


def _perform(track: Track, performance: Performance, font: Any, studio: Studio, advances: list[int]) -> np.ndarray:
    """One channel's notes, each early by its own attack, as [2, samples] from time 0."""
    played: dict[Preset, Preset] = {}
    early: list[tuple[int, PlayedNote]] = []
    silent: set[int] = set()
    for note in performance.notes:
        if note.start >= studio.samples:
            continue
        if note.preset not in played:
            played[note.preset] = check_preset(font, note.preset, studio.bank, track.name or track.id)
        note = PlayedNote(note.start, note.end, note.pitch, note.velocity, played[note.preset])
        if not studio.notes.speaks(font, note):
            silent.add(note.pitch)
            continue
        advance = studio.notes.advance(font, note)
        advances.append(advance)
        early.append((note.start - advance, note))
    if silent:
        _logger.warning("%s has no sound for %s at MIDI pitch %s", studio.bank.file, track.name or track.id,
                        ", ".join(map(str, sorted(silent))))
    first = -round(MAX_ADVANCE_S * studio.clock.sample_rate)
    power = VELOCITY_POWER_WITH_CC1 if MODULATION in performance.controls else VELOCITY_POWER
    gains = {preset: linear(studio.notes.trim_db(font, [note for _, note in early if note.preset == preset]))
             for preset in played.values()}
    sound = play(font, early, (first, studio.samples), Touch(gains, power), studio.clock.sample_rate)
    return np.ascontiguousarray(sound[-first:].T)


def _dynamics(performance: Performance, studio: Studio) -> np.ndarray | None:
    """Gain of CC1, CC7 and CC11 on the control grid; None when the channel has none. The bank never sees them."""
    laws = CONTROL_POWERS_WITH_CC1 if MODULATION in performance.controls else CONTROL_POWERS
    positions = grid(studio.samples, studio.clock.sample_rate)
    gain: np.ndarray | None = None
    for number, power in laws.items():
        events = performance.controls.get(number)
        if events:
            curve = dynamics_curve([(at, (value / 127) ** power) for at, value in events], studio.clock.sample_rate)
            gain = curve.at(positions) if gain is None else gain * curve.at(positions)
    return gain


def _wet(routing: Routing, back: Return, bus: np.ndarray, studio: Studio) -> np.ndarray:
    wet = reverberate(bus, back.hall, studio.clock.sample_rate)
    for stage in (back.track, *routing.ancestors[back.track.id]):
        strip_of(stage, studio.clock, studio.samples).apply(wet)
    return wet


def _fade(sound: np.ndarray, sample_rate: int) -> None:
    """A note that is already half risen at time 0, and a tail that is still ringing at the end, must not click."""
    samples = sound.shape[1]
    head, tail = min(samples, round(FADE_IN_S * sample_rate)), min(samples, round(FADE_OUT_S * sample_rate))
    sound[:, :head] *= np.linspace(0.0, 1.0, head, endpoint=False, dtype=np.float32)
    sound[:, samples - tail:] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
