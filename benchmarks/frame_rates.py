"""The demo film at other frame rates: ``python benchmarks/frame_rates.py FOLDER``, for ``shared_clips.py``."""
from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

from backend.video.drawn_film import story_pictures
from backend.video.film_writer import write_film

RATES = {"2997": Fraction(30000, 1001), "25": Fraction(25), "30": Fraction(30), "50": Fraction(50), "60": Fraction(60)}


def main() -> None:
    folder = Path(sys.argv[1])
    for name, fps in RATES.items():
        write_film(folder / f"story_{name}.mp4", story_pictures(), fps)
        print(folder / f"story_{name}.mp4")


if __name__ == "__main__":
    main()
