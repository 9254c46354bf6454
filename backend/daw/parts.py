"""A part of the score as the notes, controllers and programs of one MIDI item."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from backend.daw.palette import program_for
from backend.domain.instruments import Instrument
from backend.domain.score import Note, Part
from backend.domain.session import MidiArticulation, MidiControl, MidiNote, MidiProgram
from backend.domain.tempo import TempoMap
from backend.music.ticks import ticks

DRUM_CHANNEL = 9


def start_ticks(part: Part, tempo_map: TempoMap, still: Collection[Fraction]) -> tuple[int, ...]:
    """Where every note of the part begins: its written place plus its humanised offset at the local tempo.

    Positions in ``still`` (hard hits) are not moved and nothing moves before the cue.
    """
    timing_ms = part.timing_ms or (0.0,) * len(part.notes)
    return tuple(_start_tick(note, 0.0 if note.onset_q in still else offset_ms, tempo_map)
                 for note, offset_ms in zip(part.notes, timing_ms, strict=True))


def _start_tick(note: Note, offset_ms: float, tempo_map: TempoMap) -> int:
    quarters = Fraction(offset_ms) / 1000 * Fraction(tempo_map.tempo_qpm(note.onset_q)) / 60
    return max(0, ticks(note.onset_q + quarters))


def part_notes(part: Part, starts: Sequence[int], channel: int) -> tuple[MidiNote, ...]:
    """Notes in ticks, sorted by tick and pitch. ``starts`` holds one tick per note; ends stay where they are written.

    Notes of one pitch never overlap, since MIDI could not tell their ends apart: the earlier one stops where the
    next begins, and two that begin together become one.
    """
    return _untangle([(note.pitch, start, max(start + 1, ticks(note.end_q)), note.velocity)
                      for note, start in zip(part.notes, starts, strict=True)], channel)


def _untangle(placed: list[tuple[int, int, int, int]], channel: int) -> tuple[MidiNote, ...]:
    notes: list[list[int]] = []
    for pitch, start, end, velocity in sorted(placed):
        last = notes[-1] if notes and notes[-1][0] == pitch else None
        if last and last[1] == start:
            last[2], last[3] = max(last[2], end), max(last[3], velocity)
            continue
        if last:
            last[2] = min(last[2], start)
        notes.append([pitch, start, end, velocity])
    made = [MidiNote(start, end - start, pitch, velocity, channel) for pitch, start, end, velocity in notes]
    return tuple(sorted(made, key=lambda note: (note.tick, note.pitch)))


def part_controls(part: Part, channel: int) -> tuple[MidiControl, ...]:
    """Controllers in ticks; of two values at one place the later one counts, and repeats are dropped."""
    values = {(ticks(control.position_q), control.number): control.value
              for control in sorted(part.controls, key=lambda control: control.position_q)}
    out: list[MidiControl] = []
    current: dict[int, int] = {}
    for tick, number in sorted(values):
        value = min(127, max(0, values[tick, number]))
        if current.get(number) != value:
            current[number] = value
            out.append(MidiControl(max(0, tick), number, value, channel))
    return tuple(out)


def part_programs(part: Part, starts: Sequence[int], instrument: Instrument,
                  articulation: str) -> tuple[MidiProgram, ...]:
    """The program at the start, and a change with the first note whose articulation asks for another one.

    ``articulation`` is the track's own, used where a note names none. Drum kits have no programs here.
    """
    if not instrument.pitched:
        return ()
    program = program_for(instrument, articulation)
    out = {0: program}
    for start, note in sorted(zip(starts, part.notes, strict=True), key=lambda pair: pair[0]):
        wanted = program_for(instrument, note.articulation or articulation)
        if wanted != program:
            program = wanted
            out[start] = program
    return tuple(MidiProgram(tick, out[tick]) for tick in sorted(out))


def part_articulations(part: Part, starts: Sequence[int], articulation: str) -> tuple[MidiArticulation, ...]:
    """How the first note is played, from the start on, and every change with the note that asks for it.

    ``articulation`` is the track's own, used where a note names none. Of notes that begin together the highest decides.
    """
    ordered = sorted(zip(starts, part.notes, strict=True), key=lambda pair: (pair[0], pair[1].pitch))
    wanted = {start: note.articulation or articulation for start, note in ordered}
    out: list[MidiArticulation] = []
    for tick, name in wanted.items():
        if not out or out[-1].name != name:
            out.append(MidiArticulation(tick if out else 0, name))
    return tuple(out)
