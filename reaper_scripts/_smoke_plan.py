"""The test cue of the self-test: a tempo change, one note on ReaSynth far left and half as loud, a send, a marker."""
from __future__ import annotations

import base64
import struct
from dataclasses import replace

from backend.domain.live import (
    PARTS,
    LiveEnvelope,
    LiveFx,
    LiveItem,
    LiveMarker,
    LivePlan,
    LiveRegion,
    LiveSend,
    LiveTempo,
    LiveTrack,
)

LABEL = "9M99"
START_S, TURN_S, BARS_END_S = 2.3, 4.3, 6.3
"""Three quarters at 90 to the minute, then a bar of four at 120; on no bar line of an empty project, as most cues."""
BPM, TURN_BPM = 90.0, 120.0
NOTE_Q, NOTE_S = 4, START_S + 2.0 + 0.5
"""The fourth quarter after the start: three at 90 (2 s), one at 120."""
GAIN_DB, PAN = -6.0, -1.0
SYNTH, SPOTS = "smoke.synth", "spots"
_TICKS = 960


def smoke_plan() -> LivePlan:
    """4 s, from ``START_S`` of the project on."""
    item = LiveItem("midi", "Smoke note", START_S, BARS_END_S - START_S, _one_note(NOTE_Q, 1, 7))
    tracks = (
        LiveTrack("cue", "cue", f"{LABEL} Self-test"),
        LiveTrack("smoke", "folder", "Smoke", parent="cue"),
        LiveTrack(SYNTH, "instrument", "Smoke synth", parent="smoke", items=(item,), envelopes=(
            LiveEnvelope("volume", (START_S, GAIN_DB, BARS_END_S, GAIN_DB)),
            LiveEnvelope("pan", (START_S, PAN, BARS_END_S, PAN))),
            sends=(LiveSend("smoke.reverb", -20.0),), fx=(LiveFx("ReaSynth"),)),
        LiveTrack("smoke.reverb", "reverb", "Smoke reverb", parent="smoke", muted=True))
    return LivePlan(
        LABEL, "Self-test", "FilmComposer: self-test", START_S, BARS_END_S, BARS_END_S, PARTS,
        tempo=(LiveTempo(START_S, BPM, 3, 4), LiveTempo(TURN_S, TURN_BPM, 4, 4)),
        markers=(LiveMarker(NOTE_S, "H01 self-test"),), regions=(LiveRegion(START_S, BARS_END_S, LABEL),),
        tracks=tracks)


def other_music() -> LivePlan:
    """The same cue with another note, on a softer track."""
    plan = smoke_plan()
    tracks = tuple(replace(track, gain_db=-3.0, items=(replace(track.items[0], events=_one_note(NOTE_Q, 2, 7, 64)),))
                   if track.id == SYNTH else track for track in plan.tracks)
    return replace(plan, undo_name="FilmComposer: self-test, other music", tracks=tracks)


def by_hand() -> str:
    """The note as a user could have changed it."""
    return _one_note(NOTE_Q, 1, 7, 67)


def _one_note(start_q: int, length_q: int, item_q: int, pitch: int = 60) -> str:
    """A note as REAPER's event bytes; the last event sets the item's length."""
    rows = ((start_q * _TICKS, bytes((0x90, pitch, 100))), (length_q * _TICKS, bytes((0x80, pitch, 0))),
            ((item_q - start_q - length_q) * _TICKS, bytes((0xB0, 123, 0))))
    return base64.b64encode(b"".join(struct.pack("<iBi", offset, 0, 3) + message for offset, message in rows)
                            ).decode("ascii")
