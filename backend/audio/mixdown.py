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

from backend.audio.attack import MAX_ADVANCE_S, AttackTable
from backend.audio.clock import SessionClock
from backend.audio.curve import dynamics_curve, grid
from backend.audio.performance import Performance, PlayedNote, performances
from backend.audio.reverb import reverberate
from backend.audio.routing import Routing, route
from backend.audio.soundfont import check_preset, open_font
from backend.audio.strip import linear, strip_of
from backend.audio.voice import play
from backend.domain.render import SoundBank
from backend.domain.session import Session, Track

MODULATION, VOLUME, EXPRESSION = 1, 7, 11
VELOCITY_POWER = 2.0
"""Amplitude = (velocity / 127) ** 2, the default of SoundFont 2.04 section 8.4.1 (40 log10)."""
VELOCITY_POWER_WITH_CC1 = 1.0
"""Where CC1 carries the dynamics, velocity is mostly attack and moves the level half as much (in dB)."""
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
    """What every stem needs: the bank, the clock, the attack table and the length of the files."""

    soundfont: Path | None
    bank: SoundBank
    clock: SessionClock
    attacks: AttackTable
    samples: int


def mix_down(session: Session, studio: Studio, workers: int, progress: Callable[[float], None]) -> Mixdown:
    """Render every stem, dry and wet. Raises InputError for a bank that lacks a program."""
    routing = route(session)
    steps = len(routing.stems) + len(routing.reverbs)
    done = 0
    stems: dict[str, np.ndarray] = {}
    buses: dict[str, np.ndarray] = {}
    attack_ms: dict[str, float] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        dry = [pool.submit(_play_stem, routing, stem, studio) for stem in routing.stems]
        for stem, future in zip(routing.stems, dry, strict=True):
            stems[stem], sent, attacks = future.result()
            for target, bus in sent.items():
                buses[target] = buses[target] + bus if target in buses else bus
            attack_ms.update(attacks)
            progress((done := done + 1) / steps)
        fed = [row for row in routing.reverbs if row[0].id in buses]
        wet = [pool.submit(_return, routing, reverb, family, buses.pop(reverb.id), studio)
               for reverb, _, family in fed]
        for (_, stem, _), answer in zip(fed, wet, strict=True):
            stems[stem] += answer.result()
            progress((done := done + 1) / steps)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    for sound in stems.values():
        _fade(sound, studio.clock.sample_rate)
    order = [track.id for track in session.tracks if track.id in attack_ms]
    return Mixdown(stems, {part: attack_ms[part] for part in order})


def _play_stem(routing: Routing, stem: str,
               studio: Studio) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, float]]:
    """Dry sum, send buses by reverb id, attacks by part."""
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
    return total, buses, attack_ms


def _perform(track: Track, performance: Performance, font: Any, studio: Studio, advances: list[int]) -> np.ndarray:
    """One channel's notes, each early by its own attack, as [2, samples] from time 0."""
    played: dict[Any, Any] = {}
    early: list[tuple[int, PlayedNote]] = []
    silent: set[int] = set()
    for note in performance.notes:
        if note.start >= studio.samples:
            continue
        if note.preset not in played:
            played[note.preset] = check_preset(font, note.preset, studio.bank, track.name or track.id)
        note = PlayedNote(note.start, note.end, note.pitch, note.velocity, played[note.preset])
        advance = studio.attacks.advance(font, note)
        if not studio.attacks.speaks(note):
            silent.add(note.pitch)
            continue
        advances.append(advance)
        early.append((note.start - advance, note))
    if silent:
        _logger.warning("%s has no sound for %s at MIDI pitch %s", studio.bank.file, track.name or track.id,
                        ", ".join(map(str, sorted(silent))))
    first = -round(MAX_ADVANCE_S * studio.clock.sample_rate)
    power = VELOCITY_POWER_WITH_CC1 if MODULATION in performance.controls else VELOCITY_POWER
    sound = play(font, early, (first, studio.samples), power - 1.0, studio.clock.sample_rate)
    return np.ascontiguousarray(sound[-first:].T)


def _dynamics(performance: Performance, studio: Studio) -> np.ndarray | None:
    """Gain of CC1, CC7 and CC11 on the control grid; None when the channel has none.

    CC1 moves amplitude in proportion to its value (20 log10: 20 -> -16 dB, 64 -> -6 dB, 127 -> 0 dB; by ear, so
    that with velocity a line spans about 22 dB from pp to ff). CC7 and CC11 follow the square law of the MIDI
    Manufacturers Association's recommendation for General MIDI (40 log10). The bank itself never sees them.
    """
    laws = {MODULATION: 1.0, VOLUME: 2.0, EXPRESSION: 2.0}
    positions = grid(studio.samples, studio.clock.sample_rate)
    gain: np.ndarray | None = None
    for number, power in laws.items():
        events = performance.controls.get(number)
        if events:
            curve = dynamics_curve([(at, (value / 127) ** power) for at, value in events], studio.clock.sample_rate)
            gain = curve.at(positions) if gain is None else gain * curve.at(positions)
    return gain


def _return(routing: Routing, reverb: Track, family: str, bus: np.ndarray, studio: Studio) -> np.ndarray:
    wet = reverberate(bus, family, studio.clock.sample_rate)
    for stage in (reverb, *routing.ancestors[reverb.id]):
        strip_of(stage, studio.clock, studio.samples).apply(wet)
    return wet


def _fade(sound: np.ndarray, sample_rate: int) -> None:
    """A note that is already half risen at time 0, and a tail that is still ringing at the end, must not click."""
    samples = sound.shape[1]
    head, tail = min(samples, round(FADE_IN_S * sample_rate)), min(samples, round(FADE_OUT_S * sample_rate))
    sound[:, :head] *= np.linspace(0.0, 1.0, head, endpoint=False, dtype=np.float32)
    sound[:, samples - tail:] *= np.linspace(1.0, 0.0, tail, dtype=np.float32)
