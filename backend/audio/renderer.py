"""The built-in renderer: a session through a sound bank to mix.wav and one stem a family.

``Track.playback_offset_ms`` is meant for the user's sample libraries and is not used here: this bank's own attacks are
measured (``bank_notes.py``) and every note starts early by its own.
"""
from __future__ import annotations

import numpy as np

from backend.audio.bank_notes import BankNotes
from backend.audio.clock import SessionClock
from backend.audio.delivery import MIX_FILE, deliver
from backend.audio.leveling import find_level
from backend.audio.mixdown import Studio, mix_down
from backend.audio.soundfont import describe_bank
from backend.domain.render import RenderReport
from backend.domain.requests import RenderRequest
from backend.ports import Progress

MIX_SHARE = 0.8
"""Share of the progress bar that synthesis and reverb take (docs/benchmarks/render.md)."""


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
        delivery = deliver(request, mixdown.stems, mix, level, self._workers)
        progress(1.0)
        return RenderReport(
            mix=MIX_FILE, stems=delivery.stems, sample_rate=session.sample_rate, samples=samples,
            target_lufs=request.target_lufs, integrated_lufs=round(delivery.heard.integrated_lufs, 3),
            loudness_range_lu=round(delivery.heard.loudness_range_lu, 3),
            true_peak_dbtp=round(delivery.heard.true_peak_dbtp, 3), gain_db=round(level.gain_db, 3),
            gain_reduction_db=round(level.reduction_db, 3), null_dbfs=round(delivery.null_dbfs, 3), bank=bank,
            attack_ms=mixdown.attack_ms, made_by=f"{self.name}/{bank.file}")

    def _bank_notes(self, request: RenderRequest, sample_rate: int) -> BankNotes:
        """Measured notes are remembered per bank file (and its size, in case it is replaced)."""
        path = request.soundfont
        key = (str(path or ""), path.stat().st_size if path else 0, sample_rate)
        return self._notes.setdefault(key, BankNotes(sample_rate))
