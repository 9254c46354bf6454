"""The arrangers' prompt files: complete, with examples that a strict reader accepts, true to our instruments."""
from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import fields
from typing import Any

import pytest

from backend.agents.ensemble.desk.examining import Examiner
from backend.agents.ensemble.prompts import SPEAKERS, sections, system_prompt
from backend.agents.ensemble.question import Question
from backend.domain import serial
from backend.domain.scheme import (
    DYNAMICS,
    ArrangePlan,
    Casting,
    CastTrack,
    Issue,
    Layer,
    MeasurePlan,
    MixPlan,
    Review,
    VoicePlan,
    VolumePlan,
)
from backend.music.instruments import instruments
from backend.music.levels import dynamic_index

SHAPES: dict[str, type] = {"analyze": MeasurePlan, "arrange": ArrangePlan, "voice_part": VoicePlan,
                           "instrument": Casting, "volume": VolumePlan, "mixing": MixPlan, "reviewer": Review}


def _examples(speaker: str) -> list[tuple[str, dict[str, Any]]]:
    """(what the example shows, its answer)."""
    out = []
    for heading, body in sections(speaker):
        if heading.startswith("example "):
            shown, _, answer = body.partition("Answer:\n")
            out.append((shown, json.loads(answer)))
    return out


def _payload(speaker: str, answer: dict[str, Any]) -> Any:
    """Reviews are completed as the twin completes them."""
    more = {"rating": 0.0} if speaker == "reviewer" else {}
    return serial.from_plain(SHAPES[speaker], {**answer["payload"], **more})


def _as_the_desk_reads_it(speaker: str, answer: dict[str, Any]) -> Any:
    twin = serial.from_plain(SHAPES[speaker], {**_EMPTY[speaker]})
    only = ("verdict", "issues") if speaker == "reviewer" else ()
    question: Question[Any] = Question("arrange", "A", speaker, "", "", SHAPES[speaker], lambda: twin, only=only)
    examined = Examiner(question).read(json.dumps(answer))
    assert (examined.faults, examined.slips, examined.notes) == ((), (), ())
    return examined.payload


_EMPTY: dict[str, dict[str, Any]] = {
    "analyze": {"summary": "", "measures": [], "sections": []}, "voice_part": {"voices": []},
    "arrange": {"layers": [], "duplicates": [], "soften": [], "silences": [], "builds": [], "ending": "fade"},
    "instrument": {"tracks": []}, "volume": {"tracks": []}, "mixing": {"tracks": []},
    "reviewer": {"verdict": "accept", "rating": 0.0, "issues": []}}


@pytest.mark.parametrize("speaker", SPEAKERS["arrange"])
def test_every_speaker_has_its_sections(speaker: str) -> None:
    kinds = [heading.split()[0] for heading, _ in sections(speaker)]
    assert kinds == ["duty", "role", "example", "example", "steps", "output"]
    assert "[" not in system_prompt(speaker, "order").partition("=== OUTPUT")[0].partition("=== DUTY")[2]


@pytest.mark.parametrize("speaker", SPEAKERS["arrange"])
def test_examples_are_answers_of_the_right_form(speaker: str) -> None:
    found = _examples(speaker)
    assert len(found) == 2
    for _, answer in found:
        assert set(answer) == {"reasoning_summary", "metrics", "confidence", "payload"}
        assert len(answer["reasoning_summary"].split()) <= 80 and 0 <= answer["confidence"] <= 1
        assert _payload(speaker, answer) == _as_the_desk_reads_it(speaker, answer)
    assert found[0][1] != found[1][1]


def _bars(shown: str) -> int:
    match = re.search(r"^bars: (\d+)$", shown, flags=re.MULTILINE)
    assert match
    return int(match[1])


def test_analyze_examples_cover_their_bars_and_mean_what_they_name() -> None:
    for shown, answer in _examples("analyze"):
        plan = _payload("analyze", answer)
        assert [measure.m for measure in plan.measures] == list(range(1, _bars(shown) + 1))
        assert all(measure.dynamic == DYNAMICS[dynamic_index(measure.level)] for measure in plan.measures)
        assert plan.sections[-1].last_bar == _bars(shown)
        assert all("melody" in measure.texture for measure in plan.measures)


def test_arrange_examples_have_cells_that_fill_their_bars() -> None:
    for shown, answer in _examples("arrange"):
        plan = _payload("arrange", answer)
        length = int(re.findall(r"^cell_length: (\d+)$", shown, flags=re.MULTILINE)[0])
        cells = [layer.cell for layer in plan.layers if layer.role == "ostinato"]
        assert all(len(cell) == length and cell[0] == "x" for cell in cells)
        assert max(layer.to_bar for layer in plan.layers) <= _bars(shown)
        assert {layer.role for layer in plan.layers} >= ({"doubling"} if plan.duplicates else {"melody"})
    assert cells == [] and plan.ending == "fade"


