"""Every message between REAPER, the command line and the daemon. One message is one frozen dataclass.

On the wire a message is three ZeroMQ frames: the key of the connection file, the protocol version, and the fields
packed as a msgpack map with ``type``. Requests and replies alternate; nothing is pushed. Unknown types, unknown fields
and other versions are refused with :class:`Refused`.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROTOCOL_VERSION = 1

JobKind = Literal["hits", "describe", "spot", "score", "compose", "arrange", "regenerate", "measure"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


# what an action saw in the session

@dataclass(frozen=True)
class SeenProject:
    """``folder`` is where the project keeps its media; ``offset_s`` the timecode of project time 0; ``frame_rate`` as
    REAPER says it (23.976...). ``resource_folder`` holds REAPER's own settings."""

    folder: str
    name: str
    offset_s: float
    frame_rate: float
    drop_frame: bool
    resource_folder: str = ""


@dataclass(frozen=True)
class SeenVideo:
    """The video item: ``file`` is the media behind any sections, ``source_offset_s`` where the item's left edge lies on
    the file's clock, ``play_rate`` how many file seconds pass in a project second. ``item`` is its GUID."""

    file: str
    item: str
    name: str
    position_s: float
    length_s: float
    source_offset_s: float
    play_rate: float = 1.0


@dataclass(frozen=True)
class SeenMarker:
    """A project marker inside the cue; ``locked`` when REAPER says so."""

    time_s: float
    name: str
    number: int
    locked: bool = False


@dataclass(frozen=True)
class SeenNote:
    """A note of the spots item or of the melody, in quarters from the cue's start under the tempo map in force."""

    onset_q: float
    length_q: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Span:
    """The cue on the project's clock."""

    label: str
    title: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class ReaperAddress:
    """Where a REAPER listens for its builds: a loopback port and the secret that opens it. Port 0 in a request means
    the REAPER that is registered with the daemon."""

    port: int
    secret: str
    pid: int


@dataclass(frozen=True)
class JobRequest:
    """Work on one cue. ``spots`` and ``melody`` are null when the session holds none. ``known`` says that this cue was
    built into this project before (then a missing marker is a deleted hit). ``options`` are the command line's, by
    name, as typed. ``bars`` and ``tracks`` for ``regenerate``; ``files`` (mix first, then stems) for ``measure``.
    ``reaper`` null: results go to the folder only. ``output`` empty: a folder beside the project.
    """

    kind: JobKind
    video: SeenVideo | None = None
    span: Span | None = None
    project: SeenProject | None = None
    markers: tuple[SeenMarker, ...] = ()
    spots: tuple[SeenNote, ...] | None = None
    melody: tuple[SeenNote, ...] | None = None
    known: bool = False
    bars: str = ""
    tracks: str = ""
    options: dict[str, str] | None = None
    files: tuple[str, ...] = ()
    output: str = ""
    reaper: ReaperAddress | None = None


# requests

@dataclass(frozen=True)
class Hello:
    """The first message: who is speaking."""

    client: str


@dataclass(frozen=True)
class Submit:
    """``reply_id`` makes a repeated Submit (after a lost reply) the same job."""

    request: JobRequest
    reply_id: str


@dataclass(frozen=True)
class AskStatus:
    """``job`` empty: the latest one."""

    job: str = ""


@dataclass(frozen=True)
class ListJobs:
    """The jobs of this daemon, newest first."""


@dataclass(frozen=True)
class Cancel:
    """``job`` empty: the one that runs."""

    job: str = ""


@dataclass(frozen=True)
class RegisterReaper:
    """A REAPER that serves builds for jobs from the command line; ``address`` null takes it back."""

    address: ReaperAddress | None = None
    project: SeenProject | None = None


@dataclass(frozen=True)
class Shutdown:
    """Finish nothing, stop the worker, exit."""


# replies

@dataclass(frozen=True)
class Welcome:
    """``version`` of FilmComposer, ``pid`` of the daemon, ``reaper`` whether one is registered."""

    version: str
    pid: int
    running: str = ""
    waiting: int = 0
    reaper: bool = False


@dataclass(frozen=True)
class Accepted:
    job: str


@dataclass(frozen=True)
class JobStatus:
    """``stage`` and ``fraction`` while it runs; ``message`` is one line for the status bar; ``lines`` the outcome for
    people; ``folder`` the results; ``kept`` what the user touched and therefore stayed. ``finished``: the stages
    behind it, each ``name status`` with ``: note`` where there is something to say."""

    job: str
    kind: JobKind
    state: JobState
    title: str = ""
    stage: str = ""
    fraction: float = 0.0
    message: str = ""
    lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    folder: str = ""
    built: bool = False
    finished: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobList:
    jobs: tuple[JobStatus, ...]


@dataclass(frozen=True)
class Refused:
    """The request was not carried out; ``reason`` is one line that says why and what to do."""

    reason: str


@dataclass(frozen=True)
class Goodbye:
    """The daemon is on its way out."""


REQUESTS = (Hello, Submit, AskStatus, ListJobs, Cancel, RegisterReaper, Shutdown)
REPLIES = (Welcome, Accepted, JobStatus, JobList, Refused, Goodbye)
Request = Hello | Submit | AskStatus | ListJobs | Cancel | RegisterReaper | Shutdown
Reply = Welcome | Accepted | JobStatus | JobList | Refused | Goodbye
