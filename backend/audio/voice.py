"""Driving the synthesiser: presets, silence, and one part's notes into an array."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.audio.performance import PlayedNote
from backend.audio.soundfont import DRUM_BANK, Preset

_FLUSH_SAMPLES = 2048
"""A reset lets voices die within one render block (64 samples); 2,048 is well past it (measured: zero from 200 on)."""
_VELOCITY_BIN = 8
_TAIL_CHUNK_S = 0.5
_TAIL_MAX_S = 12.0
_SILENCE = 1e-5


def flush(font: Any) -> None:
    """Bring the synthesiser back to the state of a fresh one."""
    font.reset()
    font.render(bytearray(_FLUSH_SAMPLES * 8))


def select_preset(font: Any, channel: int, preset: Preset) -> None:
    font.channel_set_bank(channel, DRUM_BANK if preset.drum else 0)
    font.channel_set_preset_number(channel, preset.program, preset.drum)


@dataclass(frozen=True)
class Touch:
    """How loud notes sound: amplitude = gain of their preset * (velocity / 127) ** ``power``."""

    gains: dict[Preset, float]
    power: float

    def channel_volume(self, preset: Preset, velocity_bin: int) -> float:
        """What a channel must add to the synthesiser's own law, which is amplitude in proportion to velocity."""
        middle = (velocity_bin * _VELOCITY_BIN + _VELOCITY_BIN / 2) / 127
        return float(self.gains[preset] * middle ** (self.power - 1.0))


def play(font: Any, notes: list[tuple[int, PlayedNote]], sample_range: tuple[int, int], touch: Touch,
         sample_rate: int) -> np.ndarray:
    """Notes with their start samples to sound [stop - first, 2] float32, ``sample_range`` = (first, stop).

    Each preset and velocity (in steps of 8) gets a channel of its own, whose volume does what the synthesiser's
    velocity law does not; layers are still chosen by the true velocity.
    """
    first, stop = sample_range
    sound = np.zeros((stop - first, 2), np.float32)
    raw = sound.view(np.uint8).reshape(-1)
    flush(font)
    channels: dict[tuple[Preset, int], int] = {}
    at = first
    for sample, is_on, note in _events(notes, sample_range):
        if sample > at:
            font.render(raw[(at - first) * 8:(sample - first) * 8])
            at = sample
        key = (note.preset, note.velocity // _VELOCITY_BIN)
        if key not in channels:
            channels[key] = len(channels)
            select_preset(font, channels[key], note.preset)
            font.channel_set_volume(channels[key], touch.channel_volume(*key))
        if is_on:
            font.channel_note_on(channels[key], note.pitch, note.velocity / 127)
        else:
            font.channel_note_off(channels[key], note.pitch)
    _ring_out(font, sound, at - first, sample_rate)
    return sound


def _events(notes: list[tuple[int, PlayedNote]], sample_range: tuple[int, int]) -> list[tuple[int, bool, PlayedNote]]:
    """Note-offs and note-ons in time, offs first; a repeated key ends its predecessor."""
    first, stop = sample_range
    by_key: dict[int, list[tuple[int, PlayedNote]]] = {}
    for start, note in sorted(notes, key=lambda pair: (pair[0], pair[1].pitch, pair[1].velocity)):
        by_key.setdefault(note.pitch, []).append((max(first, start), note))
    events = []
    for line in by_key.values():
        for i, (start, note) in enumerate(line):
            following = line[i + 1][0] if i + 1 < len(line) else stop
            end = max(start + 1, min(note.end, following))
            if start < stop:
                events.append((start, True, note))
                events.append((min(end, stop), False, note))
    return sorted(events, key=lambda event: (event[0], event[1], event[2].pitch, event[2].velocity))


def _ring_out(font: Any, sound: np.ndarray, at: int, sample_rate: int) -> None:
    """Render on after the last event until the sound has died (or 12 s have passed: looped drones never die)."""
    chunk = round(_TAIL_CHUNK_S * sample_rate)
    end = min(len(sound), at + round(_TAIL_MAX_S * sample_rate))
    while at < end:
        part = sound[at:min(end, at + chunk)]
        font.render(part.view(np.uint8).reshape(-1))
        if np.abs(part).max() < _SILENCE:
            return
        at += chunk