def test_voice_examples_own_every_bar_once() -> None:
    for shown, answer in _examples("voice_part"):
        owned = [bar for voice in _payload("voice_part", answer).voices for item in voice.bars
                 for bar in range(item.from_bar, item.to_bar + 1)]
        assert sorted(owned) == list(range(1, _bars(shown) + 1))


def test_casting_examples_name_instruments_that_play_their_roles() -> None:
    for shown, answer in _examples("instrument"):
        tracks = _payload("instrument", answer).tracks
        limit = int(re.findall(r"track_limit: (\d+)", shown)[0])
        assert len(tracks) <= limit and [track.track_index for track in tracks] == list(range(1, len(tracks) + 1))
        for track in tracks:
            assert track.articulation in ("", *instruments()[track.instrument].articulations)
            assert track.part == "melody" or track.part == f"{track.role}.{track.instrument}"
        planned = set(re.findall(r"^layer,(\w+)", shown, flags=re.MULTILINE))
        assert planned <= {track.role for track in tracks}


@pytest.mark.parametrize("speaker", ["volume", "mixing"])
def test_fader_examples_answer_for_every_track_shown(speaker: str) -> None:
    for shown, answer in _examples(speaker):
        asked = [int(index) for index in re.findall(r"^(\d+),[a-z_0-9.]+,[a-z]+,[a-z_0-9]+,", shown, re.MULTILINE)]
        tracks = _payload(speaker, answer).tracks
        assert [track.track_index for track in tracks] == asked
        if speaker == "volume":
            assert all(1 in track.measures and max(track.measures) <= _bars(shown) for track in tracks)
        else:
            assert all(abs(track.pan) <= 0.7 and -12 <= track.gain_db <= 0 for track in tracks)


def test_reviewer_examples_differ_in_verdict_and_keep_its_rule() -> None:
    verdicts = []
    for shown, answer in _examples("reviewer"):
        review = _payload("reviewer", answer)
        serious = any(issue.severity >= 2 for issue in review.issues)
        assert review.verdict == ("revise" if serious else "accept")
        replaced = [issue.suggestion.split()[1] for issue in review.issues if issue.suggestion.startswith("replace ")]
        assert all(name in shown for name in replaced)
        assert all(isinstance(issue, Issue) and issue.path.startswith("/") for issue in review.issues)
        verdicts.append(review.verdict)
    assert verdicts == ["revise", "accept"]


def test_words_for_playing_exist_on_our_instruments() -> None:
    """The articulations that the Instrument prompt offers are those of instruments.json."""
    text = " ".join(dict(sections("instrument"))["output"].split())
    offered, _, others = text.partition("One word fixes the whole track: ")[2].partition(". ")
    strings, _, blown = offered.partition("; ")
    without = set(re.findall(r"strings_\w+", others))
    for said, families in ((strings, ("strings",)), (blown, ("woodwind", "brass"))):
        words = set(re.findall(r"[a-z]+", said)) - {"strings", "winds", "and", "brass"}
        assert len(words) >= 3
        for instrument in instruments().values():
            if instrument.family in families and instrument.articulations:
                assert words <= set(instrument.articulations) or instrument.id in without, instrument.id


def test_every_example_answers_in_full_and_what_it_shows_can_be_chosen() -> None:
    for shown, answer in _examples("instrument"):
        listed = set(re.findall(r"^([a-z0-9_]+),[a-z]+,", shown.partition("OPTIONS")[2], flags=re.MULTILINE))
        assert {track["instrument"] for track in answer["payload"]["tracks"]} <= listed
        assert all(set(track) == {field.name for field in fields(CastTrack)} for track in answer["payload"]["tracks"])
    for _, answer in _examples("arrange"):
        assert all(set(layer) == {field.name for field in fields(Layer)} for layer in answer["payload"]["layers"])


def test_the_analyze_examples_keep_their_own_steps() -> None:
    """No jump of more than three dynamics without a hit, one texture a section but for one layer that thins out."""
    for shown, answer in _examples("analyze"):
        plan = _payload("analyze", answer)
        rows = list(csv.DictReader(io.StringIO(shown.partition("TABLE:\n")[2].partition("\nNOTE")[0].strip())))
        hits = {int(row["m"]) for row in rows if row["hit"]}
        for before, now in zip(plan.measures, plan.measures[1:], strict=False):
            jump = abs(DYNAMICS.index(now.dynamic) - DYNAMICS.index(before.dynamic))
            assert jump <= 3 or now.m in hits
        for section in plan.sections:
            textures = [set(m.texture) for m in plan.measures if section.first_bar <= m.m <= section.last_bar]
            assert all(len(one ^ other) <= 1 for one in textures for other in textures)
