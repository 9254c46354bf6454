"""What every instrument track plays through, and which families are heard live.

A family plays live when all its tracks found something that sounds as it opens; its printed stem is then muted.
Otherwise the printed stem plays, and what was found waits on its tracks, bypassed, so that nothing sounds twice. A
family without a printed stem (a melody just composed) is heard through what there is, ReaSynth at the least.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backend.daw.articulations import ArticulationMap
from backend.daw.palette import family
from backend.daw.palette_file import ANY, MELODY, Palettes
from backend.daw.voices_installed import Installed, read_installed
from backend.daw.voices_search import Finding, search
from backend.domain.live import LiveFx
from backend.domain.session import Track
from backend.music.instruments import instruments

PLAYERS = ("instrument", "melody")
"""Kinds of tracks that need a voice."""
_NAMED = 2
"""Names in a line of the log before it says how many more there are."""


@dataclass(frozen=True)
class Voice:
    """``fx`` None: what the session put there (ReaSynth). ``bypassed`` is for all of it. ``programs``: General MIDI
    program changes are sent. ``channel`` 0-15, None: the notes' own."""

    what: str
    fx: tuple[LiveFx, ...] | None = None
    template: str = ""
    bypassed: bool = False
    articulations: ArticulationMap | None = None
    programs: bool = True
    channel: int | None = None


@dataclass(frozen=True)
class Cast:
    """``voices`` by track id, ``muted`` printed tracks, ``notes`` one line a family."""

    voices: dict[str, Voice] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    all_live: bool = True


def cast_voices(tracks: Sequence[Track], palettes: Palettes, resource_folder: Path | None) -> Cast:
    """A voice for every player of the session. Raises InputError for an articulation map that cannot be read."""
    installed = read_installed(resource_folder)
    printed = {track.id.rsplit(".", 1)[-1]: track.id for track in tracks if track.kind == "printed"}
    voices: dict[str, Voice] = {}
    muted: set[str] = set()
    notes: list[str] = []
    all_live = True
    for name, players in _families(tracks).items():
        found = [_finding(track, palettes, installed, resource_folder) for track in players]
        live = all(finding.plays for finding in found)
        stem = printed.get(name)
        for track, finding in zip(players, found, strict=True):
            voices[track.id] = _voice(finding, live, heard_alone=stem is None)
        if live and stem is not None:
            muted.add(stem)
        all_live &= live
        notes.append(_note(_title(name, players), players, found, live, stem is not None))
    return Cast(voices, frozenset(muted), tuple(notes), all_live)


def _families(tracks: Sequence[Track]) -> dict[str, list[Track]]:
    """Players by the folder they lie in; a player outside every folder is a family of its own."""
    out: dict[str, list[Track]] = {}
    for track in tracks:
        if track.kind in PLAYERS:
            out.setdefault(track.parent or track.id, []).append(track)
    return out


def _finding(track: Track, palettes: Palettes, installed: Installed, resource_folder: Path | None) -> Finding:
    instrument = instruments().get(track.instrument)
    keys = (MELODY, ANY) if instrument is None else (instrument.id, instrument.stem, instrument.family, ANY)
    pitched = instrument is None or instrument.pitched
    return search(palettes.candidates(keys), pitched, installed, resource_folder)


def _voice(finding: Finding, live: bool, heard_alone: bool) -> Voice:
    """``heard_alone``: no printed stem stands behind the track, so something must sound on it."""
    if finding.candidate is None or (heard_alone and not finding.plays):
        return Voice("ReaSynth", bypassed=not heard_alone)
    channel = finding.candidate.channel
    return Voice(finding.what, finding.fx, finding.template, not (live or heard_alone), finding.articulations,
                 finding.candidate.general_midi, channel - 1 if channel else None)


def _title(name: str, players: list[Track]) -> str:
    return players[0].name if name == players[0].id else family(name).title


def _note(title: str, players: list[Track], found: list[Finding], live: bool, printed: bool) -> str:
    """``Strings: Kontakt 8 on 4 tracks``, or why the printed stem plays and what would change that."""
    if live:
        return f"{title}: {_counted([finding.what for finding in found])}"
    pairs = list(zip(players, found, strict=True))
    asked = [track.name for track, finding in pairs if finding.printed]
    missing = [track.name for track, finding in pairs if finding.candidate is None and not finding.printed]
    waiting = [finding.what for finding in found if finding.candidate and not finding.plays]
    suggested = list(dict.fromkeys(finding.suggestion for finding in found if finding.suggestion))
    reasons = []
    if asked:
        reasons.append("palette.json asks for it" if len(asked) == len(found) else
                       f"palette.json asks for it on {_some(asked)}")
    if missing:
        could = f" ({_some(suggested)} could play {'it' if len(missing) == 1 else 'them'})" if suggested else ""
        reasons.append(f"no instrument found for {_some(missing)}: name one in palette.json{could}")
    if waiting:
        reasons.append(f"{_counted(waiting)} {'bypassed' if printed else 'left out'} since a patch must be loaded "
                       "first: name a preset or a track template in palette.json")
    reasons += dict.fromkeys(reason for finding in found for reason in finding.absent)
    return f"{title}: {'printed stem' if printed else 'ReaSynth'}; {'; '.join(reasons)}"


def _counted(names: list[str]) -> str:
    return ", ".join(f"{what} on {count} track{'s' if count > 1 else ''}" for what, count in Counter(names).items())


def _some(names: list[str]) -> str:
    if len(names) <= _NAMED + 1:
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
