"""What the user did to the melody of the session, as a melody.

A melody is heard as it is drawn: whoever touches a note has taken the whole of it over. Notes that stand as they were
keep what the session does not show (articulation, exact lengths). One note at a time: of notes that begin together the
highest counts, and a note ends where the next begins.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from backend.daw.tracks import melody_notes
from backend.domain.score import Melody, Note
from backend.domain.session import TICKS_PER_QUARTER, MidiNote
from backend.live.memory import CueClock, ToldMelody
from backend.live.retime import grid_of, place
from backend.live.seen_notes import STILL_TICKS, paired

SHORTEST_Q = Fraction(1, 64)


def melody_edits(told: ToldMelody, seen: Sequence[MidiNote]) -> int:
    """How many notes differ from those that were put there."""
    notes = melody_notes(told.melody)
    return sum(1 for pair in paired(notes, seen)
               if pair.told is None or pair.seen is None or _differs(notes[pair.told], pair.seen))


def edited_melody(told: ToldMelody, seen: Sequence[MidiNote]) -> Melody:
    """The session's melody, under the clock of ``told``."""
    notes = melody_notes(told.melody)
    line = _line(seen)
    pairs = [pair for pair in paired(notes, line) if pair.seen is not None]
    ordered = sorted(told.melody.notes, key=lambda note: (note.onset_q, note.pitch))
    known = _same_order(notes, ordered)
    made = []
    for pair in pairs:
        assert pair.seen is not None
        old = known[pair.told] if pair.told is not None and known else None
        if old is not None and pair.told is not None and not _differs(notes[pair.told], pair.seen):
            made.append(old)
        else:
            made.append(_note(pair.seen, old))
    return replace(told.melody, notes=_monophonic(made))


def _same_order(notes: Sequence[MidiNote], ordered: list[Note]) -> list[Note] | None:
    """The written notes beside the told ones; None where they do not stand one for one (two notes became one)."""
    return ordered if [n.pitch for n in notes] == [n.pitch for n in ordered] else None


def _differs(told: MidiNote, seen: MidiNote) -> bool:
    return (abs(told.length_ticks - seen.length_ticks) > STILL_TICKS or told.velocity != seen.velocity
            or told.pitch != seen.pitch)


def _note(seen: MidiNote, old: Note | None) -> Note:
    onset_q = old.onset_q if old else Fraction(seen.tick, TICKS_PER_QUARTER)
    return Note(onset_q, max(SHORTEST_Q, Fraction(seen.length_ticks, TICKS_PER_QUARTER)), seen.pitch, seen.velocity,
                old.articulation if old else "")


def _line(seen: Sequence[MidiNote]) -> list[MidiNote]:
    """The highest of the notes that begin together."""
    out: list[MidiNote] = []
    for note in sorted(seen, key=lambda note: (note.tick, -note.pitch)):
        if not out or note.tick - out[-1].tick > STILL_TICKS:
            out.append(note)
    return out


def _monophonic(notes: Sequence[Note]) -> tuple[Note, ...]:
    ordered = sorted(notes, key=lambda note: note.onset_q)
    out: list[Note] = []
    for note, following in zip(ordered, [*ordered[1:], None], strict=False):
        if following is None or note.end_q <= following.onset_q:
            out.append(note)
        elif following.onset_q > note.onset_q:
            out.append(replace(note, duration_q=following.onset_q - note.onset_q))
    return tuple(out)


def retimed(melody: Melody, old: CueClock, new: CueClock) -> Melody:
    """The same moments under another tempo map; notes that are in the cue no more are left out."""
    assert old.tempo_map is not None and new.tempo_map is not None
    last_q = new.tempo_map.bars[-1].end_q
    made = []
    for note in melody.notes:
        start_s, end_s = (old.film_s(old.tempo_map.time_s(q)) for q in (note.onset_q, note.end_q))
        if new.cue_s(start_s) < 0:
            continue
        onset_q = place(start_s, new, grid_of(note.onset_q))
        end_q = place(end_s, new, grid_of(note.end_q))
        if onset_q < last_q:
            made.append(replace(note, onset_q=onset_q, duration_q=max(SHORTEST_Q, end_q - onset_q)))
    bars = new.tempo_map.bar_count
    return replace(melody, notes=_monophonic(made), phrases=tuple(bar for bar in melody.phrases if bar <= bars))
