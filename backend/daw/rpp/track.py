"""Tracks: names, colours, folders, levels, receives, envelopes, effects, items."""
from __future__ import annotations

from dataclasses import dataclass

from backend.daw.rpp.chunk import Chunk
from backend.daw.rpp.envelopes import amplitude, pan_chunk, volume_chunk
from backend.daw.rpp.identity import guid
from backend.daw.rpp.items import audio_item, midi_item, video_item
from backend.daw.rpp.plugins import fx_chain
from backend.daw.rpp.quoting import number
from backend.domain.session import Session, Track
from backend.music.ticks import TickClock

CUSTOM_COLOR = 0x1000000
"""Without this bit REAPER takes a colour for the default."""
DEFAULT_COLOR = 16576
_TIME, _BEATS = 0, 1
"""Track timebase. What belongs to the picture stays in time when the tempo is edited, notes follow the beats."""
_POST_FADER, _NO_MIDI = 0, 31
_PROJECT_PAN_LAW, _NO_PAN_LAW = -1.0, 1.0
_SUM_KINDS = ("folder", "reverb", "printed", "picture")
"""Tracks that carry finished stereo: the centre must not lose the project's pan law (-3 dB) again."""
_SPOT_NAMES = ((62, "hit"), (64, "fill"))


@dataclass(frozen=True)
class Receive:
    """A send as its destination stores it."""

    source_index: int
    gain_db: float


def native_color(rgb: int) -> int:
    """0xRRGGBB as REAPER writes it: ``0x1000000 | blue << 16 | green << 8 | red``; 0 is the theme's colour."""
    if not rgb:
        return 0
    return CUSTOM_COLOR | (rgb & 0xFF) << 16 | (rgb & 0xFF00) | rgb >> 16 & 0xFF


def track_chunks(session: Session) -> list[Chunk]:
    """Every track in order, with its receives and its place in the folders."""
    clock = TickClock(session.tempo)
    folders = folder_states(session.tracks)
    receives = _receives(session.tracks)
    return [_track(session, track, folders[i], receives.get(track.id, []), clock)
            for i, track in enumerate(session.tracks)]


def folder_states(tracks: tuple[Track, ...]) -> list[tuple[int, int]]:
    """ISBUS of every track: (1, 1) opens a folder, (2, -n) closes n of them, (0, 0) neither.

    Raises ValueError when a track lies in a folder that is not open above it.
    """
    depths: list[int] = []
    open_ids: list[str] = []
    for track in tracks:
        while open_ids and open_ids[-1] != track.parent:
            open_ids.pop()
        if track.parent and not open_ids:
            raise ValueError(f"track {track.id}: its folder {track.parent} is not open above it")
        depths.append(len(open_ids))
        open_ids.append(track.id)
    out = []
    for i, depth in enumerate(depths):
        after = depths[i + 1] if i + 1 < len(depths) else 0
        out.append((1, 1) if after > depth else (2, after - depth) if after < depth else (0, 0))
    return out


def _receives(tracks: tuple[Track, ...]) -> dict[str, list[Receive]]:
    known = {track.id for track in tracks}
    out: dict[str, list[Receive]] = {}
    for index, track in enumerate(tracks):
        for send in track.sends:
            if send.target not in known:
                raise ValueError(f"track {track.id}: sends to {send.target}, which does not exist")
            out.setdefault(send.target, []).append(Receive(index, send.gain_db))
    return out


def _track(session: Session, track: Track, folder: tuple[int, int], receives: list[Receive],
           clock: TickClock) -> Chunk:
    chunk = Chunk("TRACK", guid(track.id))
    _look(chunk, track)
    _levels(chunk, track)
    chunk.line("ISBUS", *folder)
    chunk.line("BUSCOMP", 0, 0, 0, 0, 0)
    chunk.line("SHOWINMIX", 1, 0.6667, 0.5, 1, 0.5, 0, 0, 0)
    chunk.line("SEL", int(track.kind == "folder" and track.id != "printed"))
    chunk.line("REC", 0, 0, 1, 0, 0, 0, 0, 0)
    chunk.line("TRACKHEIGHT", 0, 0, 0, 0, 0, 0, 0)
    chunk.line("INQ", 0, 0, 0, 0.5, 100, 0, 0, 100)
    chunk.line("NCHAN", 2)
    chunk.line("FX", 1)
    chunk.line("TRACKID", guid(track.id))
    chunk.line("PERF", 0)
    for receive in receives:
        chunk.raw(f"AUXRECV {receive.source_index} {_POST_FADER} {number(amplitude(receive.gain_db))} "
                  f"0 0 0 0 0 0 -1:U {_NO_MIDI} -1 ''")
    chunk.line("MIDIOUT", -1)
    if track.kind == "spots":
        _note_names(chunk)
    chunk.line("MAINSEND", 1, 0)
    _contents(chunk, session, track, clock)
    return chunk


def _look(chunk: Chunk, track: Track) -> None:
    chunk.line("NAME", track.name)
    if track.locked:
        chunk.line("LOCK", 1)
    chunk.line("PEAKCOL", native_color(track.color) or DEFAULT_COLOR)
    chunk.line("BEAT", _BEATS if track.kind in ("instrument", "spots") else _TIME)
    chunk.line("AUTOMODE", 0)


def _levels(chunk: Chunk, track: Track) -> None:
    """VOLPAN: amplitude, pan (-1 left), pan law, and two fields of the pan mode.

    Nobody documents which of the last two holds the stereo width, so every project seen has "-1 1" there, and so
    have ours: the width of a track reaches a live REAPER only.
    """
    law = _NO_PAN_LAW if track.kind in _SUM_KINDS else _PROJECT_PAN_LAW
    chunk.line("VOLPAN", amplitude(track.gain_db), track.pan, law, -1, 1)
    chunk.line("MUTESOLO", int(track.muted), 0, 0)
    chunk.line("IPHASE", 0)
    offset_s = track.playback_offset_ms / 1000
    chunk.line("PLAYOFFS", offset_s, int(offset_s == 0))


def _note_names(chunk: Chunk) -> None:
    names = chunk.chunk("MIDINOTENAMES")
    for pitch, name in _SPOT_NAMES:
        names.raw(f"-1 {pitch} {name} 0 {pitch}")


def _contents(chunk: Chunk, session: Session, track: Track, clock: TickClock) -> None:
    if track.volume_envelope:
        chunk.add(volume_chunk(track.volume_envelope, clock, track.id))
    if track.pan_envelope:
        chunk.add(pan_chunk(track.pan_envelope, clock, track.id))
    if track.fx:
        chunk.add(fx_chain(track.fx, track.id))
    if track.kind == "picture" and session.video is not None:
        chunk.add(video_item(session.video, track.id))
    for index, midi in enumerate(track.midi):
        chunk.add(midi_item(midi, clock, track.id, index))
    for index, audio in enumerate(track.audio):
        chunk.add(audio_item(audio, track.id, index))
