"""A change asked for in words over real HTTP: only what the request touches changes, proved from the files."""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.agents.stand_in import Asked, StandIn
from backend.cli.main import main
from backend.domain.revision import Revisions
from backend.domain.score import Score
from backend.domain.serial import loads
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from tests.cue_folder import copy_of, hashes, score

_EVERY = {"tracks": [], "from_bar": 1, "to_bar": 0, "amount": 0, "name": "", "topic": "", "value": ""}


def operation(action: str, **fields: Any) -> dict[str, Any]:
    return {"action": action, **_EVERY, **fields}


def envelope(*operations: dict[str, Any], answer: str = "Done.") -> str:
    return json.dumps({"reasoning_summary": "As asked.", "metrics": ["plays"], "confidence": 0.9,
                       "payload": {"operations": list(operations), "answer": answer}})


class Editor:
    """Answers by the words of the request: ``replies`` holds what a phrase comes to; everything heard is kept."""

    def __init__(self, replies: dict[str, str]) -> None:
        self.replies = replies
        self.heard: list[Asked] = []

    def __call__(self, asked: Asked) -> str:
        self.heard.append(asked)
        note = asked.sections()["NOTE"]
        return next((reply for words, reply in self.replies.items() if words in note), "I do not know.")


EDITOR = Editor({
    "strings only": envelope(operation("keep_only", tracks=["strings"], from_bar=3, to_bar=4)),
    "tune to the left": envelope(operation("pan", tracks=["melody"], amount=-0.5), operation(
        "elsewhere", topic="tempo", value="100-120")),
    "rewrite the tune": envelope(operation("rewrite", tracks=["melody"], from_bar=1, to_bar=1)),
    "a kazoo": envelope(operation("instrument", tracks=["melody"], name="kazoo")),
    "faster": envelope(operation("elsewhere", topic="tempo", value="100-120; rm -rf /"),
                       answer="That is the tempo map's."),
    "sing": envelope(answer="I have\nno   voice."),
    "backwards": envelope(operation("mute", tracks=["melody"], from_bar=3, to_bar=2)),
    "all louder": envelope(operation("level", tracks=["all"], amount=3)),
    "softer twice": envelope(*[operation("level", tracks=["melody"], from_bar=3, to_bar=4, amount=-2)] * 20),
    "lift the tune": envelope(operation("gain", tracks=["melody"], amount=1)),
    "silence the silent": envelope(operation("mute", tracks=["accent.snare"], from_bar=1, to_bar=1)),
})


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn(EDITOR, model="stand-in") as running:
        yield running


