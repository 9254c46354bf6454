"""An honest interval for a share: E. B. Wilson, J. Amer. Statist. Assoc. 22 (1927)."""
from __future__ import annotations

from math import sqrt

Z_95 = 1.959964


def wilson(hits: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """Lower and upper bound of a share of ``hits`` in ``count``, 95 % by default; (0, 1) where nothing was counted."""
    if not 0 <= hits <= count:
        raise ValueError(f"hits: {hits} do not lie within 0 and {count}")
    if count == 0:
        return 0.0, 1.0
    share, square = hits / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    reach = z / (1 + square) * sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, middle - reach), min(1.0, middle + reach)
