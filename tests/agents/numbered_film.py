"""A short drawn film whose frames carry their numbers."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from backend.video.brush import frame_number
from backend.video.film_writer import write_film

FPS, FRAMES, CUTS = 24, 192, (72, 120)


def draw_numbered_film(path: Path) -> None:
    """8 s at 24 fps, 320x180: a square that rests, drifts after a hard cut, and falls after a soft one."""
    write_film(path, _pictures(), FPS)


def _pictures() -> Iterator[np.ndarray]:
    for frame in range(FRAMES):
        shot = sum(frame >= cut for cut in CUTS)
        picture = np.full((180, 320, 3), (40, 90 + 50 * shot, 160 - 60 * shot), np.uint8)
        x = 40 + (frame - CUTS[0]) * 4 if shot == 1 else 120
        y = min(100, 4 + (frame - CUTS[1]) ** 2 // 6) if shot == 2 else 70
        picture[y:y + 44, x:x + 60] = (220, 220, 240)
        picture[150:, :240:8] = (20, 20, 20)
        frame_number(picture, frame)
        yield picture
