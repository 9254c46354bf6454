"""Do two results for one clip sound like two emotions? Mode or tempo, instruments and density must differ."""
from __future__ import annotations

from dataclasses import dataclass

from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.music.theory import is_minor_like

TEMPO_RATIO = 1.08
"""Beyond the tempo difference that listeners notice (about 6 %: C. Drake, M.-C. Botte, 1993)."""
INSTRUMENT_DISTANCE = 0.25
DENSITY_RATIO = 1.15
"""By ear: a sixth more notes a second is a busier texture."""


@dataclass(frozen=True)
class EmotionContrast:
    """``instruments`` is the Jaccard distance of the instruments; ratios are larger over smaller (>= 1)."""

    mode_differs: bool
    tempo_ratio: float
    instruments: float
    density_ratio: float

    @property
    def differs(self) -> bool:
        """Mode or tempo, and instruments, and density."""
        return ((self.mode_differs or self.tempo_ratio >= TEMPO_RATIO) and self.instruments >= INSTRUMENT_DISTANCE
                and self.density_ratio >= DENSITY_RATIO)


def emotion_contrast(first: tuple[Score, TempoMap], second: tuple[Score, TempoMap]) -> EmotionContrast:
    """Contrast of two results (score and map)."""
    tempi, densities, casts = [], [], []
    for score, tempo_map in (first, second):
        seconds = float(tempo_map.time_s(tempo_map.end_q))
        tempi.append(60 * float(tempo_map.end_q) / seconds)
        densities.append(max(1, sum(len(part.notes) for part in score.parts)) / seconds)
        casts.append({part.instrument for part in score.parts if part.notes})
    union = casts[0] | casts[1]
    keys = first[0].key, second[0].key
    return EmotionContrast(
        mode_differs=is_minor_like(keys[0].mode) != is_minor_like(keys[1].mode),
        tempo_ratio=max(tempi) / min(tempi), density_ratio=max(densities) / min(densities),
        instruments=1 - len(casts[0] & casts[1]) / len(union) if union else 0.0)
