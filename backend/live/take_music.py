"""The session's spots and melody into spots.json and melody.json.

When the tempo map was made again since, quarters mean other moments. Spots nobody touched are spotted again; spots the
user drew, dragged or removed keep their moment, and so does every note of a melody the user touched. Files edited by
hand (not through the session) are left to the rules of the folder: kept as they are.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.daw.tracks import melody_notes
from backend.domain.requests import SpotRequest
from backend.domain.score import Melody
from backend.domain.session import MidiNote
from backend.domain.spotting import RhythmSpots
from backend.errors import EditError, InputError
from backend.live.melody_edits import edited_melody, melody_edits, retimed
from backend.live.memory import CueClock, SessionMemory, SpotEdit, ToldMelody, ToldSpots, same_music, told
from backend.live.outcome_lines import number
from backend.live.seen_notes import notes_in_ticks, shifted, usual_shift
from backend.live.seen_session import SeenSession
from backend.live.spot_edits import add_edits, apply_spot_edits, spot_edits, told_notes
from backend.pipeline import is_current

SPOTS, MELODY = "spots.json", "melody.json"
SAME_START_S = 1e-4


def take_spots(seen: SeenSession, memory: SessionMemory) -> tuple[SessionMemory, str]:
    """Bring spots.json up to date; what was done, for people. Raises EditError when every note was taken out."""
    job, request = seen.job, seen.request
    tellings = memory.spots or _on_disk(seen, memory.clock)
    seen.bring("tempo")
    clock = seen.clock(with_map=True)
    if _wants_new_spots(seen, tellings):
        seen.bring("spot", redo_from="spot")
        return replace(memory, spot_edits=(), spots_hash=""), "Rhythm: spotted afresh, since the item was gone"
    if request.spots == ():
        raise EditError("The item 'FilmComposer spots' holds no notes. Draw one, or delete the item and run Spot clip "
                        "to have the rhythm spotted again.")
    if request.spots and not tellings:
        seen.bring("spot")
        tellings = (ToldSpots(clock, job.spots),)
    notes = notes_in_ticks(request.spots) if request.spots else None
    now, on = _spot_changes(notes, tellings, _start_s(seen))
    memory = _write_spots(seen, memory, now, on is not None and same_music(on, clock))
    return memory, f"Rhythm: {number(len(now), 'spot')} as you edited" if now else ""


def _on_disk(seen: SeenSession, clock: CueClock | None) -> tuple[ToldSpots, ...]:
    folder = seen.job.folder
    if clock is None or clock.tempo_map is None or not folder.has(SPOTS):
        return ()
    return (ToldSpots(clock, folder.load(RhythmSpots, SPOTS)),)


def _wants_new_spots(seen: SeenSession, tellings: tuple[ToldSpots, ...]) -> bool:
    """*Spot clip* in a session from which the user took the item (or all of its notes)."""
    request, job = seen.request, seen.job
    yours = SPOTS in (*job.folder.yours("spot"), *job.folder.edited("spot", (SPOTS,)))
    return request.kind == "spot" and request.known and not request.spots and bool(tellings) and yours


def _start_s(seen: SeenSession) -> float | None:
    """Where the session counts quarters from."""
    return seen.request.span.start_s if seen.request.span else None


def _counted(seen: Sequence[MidiNote], notes: Sequence[MidiNote], told_s: float | None,
             start_s: float | None) -> Sequence[MidiNote]:
    """The session's notes counted from where they were told to begin."""
    if told_s is None or start_s is None or abs(told_s - start_s) < SAME_START_S:
        return seen
    return shifted(seen, usual_shift(notes, seen))


def _spot_changes(seen: Sequence[MidiNote] | None, tellings: tuple[ToldSpots, ...],
                  start_s: float | None) -> tuple[tuple[SpotEdit, ...], CueClock | None]:
    """Against the telling that fits best, the latest of those that fit as well; and that one's clock."""
    if seen is None:
        return (), None
    found = [(spot_edits(one, _counted(seen, told_notes(one), one.start_s, start_s)), one.clock)
             for one in reversed(tellings)]
    return min(found, key=lambda row: len(row[0]), default=((), None))


