"""Region names as cues, labels of cues without a region, and cues that stand already."""
from __future__ import annotations

import pytest

from bridge.messages import Span
from reaper_scripts._cues import BuiltCue, CueRegion, cue_regions, span_of_item, span_of_region
from reaper_scripts._timeline import Region


def _built(*spans: Span) -> dict[str, BuiltCue]:
    return {span.label: BuiltCue(span, "{item}") for span in spans}


@pytest.mark.parametrize(("name", "label", "title"), [
    ("1M2 Chase", "1M2", "Chase"), ("1m2", "1M2", ""), ("2M10a - The door", "2M10A", "The door"),
    ("1M2: Chase at dawn", "1M2", "Chase at dawn"), ("Chase", "R7", "Chase"), ("", "R7", ""),
    ("1Mars", "R7", "1Mars"), ("10M1", "10M1", "")])
def test_a_region_names_its_cue(name: str, label: str, title: str) -> None:
    assert span_of_region(Region(2.0, 9.5, name, 7)) == Span(label, title, 2.0, 9.5)


def test_regions_of_a_build_are_no_further_cues() -> None:
    built = _built(Span("1M1", "Film", 2.0, 9.5), Span("1M2", "Chase", 12.0, 20.0))
    regions = [Region(2.0, 10.0, "1M1 Film", 1), Region(2.0, 6.0, "A (bars 1-4)", 2),
               Region(11.0, 20.0, "1M2 Chase", 4), Region(12.0, 21.5, "1M2 Chase", 5), Region(30.0, 35.0, "Door", 6)]
    laid = {1: "1M1", 2: "1M1", 5: "1M2"}
    assert [(r.number, r.span) for r in cue_regions(regions, built, laid)] == [
        (1, Span("1M1", "Film", 2.0, 9.5)), (4, Span("1M2", "Chase", 11.0, 20.0)), (6, Span("R6", "Door", 30.0, 35.0))]


def test_a_section_as_long_as_the_cue_is_no_second_cue_of_its_name() -> None:
    cue = Span("1M1", "Film", 2.0, 9.5)
    regions = [Region(2.0, 10.0, "A (bars 1-3)", 2), Region(2.0, 10.0, "1M1 Film", 1)]
    assert cue_regions(regions, _built(cue), {1: "1M1", 2: "1M1"}) == [CueRegion(1, "1M1 Film", cue)]


def test_a_stretch_without_a_region_takes_the_next_free_label() -> None:
    built = _built(Span("1M1", "One", 0.0, 10.0))
    regions = [CueRegion(1, "1M2 Chase", Span("1M2", "Chase", 40.0, 50.0))]
    assert span_of_item((20.0, 30.0), "Film", regions, built) == Span("1M3", "Film", 20.0, 30.0)
    assert span_of_item((20.0, 30.0), "Film", [], {}) == Span("1M1", "Film", 20.0, 30.0)


def test_a_stretch_that_was_scored_before_keeps_its_label_and_title() -> None:
    built = _built(Span("1M1", "One", 0.0, 10.0), Span("1M2", "Two", 10.0, 20.0))
    assert span_of_item((9.0, 19.0), "Film", [], built) == Span("1M2", "Two", 9.0, 19.0)
    assert span_of_item((0.0, 60.0), "Film", [], {"1M1": built["1M1"]}) == Span("1M1", "One", 0.0, 60.0)
    assert span_of_item((6.0, 60.0), "Film", [], {"1M1": built["1M1"]}).label == "1M2"
