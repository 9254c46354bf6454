"""Builds the cue call by call with reapy from outside, as its documentation shows. Run by live_build.py.

    python -m benchmarks.live.naive [--tracks N] [--held]

``--held`` wraps all of it in one ``inside_reaper`` block. Prints seconds as JSON.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import time
from typing import Any

import reapy
from reapy import reascript_api as RPR

from benchmarks.live.cue import LENGTH_S, Line, lines

_SHOW = {"volume": (40406, "Volume"), "pan": (40407, "Pan")}


def _build_line(project: Any, reverb: Any, line: Line) -> None:
    track = project.add_track(project.n_tracks, line.name)
    track.set_info_value("D_PAN", line.pan)
    track.set_info_value("D_VOL", 10 ** (line.gain_db / 20))
    track.add_fx("ReaSynth")
    track.add_send(reverb).volume = 10 ** (-12.0 / 20)
    take = track.add_midi_item(0.0, LENGTH_S).active_take
    for start, end, pitch, velocity in line.notes:
        take.add_note(start, end, pitch, velocity=velocity, unit="ppq", sort=False)
    RPR.MIDI_Sort(take.id)
    RPR.SetOnlyTrackSelected(track.id)
    for kind, points in line.points.items():
        action, name = _SHOW[kind]
        RPR.Main_OnCommand(action, 0)
        envelope = RPR.GetTrackEnvelopeByName(track.id, name)
        mode = RPR.GetEnvelopeScalingMode(envelope)
        for time_s, value in points:
            raw = 10 ** (value / 20) if kind == "volume" else -value
            RPR.InsertEnvelopePoint(envelope, time_s, RPR.ScaleToEnvelopeMode(mode, raw), 0, 0.0, False, True)
        RPR.Envelope_SortPoints(envelope)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=12)
    parser.add_argument("--held", action="store_true")
    given = parser.parse_args()
    start_s = time.perf_counter()
    project = reapy.Project()
    with reapy.inside_reaper() if given.held else contextlib.nullcontext():
        RPR.SetTempoTimeSigMarker(0, -1, 0.0, -1, -1, 96.0, 4, 4, False)
        reverb = project.add_track(0, "Reverb")
        reverb.add_fx("ReaVerbate")
        for line in lines()[:given.tracks]:
            _build_line(project, reverb, line)
    print(json.dumps({"wall_s": time.perf_counter() - start_s}))


if __name__ == "__main__":
    main()
