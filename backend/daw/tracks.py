"""The tracks of the session, group by group."""
from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from backend.daw.palette import (
    FAMILIES,
    MELODY_COLOR,
    PICTURE_COLOR,
    PRINTED_COLOR,
    SPOTS_COLOR,
    family,
    program_for,
    reverb_fx,
    synth_fx,
)
from backend.daw.parts import DRUM_CHANNEL, part_articulations, part_controls, part_notes, part_programs, start_ticks
from backend.daw.volume import volume_envelope
from backend.domain.instruments import Instrument
from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Melody, Part, Score
from backend.domain.session import AudioItem, MidiItem, MidiNote, Send, Track
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.errors import EditError
from backend.music.instruments import instruments
from backend.music.ticks import ticks

HIT_PITCH, FILL_PITCH = 62, 64
"""Spots are read, not heard: D for a hit, E for a fill."""
SPOT_VELOCITY = {1: 60, 2: 90, 3: 120}
PRINTED_ID = "printed"
MELODY_ID, MELODY_NAME = "sketch.melody", "Melody"
"""Another track than the score's, which is called ``melody``."""
MELODY_DB = -9.0
"""ReaSynth's sawtooth beside dialogue. By ear."""
_SEND_FLOOR_DB, _SEND_RANGE_DB = -24.0, 21.0


def send_gain_db(reverb_space: float) -> float | None:
    """Level of the post-fader reverb send, ``-24 + 21 * reverb_space`` dB; None (no send) at 0. By ear."""
    return None if reverb_space <= 0 else round(_SEND_FLOOR_DB + _SEND_RANGE_DB * min(1.0, reverb_space), 6)


@dataclass(frozen=True)
class Seat:
    """One part with its instrument and its row of the scheme."""

    part: Part
    instrument: Instrument
    scheme: TrackScheme


class Desk:
    """Who sits where: parts joined with the scheme, in score order."""

    def __init__(self, score: Score, scheme: ArrangementScheme, tempo_map: TempoMap,
                 still: frozenset[Fraction]) -> None:
        self.tempo_map = tempo_map
        self.still = still
        rows = {row.part: row for row in scheme.tracks}
        order = {id: position for position, id in enumerate(instruments())}
        seats = [self._seat(index, part, rows.get(part.id)) for index, part in enumerate(score.parts)]
        self.seats = sorted(seats, key=lambda seat: (order[seat.instrument.id], seat.scheme.track_index))
        self.length_ticks = max([ticks(tempo_map.bars[-1].end_q), ticks(tempo_map.end_q),
                                 *(ticks(note.end_q) for part in score.parts for note in part.notes)])

    def _seat(self, index: int, part: Part, row: TrackScheme | None) -> Seat:
        wanted = row.instrument if row else part.instrument
        instrument = instruments().get(wanted)
        if instrument is None:
            raise EditError(f"Part '{part.id}' asks for the instrument '{wanted}', which does not exist. "
                            f"Name one of backend/music/instruments.json, for example 'violins1'.")
        if part.timing_ms and len(part.timing_ms) != len(part.notes):
            raise EditError(f"Part '{part.id}' has {len(part.notes)} notes but {len(part.timing_ms)} values in "
                            "timing_ms. Give every note one value in score.json, or empty timing_ms.")
        if row is None:
            row = TrackScheme(index, part.id, part.name, part.role, instrument.id, "", instrument.pan,
                              instrument.reverb_space, 0.0, {})
        return Seat(part, instrument, row)

    def stems(self) -> list[str]:
        """Families present, in score order."""
        return list(dict.fromkeys(seat.instrument.stem for seat in self.seats))


def picture_track() -> Track:
    return Track("picture", "picture", "Picture", color=PICTURE_COLOR, locked=True)


def spots_track(spots: RhythmSpots, tempo_map: TempoMap) -> Track:
    """One MIDI item with every rhythm spot: D = hit, E = fill, velocity = strength. Muted, never heard."""
    ordered = sorted(spots.spots, key=lambda spot: spot.onset_q)
    starts = [ticks(spot.onset_q) for spot in ordered]
    limits = [*starts[1:], ticks(ordered[-1].onset_q + ordered[-1].duration_q)] if ordered else []
    notes = tuple(MidiNote(start, max(1, min(ticks(spot.duration_q), limit - start)),
                           HIT_PITCH if spot.kind == "hit" else FILL_PITCH,
                           SPOT_VELOCITY[min(3, max(1, spot.strength))])
                  for spot, start, limit in zip(ordered, starts, limits, strict=True))
    name = "FilmComposer spots"
    end = max([ticks(tempo_map.bars[-1].end_q), *(note.tick + note.length_ticks for note in notes)])
    item = MidiItem(name, 0, end, notes)
    return Track("spots", "spots", name, color=SPOTS_COLOR, muted=True, midi=(item,))


