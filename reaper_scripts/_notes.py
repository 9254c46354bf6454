"""Notes of MIDI items, read in one piece, in quarters from the cue's start."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.daw.apply.host import Host as Reading
from backend.daw.apply.host import is_null
from backend.daw.apply.notes import Note, events_of, notes_of
from bridge.messages import SeenNote, Span
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._ours import items_between, our_tracks
from reaper_scripts._picture import bounds


def seen_notes(host: Host, span: Span, kind: str) -> tuple[SeenNote, ...] | None:
    """The notes on the cue's track of a ``kind`` (spots, melody), inside the cue; None when there is no such item.

    Of every item the active take counts, and of its notes those that are heard: not muted ones, none outside the
    item's edges."""
    api = host.api
    tracks = [t.track for t in our_tracks(api) if t.cue == span.label and t.kind == kind]
    items = [item for track in tracks for item in items_between(api, track, span.start_s, span.end_s)]
    takes = [(item, api.RPR_GetActiveTake(item)) for item in items]
    midi = [(item, take) for item, take in takes if not is_null(take) and api.RPR_TakeIsMIDI(take)]
    if not midi:
        return None
    start_q = api.RPR_TimeMap2_timeToQN(0, span.start_s)
    notes = [note for item, take in midi for note in _notes_of(api, item, take, start_q)]
    return tuple(sorted(notes, key=lambda note: (note.onset_q, note.pitch)))


def _notes_of(api: Any, item: Any, take: Any, start_q: float) -> Iterator[SeenNote]:
    left_s, right_s = bounds(api, item)
    left_q, right_q = (api.RPR_TimeMap2_timeToQN(0, time_s) for time_s in (left_s, right_s))
    for note in _heard(api, take):
        onset_q = api.RPR_MIDI_GetProjQNFromPPQPos(take, float(note.start))
        if left_q - 1e-6 <= onset_q < right_q - 1e-6:
            end_q = min(right_q, api.RPR_MIDI_GetProjQNFromPPQPos(take, float(note.end)))
            yield SeenNote(onset_q - start_q, end_q - onset_q, note.pitch, note.velocity)


def _heard(api: Any, take: Any) -> list[Note]:
    events = events_of(Reading(api, ""), take)
    if events is None:
        raise ActionError("a MIDI item of the cue cannot be read. Split it, or take out its controllers.")
    return notes_of(events)
