"""What a track plays: notes in samples with their program, and the controllers that shape them."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from backend.audio.clock import SessionClock
from backend.audio.soundfont import Preset
from backend.domain.session import Track

SUSTAIN = 64


@dataclass(frozen=True)
class PlayedNote:
    """``start`` and ``end`` are samples from the cue's start: where the note is meant to be heard."""

    start: int
    end: int
    pitch: int
    velocity: int
    preset: Preset


@dataclass(frozen=True)
class Performance:
    """One MIDI channel of a track. ``controls``: number -> (sample, value), ascending."""

    notes: tuple[PlayedNote, ...]
    controls: dict[int, tuple[tuple[int, int], ...]]


def performances(track: Track, clock: SessionClock) -> list[Performance]:
    """The track's MIDI by channel, sustain pedal already turned into longer notes."""
    channels = sorted({note.channel for item in track.midi for note in item.notes})
    return [_performance(track, channel, clock) for channel in channels]


def _performance(track: Track, channel: int, clock: SessionClock) -> Performance:
    programs = sorted((p.tick, p.program) for item in track.midi for p in item.programs if p.channel == channel)
    controls: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for control in sorted((c for item in track.midi for c in item.controls if c.channel == channel),
                          key=lambda c: (c.tick, c.number)):
        controls[control.number].append((clock.sample(control.tick), control.value))
    notes = []
    for note in sorted((n for item in track.midi for n in item.notes if n.channel == channel),
                       key=lambda n: (n.tick, n.pitch, n.velocity, n.length_ticks)):
        current = [program for tick, program in programs if tick <= note.tick]
        preset = Preset(current[-1] if current else track.program, track.drum_kit)
        start, end = clock.sample(note.tick), clock.sample(note.tick + note.length_ticks)
        notes.append(PlayedNote(start, max(end, start + 1), note.pitch, note.velocity, preset))
    pedal = controls.pop(SUSTAIN, [])
    return Performance(tuple(_sustained(note, pedal) for note in notes),
                       {number: tuple(events) for number, events in sorted(controls.items())})


def _sustained(note: PlayedNote, pedal: list[tuple[int, int]]) -> PlayedNote:
    """The note held to the pedal's next release when the pedal is down at its end (MIDI 1.0: down from 64 on)."""
    before = [value for sample, value in pedal if sample <= note.end]
    if not before or before[-1] < 64:
        return note
    release = next((sample for sample, value in pedal if sample > note.end and value < 64), note.end)
    return replace(note, end=release)
