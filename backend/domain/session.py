"""The session as plain ints, floats and strings: what an .RPP file or a live REAPER is built from.

Stays inside what REAPER's Python may import. Musical positions are ticks (960 per quarter) from the cue's start;
picture positions are seconds from there. Project time 0 is the cue's start.
"""
from __future__ import annotations

from dataclasses import dataclass

TICKS_PER_QUARTER = 960


@dataclass(frozen=True)
class VideoItem:
    """``file`` as it should stand in the project; ``source_offset_s`` is where the cue starts on the file's clock, and
    ``play_rate`` how many of its seconds pass in one of the project."""

    file: str
    name: str
    length_s: float
    source_offset_s: float
    play_rate: float = 1.0


@dataclass(frozen=True)
class TempoMarker:
    """Square tempo from ``tick`` on. ``numerator`` 0 means the metre does not change here."""

    tick: int
    us_per_quarter: int
    numerator: int = 0
    denominator: int = 4


@dataclass(frozen=True)
class Marker:
    """A hit: locked project marker."""

    time_s: float
    name: str
    color: int = 0


@dataclass(frozen=True)
class Region:
    """A bar-aligned stretch (a section of the form, or the cue)."""

    start_tick: int
    end_tick: int
    name: str
    color: int = 0


@dataclass(frozen=True)
class MidiNote:
    tick: int
    length_ticks: int
    pitch: int
    velocity: int
    channel: int = 0


@dataclass(frozen=True)
class MidiControl:
    tick: int
    number: int
    value: int
    channel: int = 0


@dataclass(frozen=True)
class MidiProgram:
    tick: int
    program: int
    channel: int = 0


@dataclass(frozen=True)
class MidiArticulation:
    """From ``tick`` on notes are played like this ("long", "spiccato" ...; empty: as the instrument plays them)."""

    tick: int
    name: str


@dataclass(frozen=True)
class MidiItem:
    """``articulations`` make no MIDI by themselves: what selects one is known when the instrument is."""

    name: str
    start_tick: int
    length_ticks: int
    notes: tuple[MidiNote, ...]
    controls: tuple[MidiControl, ...] = ()
    programs: tuple[MidiProgram, ...] = ()
    articulations: tuple[MidiArticulation, ...] = ()


@dataclass(frozen=True)
class AudioItem:
    file: str
    name: str
    start_s: float
    length_s: float


@dataclass(frozen=True)
class EnvelopePoint:
    """``gain_db`` for volume envelopes, -1..1 for pan (-1 left)."""

    tick: int
    value: float


@dataclass(frozen=True)
class Fx:
    """``kind``: ``synth`` (ReaSynth), ``reverb`` (ReaVerbate). ``parameters`` are named floats in 0..1."""

    kind: str
    name: str
    parameters: tuple[tuple[str, float], ...] = ()
    bypassed: bool = False


@dataclass(frozen=True)
class Send:
    """To the track with id ``target``, post-fader."""

    target: str
    gain_db: float


@dataclass(frozen=True)
class Track:
    """``id`` is stable and unique (``strings``, ``strings.reverb``, a part id ...). ``kind``: picture, spots, melody,
    folder, instrument, reverb, printed. ``parent`` is the id of the folder it lies in, empty at the top.

    ``program`` is General MIDI (0-127), ``drum_kit`` says channel 10. ``playback_offset_ms`` < 0 plays earlier.
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
    locked: bool = False
    instrument: str = ""
    program: int = 0
    drum_kit: bool = False
    playback_offset_ms: float = 0.0
    midi: tuple[MidiItem, ...] = ()
    audio: tuple[AudioItem, ...] = ()
    volume_envelope: tuple[EnvelopePoint, ...] = ()
    pan_envelope: tuple[EnvelopePoint, ...] = ()
    sends: tuple[Send, ...] = ()
    fx: tuple[Fx, ...] = ()


@dataclass(frozen=True)
class Session:
    """Everything, in track order. ``project_offset_s`` is the timecode of project time 0."""

    name: str
    cue: str
    length_s: float
    end_tick: int
    frame_rate_numerator: int
    frame_rate_denominator: int
    drop_frame: bool
    project_offset_s: float
    sample_rate: int
    video: VideoItem | None
    tempo: tuple[TempoMarker, ...]
    markers: tuple[Marker, ...]
    regions: tuple[Region, ...]
    tracks: tuple[Track, ...]
