"""The rule-based melody writer: a seeded composer behind the MelodyWriter port."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.requests import MelodyRequest
from backend.domain.score import Melody
from backend.errors import OptionError
from backend.music.rule_melody.compose import Span, compose_melody, recompose


class RuleMelodyWriter:
    """Motifs, phrases and cadences by rule; the same request gives the same melody."""

    name = "rules"

    def write(self, request: MelodyRequest) -> Melody:
        """A note on every spot. With ``keep`` and ``bars`` only the notes that start in those bars are new.

        Raises CompositionError without spots, OptionError for bars the cue does not have or ``bars`` without ``keep``.
        """
        if request.bars is None:
            melody = compose_melody(request.spots, request.tempo_map, request.brief, request.seed, request.fixes)
            return replace(melody, made_by=self.name)
        if request.keep is None:
            raise OptionError("Bars can only be rewritten in a melody that exists. Compose the cue first.")
        first, last = request.bars
        bars = request.tempo_map.bars
        if not 1 <= first <= last <= len(bars):
            raise OptionError(f"There are no bars {first}-{last}. Choose within 1-{len(bars)}.")
        span = Span(request.keep, bars[first - 1].start_q, bars[last - 1].end_q)
        melody = recompose(request.spots, request.tempo_map, request.brief, (request.seed, request.fixes, span))
        return replace(melody, made_by=self.name)
