"""Volume: a level per measure and track. The controllers carry most of the dynamics, this the rest (craft 5)."""
from __future__ import annotations

from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import Casting, CastTrack, Measure, MeasurePlan, TrackVolume, VolumePlan

_ENVELOPE_DB = 8.0
"""Difference between level 0 and 1 in the envelope: about a third of the whole; velocity and CC make the rest."""
_STEADY = {"accent": 0.35, "melody": 0.75}
"""Share of the range for roles that must be heard through: by ear."""
_BURIED_DB = -1.5


def _level(track: CastTrack, measure: Measure, trim_db: float) -> float:
    depth = _ENVELOPE_DB * _STEADY.get(track.role, 1.0)
    gain_db = -depth * (1 - measure.level) + trim_db
    return 10 ** (gain_db / 20)


def _trim_db(track: CastTrack, request: ArrangeRequest) -> float:
    """A reviewer who could not hear the melody gets a quieter accompaniment."""
    if track.role in ("melody", "accent"):
        return 0.0
    return _BURIED_DB * sum(issue.step == "volume" and issue.path == "/melody" and issue.severity >= 2
                            for review in request.reviews for issue in review.issues)


class RuleVolume:
    """Levels that follow the measures."""

    name = "rule-volume"

    def balance(self, request: ArrangeRequest, plan: MeasurePlan, casting: Casting) -> VolumePlan:
        """Linear level 0..1 of every measure, for every track."""
        tracks = []
        for track in casting.tracks:
            trim_db = _trim_db(track, request)
            levels = {measure.m: round(min(1.0, _level(track, measure, trim_db)), 6) for measure in plan.measures}
            tracks.append(TrackVolume(track.track_index, levels))
        return VolumePlan(tuple(tracks))
