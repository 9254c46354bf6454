"""Mixing: seats on the stage, distance in the hall, balance between the roles (craft 5)."""
from __future__ import annotations

from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import Casting, CastTrack, MixPlan, TrackMix
from backend.music.instruments import instruments

ROLE_GAIN_DB = {"melody": 0.0, "doubling": -4.0, "counter": -4.0, "bass": -5.0, "ostinato": -7.0, "percussion": -6.0,
                "pad": -8.0, "accent": -4.0}
"""Craft 5: offsets from the melody. Accents stand out on purpose (measured: docs/benchmarks/arrangement.md)."""
_WIDEST = 0.7
_NEAR_VIEW, _FAR_PLACE = -0.15, 0.15
_APART = 0.12
_DRUM_ACCENT_DB = -3.0
"""A drum under a chord needs no more (docs/benchmarks/arrangement.md: it drove the limiter)."""


_WET = frozenset({"church", "cave", "castle", "ballroom", "theater", "tunnel", "train station", "subway station",
                  "swimming pool", "under water", "space ship or outer space"})
_DRY = frozenset({"car", "bus", "elevator", "Kitchen and dining area", "tent", "coffee shop", "library or bookstore"})
"""Settings of Table 6 that ring longer, or hardly at all. By ear."""


def _space_offset(request: ArrangeRequest) -> float:
    """Close-ups and small rooms are dry, long shots and halls are wet; unknown stays as seated."""
    attributes = request.description.clip
    view, setting = attributes.view_scale.label or "", attributes.setting.label or ""
    offset = _NEAR_VIEW if "close" in view else _FAR_PLACE if "long" in view else 0.0
    return offset + (_FAR_PLACE if setting in _WET else _NEAR_VIEW if setting in _DRY else 0.0)


def _pan(track: CastTrack, taken: list[float]) -> float:
    """The seat, moved aside a little when somebody sits there."""
    pan = max(-_WIDEST, min(_WIDEST, instruments()[track.instrument].pan))
    if track.role in ("melody", "bass"):
        pan *= 0.6
    aside = 0.2 if pan <= 0 else -0.2
    while any(abs(pan - other) < _APART / 2 for other in taken) and abs(pan) < _WIDEST:
        pan = max(-_WIDEST, min(_WIDEST, pan + aside))
        if len(taken) > 8:
            break
    return pan


class RuleMixer:
    """Pan, gain and reverb of every track."""

    name = "rule-mix"

    def mix(self, request: ArrangeRequest, casting: Casting) -> MixPlan:
        """``gain_db`` before the envelope, ``pan`` within +-.7, ``reverb_space`` 0..1."""
        taken: list[float] = []
        tracks = []
        for track in casting.tracks:
            instrument = instruments()[track.instrument]
            pan = _pan(track, taken)
            taken.append(pan)
            space = max(0.05, min(1.0, instrument.reverb_space + _space_offset(request)))
            gain = ROLE_GAIN_DB[track.role] + instrument.level_offset_db
            gain += _DRUM_ACCENT_DB if track.role == "accent" and not instrument.pitched else 0.0
            tracks.append(TrackMix(track.track_index, round(gain, 6), round(pan, 6), round(space, 6)))
        return MixPlan(tuple(tracks))
