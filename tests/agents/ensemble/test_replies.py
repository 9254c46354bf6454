"""Recorded replies: asked once, replayed without anybody there, never with a secret in them."""
from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from backend.agents.ensemble.line.endpoint import Models
from backend.agents.ensemble.line.replies import remembered_models
from backend.agents.ensemble.question import LineLost, Reply
from backend.agents.stand_in import Breakdown, StandIn
from backend.errors import CapError, EndpointError, ReplayError
from tests.agents.ensemble.live_line import Said, by_name, envelope, line_to, message, name_of, replay_of


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "agents" / "replies").glob("*.json"))


def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    with StandIn(by_name) as server:
        first = line_to(server.base_url, folder=tmp_path)
        told = first.say(message())
        first.close()
        second = line_to(server.base_url, folder=tmp_path)
        assert second.say(message()) == told
        assert len(server.requests) == 1
        second.say(message(task="another"))
        assert len(server.requests) == 2
        second.close()
    assert [file.stem for file in _files(tmp_path)].count(told.prompt_hash) == 1


@pytest.mark.parametrize("change", [{"seed": 9}, {"temperature": 0.0}, {"schema": {"type": "object"}},
                                    {"system": "another"}, {"task": "another"}])
def test_any_change_is_another_question(tmp_path: Path, change: dict) -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url, folder=tmp_path)
        hashes = {line.say(message("visual", chat="describe")).prompt_hash,
                  line.say(message("visual", **{"chat": "describe", **change})).prompt_hash}
        line.close()
    assert len(hashes) == 2


def test_a_replay_says_the_same_with_nobody_there(tmp_path: Path, still_of_grey) -> None:
    numbers = count()
    with StandIn(lambda asked: envelope(f"{name_of(asked)} number {next(numbers)}")) as server:
        line = line_to(server.base_url, folder=tmp_path / "run")
        told = _conversation(line, still_of_grey)
        line.close()
    again = replay_of(tmp_path / "run", folder=tmp_path / "copy")
    assert _conversation(again, still_of_grey) == told
    copied = replay_of(tmp_path / "copy", folder=tmp_path / "copy")
    assert _conversation(copied, still_of_grey) == told
    for line in (again, copied):
        line.close()
    assert [f.read_bytes() for f in _files(tmp_path / "copy")] == [f.read_bytes() for f in _files(tmp_path / "run")]


def _conversation(line, still) -> list[object]:
    return [line.say(message("visual", chat="describe", stills=(still,))), line.say(message("analyze")),
            *line.say_all((message("volume"), message("mixing"))), line.say(message("arrange")),
            line.say(message("arrange", errors="no good", temperature=0.0)), line.say(message("analyze"))]


def test_failures_are_replayed_where_they_were_and_asked_again_in_a_new_run(tmp_path: Path) -> None:
    def course(line) -> list[str]:
        out = []
        for agent in ("analyze", "arrange", "volume"):
            try:
                out.append(line.say(message(agent)).text)
            except LineLost as lost:
                out.append(f"lost: {lost}")
        return out
    with StandIn(lambda asked: Breakdown("status", 500) if name_of(asked) == "arrange" else by_name(asked)) as server:
        line = line_to(server.base_url, folder=tmp_path)
        told = course(line)
        line.close()
    assert told[1].startswith("lost: ") and "HTTP 500" in told[1] and "volume speaks" in told[2]
    again = replay_of(tmp_path)
    assert course(again) == told
    again.close()
    with StandIn(by_name) as server:
        line = line_to(server.base_url, folder=tmp_path)
        mended = course(line)
        assert [name_of(asked) for asked in server.asked] == ["arrange", "volume"], "volume hears what arrange says now"
        line.close()
    assert "arrange speaks" in mended[1]
    last = replay_of(tmp_path)
    assert course(last) == mended
    last.close()


def test_what_a_given_up_line_did_not_ask_is_replayed_too(tmp_path: Path) -> None:
    def course(line) -> list[str]:
        line.say(message("analyze", "first"))
        out = []
        for number in range(5):
            with pytest.raises(LineLost) as lost:
                line.say(message("arrange", str(number)))
            out.append(str(lost.value))
        return out
    with StandIn(by_name) as server:
        server.fail_after(1, "reset")
        line = line_to(server.base_url, folder=tmp_path)
        told = course(line)
        line.close()
    assert "no answer from" in told[4]
    again = replay_of(tmp_path)
    assert course(again) == told
    again.close()


