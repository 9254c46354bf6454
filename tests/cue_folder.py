"""A small drawn film scored once, and copies of its folder to try things on."""
from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np

from backend.cli.main import main
from backend.live.session_sound import FOLDER
from backend.video.film_writer import write_film


def draw_small_film(path: Path) -> None:
    """8 s at 24 fps, 160x90: three shots of a square that rests, drifts, and falls dead at frame 144."""
    def pictures() -> list[np.ndarray]:
        out = []
        for frame in range(192):
            shot = 0 if frame < 72 else 1 if frame < 120 else 2
            picture = np.full((90, 160, 3), (40, 90 + 50 * shot, 160 - 60 * shot), np.uint8)
            x = 20 + (frame - 72) * 2 if shot == 1 else 60
            y = min(60, 2 + (frame - 120) * (frame - 120) // 10) if shot == 2 else 40
            picture[y:y + 22, x:x + 30] = (220, 220, 240)
            picture[80:, ::4] = (20, 20, 20)
            out.append(picture)
        return out
    write_film(path, iter(pictures()), 24)


def score(*arguments: object) -> int:
    """Run ``filmcomposer score``; its exit code."""
    return main(["score", *(str(a) for a in arguments)])


def copy_of(scored: Path, target: Path) -> Path:
    """The folder with its clip, elsewhere; the copied results folder."""
    shutil.copytree(scored, target)
    return target / "out"


def hashes(folder: Path) -> dict[str, str]:
    """Content hash of every result (not of what the folder remembers, nor of the copies that a session plays)."""
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*"))
            if p.is_file() and not p.name.startswith(".") and p.parent.name != FOLDER}
