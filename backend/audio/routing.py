"""Which track is heard where: folders become stems, reverbs belong to the family that feeds them."""
from __future__ import annotations

from dataclasses import dataclass

from backend.audio.reverb import HALLS
from backend.domain.session import Session, Track
from backend.errors import InputError


@dataclass(frozen=True)
class Return:
    """A reverb track, the stem it returns to, whose hall it plays, and whether only that stem feeds it."""

    track: Track
    stem: str
    hall: str
    private: bool


@dataclass(frozen=True)
class Routing:
    """``stems``: top-level track ids in session order. ``instruments`` by stem. ``ancestors``: inner folder first.
    ``reverbs``: those that anything is sent to."""

    stems: tuple[str, ...]
    instruments: dict[str, tuple[Track, ...]]
    ancestors: dict[str, tuple[Track, ...]]
    reverbs: tuple[Return, ...]


def route(session: Session) -> Routing:
    """The signal flow of a session. Muted tracks and everything in muted folders are left out. Raises InputError."""
    tracks = {track.id: track for track in session.tracks}
    ancestors = {track.id: _ancestors(track, tracks) for track in session.tracks}
    audible = [t for t in session.tracks if not t.muted and not any(a.muted for a in ancestors[t.id])]
    instruments = [track for track in audible if track.kind == "instrument"]
    senders = [sender for track in instruments for sender in (track, *ancestors[track.id])]
    for sender in senders:
        for send in sender.sends:
            if send.target not in tracks or tracks[send.target].kind != "reverb":
                raise InputError(f"Track '{sender.id}' sends to '{send.target}', which is no reverb track. Correct it.")
    roots = {track.id: (ancestors[track.id] or (track,))[-1].id for track in audible}
    reverbs = []
    for reverb in (track for track in audible if track.kind == "reverb"):
        feeding = sorted({roots[s.id] for s in senders if any(send.target == reverb.id for send in s.sends)})
        stem = feeding[0] if not reverb.parent and len(feeding) == 1 else roots[reverb.id]
        if feeding:
            reverbs.append(Return(reverb, stem, _hall_family(reverb, stem), feeding == [stem]))
    wanted = {roots[track.id] for track in instruments} | {back.stem for back in reverbs}
    stems = tuple(track.id for track in session.tracks if track.id in wanted)
    by_stem = {stem: tuple(track for track in instruments if roots[track.id] == stem) for stem in stems}
    return Routing(stems, by_stem, ancestors, tuple(reverbs))


def _ancestors(track: Track, tracks: dict[str, Track]) -> tuple[Track, ...]:
    chain: list[Track] = []
    parent = track.parent
    while parent:
        if parent not in tracks or tracks[parent] in chain:
            raise InputError(f"Track '{track.id}' lies in folder '{parent}', which is missing or in a circle.")
        chain.append(tracks[parent])
        parent = tracks[parent].parent
    return tuple(chain)


def _hall_family(reverb: Track, stem: str) -> str:
    """The family whose hall a reverb track plays: its folder, its stem, or the first word of its id."""
    candidates = (reverb.parent, stem, reverb.id.split(".")[0])
    return next((name for name in candidates if name in HALLS), "")
