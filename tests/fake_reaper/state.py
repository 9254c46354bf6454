"""What a project holds: plain data, no pointers, so that it can be compared, copied, hashed and written as JSON.

Times are project seconds, levels amplitudes, pans -1 (left) .. 1. ``values`` hold numbers under REAPER's own parameter
names; a name that is not in the table of defaults does not exist here.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from tests.fake_reaper.events import MidiEvents

TRACK_VALUES: dict[str, float] = {
    "D_VOL": 1.0, "D_PAN": 0.0, "D_WIDTH": 1.0, "D_PANLAW": -1.0, "D_PLAY_OFFSET": 0.0, "B_MUTE": 0.0, "B_PHASE": 0.0,
    "B_MAINSEND": 1.0, "B_SHOWINMIXER": 1.0, "B_SHOWINTCP": 1.0, "B_FREEMODE": 0.0, "B_HEIGHTLOCK": 0.0,
    "C_BEATATTACHMODE": -1.0, "C_MAINSEND_OFFS": 0.0, "I_SOLO": 0.0, "I_SELECTED": 0.0, "I_FXEN": 1.0,
    "I_FOLDERDEPTH": 0.0, "I_FOLDERCOMPACT": 0.0, "I_NCHAN": 2.0, "I_CUSTOMCOLOR": 0.0, "I_HEIGHTOVERRIDE": 0.0,
    "I_AUTOMODE": 0.0, "I_RECARM": 0.0, "I_RECINPUT": 0.0, "I_RECMODE": 0.0, "I_RECMON": 1.0, "I_MIDIHWOUT": -1.0,
    "I_PANMODE": -1.0, "I_PERFFLAGS": 0.0, "I_PLAY_OFFSET_FLAG": 1.0, "I_RECMONITEMS": 0.0}
ITEM_VALUES: dict[str, float] = {
    "D_POSITION": 0.0, "D_LENGTH": 0.0, "D_SNAPOFFSET": 0.0, "D_VOL": 1.0, "D_FADEINLEN": 0.01, "D_FADEOUTLEN": 0.01,
    "D_FADEINLEN_AUTO": -1.0, "D_FADEOUTLEN_AUTO": -1.0, "C_FADEINSHAPE": 0.0, "C_FADEOUTSHAPE": 0.0, "B_MUTE": 0.0,
    "B_LOOPSRC": 1.0, "B_ALLTAKESPLAY": 0.0, "B_UISEL": 0.0, "C_BEATATTACHMODE": -1.0, "C_LOCK": 0.0, "I_GROUPID": 0.0,
    "I_CUSTOMCOLOR": 0.0}
TAKE_VALUES: dict[str, float] = {
    "D_STARTOFFS": 0.0, "D_VOL": 1.0, "D_PAN": 0.0, "D_PANLAW": -1.0, "D_PLAYRATE": 1.0, "D_PITCH": 0.0,
    "B_PPITCH": 1.0, "I_CHANMODE": 0.0, "I_PITCHMODE": -1.0, "I_STRETCHFLAGS": 0.0, "F_STRETCHFADESIZE": 0.0025,
    "I_CUSTOMCOLOR": 0.0}
SEND_VALUES: dict[str, float] = {
    "D_VOL": 1.0, "D_PAN": 0.0, "D_PANLAW": -1.0, "B_MUTE": 0.0, "B_PHASE": 0.0, "B_MONO": 0.0, "I_SENDMODE": 0.0,
    "I_AUTOMODE": -1.0, "I_SRCCHAN": 0.0, "I_DSTCHAN": 0.0, "I_MIDIFLAGS": 0.0}
TIME, BEATS, BEATS_POSITION = 0, 1, 2
"""Timebases of tracks, items and the project."""


@dataclass
class Source:
    """``kind`` is REAPER's name: WAVE, VIDEO, MIDI, SECTION, EMPTY ... A SECTION shows ``length`` seconds of its
    ``parent`` from ``offset`` on. ``length_s`` is the media's own length."""

    kind: str
    file: str = ""
    length_s: float = 0.0
    channels: int = 0
    sample_rate: int = 0
    parent: Source | None = None
    offset: float = 0.0
    length: float = 0.0
    reverse: bool = False
    midi: MidiEvents | None = None
    guid: str = ""
    rows: list[str] = field(default_factory=list)


