"""report.html: the whole cue at a glance, in one file that opens from disk and loads nothing from elsewhere."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import AssessmentReport
from backend.domain.brief import CueBrief
from backend.domain.description import ClipDescription
from backend.domain.ensemble import ChatRecord
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.tempo import TempoMap
from backend.files import write_whole
from backend.music.provenance import in_words
from backend.music.theory import key_name
from backend.report import page_tables as tables
from backend.report.ensemble_table import ensemble_table
from backend.report.hit_rows import hit_rows
from backend.report.markup import number, section, tag, text, url
from backend.report.page_metrics import metrics_table
from backend.report.page_style import STYLE
from backend.report.spotting_notes import summary

DOCUMENTS = {
    "mix.wav": "the mix, 48 kHz / 24 bit", "stems": "one file a family", "timeline.png": "the cue on one picture",
    "spotting_notes.csv": "every hit", "analysis.json": "curves, cuts, shots",
    "description.txt": "what the picture shows, to edit", "description.json": "the same as data",
    "brief.json": "what the music should be like", "hits.json": "hit points", "tempo_map.json": "tempo and metre",
    "spots.json": "the melody's rhythm", "melody.json": "the melody", "score.json": "every note",
    "scheme.json": "arrangement and mix", "locks.json": "what you locked", "assessment.json": "every candidate",
    "metrics.json": "every figure", "transcript.md": "what the language models said"}
"""Stable names of the results folder, with what each holds."""


def write_report(*, title: str, folder: Path, analysis: ClipAnalysis, description: ClipDescription, brief: CueBrief,
                 hits: HitPoints, tempo_map: TempoMap, melody: Melody, score: Score, scheme: ArrangementScheme,
                 assessment: AssessmentReport, metrics: CueMetrics | None, render: RenderReport | None,
                 files: dict[str, str], target: Path, chats: tuple[ChatRecord, ...] = ()) -> None:
    """Write the page. ``files`` maps what a file is to its name in ``folder``; players appear for files that exist.

    Every text from a clip or a user is escaped. Raises OutputError.
    """
    cue, rate = analysis.cue, analysis.clip.frame_rate
    body = "\n".join((
        _head(title, analysis, score, tempo_map, brief), _verdict(hits, tempo_map, analysis, metrics, render),
        _picture(folder, files), section("Listen", _players(folder, files, render), "listen"),
        section("Hits", tables.hits_table(hits, tempo_map, cue, rate, metrics), "hits"),
        section("Tempo and metre", tables.tempo_table(tempo_map, cue, rate), "tempo"),
        section("Melody: every candidate", tables.candidates_table(assessment), "melody"),
        section("Arrangement and mix", tables.tracks_table(scheme, score), "tracks"),
        section("Ensemble", ensemble_table(chats), "ensemble"),
        section("Loudness", tables.loudness_table(render) if render else "", "loudness"),
        section("Measured", metrics_table(metrics) if metrics else "", "measured"),
        section("Picture", tables.picture_facts(analysis) + tables.description_table(description), "picture"),
        section("Files", _files(folder, files), "files"), _made_by(analysis, hits, tempo_map, melody, score, scheme)))
    page = (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{text(title)}</title>\n'
            f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n")
    write_whole(target, page.encode("utf-8"))


def _head(title: str, analysis: ClipAnalysis, score: Score, tempo_map: TempoMap, brief: CueBrief) -> str:
    cue, rate = analysis.cue, analysis.clip.frame_rate
    tempi = [point.tempo_qpm for point in tempo_map.points]
    start, end = cue.timecode_at(Fraction(0), rate), cue.timecode_at(cue.duration_s, rate)
    facts = (text(cue.label), f"{text(start)}\u2013{text(end)}", text(key_name(score.key.tonic_pc, score.key.mode)),
             f"{min(tempi):.0f}\u2013{max(tempi):.0f} quarters a minute", f"{tempo_map.bar_count} bars",
             text(brief.emotion or "no emotion named"))
    line = " \u00b7 ".join(facts)
    return f'<header><h1>{text(title)}</h1><p class="faint">{line}</p></header>'


def _verdict(hits: HitPoints, tempo_map: TempoMap, analysis: ClipAnalysis, metrics: CueMetrics | None,
             render: RenderReport | None) -> str:
    """The few figures one looks for first."""
    rows = hit_rows(hits, tempo_map, analysis.clip.frame_rate)
    cards = [("Tempo map", text(summary(rows)))]
    if metrics and metrics.sync and metrics.sync.anchored:
        cards.append(("Heard in the mix", f"{metrics.sync.on_frame} of {metrics.sync.anchored} on the frame"))
    if metrics and metrics.musicality.count is not None:
        cards.append(("Melody", f"{number(metrics.musicality.count, 1)} of 19 criteria"))
    if metrics and metrics.dynamics.motion_spearman is not None:
        cards.append(("Loudness follows motion", number(metrics.dynamics.motion_spearman)))
    if render:
        cards.append(("Loudness", number(render.integrated_lufs, 1, "LUFS")))
    return tag("div", "".join(f"<div><span>{text(name)}</span><b>{value}</b></div>" for name, value in cards),
               class_="verdict")


def _here(folder: Path, files: dict[str, str], name: str) -> str | None:
    """``name``, or the listed file that ends in it, where it exists."""
    return next((n for n in (name, *files.values()) if n.endswith(name) and (folder / n).is_file()), None)


def _picture(folder: Path, files: dict[str, str]) -> str:
    name = _here(folder, files, "timeline.png")
    if name is None:
        return ""
    alt = "Motion, cuts and hits of the picture above; tempo, melody, dynamics and parts below, on one time axis"
    return f'<a href="{url(name)}"><img class="picture" src="{url(name)}" alt="{text(alt)}"></a>'


def _players(folder: Path, files: dict[str, str], render: RenderReport | None) -> str:
    """The preview with picture, the mix, then every stem."""
    out = []
    preview, mix = _here(folder, files, "preview.mp4"), _here(folder, files, "mix.wav")
    if preview:
        out.append(f'<video controls preload="metadata" src="{url(preview)}"></video>')
    players = [("Mix", mix)] if mix else []
    if render:
        players += [(stem.family.replace("_", " "), stem.file) for stem in render.stems
                    if (folder / stem.file).is_file()]
    figures = [f'<figure><figcaption>{text(name)}</figcaption><audio controls preload="none" src="{url(file)}"></audio>'
               "</figure>" for name, file in players]
    return "\n".join(out) + (f'\n<div class="players screen">{"".join(figures)}</div>' if figures else "")


def _files(folder: Path, files: dict[str, str]) -> str:
    listed = {name: role for role, name in files.items()}
    names = [*listed, *(name for name in DOCUMENTS if name not in listed)]
    items = [f'<li><a href="{url(name)}">{text(name)}</a> <span class="faint">'
             f"{text(listed.get(name) or DOCUMENTS[name])}</span></li>" for name in names if (folder / name).exists()]
    return f'<ul class="files">{"".join(items)}</ul>' if items else ""


def _made_by(analysis: ClipAnalysis, hits: HitPoints, tempo_map: TempoMap, melody: Melody, score: Score,
             scheme: ArrangementScheme) -> str:
    made = {"picture": analysis.made_by, "hits": hits.made_by, "tempo map": tempo_map.made_by, "melody": melody.made_by,
            "score": score.made_by, "arrangement": scheme.made_by}
    parts = [f"{text(name)}: {text(in_words(maker))}" for name, maker in made.items() if maker]
    return f'<footer class="faint"><p>Made by \u2013 {"; ".join(parts)}.</p></footer>' if parts else ""