@pytest.fixture
def asks(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    return server


@pytest.fixture
def out(scored: Path, tmp_path: Path) -> Path:
    return copy_of(scored, tmp_path / "copy")


def revise(*arguments: object) -> int:
    return main(["revise", *(str(a) for a in arguments)])


def notes_of(out: Path) -> dict[str, list[Any]]:
    return {p.id: list(p.notes) for p in loads(Score, (out / "score.json").read_text("utf-8")).parts}


def bar_of(out: Path, note: Any) -> int:
    return loads(TempoMap, (out / "tempo_map.json").read_text("utf-8")).bar_at(note.onset_q).number


def test_strings_only_in_two_bars_kept_by_later_runs_and_taken_back(
        out: Path, asks: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    before, old = hashes(out), notes_of(out)
    assert revise(out, "strings only in bars 3-4, please", "--dry-run") == 0
    said = capsys.readouterr().err
    assert "Would be: bars 3-4: " in said and "Asked: bars 3-4: only " in said and "action" not in said
    assert said.startswith("  stand-in: 1 to 3 calls, ") and "free" in said.splitlines()[0]
    assert {name: h for name, h in hashes(out).items() if name in before} == before

    assert revise(out, "strings only in bars 3-4, please") == 0
    summary = next(line for line in capsys.readouterr().err.splitlines() if "Done: " in line)
    families = {p["id"]: instruments()[p["instrument"]].family
                for p in json.loads((out / "score.json").read_text("utf-8"))["parts"]}
    new, gone = notes_of(out), 0
    assert set(new) == set(old)
    for part, notes in old.items():
        kept = [(n.onset_q, n.pitch, n.velocity) for n in notes
                if families[part] == "strings" or bar_of(out, n) not in (3, 4)]
        gone += len(notes) - len(kept)
        assert [(n.onset_q, n.pitch, n.velocity) for n in new[part]] == kept
    assert gone > 0 and f"{gone} notes out; everything else identical" in summary
    changed = {name for name, h in before.items() if hashes(out).get(name) != h}
    assert "score.json" in changed and "mix.wav" in changed
    assert not changed & {"scheme.json", "melody.json", "tempo_map.json", "hits.json", "spots.json"}

    made = hashes(out)
    assert score(out) == 0
    assert score(out, "--seed", 9, "--until", "arrange") == 0
    assert hashes(out)["score.json"] == made["score.json"]
    assert revise(out, "--undo", "--no-render") == 0
    assert notes_of(out) == old and hashes(out)["score.json"] == before["score.json"]
    assert revise(out, "--undo") == 2
    assert "has no change to take back" in capsys.readouterr().err
    states = [r.state for r in loads(Revisions, (out / "agents" / "revisions.json").read_text("utf-8")).revisions]
    assert states == ["undone"]


def test_several_requests_build_on_each_other_and_an_edit_outlives_an_undo(
        out: Path, asks: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    first = (out / "score.json").read_bytes()
    assert revise(out, "rewrite the tune of bar 1", "--no-render") == 0
    rewritten, melody = (out / "score.json").read_bytes(), (out / "melody.json").read_bytes()
    assert rewritten != first
    assert revise(out, "put the tune to the left", "--no-render") == 0
    said = capsys.readouterr().err
    assert "pan " in said and "-> -0.5" in said and "--tempo=100-120 --from brief" in said
    assert (out / "score.json").read_bytes() == rewritten
    track = json.loads((out / "scheme.json").read_text("utf-8"))["tracks"][0]
    assert (track["part"], track["panning"]) == ("melody", -0.5)
    earlier = EDITOR.heard[-1].sections()["REVISIONS"]
    assert 'rewrite the tune of bar 1" -> bar 1: ' in earlier and earlier.startswith("<<<")

    scheme = (out / "scheme.json").read_text("utf-8").replace('"panning": -0.5', '"panning": -0.4')
    (out / "scheme.json").write_text(scheme, "utf-8")
    assert revise(out, "--undo", "--no-render") == 0
    assert (out / "scheme.edited-1.json").read_text("utf-8") == scheme
    assert (out / "melody.json").read_bytes() == melody
    assert revise(out, "--undo", "--no-render") == 0
    assert (out / "score.json").read_bytes() == first
    assert score(out) == 0
    assert (out / "score.json").read_bytes() == first


@pytest.mark.parametrize(("words", "says"), [
    ("sing it", 'Nothing was changed. The reviser says: "I have no voice."'),
    ("faster", "The reviser says: \"That is the tempo map's.\" For the tempo: filmcomposer score"),
    ("a kazoo for the tune", "Nothing was changed: there is no instrument 'kazoo'. Say it"),
    ("a kazoo for the tune", "Without a model: filmcomposer score DIR --bars"),
    ("backwards", "Nothing was changed: no bars 3-2: the cue has 4. Say it in other words."),
    ("something else", "Without a model: filmcomposer score DIR --bars"),
    ("silence the silent snare", "Nothing was changed: it is so already."),
    (" ", "Say what to change"),
])
def test_what_cannot_be_done_changes_nothing(words: str, says: str, out: Path, asks: StandIn,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    before = hashes(out)
    assert revise(out, words) == 2
    said = capsys.readouterr().err
    assert says in said and "rm -rf" not in said and "\x1b" not in said
    assert {name: h for name, h in hashes(out).items() if name in before} == before
    assert (out / "agents" / "revisions.json").exists() == ("The reviser says" in said and "already" not in said)


def test_an_answer_is_remembered_so_that_a_talk_can_go_on(out: Path, asks: StandIn,
                                                          capsys: pytest.CaptureFixture[str]) -> None:
    assert revise(out, "sing it", "--dry-run") == 2 and not (out / "agents" / "revisions.json").exists()
    assert revise(out, "sing it") == 2
    assert revise(out, "put the tune to the left", "--no-render") == 0
    assert EDITOR.heard[-1].sections()["REVISIONS"] == (
        '<<<\n1. "sing it" -> nothing was changed, you answered: "I have no voice."\n>>>')
    assert revise(out, "strings only, please", "--no-render") == 0
    assert '2. "put the tune to the left" -> ' in EDITOR.heard[-1].sections()["REVISIONS"]
    assert revise(out, "--undo", "--no-render") == 0 and revise(out, "--undo", "--no-render") == 0
    assert revise(out, "--undo") == 2
    assert "has no change to take back" in capsys.readouterr().err


def test_words_without_end_are_refused(out: Path, asks: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    heard = len(EDITOR.heard)
    assert revise(out, "softer " * 100) == 2
    assert "The request has 700 characters: say it in 600 or fewer" in capsys.readouterr().err
    assert len(EDITOR.heard) == heard


def test_without_a_model_the_flags_that_do_the_same_are_named(out: Path, capsys: pytest.CaptureFixture[str],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert revise(out, "strings only") == 2
    said = capsys.readouterr().err
    assert "OPENAI_BASE_URL" in said and all(flag in said for flag in ("--bars", "--tracks", "lock", "scheme.json"))
    assert said.count("\n") == 1 and not (out / "agents").exists()


def test_a_request_is_replayed_without_a_server(out: Path, scored: Path, tmp_path: Path, asks: StandIn,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    other = copy_of(scored, tmp_path / "other")
    assert revise(out, "strings only in bars 3-4", "--no-render") == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert revise(other, "strings only in bars 3-4", "--replay", out, "--no-render") == 0
    assert (other / "score.json").read_bytes() == (out / "score.json").read_bytes()
    assert (other / "agents" / "revise.json").read_bytes() == (out / "agents" / "revise.json").read_bytes()


def test_documents_edited_since_come_first(out: Path, asks: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    hits = (out / "hits.json").read_text("utf-8")
    (out / "hits.json").write_text(hits + "\n", "utf-8")
    assert revise(out, "strings only") == 2
    assert "hits.json was edited after the score was written" in capsys.readouterr().err
    assert revise(out / "nowhere", "strings only") == 2
    (out / "scheme.json").unlink()
    assert revise(out, "strings only") == 2
    assert "holds no finished score yet" in capsys.readouterr().err


def test_a_revision_that_was_interrupted_is_taken_back_first(out: Path, asks: StandIn,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    before = hashes(out)
    assert revise(out, "put the tune to the left", "--no-render") == 0
    listed = out / "agents" / "revisions.json"
    text = listed.read_text("utf-8")
    assert '"done"' in text
    listed.write_text(text.replace('"done"', '"begun"'), "utf-8")
    assert revise(out, "sing") == 2
    assert hashes(out)["scheme.json"] == before["scheme.json"]
    assert '"undone"' in listed.read_text("utf-8")
    shutil.rmtree(out / "agents")
    assert revise(out, "--undo") == 2
    assert "has no change to take back" in capsys.readouterr().err


def test_the_flags_of_an_undo_stand_alone(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revise(out, "strings only", "--undo") == 2
    assert revise(out, "--undo", "--dry-run") == 2
    assert "leave out the words" in capsys.readouterr().err


def gain_of(out: Path) -> float:
    return float(json.loads((out / "scheme.json").read_text("utf-8"))["tracks"][0]["gain_db"])


@pytest.mark.posix
def test_a_change_that_was_stopped_while_it_was_finished_is_made_once(out: Path, asks: StandIn,
                                                                      capsys: pytest.CaptureFixture[str]) -> None:
    words, before = "lift the tune", gain_of(out)
    code = "import sys; from backend.cli.main import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with subprocess.Popen([sys.executable, "-c", code, "revise", str(out), words], stderr=subprocess.PIPE, text=True,
                          env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Building the session" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert f"The change is made; filmcomposer score {out} finishes it, filmcomposer revise {out} --undo takes" in said
    assert "same command" not in said and gain_of(out) == pytest.approx(before + 1)

    assert revise(out, f" {words.upper()}", "--no-render") == 2
    assert "the change is made: " in capsys.readouterr().err
    assert revise(out, words) == 0
    assert "These words were asked for last" in capsys.readouterr().err
    assert gain_of(out) == pytest.approx(before + 1)
    assert revise(out, words, "--no-render") == 0
    assert gain_of(out) == pytest.approx(before + 2)
    assert revise(out, "--undo", "--no-render") == 0 and gain_of(out) == pytest.approx(before + 1)


def test_what_people_should_know_beside_the_change(out: Path, asks: StandIn,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    assert revise(out, "all louder", "--no-render") == 0
    said = capsys.readouterr().err
    assert "the loudness target (-23 LUFS) takes that back" in said and f"score {out} --loudness=-20" in said
    assert revise(out, "softer twice in bars 3-16", "--dry-run") == 0
    said = capsys.readouterr().err
    assert said.count("Asked: bars 3-4: ") == 1 and "The cue has 4 bars: 'bars 3-16' was taken" in said
    assert "loudness" not in said
