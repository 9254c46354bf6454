"""What the renderer made and measured."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stem:
    """``family`` is the folder track's id; ``file`` is relative to the results folder."""

    family: str
    file: str
    integrated_lufs: float | None
    peak_dbfs: float


@dataclass(frozen=True)
class SoundBank:
    name: str
    file: str
    licence: str


@dataclass(frozen=True)
class RenderReport:
    """Loudness is ITU-R BS.1770 integrated; ``true_peak_dbtp`` by oversampling. ``null_dbfs`` is the level of
    mix minus the sum of stems. ``gain_db`` static gain applied to everything, ``gain_reduction_db`` the deepest point
    of the one gain curve shared by mix and stems. ``attack_ms`` are the measured attacks compensated, by part id."""

    mix: str
    stems: tuple[Stem, ...]
    sample_rate: int
    samples: int
    target_lufs: float
    integrated_lufs: float
    loudness_range_lu: float
    true_peak_dbtp: float
    gain_db: float
    gain_reduction_db: float
    null_dbfs: float
    bank: SoundBank
    attack_ms: dict[str, float]
    made_by: str = ""
