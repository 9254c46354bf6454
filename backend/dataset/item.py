"""What a data set knows of one clip and its music: one JSON document an item, and one for a clip that was rejected."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from backend.domain.description import ClipDescription
from backend.domain.limits import within
from backend.domain.time import FrameRate

MusicOrigin = Literal["sound track", "file", "rendered"]
MelodyOrigin = Literal["score", "transcription"]
Reason = Literal["no picture", "no sound", "silent", "too short", "too long", "damaged", "melody unclear", "duplicate",
                 "unreadable", "crashed", "failed"]


@dataclass(frozen=True)
class FileReference:
    """A file of the user's or of the data set. ``path`` as seen from the data set's folder, with forward slashes."""

    path: str
    sha256: str


@dataclass(frozen=True)
class ClipReference:
    """The film clip. It stays where it is; ``copy`` is its place in the data set when copies were asked for.

    ``motion_per_s`` is the mean motion of each second, in frame heights per second.
    """

    file: FileReference
    duration_s: float
    frame_rate: FrameRate
    frames: int
    width: int
    height: int
    cuts_s: tuple[Fraction, ...]
    motion_speed: float
    motion_saliency: float
    motion_per_s: tuple[float, ...]
    copy: str | None = None


@dataclass(frozen=True)
class MusicSound:
    """The music, 48 kHz / 24 bit FLAC, beginning with the clip's first picture and ending with its last or earlier.

    ``origin``: the clip's own sound track, a file beside it, or a score played on the General MIDI bank. ``gain_db``
    was applied to keep the peak within full scale. ``source`` is None for a sound track.
    """

    file: FileReference
    duration_s: float
    channels: int
    gain_db: float
    origin: MusicOrigin
    source: FileReference | None = None
    score: FileReference | None = None


@dataclass(frozen=True)
class Instrument:
    """``share`` of the notes, 0..1."""

    name: str
    gm_program: int
    share: float

    def __post_init__(self) -> None:
        within("share", self.share, 0, 1)


@dataclass(frozen=True)
class MusicDescription:
    """Computed figures, and words that only a person or a model can give (null otherwise).

    ``tempo_qpm`` in quarters per minute, null where no pulse was found. ``density_per_s``: onsets a second.
    Confidences 0..1; 1 where a score says it. ``instruments`` is null without a score.
    """

    tempo_qpm: float | None
    tempo_confidence: float
    tonic: str
    mode: str
    key_confidence: float
    loudness_lufs: float
    loudness_range_lu: float
    peak_dbfs: float
    density_per_s: float
    instruments: tuple[Instrument, ...] | None = None
    genre: str | None = None
    instrumentation: str | None = None
    mood: str | None = None
    tempo: str | None = None
    free: str | None = None


@dataclass(frozen=True)
class MelodyNote:
    """Seconds from the clip's first picture; ``pitch`` is a MIDI number."""

    start_s: float
    end_s: float
    pitch: int
    confidence: float = 1.0


@dataclass(frozen=True)
class ItemMelody:
    """The main melody. ``coverage`` is eq. (3): the share of the music's length during which it sounds; ``tracks`` are
    the numbers of the tracks it was taken from, lead first (eq. 1-3), empty for a transcription."""

    origin: MelodyOrigin
    notes: tuple[MelodyNote, ...]
    coverage: float
    confidence: float
    tracks: tuple[int, ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class ItemSpot:
    """A rhythm spot: seconds from the first picture; ``strength`` 1 weak, 2 medium, 3 accent."""

    time_s: float
    strength: int

    def __post_init__(self) -> None:
        within("strength", self.strength, 1, 3)


@dataclass(frozen=True)
class Provenance:
    """``source`` is the film or collection that the clip belongs to (splits never divide one); ``made_by`` names who
    made what; ``options`` are those that decide what an item holds."""

    source: str
    licence: str
    licence_from: str
    made_by: dict[str, str]
    options: dict[str, str]


@dataclass(frozen=True)
class DatasetItem:
    """``id`` hashes the contents of clip, music and score; ``made_from`` everything that the document depends on."""

    SCHEMA_VERSION = 1

    id: str
    made_from: str
    clip: ClipReference
    music: MusicSound
    visual: ClipDescription
    description: MusicDescription
    melody: ItemMelody
    spots: tuple[ItemSpot, ...]
    provenance: Provenance


@dataclass(frozen=True)
class Rejection:
    """A clip (or a piece of music without one) that is not in the data set, and why. ``path`` as seen from the folder
    it was found in."""

    SCHEMA_VERSION = 1

    id: str
    made_from: str
    path: str
    reason: Reason
    detail: str


class Rejected(Exception):
    """Raised while an item is made: ``reason`` and a sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail
