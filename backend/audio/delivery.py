"""The files of a render: mix and stems at their final level, complete or not at all."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio.leveling import Level
from backend.audio.loudness import SILENCE_LUFS, Loudness, decibels, hop_powers, integrated, measure
from backend.audio.wav import FULL_SCALE, ORIGINATOR, originator, quantise, write_wav
from backend.domain.render import Stem
from backend.domain.requests import RenderRequest
from backend.errors import OutputError

STEM_FOLDER = "stems"
MIX_FILE = "mix.wav"


@dataclass(frozen=True)
class Delivery:
    """``heard`` is the mix measured back from its file; ``null_dbfs`` the written stems' sum less the written mix."""

    stems: tuple[Stem, ...]
    heard: Loudness
    null_dbfs: float


def deliver(request: RenderRequest, stems: dict[str, np.ndarray], mix: np.ndarray, level: Level,
            workers: int) -> Delivery:
    """Write ``stems`` and ``mix`` (float32 [2, samples]) under temporary names, measure, rename. Raises OutputError."""
    session = request.session
    reference = max(0, round(session.project_offset_s * session.sample_rate))

    def write(path: Path, sound: np.ndarray) -> tuple[np.ndarray, float, float]:
        levelled = level.apply(sound)
        values = quantise(levelled)
        write_wav(path, values, session.sample_rate, reference)
        loudness = integrated(hop_powers(levelled, session.sample_rate))
        return values, loudness, decibels(float(np.abs(levelled).max(initial=0.0)))

    with _files(request.folder) as place, ThreadPoolExecutor(workers) as pool:
        names = {family: f"{STEM_FOLDER}/{_file_name(family)}.wav" for family in stems}
        written = [pool.submit(write, place(names[family]), sound) for family, sound in stems.items()]
        mix_path = place(MIX_FILE)
        mix_values = quantise(level.apply(mix))
        write_wav(mix_path, mix_values, session.sample_rate, reference)
        heard = pool.submit(measure, mix_path)
        residue, rows = -mix_values, []
        for family, future in zip(stems, written, strict=True):
            values, loudness, peak_dbfs = future.result()
            residue += values
            rows.append(Stem(family, names[family], None if loudness <= SILENCE_LUFS else round(loudness, 3),
                             round(peak_dbfs, 3)))
        return Delivery(tuple(rows), heard.result(), _rms_dbfs(residue))


def _rms_dbfs(values: np.ndarray) -> float:
    mean = float(np.mean(np.square(values, dtype=np.float64)))
    return decibels(mean ** 0.5 / FULL_SCALE)


def _file_name(family: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in family) or "stem"


@contextmanager
def _files(folder: Path) -> Iterator[Callable[[str], Path]]:
    """Yields ``place(name)`` -> temporary path. On success all are renamed and stems of an earlier render go; on any
    failure the temporary files go and nothing else changes. Raises OutputError."""
    placed: dict[Path, Path] = {}

    def place(name: str) -> Path:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        placed[target] = target.with_name(f".{target.name}.part")
        return placed[target]

    try:
        yield place
        for target, temporary in placed.items():
            os.replace(temporary, target)
        for old in sorted((folder / STEM_FOLDER).glob("*.wav")):
            if old not in placed and originator(old) == ORIGINATOR:
                old.unlink()
    except OSError as error:
        raise OutputError(f"The sound cannot be written to '{folder}': {error.strerror or error}. "
                          "Free some space or choose another folder (-o; in REAPER, save the project "
                          "elsewhere).") from None
    finally:
        for temporary in placed.values():
            with suppress(OSError):
                temporary.unlink()
