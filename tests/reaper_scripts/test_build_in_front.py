"""A build goes into the project where its action was started, or nowhere."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backend.domain.live import BuildReport, LiveMarker, LivePlan
from backend.domain.serial import from_plain, to_plain
from reaper_scripts._run_job import Builder
from tests.reaper_scripts.film_session import FilmSession

PLAN = LivePlan("1M1", "Film", "FilmComposer: find hits", 10.0, 30.0, 30.0, ("markers",),
                markers=(LiveMarker(12.5, "H01 impact"),))


def test_the_plan_is_built_and_the_report_comes_back(tmp_path: Path) -> None:
    session = FilmSession(tmp_path)
    report = from_plain(BuildReport, Builder(session.host)(to_plain(PLAN)))
    assert (report.refused, report.changed > 0) == ("", True)
    assert [(mark.start, mark.name) for mark in session.reaper.project.markers] == [(12.5, "H01 impact")]


def test_another_project_in_front_is_left_alone(tmp_path: Path) -> None:
    session = FilmSession(tmp_path)
    session.reaper.save(tmp_path / "other.rpp", becomes=False)
    build = Builder(session.host)
    session.reaper.open(tmp_path / "other.rpp")
    before = session.reaper.project_hash()
    report = from_plain(BuildReport, build(to_plain(PLAN)))
    assert report.refused.startswith("Another project tab is in front. Go back to the one")
    assert session.reaper.project_hash() == before


def test_another_project_opened_in_the_same_tab_is_left_alone(tmp_path: Path) -> None:
    """The tab keeps its handle; the picture that the plan was made for is not there."""
    session = FilmSession(tmp_path)
    plan = replace(PLAN, picture_item=session.guid(session.item))
    build = Builder(session.host)
    session.call("DeleteTrackMediaItem", session.call("GetMediaItem_Track", session.item), session.item)
    before = session.reaper.project_hash()
    report = from_plain(BuildReport, build(to_plain(plan)))
    assert report.refused.startswith("1M1: its video item is not in the project in front.")
    assert session.reaper.project_hash() == before
