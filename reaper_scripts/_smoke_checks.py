"""The checks of the self-test, each a line: what was expected of REAPER and what it did."""
from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from backend.daw.apply.host import is_null
from backend.domain.live import BuildReport
from reaper_scripts._cues import built_cues
from reaper_scripts._host import Host
from reaper_scripts._ours import items_of, our_tracks
from reaper_scripts._render import render_files
from reaper_scripts._smoke_plan import (
    BARS_END_S,
    BPM,
    GAIN_DB,
    LABEL,
    NOTE_S,
    PAN,
    START_S,
    SYNTH,
    TURN_BPM,
    TURN_S,
)
from reaper_scripts._smoke_wave import Heard, listen
from reaper_scripts._timeline import markers_and_regions

_CHUNK_SIZE, _HASH_SIZE = 1 << 22, 128
_RATE_HZ = 48000


class Check(NamedTuple):
    what: str
    passed: bool
    found: str

    def line(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'} {self.what}: {self.found}"


def fingerprint(api: Any) -> str:
    """Tracks as REAPER writes them, markers, regions and tempo, as one number: the same before a build and after its
    undo."""
    rows = [str(api.RPR_GetTrackStateChunk(api.RPR_GetTrack(0, i), "", _CHUNK_SIZE, False)[2])
            for i in range(api.RPR_CountTracks(0))]
    rows += [repr(list_) for list_ in markers_and_regions(api)]
    rows += [repr(api.RPR_GetTempoTimeSigMarker(0, i, 0.0, 0, 0.0, 0.0, 0, 0, False)[3:])
             for i in range(api.RPR_CountTempoTimeSigMarkers(0))]
    return f"{len(rows)} parts, {zlib.crc32(chr(0).join(rows).encode('utf-8', 'replace')):08x}"


def built(report: BuildReport) -> Check:
    found = report.refused or f"{report.changed} written in {report.main_thread_s:.3f} s"
    return Check("the test cue is built", not report.refused and report.changed > 0, found)


def built_again(report: BuildReport) -> Check:
    return Check("building it again changes nothing", not report.refused and report.changed == 0,
                 report.refused or f"{report.changed} written")


def undone(before: str, between: str, after: str) -> Check:
    """``between`` is the project with the cue in it."""
    return Check("one undo gives the project back exactly", before == after != between,
                 f"before {before}, built {between}, after {after}")


def as_found(before: str, after: str) -> Check:
    return Check("the project is as the test found it", before == after, f"{before} and {after}")


def tempo(api: Any) -> Check:
    """Where REAPER puts the beats of the map: 90 quarters a minute from the start, 120 from the turn."""
    start_q = api.RPR_TimeMap2_timeToQN(0, START_S)
    turn_q = (TURN_S - START_S) * BPM / 60
    worst_ms = 0.0
    for quarter in range(7):
        expected_s = START_S + quarter * 60 / BPM if quarter <= turn_q else TURN_S + (quarter - turn_q) * 60 / TURN_BPM
        found_s = api.RPR_TimeMap2_QNToTime(0, start_q + quarter)
        worst_ms = max(worst_ms, abs(found_s - expected_s) * 1000)
    return Check("beats of the tempo map within 1 ms", worst_ms < 1, f"worst {worst_ms:.6f} ms")


def envelopes(api: Any) -> Iterator[Check]:
    """The volume envelope reads -6 dB after scaling; the pan envelope's raw value is inverted (left is positive)."""
    track = synth_track(api)
    for name, expected in (("Volume", 10 ** (GAIN_DB / 20)), ("Pan", -PAN)):
        envelope = api.RPR_GetTrackEnvelopeByName(track, name)
        if is_null(envelope):
            yield Check(f"envelope {name}", False, "REAPER knows no such envelope")
            continue
        raw = api.RPR_Envelope_Evaluate(envelope, NOTE_S, _RATE_HZ, 1, 0.0, 0.0, 0.0, 0.0)[5]
        value = api.RPR_ScaleFromEnvelopeMode(api.RPR_GetEnvelopeScalingMode(envelope), raw)
        yield Check(f"envelope {name} is {expected:.4f}", abs(value - expected) < 1e-3, f"{value:.4f} (raw {raw:.4f})")


def midi_hash(api: Any) -> str:
    """REAPER's own hash of the test note's take."""
    items = items_of(api, synth_track(api))
    return hash_of_take(api, api.RPR_GetActiveTake(items[0]) if items else "")


def hash_of_take(api: Any, take: Any) -> str:
    """Empty for no take."""
    return "" if is_null(take) else str(api.RPR_MIDI_GetHash(take, False, "", _HASH_SIZE)[3])


def same_hash(before: str, after: str) -> Check:
    return Check("MIDI hash of the take stays", bool(before) and before == after, f"{before} and {after}")


def rendered(host: Host, folder: str) -> Iterator[Check]:
    """A real render: the note is heard where the tempo map says, and on the left."""
    cue = built_cues(host.api)[LABEL]
    files = render_files(host, cue, [t for t in our_tracks(host.api) if t.cue == LABEL], folder)
    yield Check("render writes mix and stem", len(files) >= 2, ", ".join(os.path.basename(file) for file in files))
    heard = listen(files[0])
    yield Check("48 kHz, 24 bit, stereo", (heard.rate_hz, heard.bits, heard.channels) == (_RATE_HZ, 24, 2),
                f"{heard.rate_hz} Hz, {heard.bits} bit, {heard.channels} channels")
    length_s = heard.frames / heard.rate_hz
    yield Check("length of the cue", abs(length_s - (BARS_END_S - START_S)) < 2 / _RATE_HZ, f"{length_s:.6f} s")
    yield from _sound(heard)


def _sound(heard: Heard) -> Iterator[Check]:
    if heard.onset_s is None:
        yield Check("the note is heard", False, "silence: is ReaSynth there, and its track not muted?")
        return
    off_ms = (heard.onset_s - (NOTE_S - START_S)) * 1000
    yield Check("the note starts within 5 ms of the tempo map", abs(off_ms) < 5, f"{off_ms:+.2f} ms")
    yield Check("pan -1 is the left side", heard.left > 4 * heard.right,
                f"left {heard.left:.4f}, right {heard.right:.4f}")


def synth_track(api: Any) -> Any:
    return next((t.track for t in our_tracks(api) if t.cue == LABEL and t.id == SYNTH), "")
