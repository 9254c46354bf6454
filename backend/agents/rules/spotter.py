"""The spotter that works by rules: peaks of the picture are hits, its motion is density."""
from __future__ import annotations

from backend.domain.requests import SpotRequest
from backend.domain.spotting import RhythmSpots
from backend.music.form import plan_sections
from backend.music.spots import SpotContext, plan_spots


class PeakSpotter:
    """Port Spotter: every anchored hit, and fills whose density per bar follows the motion."""

    name = "peaks"

    def spot(self, request: SpotRequest) -> RhythmSpots:
        """Sections and spots of a cue; the same for the same request."""
        sections = plan_sections(request.tempo_map, request.hits, request.analysis)
        context = SpotContext(request.tempo_map, request.hits, request.analysis, request.brief, sections, request.seed)
        return RhythmSpots(plan_spots(context), sections, self.name)
