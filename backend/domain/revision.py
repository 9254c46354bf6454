"""A change asked for in words: the operations it comes to, and what a folder remembers of the changes made to it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["keep_only", "mute", "restore", "level", "instrument", "articulation", "octave", "pan", "reverb",
                 "gain", "rewrite", "elsewhere"]
ACTIONS: tuple[Action, ...] = ("keep_only", "mute", "restore", "level", "instrument", "articulation", "octave", "pan",
                               "reverb", "gain", "rewrite", "elsewhere")
EVERYBODY = "all"
"""Names every track. Nobody named is nobody: a word that was not understood must not reach the whole orchestra."""
WHOLE_CUE: tuple[Action, ...] = ("pan", "reverb", "gain")
"""Actions that know no bars: a track sits in one place from beginning to end."""
Topic = Literal["", "tempo", "meter", "emotion", "hits", "rhythm", "melody", "loudness", "title", "length", "harmony"]


@dataclass(frozen=True)
class Operation:
    """``tracks`` are part ids, roles, families or instruments, or ``all`` (:data:`EVERYBODY`); ``to_bar`` 0 is the last
    one, inclusive.

    ``amount``: dB for level and gain (change), octaves for octave (change), -1 left .. 1 right for pan, 0..1 for
    reverb. ``name``: instrument id or articulation. ``topic`` and ``value``: for elsewhere, what another stage decides
    and what it should be, e.g. tempo and ``100-120``.
    """

    action: Action
    tracks: tuple[str, ...] = ()
    from_bar: int = 1
    to_bar: int = 0
    amount: float = 0.0
    name: str = ""
    topic: Topic = ""
    value: str = ""


@dataclass(frozen=True)
class RevisionPlan:
    """What a request comes to. Without operations ``answer`` says why nothing can be done."""

    operations: tuple[Operation, ...]
    answer: str


@dataclass(frozen=True)
class Revision:
    """A request and what came of it. ``files`` are the documents it wrote with their hashes; ``yours`` (stage -> files)
    what counted as the user's before; ``keys`` (stage -> key) what the stages were made from. ``state``: ``begun``
    until everything is written, then ``done``; ``undone`` once taken back; ``answered`` where nothing was changed and
    the reviser said why, or asked what is meant."""

    number: int
    request: str
    operations: tuple[Operation, ...]
    answer: str
    summary: str
    files: dict[str, str]
    yours: dict[str, tuple[str, ...]]
    keys: dict[str, str]
    state: Literal["begun", "done", "undone", "answered"] = "begun"


@dataclass(frozen=True)
class Revisions:
    """The document ``agents/revisions.json``, the oldest first."""

    revisions: tuple[Revision, ...] = ()