def _write_spots(seen: SeenSession, memory: SessionMemory, now: tuple[SpotEdit, ...], exactly: bool) -> SessionMemory:
    """``exactly``: the tempo map is the one that the edits were made under."""
    job, folder, clock = seen.job, seen.job.folder, seen.clock(with_map=True)
    from_session = bool(memory.spots_hash) and memory.spots_hash == folder.hash_of(SPOTS)
    edits = add_edits(memory.spot_edits if from_session else (), now)
    if from_session and not is_current(job, "spot"):
        base = job.services.spotter.spot(SpotRequest(job.analysis, job.hits, job.tempo_map, job.brief, job.seed))
        spots = apply_spot_edits(base, edits, clock, exactly=False)
    elif now:
        seen.bring("spot")
        spots = apply_spot_edits(job.spots, now, clock, exactly)
    else:
        seen.bring("spot")
        return memory if from_session else replace(memory, spot_edits=(), spots_hash="")
    if not spots.spots:
        raise EditError("No rhythm spot of the session lies inside the cue any more. Draw one, or delete the item "
                        "'FilmComposer spots' and run Spot clip.")
    if not folder.has(SPOTS) or spots != folder.load(RhythmSpots, SPOTS):
        folder.save(SPOTS, spots)
    elif not from_session:
        return memory  # the edit was taken over before
    seen.bring("spot")
    return replace(memory, spot_edits=edits, spots_hash=folder.hash_of(SPOTS))


def take_melody(seen: SeenSession, memory: SessionMemory) -> tuple[SessionMemory, str]:
    """Bring melody.json up to date; what was done, for people. Raises InputError when every note was taken out."""
    clock = seen.clock(with_map=True)
    if seen.request.melody == ():
        raise InputError("The item 'Melody' holds no notes. Draw some, or delete the item to go on with the melody in "
                         "the results folder.")
    notes = notes_in_ticks(seen.request.melody) if seen.request.melody else None
    tellings = memory.melody or _melody_on_disk(seen, memory.clock)
    if notes is not None and not tellings:
        seen.bring("compose")
        tellings = (ToldMelody(clock, seen.job.melody),)
    if notes is not None:
        count, melody = _sung(notes, tellings, clock, _start_s(seen))
        if count:
            return _write_melody(seen, memory, melody, clock), f"Melody: as you edited it ({number(count, 'note')})"
    return _keep_the_moments(seen, memory, clock), ""


def _melody_on_disk(seen: SeenSession, clock: CueClock | None) -> tuple[ToldMelody, ...]:
    folder = seen.job.folder
    if clock is None or clock.tempo_map is None or not folder.has(MELODY):
        return ()
    return (ToldMelody(clock, folder.load(Melody, MELODY)),)


def _sung(notes: Sequence[MidiNote], tellings: tuple[ToldMelody, ...], clock: CueClock,
          start_s: float | None) -> tuple[int, Melody]:
    """How many notes differ from the telling that fits best, and the session's melody on the cue's clock."""
    found: list[tuple[int, int, ToldMelody, Sequence[MidiNote]]] = []
    for order, one in enumerate(reversed(tellings)):
        placed = _counted(notes, melody_notes(one.melody), one.start_s, start_s)
        found.append((melody_edits(one, placed), order, one, placed))
    count, _, best, placed = min(found, key=lambda row: row[:2])
    melody = edited_melody(best, placed)
    return count, melody if same_music(best.clock, clock) else retimed(melody, best.clock, clock)


def _write_melody(seen: SeenSession, memory: SessionMemory, melody: Melody, clock: CueClock) -> SessionMemory:
    folder = seen.job.folder
    if not melody.notes:
        raise InputError("No note of the session's melody lies inside the cue. Move it into the cue, or delete its "
                         "item.")
    melody = replace(melody, sections=seen.job.spots.sections)
    if not folder.has(MELODY) or melody != folder.load(Melody, MELODY):
        yours = MELODY in (*folder.yours("compose"), *folder.edited("compose", (MELODY,)))
        if yours and folder.hash_of(MELODY) != memory.melody_hash:
            folder.set_aside(MELODY)  # edited by hand, and in the session as well: nothing is lost
        folder.save(MELODY, melody)
    return replace(memory, melody=told(memory.melody, ToldMelody(clock, melody, _start_s(seen))),
                   melody_hash=folder.hash_of(MELODY))


def _keep_the_moments(seen: SeenSession, memory: SessionMemory, clock: CueClock) -> SessionMemory:
    """A melody that the user edited in the session, under a tempo map that was made again."""
    folder, old = seen.job.folder, memory.clock
    if not memory.melody_hash or memory.melody_hash != folder.hash_of(MELODY):
        return memory
    if old is None or old.tempo_map is None or same_music(old, clock):
        return memory
    melody = retimed(folder.load(Melody, MELODY), old, clock)
    if not melody.notes:
        return memory
    folder.save(MELODY, replace(melody, sections=seen.job.spots.sections))
    return replace(memory, melody_hash=folder.hash_of(MELODY))