def melody_track(melody: Melody, tempo_map: TempoMap) -> Track:
    """The melody by itself, played by ReaSynth until there is a score: a sketch to listen to and to edit."""
    notes = melody_notes(melody)
    end = max([ticks(tempo_map.bars[-1].end_q), *(note.tick + note.length_ticks for note in notes)])
    item = MidiItem(MELODY_NAME, 0, end, notes)
    return Track(MELODY_ID, "melody", MELODY_NAME, color=MELODY_COLOR, gain_db=MELODY_DB, midi=(item,),
                 fx=(replace(synth_fx(), bypassed=False),))


def melody_notes(melody: Melody) -> tuple[MidiNote, ...]:
    """As they are written: a note ends where the next one of its pitch begins, at the latest."""
    part = Part("melody", MELODY_NAME, "", "melody", melody.notes)
    return part_notes(part, [ticks(note.onset_q) for note in melody.notes], 0)


def family_tracks(desk: Desk, stem: str) -> list[Track]:
    """The folder, its instruments in score order, its reverb."""
    look = family(stem)
    seats = [seat for seat in desk.seats if seat.instrument.stem == stem]
    folder = Track(stem, "folder", look.title, color=look.color)
    reverb = Track(f"{stem}.reverb", "reverb", f"{look.title} reverb", parent=stem, color=look.color,
                   fx=(reverb_fx(stem),))
    return [folder, *(instrument_track(desk, seat) for seat in seats), reverb]


def instrument_track(desk: Desk, seat: Seat) -> Track:
    """Notes, level, seat and room of one part."""
    scheme, instrument = seat.scheme, seat.instrument
    shape_db, envelope = volume_envelope(scheme.volume_envelope, desk.tempo_map)
    send_db = send_gain_db(scheme.reverb_space)
    drum_kit = not instrument.pitched
    return Track(
        id=_track_id(seat), kind="instrument", name=scheme.name or seat.part.name, parent=instrument.stem,
        color=family(instrument.stem).color, gain_db=round(scheme.gain_db + shape_db, 6), pan=scheme.panning,
        width=instrument.stereo_width, instrument=instrument.id,
        program=0 if drum_kit else program_for(instrument, scheme.articulation), drum_kit=drum_kit,
        playback_offset_ms=scheme.playback_offset_ms, midi=_midi_items(desk, seat), volume_envelope=envelope,
        sends=() if send_db is None else (Send(f"{instrument.stem}.reverb", send_db),), fx=(synth_fx(),))


def _track_id(seat: Seat) -> str:
    """The part's id, unless a folder or one of the fixed tracks has it already."""
    taken = seat.part.id in FAMILIES or seat.part.id in ("picture", "spots", PRINTED_ID, MELODY_ID)
    return f"part.{seat.part.id}" if taken else seat.part.id


def _midi_items(desk: Desk, seat: Seat) -> tuple[MidiItem, ...]:
    """One item over the whole cue, so that it can be edited anywhere and nothing is cut off."""
    part, instrument = seat.part, seat.instrument
    if not part.notes:
        return ()
    channel = DRUM_CHANNEL if not instrument.pitched else 0
    starts = start_ticks(part, desk.tempo_map, desk.still)
    notes = part_notes(part, starts, channel)
    programs = part_programs(part, starts, instrument, seat.scheme.articulation)
    return (MidiItem(seat.scheme.name or part.name, 0, desk.length_ticks, notes, part_controls(part, channel),
                     programs, part_articulations(part, starts, seat.scheme.articulation)),)


def printed_tracks(stems: list[str], length_s: float) -> list[Track]:
    """The rendered audio of every family: what is heard when the project is opened."""
    out = [Track(PRINTED_ID, "folder", "Printed stems", color=PRINTED_COLOR)]
    for stem in stems:
        look = family(stem)
        item = AudioItem(f"stems/{stem}.wav", f"{look.title} (printed)", 0.0, length_s)
        out.append(Track(f"{PRINTED_ID}.{stem}", "printed", f"{look.title} (printed)", parent=PRINTED_ID,
                         color=look.color, audio=(item,)))
    return out
