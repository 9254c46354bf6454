"""The reporter at its port: timeline, spotting notes and report page."""
from __future__ import annotations

from backend.domain.metrics import CueMetrics
from backend.domain.requests import CueResults
from backend.files import write_whole
from backend.report.html import write_report
from backend.report.spotting_notes import spotting_notes
from backend.report.timeline import draw_timeline


class FullReport:
    """Port Reporter: ``timeline.png``, ``spotting_notes.csv``, ``report.html``."""

    name = "full"

    def report(self, results: CueResults, metrics: CueMetrics) -> tuple[str, ...]:
        r, folder = results, results.folder
        draw_timeline(title=r.title, analysis=r.analysis, hits=r.hits, tempo_map=r.tempo_map, spots=r.spots,
                      melody=r.melody, score=r.score, scheme=r.scheme, metrics=metrics, target=folder / "timeline.png")
        notes = spotting_notes(r.hits, r.tempo_map, r.analysis.cue, r.analysis.clip.frame_rate)
        write_whole(folder / "spotting_notes.csv", notes.encode("utf-8"))
        write_report(title=r.title, folder=folder, analysis=r.analysis, description=r.description, brief=r.brief,
                     hits=r.hits, tempo_map=r.tempo_map, melody=r.melody, score=r.score, scheme=r.scheme,
                     assessment=r.assessment, metrics=metrics, render=r.render, files=r.files,
                     target=folder / "report.html", chats=r.chats)
        return ("timeline.png", "spotting_notes.csv", "report.html")
