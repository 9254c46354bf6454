"""Track envelopes. None is there until it is shown; volume is kept scaled, pan is turned round.

A volume envelope made here uses fader scaling: its values are not amplitudes. ScaleToEnvelopeMode translates. The
fader's curve of the real REAPER is not documented; any caller that scales there and back is right under any curve, and
one that forgets is wrong under this one.
"""
from __future__ import annotations

import math
from bisect import bisect_right

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.state import Envelope, Point, Track

NAMES = {"Volume": "VOLENV2", "Pan": "PANENV2", "Volume (Pre-FX)": "VOLENV", "Pan (Pre-FX)": "PANENV",
         "Width": "WIDTHENV2", "Mute": "MUTEENV"}
TITLES = {chunk: name for name, chunk in NAMES.items()}
DEFAULTS = {"VOLENV2": 1.0, "VOLENV": 1.0, "PANENV2": 0.0, "PANENV": 0.0, "WIDTHENV2": 1.0, "MUTEENV": 1.0}
FADER = 1
SQUARE = 1
TEMPO_MAP = "TEMPOENVEX"
AUTOMATION_ITEM = "POOLEDENVINST"
_FADER_TOP, _FADER_CURVE = 4.0, 4.0
"""+12 dB lies at the top, 0 dB at 716 of 1000."""


def to_mode(mode: int, value: float) -> float:
    """Amplitude to what an envelope of this scaling mode holds."""
    if mode == 0:
        return value
    return 1000.0 * math.pow(max(value, 0.0) / _FADER_TOP, 1.0 / _FADER_CURVE)


def from_mode(mode: int, value: float) -> float:
    if mode == 0:
        return value
    return float(_FADER_TOP * math.pow(max(value, 0.0) / 1000.0, _FADER_CURVE))


def fresh(chunk: str) -> Envelope:
    """As REAPER makes one when it is first shown: one point, the track's value left alone."""
    value = DEFAULTS[chunk]
    scaling = FADER if chunk.startswith("VOLENV") else 0
    return Envelope(chunk, identity.new(), [Point(0.0, value)], scaling=scaling, default_value=value)


