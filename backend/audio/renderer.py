"""The built-in renderer: a session through a sound bank to mix.wav and one stem a family.

``Track.playback_offset_ms`` is meant for the user's sample libraries and is not used here: this bank's own attacks are
measured (``bank_notes.py``) and every note starts early by its own.
"""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from backend.audio.bank_notes import BankNotes
from backend.audio.clock import SessionClock
from backend.audio.leveling import Level, find_level
from backend.audio.loudness import SILENCE_LUFS, decibels, hop_powers, integrated, measure
from backend.audio.mixdown import Mixdown, Studio, mix_down
from backend.audio.soundfont import describe_bank
from backend.audio.wav import FULL_SCALE, ORIGINATOR, originator, quantise, write_wav
from backend.domain.render import RenderReport, SoundBank, Stem
from backend.errors import OutputError
from backend.ports import Progress, RenderRequest

MIX_SHARE = 0.8
"""Share of the progress bar that synthesis and reverb take (docs/benchmarks/render.md)."""
STEM_FOLDER = "stems"
MIX_FILE = "mix.wav"


class SoundfontRenderer:
    """AudioRenderer over a General MIDI sound bank (tinysoundfont)."""

    name = "soundfont"

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._notes: dict[tuple[str, int, int], BankNotes] = {}

    def render(self, request: RenderRequest, progress: Progress) -> RenderReport:
        """Write ``mix.wav`` and ``stems/*.wav``: 24 bit, exactly ``session.length_s`` long.

        Raises InputError (bad sound bank or routing), MissingExtraError, OutputError.
        """
        session = request.session
        bank = describe_bank(request.soundfont)
        clock = SessionClock(session.tempo, session.sample_rate)
        samples = max(1, round(session.length_s * session.sample_rate))
        studio = Studio(request.soundfont, bank, clock, self._bank_notes(request, session.sample_rate), samples)
        mixdown = mix_down(session, studio, self._workers, lambda done: progress(MIX_SHARE * done))
        stems = list(mixdown.stems.values())
        mix = np.zeros((2, samples), np.float32)
        for stem in stems:
            mix += stem
        level = find_level(mix, stems, request.target_lufs, session.sample_rate)
        progress(MIX_SHARE + 0.05)
        report = _deliver(request, mixdown, mix, level, bank)
        progress(1.0)
        return report

    def _bank_notes(self, request: RenderRequest, sample_rate: int) -> BankNotes:
        """Measured notes are remembered per bank file (and its size, in case it is replaced)."""
        path = request.soundfont
        key = (str(path or ""), path.stat().st_size if path else 0, sample_rate)
        return self._notes.setdefault(key, BankNotes(sample_rate))


def _deliver(request: RenderRequest, mixdown: Mixdown, mix: np.ndarray, level: Level, bank: SoundBank) -> RenderReport:
    """Write the files under temporary names, measure the mix back from its file, rename them all."""
    session = request.session
    reference = max(0, round(session.project_offset_s * session.sample_rate))
    residue = np.zeros(mix.shape, np.int32)
    stems: list[Stem] = []
    with _files(request.folder) as place:
        for family, sound in mixdown.stems.items():
            levelled = level.apply(sound)
            values = quantise(levelled)
            residue += values
            file = f"{STEM_FOLDER}/{_file_name(family)}.wav"
            write_wav(place(file), values, session.sample_rate, reference)
            stems.append(_stem(family, file, levelled, session.sample_rate))
        values = quantise(level.apply(mix))
        residue -= values
        written = place(MIX_FILE)
        write_wav(written, values, session.sample_rate, reference)
        heard = measure(written)
    return RenderReport(
        mix=MIX_FILE, stems=tuple(stems), sample_rate=session.sample_rate, samples=mix.shape[1],
        target_lufs=request.target_lufs, integrated_lufs=round(heard.integrated_lufs, 3),
        loudness_range_lu=round(heard.loudness_range_lu, 3), true_peak_dbtp=round(heard.true_peak_dbtp, 3),
        gain_db=round(level.gain_db, 3), gain_reduction_db=round(level.reduction_db, 3),
        null_dbfs=round(_rms_dbfs(residue), 3), bank=bank, attack_ms=mixdown.attack_ms,
        made_by=f"{SoundfontRenderer.name}/{bank.file}")


def _stem(family: str, file: str, sound: np.ndarray, sample_rate: int) -> Stem:
    loudness = integrated(hop_powers(sound, sample_rate))
    return Stem(family, file, None if loudness <= SILENCE_LUFS else round(loudness, 3),
                round(decibels(float(np.abs(sound).max())), 3))


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
                          "Free some space or choose another folder with -o.") from None
    finally:
        for temporary in placed.values():
            with suppress(OSError):
                temporary.unlink()
