"""A desk from the environment, and from a recorded run without one."""
from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.opening import open_desk
from backend.agents.ensemble.question import Answer, Question
from backend.agents.stand_in import StandIn
from backend.domain.ensemble import Still
from backend.errors import EndpointError, OptionError, ReplayError
from tests.agents.ensemble.live_line import Said, envelope


def _open(folder: Path | None = None, **other: Any) -> AnswerDesk:
    given: dict[str, Any] = {"model": None, "role_models": None, "prompting": "cot", "seed": 4, "cap_usd": 1.0,
                             "timeout_s": 60.0, "folder": folder, "say": Said(), "replay": None, **other}
    return open_desk(**given)


def _at(monkeypatch: pytest.MonkeyPatch, url: str, key: str = "") -> None:
    for name, value in (("OPENAI_BASE_URL", url), ("OPENAI_API_KEY", key)):
        monkeypatch.setenv(name, value)


def _question() -> Question[Still]:
    twin = Still(0.0, 0, 0, b"")
    return Question("arrange", "A1", "analyze", "=== DUTY\nlook", "=== CUE\nbars: 4", Still, lambda: twin)


def _still(asked: Any) -> str:
    return envelope("it is frame 7", {"time_s": 1.5, "frame": 7, "shot": 2, "data": ""})


def _ask_on(desk: AnswerDesk) -> Answer[Still]:
    return desk.ask(replace(_question(), task="=== CUE\nbars: 5"))


def test_a_server_with_one_model_needs_no_name_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(_still) as server:
        _at(monkeypatch, server.base_url)
        desk = _open(role_models="reviewer=stand-in")
        assert (desk.model, desk.seed, desk.prompting) == ("stand-in", 4, "cot")


def test_several_models_are_listed_and_none_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(_still, model=("big", "small")) as server:
        _at(monkeypatch, server.base_url)
        with pytest.raises(EndpointError, match="--model: big, small"):
            _open()
        assert _open(model="big", role_models="reviewer=small").model == "big+small"


def test_what_stands_in_the_way_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(_still, key="sk-right") as server:
        _at(monkeypatch, server.base_url, "sk-wrong")
        with pytest.raises(EndpointError, match="not accepted.*OPENAI_API_KEY") as caught:
            _open()
        assert "sk-wrong" not in str(caught.value)
        _at(monkeypatch, server.base_url.replace("/v1", "/nowhere"), "sk-right")
        with pytest.raises(EndpointError, match="no OpenAI-compatible API.*/v1"):
            _open()
        url = server.base_url
    _at(monkeypatch, url)
    with pytest.raises(EndpointError, match="(?i)no answer from 127.0.0.1.*Start the server"):
        _open()
    _at(monkeypatch, "")
    with pytest.raises(EndpointError, match="No language model is named"):
        _open()
    with pytest.raises(OptionError, match="no such role"):
        _open(role_models="drums=x")


def test_a_replay_needs_neither_environment_nor_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with StandIn(_still, model=("big", "small")) as server:
        _at(monkeypatch, server.base_url, "sk-any")
        desk = _open(tmp_path / "run", model="big", role_models="analyze=small")
        told = desk.ask(_question())
        assert [body["model"] for body in server.requests] == ["small"]
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    said = Said()
    again = _open(tmp_path / "again", replay=tmp_path / "run", say=said)
    assert again.model == "big+small"
    assert again.ask(_question()) == told
    assert again.record("arrange") == desk.record("arrange")
    for name in ("agents/arrange.json", "agents/models.json", "transcript.md"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    with pytest.raises(ReplayError, match="no recorded run"):
        _open(replay=tmp_path)


def test_a_folder_knows_whom_it_asked_until_somebody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A finished folder opens without its server; the first question says what is missing."""
    with StandIn(_still) as server:
        _at(monkeypatch, server.base_url)
        _open(tmp_path).ask(_question())
        url = server.base_url
    for address, words in ((url, "no answer from 127.0.0.1"), ("", "No language model is named")):
        _at(monkeypatch, address)
        desk = _open(tmp_path, role_models="reviewer=small")
        assert desk.model == "stand-in+small"
        assert desk.ask(_question()).payload.frame == 7, "what is recorded needs nobody"
        if address:
            assert words in _ask_on(desk).summary
            continue
        with pytest.raises(EndpointError, match=words):
            _ask_on(desk)
    _at(monkeypatch, "")
    with pytest.raises(EndpointError, match="No language model is named.*--replay repeats it without a server"):
        _ask_on(_open(tmp_path))
    with pytest.raises(EndpointError, match="No language model is named"):
        _open(tmp_path / "new")


def test_a_model_known_by_name_needs_no_server_before_the_first_question(monkeypatch: pytest.MonkeyPatch,
                                                                         tmp_path: Path) -> None:
    with StandIn(_still) as server:
        url = server.base_url
    for address, words in ((url, "(?i)no answer from 127.0.0.1"), ("", "No language model is named")):
        _at(monkeypatch, address)
        said = Said()
        desk = _open(tmp_path, model="alpha", say=said)
        assert desk.model == "alpha" and len(said.lines) == (not address)
        with pytest.raises(EndpointError, match=words) as caught:
            desk.ask(_question())
        assert "--replay" not in str(caught.value)


@pytest.mark.parametrize("named", [{"model": "nosuch"}, {"role_models": "reviewer=nosuch"}])
def test_a_name_that_is_not_in_the_list_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch,
                                                                named: dict[str, str]) -> None:
    with StandIn(_still, model="llama3:latest") as server:
        _at(monkeypatch, server.base_url)
        with pytest.raises(EndpointError, match="has no model 'nosuch'.*--model or --role-models: llama3:latest"):
            _open(**named)
        assert _open(model="Llama3").model == "Llama3"
    with StandIn(_still, model=()) as server:
        _at(monkeypatch, server.base_url)
        assert _open(model="nosuch").model == "nosuch", "a server that lists nothing says nothing"


def test_the_wait_for_the_list_is_no_longer_than_the_wait_for_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        with pytest.raises(EndpointError, match="did not answer within 0.3 s"):
            _open(timeout_s=0.3)


def test_a_reviser_with_a_model_of_its_own_leaves_who_scored_the_cue(monkeypatch: pytest.MonkeyPatch,
                                                                     tmp_path: Path) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    change = replace(_question(), chat="revise", step="E", agent="reviser")
    with StandIn(_still, model=("alpha", "beta")) as server:
        _at(monkeypatch, server.base_url)
        scored = _open(run, model="alpha").ask(_question())
        changed = _open(run, model="beta").ask(change)
        assert _open(run).model == "alpha"
    desk = _open(again, model="gamma", replay=run)
    assert desk.model == "alpha"
    assert (desk.ask(_question()), desk.ask(change)) == (scored, changed)
    assert (again / "agents/models.json").read_bytes() == (run / "agents/models.json").read_bytes()