class Envelopes(Group):
    _map: Envelope | None = None

    def CountTrackEnvelopes(self, track: Track | None) -> int:
        return len(self._of(need(track)))

    def _of(self, track: Track) -> list[Envelope]:
        """The tempo map, where REAPER lists it, is no envelope of the project: its points are the tempo markers."""
        if track is not self.project.master or not self.reaper.lists_tempo_map:
            return track.envelopes
        self._map = self._map or Envelope(TEMPO_MAP, identity.new())
        self._map.points = [Point(one.time, one.bpm, int(not one.linear)) for one in self.project.tempo]
        return [*track.envelopes, self._map]

    def GetTrackEnvelope(self, track: Track | None, index: int) -> Envelope | None:
        rows = self._of(need(track))
        return self._give(track, rows[index]) if 0 <= index < len(rows) else None

    def GetTrackEnvelopeByName(self, track: Track | None, name: str) -> Envelope | None:
        if name not in NAMES and track is not None:
            raise NotImplementedError(f"RPR_GetTrackEnvelopeByName: the fake REAPER does not know '{name}'")
        return self.GetTrackEnvelopeByChunkName(need(track), "<" + NAMES[name])

    def GetTrackEnvelopeByChunkName(self, track: Track | None, name: str) -> Envelope | None:
        """``<VOLENV2`` or a GUID. NULL until the envelope exists."""
        wanted, track = name.removeprefix("<"), need(track)
        if wanted not in TITLES and not wanted.startswith("{"):
            raise NotImplementedError(f"RPR_GetTrackEnvelopeByChunkName: the fake REAPER does not know '{name}'")
        found = next((one for one in track.envelopes if wanted in (one.chunk, one.guid)), None)
        return self._give(track, found) if found is not None else None

    def _give(self, track: Track | None, envelope: Envelope) -> Envelope:
        self.pointers.text(envelope, track)
        return envelope

    def toggle(self, track: Track, chunk: str) -> None:
        """What the actions do: show it (making it when there is none), or hide it. Hiding keeps the points."""
        found = next((one for one in track.envelopes if one.chunk == chunk), None)
        if found is None:
            track.envelopes.append(fresh(chunk))
        else:
            found.visible = not found.visible
        self.changed()

    def CountEnvelopePoints(self, envelope: Envelope | None) -> int:
        return len(need(envelope).points)

    def GetEnvelopePoint(self, envelope: Envelope | None, index: int, *_: float) -> tuple[float, ...]:
        rows = need(envelope).points
        if not 0 <= index < len(rows):
            return False, 0.0, 0.0, 0, 0.0, False
        point = rows[index]
        value = to_mode(need(envelope).scaling, point.value)
        return True, point.time, value, point.shape, point.tension, point.selected

    def InsertEnvelopePoint(self, envelope: Envelope | None, time: float, value: float,
                            *rest: float) -> tuple[bool, int]:
        """Without sorting the point stays at the end of the list until Envelope_SortPoints."""
        envelope = need(envelope)
        shape, tension, selected, unsorted = rest
        value = from_mode(envelope.scaling, value)
        envelope.points.append(Point(time, value, int(shape), float(tension), bool(selected)))
        if not unsorted:
            self._sort(envelope)
        self.changed()
        return True, int(unsorted)

    def _sort(self, envelope: Envelope) -> None:
        envelope.points.sort(key=lambda point: point.time)

    def SetEnvelopePoint(self, envelope: Envelope | None, index: int, time: float,
                         *rest: float) -> tuple[float, ...]:
        envelope = need(envelope)
        if envelope.chunk == TEMPO_MAP:
            raise NotImplementedError("RPR_SetEnvelopePoint: the fake REAPER sets no points of the tempo map")
        value, shape, tension, selected, unsorted = rest
        if not 0 <= index < len(envelope.points):
            return False, time, *rest
        value_there = from_mode(envelope.scaling, value)
        envelope.points[index] = Point(time, value_there, int(shape), tension, bool(selected))
        if not unsorted:
            self._sort(envelope)
        self.changed()
        return True, time, *rest

    def DeleteEnvelopePointRange(self, envelope: Envelope | None, start: float, end: float) -> bool:
        """From ``start`` up to, not including, ``end``."""
        envelope = need(envelope)
        left = [point for point in envelope.points if not start <= point.time < end]
        if len(left) == len(envelope.points):
            return False
        envelope.points[:] = left
        self.changed()
        return True

    def DeleteEnvelopePointEx(self, envelope: Envelope | None, automation: int, index: int) -> bool:
        envelope = need(envelope)
        if automation != -1:
            raise NotImplementedError("RPR_DeleteEnvelopePointEx: the fake REAPER has no automation items")
        if not 0 <= index < len(envelope.points):
            return False
        del envelope.points[index]
        self.changed()
        return True

    def CountAutomationItems(self, envelope: Envelope | None) -> int:
        return sum(row.startswith(AUTOMATION_ITEM) for row in need(envelope).rows)

    def Envelope_SortPoints(self, envelope: Envelope | None) -> bool:
        self._sort(need(envelope))
        return True

    def GetEnvelopeScalingMode(self, envelope: Envelope | None) -> int:
        return int(need(envelope).scaling)

    def ScaleToEnvelopeMode(self, mode: int, value: float) -> float:
        return to_mode(mode, value)

    def ScaleFromEnvelopeMode(self, mode: int, value: float) -> float:
        return from_mode(mode, value)

    def GetEnvelopeName(self, envelope: Envelope | None, buffer: str, size: int) -> tuple[bool, str]:
        return True, TITLES[need(envelope).chunk]

    def Envelope_GetParentTrack(self, envelope: Envelope | None, *_: int) -> tuple[Track | None, int, int]:
        return self.pointers.owner(need(envelope)), -1, -1

    def Envelope_Evaluate(self, envelope: Envelope | None, time: float, rate: float, samples: int,
                          *_: float) -> tuple[float, ...]:
        """The value in the envelope's scaling; no slopes."""
        return samples, to_mode(need(envelope).scaling, evaluate(need(envelope), time)), 0.0, 0.0, 0.0

    def GetSetEnvelopeInfo_String(self, envelope: Envelope | None, name: str, text: str,
                                  write: int) -> tuple[bool, str]:
        envelope = need(envelope)
        fields = {"ACTIVE": "active", "VISIBLE": "visible", "ARM": "armed"}
        if name == "GUID" and not write:
            return True, envelope.guid
        if name not in fields:
            raise NotImplementedError(f"RPR_GetSetEnvelopeInfo_String: the fake REAPER does not know '{name}'")
        if write:
            setattr(envelope, fields[name], text == "1")
            self.changed()
        return True, str(int(getattr(envelope, fields[name])))


def evaluate(envelope: Envelope, time: float) -> float:
    """As kept (volume: amplitude). Between two points a line in the envelope's scaling, held for shape 1 (square)."""
    points, mode = envelope.points, envelope.scaling
    if not points:
        return envelope.default_value
    at = bisect_right([point.time for point in points], time)
    if at == 0:
        return points[0].value
    before = points[at - 1]
    if at == len(points) or before.shape == SQUARE:
        return before.value
    after = points[at]
    low, high = to_mode(mode, before.value), to_mode(mode, after.value)
    return from_mode(mode, low + (high - low) * (time - before.time) / (after.time - before.time))
