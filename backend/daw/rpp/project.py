"""The project's own lines: timecode, render settings, locks, tempo, markers, regions, notes."""
from __future__ import annotations

from backend.daw.rpp.chunk import Chunk
from backend.daw.rpp.envelopes import tempo_chunk, tempo_qpm
from backend.daw.rpp.identity import guid
from backend.daw.rpp.quoting import number
from backend.daw.rpp.track import native_color, track_chunks
from backend.domain.session import Session
from backend.music.names import one_line
from backend.music.ticks import TickClock

VERSION = "7.0/filmcomposer"
PAN_LAW = 10 ** (-3 / 20)
"""-3 dB at the centre, constant power."""
STEREO_PAN = 5
LOCK_ENABLED, LOCK_MARKERS = 16384, 8
RENDER_WAV_24_BIT = "ZXZhdxgAAQ=="
"""``evaw``, 24, 0, 1: WAV, 24 bit."""
MASTER_AND_STEMS = 1
TIME_SELECTION = 2
_NTSC_NOMINAL = {(24000, 1001): 24, (48000, 1001): 24, (30000, 1001): 30, (60000, 1001): 30, (120000, 1001): 30}
_HMSF = 5

NOTES = (
    "Written by FilmComposer.",
    "What you hear: the folder 'Printed stems', the rendered mix by family.",
    "What you edit: the MIDI tracks in the family folders. Their ReaSynth is bypassed so that nothing sounds twice.",
    "To play them through your own instruments: replace ReaSynth, then mute the folder 'Printed stems'.",
    "Hit points are locked markers and stay with the picture; MIDI follows the tempo map.",
    "Unlock markers with Options > Locking. Rendering writes the mix and one stem per selected folder, 48 kHz, 24 bit.",
)


def project_chunk(session: Session) -> Chunk:
    """The whole project. The header's time of writing is 0: the same session is the same file."""
    chunk = Chunk("REAPER_PROJECT", 0.1, VERSION, 0)
    notes = chunk.chunk("NOTES", 0, 2)
    for line in (session.name, *NOTES):
        notes.raw("|" + one_line(line))
    _settings(chunk, session)
    _render(chunk, session)
    _master(chunk, session)
    chunk.add(tempo_chunk(session.tempo))
    _markers(chunk, session)
    for track in track_chunks(session):
        chunk.add(track)
    return chunk


def frame_base(session: Session) -> tuple[int, int]:
    """TIMEMODE's frame rate: whole number, and 1 for 29.97 drop frame, 2 for 23.976 and 29.97 non-drop.

    59.94 and 47.952 are shown at half their rate, which counts the same seconds; other broken rates are rounded.
    """
    rate = (session.frame_rate_numerator, session.frame_rate_denominator)
    if rate in _NTSC_NOMINAL:
        return _NTSC_NOMINAL[rate], 1 if session.drop_frame else 2
    return max(1, round(rate[0] / rate[1])), 0


def _settings(chunk: Chunk, session: Session) -> None:
    base, drop = frame_base(session)
    chunk.line("RIPPLE", 0, 0)
    chunk.line("GROUPOVERRIDE", 0, 0, 0)
    chunk.line("AUTOXFADE", 129)
    chunk.line("ENVATTACH", 3)
    chunk.line("PANLAW", PAN_LAW)
    chunk.line("PROJOFFS", session.project_offset_s, 0, 0)
    chunk.line("MAXPROJLEN", 0, 600)
    chunk.line("GRID", 3199, 8, 1, 8, 1, 0, 0, 0)
    chunk.line("TIMEMODE", 1, _HMSF, _HMSF, base, drop, 0, -1)
    chunk.line("VIDEO_CONFIG", 0, 0, 256)
    chunk.line("PANMODE", STEREO_PAN)
    chunk.line("CURSOR", 0)
    chunk.line("ZOOM", 20, 0, 0)
    chunk.line("RECMODE", 1)
    chunk.line("SMPTESYNC", 0, base, 100, 40, 1000, 300, 0, 0, 1, 0, 0)
    chunk.line("LOOP", 0)
    chunk.line("RECORD_PATH", "", "")


def _render(chunk: Chunk, session: Session) -> None:
    """The cue's exact length (as time selection), master mix plus the selected family folders, no tail."""
    chunk.line("RENDER_FILE", "render")
    chunk.line("RENDER_PATTERN", "$project-$track")
    chunk.line("RENDER_FMT", 0, 2, session.sample_rate)
    chunk.line("RENDER_1X", 0)
    chunk.line("RENDER_RANGE", TIME_SELECTION, 0, 0, 0, 1000)
    chunk.line("RENDER_RESAMPLE", 3, 0, 1)
    chunk.line("RENDER_ADDTOPROJ", 0)
    chunk.line("RENDER_STEMS", MASTER_AND_STEMS)
    chunk.line("RENDER_DITHER", 0)
    chunk.line("TIMELOCKMODE", 0)
    chunk.line("TEMPOENVLOCKMODE", 1)
    chunk.line("SAMPLERATE", session.sample_rate, 1, 0)
    chunk.chunk("RENDER_CFG").raw(RENDER_WAV_24_BIT)
    chunk.line("LOCK", LOCK_ENABLED | LOCK_MARKERS)


def _master(chunk: Chunk, session: Session) -> None:
    first = session.tempo[0]
    chunk.line("GLOBAL_AUTO", -1)
    chunk.raw(f"TEMPO {tempo_qpm(first.us_per_quarter)} {first.numerator or 4} {first.denominator}")
    chunk.line("PLAYRATE", 1, 0, 0.25, 4)
    chunk.line("SELECTION", 0, session.length_s)
    chunk.line("SELECTION2", 0, session.length_s)
    chunk.line("MASTERAUTOMODE", 0)
    chunk.line("MASTERPEAKCOL", 16576)
    chunk.line("MASTERMUTESOLO", 0)
    chunk.line("MASTERHWOUT", 0, 0, 1, 0, 0, 0, 0, -1)
    chunk.line("MASTER_NCH", 2, 2)
    chunk.line("MASTER_VOLUME", 1, 0, 1, -1, 1)
    chunk.line("MASTER_FX", 1)


def _markers(chunk: Chunk, session: Session) -> None:
    """Markers, then regions as pairs of lines; each kind is numbered from 1."""
    clock = TickClock(session.tempo)
    for index, marker in enumerate(session.markers, start=1):
        chunk.line("MARKER", index, marker.time_s, marker.name, 0, native_color(marker.color), 1, "B",
                   guid("marker", index), 0)
    for index, region in enumerate(session.regions, start=1):
        color = native_color(region.color)
        chunk.line("MARKER", index, float(clock.time_s(region.start_tick)), region.name, 1, color, 1, "R",
                   guid("region", index), 0)
        chunk.raw(f'MARKER {index} {number(float(clock.time_s(region.end_tick)))} "" 1 {color} 1 R')