@dataclass
class Take:
    guid: str
    name: str = ""
    source: Source | None = None
    values: dict[str, float] = field(default_factory=lambda: dict(TAKE_VALUES))
    ext: dict[str, str] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)


@dataclass
class Item:
    """``takes`` may be empty; ``active`` is the index of the take that plays."""

    guid: str
    values: dict[str, float] = field(default_factory=lambda: dict(ITEM_VALUES))
    takes: list[Take] = field(default_factory=list)
    active: int = 0
    notes: str = ""
    ext: dict[str, str] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)


@dataclass
class Point:
    time: float
    value: float
    shape: int = 0
    tension: float = 0.0
    selected: bool = False


@dataclass
class Envelope:
    """``chunk`` is VOLENV2, PANENV2 ...; volume is kept as amplitude (the API speaks in ``scaling``), pan turned
    round (1 is left)."""

    chunk: str
    guid: str
    points: list[Point] = field(default_factory=list)
    active: bool = True
    visible: bool = True
    armed: bool = False
    scaling: int = 0
    default_value: float = 1.0
    rows: list[str] = field(default_factory=list)


@dataclass
class Fx:
    """``opaque`` is the plug-in's state as a chunk brought it, when it is not one of ours; ``ids`` names it there."""

    name: str
    ident: str
    guid: str
    parameters: list[float] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    preset: str = ""
    enabled: bool = True
    offline: bool = False
    opened: bool = False
    ids: str = ""
    opaque: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


@dataclass
class Send:
    """Kept by the source track; ``target`` is the destination's GUID."""

    target: str
    values: dict[str, float] = field(default_factory=lambda: dict(SEND_VALUES))


@dataclass
class Track:
    guid: str
    name: str = ""
    locked: bool = False
    values: dict[str, float] = field(default_factory=lambda: dict(TRACK_VALUES))
    ext: dict[str, str] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    fx: list[Fx] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


@dataclass
class Marker:
    """A marker, or a region with ``end``. ``number`` is what the user sees."""

    number: int
    start: float
    name: str
    color: int = 0
    region: bool = False
    end: float = 0.0
    guid: str = ""


@dataclass
class TempoMarker:
    """``bpm`` in quarters a minute; ``numerator`` 0: no new metre; ``linear``: slides to the next one."""

    time: float
    bpm: float
    numerator: int = 0
    denominator: int = 0
    linear: bool = False


@dataclass
class Project:
    """Everything a saved project holds. ``timebase`` moves items, envelope points, markers and regions,
    ``tempo_timebase`` the later tempo markers, when the tempo changes."""

    path: str = ""
    bpm: float = 120.0
    numerator: int = 4
    denominator: int = 4
    timebase: int = BEATS
    tempo_timebase: int = BEATS
    offset: float = 0.0
    frame_rate: float = 30.0
    drop_frame: bool = False
    play_rate: float = 1.0
    cursor: float = 0.0
    selection: list[float] = field(default_factory=lambda: [0.0, 0.0])
    loop: list[float] = field(default_factory=lambda: [0.0, 0.0])
    tracks: list[Track] = field(default_factory=list)
    master: Track = field(default_factory=lambda: Track("{00000000-0000-0000-0000-000000000001}", "MASTER"))
    markers: list[Marker] = field(default_factory=list)
    tempo: list[TempoMarker] = field(default_factory=list)
    settings: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    ext: dict[str, dict[str, str]] = field(default_factory=dict)
