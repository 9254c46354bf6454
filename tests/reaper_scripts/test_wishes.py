"""Wishes: asked in a dialog, kept in the project, sent with every job of the cue."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reaper_scripts._errors import ActionError
from reaper_scripts._look import look_at_clip
from reaper_scripts._wish_book import FIELDS, wishes_of
from reaper_scripts._wishes import make_wishes
from tests.reaper_scripts.film_session import FilmSession, add_region, select_time
from tests.reaper_scripts.studio import Studio


@pytest.fixture
def session(tmp_path: Path) -> FilmSession:
    return FilmSession(tmp_path)


def _answer(session: FilmSession, **said: str) -> None:
    session.reaper.window.inputs.append("|".join(said.get(name, "") for name, _ in FIELDS))
    make_wishes(session.host)


def test_wishes_for_every_cue_go_with_the_next_job(session: FilmSession) -> None:
    _answer(session, emotion="Sad", note="less brass, hold back until the door")
    assert look_at_clip(session.host, "score").options == {
        "emotion": "Sad", "note": "less brass, hold back until the door"}
    assert session.reaper.window.boxes[-1][1] == "FilmComposer: wishes for every cue"


def test_a_cues_own_wishes_outweigh_those_for_every_cue(session: FilmSession) -> None:
    _answer(session, emotion="Sad", tempo="80-90")
    add_region(session.call, 12.0, 20.0, "1M2 Chase")
    select_time(session.call, 13.0, 14.0)
    _answer(session, emotion="Exciting")
    assert session.reaper.window.boxes[-1][1] == "FilmComposer: wishes for 1M2"
    assert wishes_of(session.reaper.api, "1M2") == {"emotion": "Exciting", "tempo": "80-90"}
    assert wishes_of(session.reaper.api, "1M1") == {"emotion": "Sad", "tempo": "80-90"}


def test_an_emptied_field_takes_the_wish_back(session: FilmSession) -> None:
    _answer(session, emotion="Sad", seed="3")
    _answer(session, seed="3")
    assert look_at_clip(session.host, "score").options == {"emotion": "default", "seed": "3"}
    assert "wished for every cue: seed 3" in session.reaper.window.console


def test_cancel_leaves_everything(session: FilmSession) -> None:
    _answer(session, emotion="Sad")
    session.reaper.window.inputs.append(None)
    make_wishes(session.host)
    assert wishes_of(session.reaper.api, "") == {"emotion": "Sad"}


def test_a_sign_the_dialog_cannot_hold_is_refused(session: FilmSession) -> None:
    with pytest.raises(ActionError, match="holds the sign"):
        _answer(session, note="soft | loud")
    assert wishes_of(session.reaper.api, "") == {}


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"": 3}', json.dumps({"": {"shell": "rm", "emotion": "Sad"}})])
def test_a_project_from_anywhere(session: FilmSession, text: str) -> None:
    session.call("SetProjExtState", 0, "FilmComposer", "wishes", text)
    assert wishes_of(session.reaper.api, "1M1") == ({"emotion": "Sad"} if "Sad" in text else {})


def test_a_wish_changes_the_score_and_a_wrong_one_is_refused_in_a_line(open_scored: Callable[[], Studio]) -> None:
    with open_scored() as studio:
        studio.call("SetEditCurPos", 6.0, False, False)
        studio.reaper.ask("answer_inputs", "Joyous|||||")
        assert "wished for 1M1: emotion Joyous; run Score clip again" in studio.act("make_wishes")
        assert "is in the session" in studio.act("score_clip")
        (brief,) = (studio.folder / "FilmComposer").glob("1M1*/brief.json")
        assert json.loads(brief.read_text(encoding="utf-8"))["emotion"] == "Joyous"
        studio.reaper.ask("answer_inputs", "Hungry|||||")
        studio.act("make_wishes")
        assert "--emotion 'Hungry': choose one of" in studio.act("score_clip")
