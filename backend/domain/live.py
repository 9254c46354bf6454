"""What crosses to an open REAPER: one cue, ready to be put into the project as it stands there.

All times are project seconds, all levels as people say them (dB, -1 left .. 1 right): the side inside REAPER scales,
inverts and looks up, and computes nothing musical. Notes travel as REAPER's own event bytes, so that reading a plan
costs little. Stays inside what REAPER's Python may import.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["markers", "tempo", "regions", "spots", "tracks"]
"""What a build may touch: *Find hits* sends markers alone, *Score clip* everything."""
PARTS: tuple[Part, ...] = ("markers", "tempo", "regions", "spots", "tracks")


@dataclass(frozen=True)
class LiveTempo:
    """Square tempo from ``time_s`` on, in quarters a minute. ``numerator`` 0: no new metre; else a bar starts here."""

    time_s: float
    bpm: float
    numerator: int = 0
    denominator: int = 0


@dataclass(frozen=True)
class LiveMarker:
    time_s: float
    name: str
    color: int = 0


@dataclass(frozen=True)
class LiveRegion:
    start_s: float
    end_s: float
    name: str
    color: int = 0


@dataclass(frozen=True)
class LiveItem:
    """``midi``: ``events`` is base64 of what MIDI_SetAllEvts takes (int32 offset in ticks of 1/960 quarter from the
    event before, uint8 flags, int32 size, bytes; the last one, CC 123, sets the length). ``audio``: ``file`` is
    absolute."""

    kind: Literal["midi", "audio"]
    name: str
    start_s: float
    length_s: float
    events: str = ""
    file: str = ""


@dataclass(frozen=True)
class LiveEnvelope:
    """``points`` is time_s, value, time_s, value ...; linear between them. Volume in dB, pan -1 (left) .. 1 (right)."""

    kind: Literal["volume", "pan"]
    points: tuple[float, ...]


@dataclass(frozen=True)
class LiveFx:
    """``name`` as REAPER's add-FX box takes it. ``parameters`` are (index, 0..1). ``sample`` is a file for
    ReaSamplOmatic5000. ``preset`` empty: as the plug-in opens."""

    name: str
    parameters: tuple[tuple[int, float], ...] = ()
    preset: str = ""
    sample: str = ""
    bypassed: bool = False


@dataclass(frozen=True)
class LiveSend:
    """Post-fader, to the track with id ``target`` of the same plan."""

    target: str
    gain_db: float


@dataclass(frozen=True)
class LiveTrack:
    """``id`` is stable within a cue: it is how the next build finds this track again. ``parent`` is the id of the
    folder it lies in, empty for the cue's own folder; the plan lists a folder before what lies in it.
    ``kind``: cue (the folder of everything), folder, spots, melody, instrument, reverb, printed.
    ``template`` is the FX chain block of a track template, lines joined by newlines, used instead of ``fx``.
    ``play_offset_s`` < 0 plays the track's media earlier (REAPER's media playback offset), 0: none.
    """

    id: str
    kind: str
    name: str
    parent: str = ""
    color: int = 0
    gain_db: float = 0.0
    pan: float = 0.0
    width: float = 1.0
    muted: bool = False
    items: tuple[LiveItem, ...] = ()
    envelopes: tuple[LiveEnvelope, ...] = ()
    sends: tuple[LiveSend, ...] = ()
    fx: tuple[LiveFx, ...] = ()
    template: str = ""
    play_offset_s: float = 0.0


@dataclass(frozen=True)
class LiveVideo:
    """A picture that is not in the project yet (a job from the command line)."""

    file: str
    name: str
    length_s: float
    source_offset_s: float


@dataclass(frozen=True)
class LivePlan:
    """One cue for the open project.

    ``cue`` tags what is made ("1M1"). ``start_s`` .. ``end_s`` is the cue on the project's clock, ``bars_end_s`` the
    end of its last bar. ``picture_item`` is the GUID of the user's video item; empty: ``video`` is brought along, or
    there is none. ``tempo`` starts with a point at ``start_s`` that carries a metre. ``adds``: the cue's tracks that
    the plan does not hold stay (a new melody beside the arrangement).
    """

    cue: str
    title: str
    undo_name: str
    start_s: float
    end_s: float
    bars_end_s: float
    parts: tuple[Part, ...]
    picture_item: str = ""
    video: LiveVideo | None = None
    tempo: tuple[LiveTempo, ...] = ()
    markers: tuple[LiveMarker, ...] = ()
    regions: tuple[LiveRegion, ...] = ()
    tracks: tuple[LiveTrack, ...] = ()
    notes: tuple[str, ...] = ()
    adds: bool = False


@dataclass(frozen=True)
class BuildReport:
    """What a build did. ``refused`` is one line when nothing was touched (the project is as it was), else empty.

    ``changed`` counts what was written (0: the project already held all of it and has no new undo step). ``kept`` names
    what stays because the user touched it; ``lines`` is for people. ``main_thread_s`` is how long REAPER was busy.
    """

    refused: str = ""
    changed: int = 0
    kept: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    main_thread_s: float = 0.0
