"""The median, without what numpy brings along for it."""
from __future__ import annotations

import numpy as np


def median(values: np.ndarray) -> np.ndarray:
    """Median of the last axis; numpy's own loads its masked arrays, a megabyte, in the middle of a pass."""
    ordered, size = np.sort(values, axis=-1), values.shape[-1]
    return np.asarray((ordered[..., (size - 1) // 2] + ordered[..., size // 2]) / 2)
