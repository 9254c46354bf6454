"""The pitches a line may use, and how far apart they are in scale steps."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend.domain.brief import CueBrief
from backend.music.theory import MODES, scale_pcs


@dataclass(frozen=True)
class ToneRow:
    """The mode's scale on its tonic. Chromatic writing counts steps in harmonic minor, so that motifs keep shape."""

    tonic_pc: int
    mode: str

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        return MODES["harmonic_minor" if self.mode == "chromatic" else self.mode]

    @cached_property
    def pcs(self) -> frozenset[int]:
        return frozenset(scale_pcs(self.tonic_pc, self.mode))

    def step(self, pitch: int) -> float:
        """Scale steps above the tonic of octave -1; tones between two steps lie halfway."""
        octave, offset = divmod(pitch - self.tonic_pc, 12)
        for number, degree in enumerate(self._offsets):
            if degree == offset:
                return octave * len(self._offsets) + number
            if degree > offset:
                return octave * len(self._offsets) + number - 0.5
        return octave * len(self._offsets) + len(self._offsets) - 0.5

    def pitches(self, low: int, high: int) -> list[int]:
        """Scale tones from ``low`` to ``high`` inclusive."""
        return [pitch for pitch in range(low, high + 1) if pitch % 12 in self.pcs]


def tone_row(brief: CueBrief) -> ToneRow:
    return ToneRow(brief.tonic_pc, brief.mode)
