"""The hit finder at its port."""
from __future__ import annotations

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoints
from backend.music.user_hits import read_user_hits
from backend.video.hits import find_hits


class CurveHitFinder:
    """Port HitFinder: cuts, impacts, flashes and motion peaks of the measured curves."""

    name = "curves"

    def find(self, analysis: ClipAnalysis) -> HitPoints:
        return find_hits(analysis)

    def accept(self, hits: HitPoints, analysis: ClipAnalysis) -> HitPoints:
        return read_user_hits(hits, analysis.cue, analysis.clip.frame_rate)
