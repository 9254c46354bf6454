"""The report page: complete, self-contained, and deaf to markup in names."""
from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backend.domain.hits import HitPoints
from backend.errors import OutputError
from backend.evaluation.measure import measure_cue
from backend.report.html import write_report
from backend.report.markup import number, tag, text, url

EVIL = '<script>alert("1")</script> & "Köln"'
VOID = {"meta", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Collects tags, links and text; fails on unbalanced markup."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def write(cue: Any, folder: Path, **changes: Any) -> Page:
    given = {"title": "The Harbour", "folder": folder, "analysis": cue.analysis, "description": cue.description,
             "brief": cue.brief, "hits": cue.hits, "tempo_map": cue.tempo_map, "melody": cue.melody, "score": cue.score,
             "scheme": cue.scheme, "assessment": cue.assessment, "metrics": None, "render": None, "files": {},
             "target": folder / "report.html"}
    write_report(**{**given, **changes})
    page = Page()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    return page


def test_markup_in_names_and_reasons_is_shown_not_run(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue(EVIL)
    hits = HitPoints((replace(cue.hits.hits[0], reason=EVIL), *cue.hits.hits[1:]))
    page = write(cue, tmp_path, title=EVIL, hits=hits)
    assert "script" not in page.tags
    assert page.text.count(EVIL) >= 4
    raw = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in raw and "no repetition &lt;bars 3-6&gt;" in raw


def test_nothing_is_loaded_from_elsewhere(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    for name in ("timeline.png", "mix.wav", "preview.mp4", "A #1 cue.RPP"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "strings.wav").write_bytes(b"x")
    page = write(cue, tmp_path, render=cue.render, files={"project": "A #1 cue.RPP", "missing": "nowhere.mid"})
    assert set(page.links) == {"timeline.png", "mix.wav", "preview.mp4", "stems/strings.wav", "stems",
                               "A%20%231%20cue.RPP"}
    raw = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|url\(|@import|<link", raw)
    assert page.tags.count("audio") == 2 and page.tags.count("video") == 1


def test_tables_hold_the_figures(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    cues.write_mix(cue, tmp_path)
    metrics = measure_cue(analysis=cue.analysis, hits=cue.hits, tempo_map=cue.tempo_map, spots=cue.spots,
                          melody=cue.melody, score=cue.score, scheme=cue.scheme, render=None,
                          assessment=cue.assessment, folder=tmp_path)
    shown = write(cue, tmp_path, metrics=metrics, render=cue.render).text
    for wanted in ("7 of 7 hard hits on the frame", "7 of 7 on the frame", "01:00:17:04", "−23.1\xa0LUFS", "TimGM6mb",
                   "A harmonic minor", "hits moved by 5 frames", "14.2", "left 0.45", "Violins I", "They flee.",
                   "criterion 6", "Cut into the street", "Nervous"):
        assert wanted in shown, wanted


def test_same_cue_same_bytes_and_a_missing_folder_is_an_error(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    write(cue, tmp_path)
    first = (tmp_path / "report.html").read_bytes()
    write(cue, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first
    with pytest.raises(OutputError, match="Choose another folder"):
        write(cue, tmp_path, target=tmp_path / "gone" / "report.html")


def test_building_blocks() -> None:
    assert text(None) == "–" and text('<a b="c">') == "&lt;a b=&quot;c&quot;&gt;"
    assert number(-1.234, 1, "dB") == "−1.2&nbsp;dB" and number(None) == "–"
    assert url('a "b"/ü?.wav') == "a%20%22b%22/%C3%BC%3F.wav"
    assert tag("p", "x", class_="n") == '<p class="n">x</p>'