def test_a_reply_that_was_never_recorded_names_the_speaker(tmp_path: Path) -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url, folder=tmp_path)
        line.say(message("analyze"))
        line.close()
    line = replay_of(tmp_path)
    with pytest.raises(ReplayError, match="no reply of arrange .*without --replay"):
        line.say(message("arrange"))
    with pytest.raises(ReplayError, match="mixing"):
        line.say_all((message("mixing"), message("volume")))
    line.close()


@pytest.mark.parametrize("spoil", [
    lambda text: text[:40], lambda text: "", lambda text: "[]", lambda text: '{"format": "replies/1"}',
    lambda text: text.replace("analyze speaks", "someone speaks"), lambda text: text.replace("replies/1", "replies/9"),
    lambda text: text.replace('"tokens_in": ', '"tokens_in": -'), lambda text: "[" * 30_000])
def test_a_damaged_record_is_asked_anew_with_one_line_and_refused_in_a_replay(tmp_path: Path, spoil) -> None:
    said = Said()
    with StandIn(by_name) as server:
        line = line_to(server.base_url, folder=tmp_path)
        whole = line.say(message())
        line.close()
        file, = _files(tmp_path)
        file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
        replay = replay_of(tmp_path)
        with pytest.raises(ReplayError, match="analyze.*damaged"):
            replay.say(message())
        replay.close()
        line = line_to(server.base_url, folder=tmp_path, say=said)
        assert line.say(message()) == whole
        assert len(server.requests) == 2
        line.close()
    assert len(said.lines) == 1 and "damaged" in said.lines[0] and file.name in said.lines[0]


def test_who_was_asked_is_remembered(tmp_path: Path) -> None:
    with StandIn(by_name, model=("big", "small")) as server:
        line = line_to(server.base_url, model="big", roles=(("reviewer", "small"),), folder=tmp_path)
        line.say(message())
        line.close()
    who = Models("big", (("reviewer", "small"),), local=True)
    assert remembered_models(tmp_path) == replace(who, chats=(("arrange", who),))
    with pytest.raises(ReplayError, match="no recorded run"):
        remembered_models(tmp_path / "elsewhere")
    (tmp_path / "agents" / "models.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReplayError, match="cannot be read"):
        remembered_models(tmp_path)


def test_no_file_holds_the_key_and_no_line_says_it(tmp_path: Path) -> None:
    said, key = Said(), "sk-very-secret-0123456789"
    leaky = Breakdown("status", 500, message=f"upstream refused Bearer {key}")
    with StandIn(lambda asked: leaky if name_of(asked) == "arrange" else by_name(asked), key=key) as server:
        line = line_to(server.base_url, folder=tmp_path, say=said, key=key)
        line.say(message("analyze"))
        told = []
        for number in range(4):
            with pytest.raises(LineLost) as caught:
                line.say(message("arrange", str(number)))
            told.append(str(caught.value))
        line.close()
        other = line_to(server.base_url, key=key)
        with pytest.raises(EndpointError) as refused:
            other.say(message("arrange"))
        other.close()
    texts = [*told, *said.lines, str(refused.value), repr(other), *(
        file.read_text(encoding="utf-8") for file in tmp_path.rglob("*") if file.is_file())]
    assert len(texts) > 10 and not any(key in text for text in texts)
    assert "Bearer ***" in told[0]


def test_the_cap_is_replayed_as_a_cap(tmp_path: Path) -> None:
    with StandIn(by_name, model="gpt-4.1") as server:
        line = line_to(server.base_url, model="gpt-4.1", folder=tmp_path, cap_usd=0.0125)
        assert isinstance(line.say(message("analyze")), Reply)
        with pytest.raises(CapError) as capped:
            line.say(message("arrange", "long " * 400))
        line.close()
    again = replay_of(tmp_path, model="gpt-4.1")
    again.say(message("analyze"))
    with pytest.raises(CapError, match=str(capped.value).replace("$", r"\$")):
        again.say(message("arrange", "long " * 400))
    again.close()
