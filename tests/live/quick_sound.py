"""Renderer, preview and report that keep their promises about files and leave the sound out."""
from __future__ import annotations

import numpy as np
import soundfile

from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport, SoundBank, Stem
from backend.domain.requests import CueResults, PreviewRequest, RenderRequest
from backend.ports import Progress

RATE = 48_000


class QuietRenderer:
    """AudioRenderer: the right files, of the right length, silent."""

    name = "quiet"

    def render(self, request: RenderRequest, progress: Progress) -> RenderReport:
        samples = round(request.session.length_s * RATE)
        families = [t.id.partition(".")[2] for t in request.session.tracks if t.kind == "printed"]
        stems = tuple(Stem(family, f"stems/{family}.wav", None, -120.0) for family in families)
        for file in ("mix.wav", *(stem.file for stem in stems)):
            path = request.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, np.zeros((samples, 2)), RATE, subtype="PCM_24")
        return RenderReport("mix.wav", stems, RATE, samples, request.target_lufs, -120.0, 0.0, -120.0, 0.0, 0.0, -120.0,
                            SoundBank("none", "", "none"), {}, self.name)


class NoPreview:
    """PreviewWriter: an empty file."""

    name = "none"

    def write(self, request: PreviewRequest) -> None:
        request.target.write_bytes(b"")


class NoReport:
    """Reporter: empty files."""

    name = "none"

    def report(self, results: CueResults, metrics: CueMetrics) -> tuple[str, ...]:
        names = ("timeline.png", "spotting_notes.csv", "report.html")
        for name in names:
            (results.folder / name).write_bytes(b"")
        return names
