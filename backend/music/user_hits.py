"""A list of hits that a person wrote or edited, put in order."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.clip import Cue
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.time import FrameRate
from backend.errors import EditError
from backend.music.tempo_fit.targets import MERGE_S


def read_user_hits(hits: HitPoints, cue: Cue, rate: FrameRate) -> HitPoints:
    """A user's list in order: sorted, hits within 0.25 s merged (the heaviest stays), frame and timecode renewed.

    Hits of kind ``user`` are locked. Raises EditError for a hit outside the cue.
    """
    kept: list[HitPoint] = []
    for hit in sorted(hits.hits, key=lambda hit: hit.time_s):
        if hit.time_s > cue.duration_s:
            raise EditError(f"hits: the hit at {float(hit.time_s):.3f} s lies after the cue's end "
                            f"({float(cue.duration_s):.3f} s). Move or delete it; times count from the cue's start.")
        placed = replace(hit, locked=hit.locked or hit.kind == "user",
                         frame=cue.start_frame + rate.nearest_frame(hit.time_s),
                         timecode=cue.timecode_at(hit.time_s, rate))
        if kept and hit.time_s - kept[-1].time_s < MERGE_S:
            kept[-1] = max(kept[-1], placed, key=lambda one: (one.locked, one.weight))
        else:
            kept.append(placed)
    return HitPoints(tuple(kept), hits.made_by or "user")
