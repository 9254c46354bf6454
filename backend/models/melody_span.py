"""The stretch of a melody that is to be written anew."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.requests import MelodyRequest
from backend.errors import OptionError


def rewritten_span(request: MelodyRequest) -> tuple[Fraction, Fraction] | None:
    """Start and end of the request's ``bars`` in quarters, None for the whole melody. Raises OptionError for bars
    that do not exist, or without a melody to keep."""
    if request.bars is None:
        return None
    if request.keep is None:
        raise OptionError("Bars can only be rewritten in a melody that exists. Compose the cue first.")
    first, last = request.bars
    bars = request.tempo_map.bars
    if not 1 <= first <= last <= len(bars):
        raise OptionError(f"There are no bars {first}-{last}. Choose within 1-{len(bars)}.")
    return bars[first - 1].start_q, bars[last - 1].end_q
