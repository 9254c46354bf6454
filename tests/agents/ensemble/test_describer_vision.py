"""The describer with eyes over real HTTP: which frames arrive, what of an answer counts, good or bad."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.agents.ensemble.eyes.describer import SPEAKER
from backend.agents.stand_in import Asked, Scripted
from backend.agents.stand_in.burnt_in import frame_of
from backend.domain.analysis import ClipAnalysis
from backend.domain.description import Attribute, ClipDescription
from backend.domain.requests import DescribeRequest
from backend.errors import EndpointError
from backend.models.musicgen.melody_writer import prompt
from backend.music.brief import make_brief
from backend.video.describe import MeasuredDescriber
from tests.agents.ensemble.looking_desk import analyse, eyes
from tests.agents.numbered_film import draw_numbered_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("looking") / "numbered.mp4"
    draw_numbered_film(path)
    return path


@pytest.fixture(scope="module")
def analysis(film: Path) -> ClipAnalysis:
    return analyse(film)


def spoiled(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked], str]:
    """The scripted eyes with their payload changed, every time they are asked."""
    scripted = Scripted()

    def answer(asked: Asked) -> str:
        reply: dict[str, Any] = json.loads(scripted(asked))
        change(reply["payload"])
        return json.dumps(reply)
    return answer


def described(responder: Callable[[Asked], Any], request: DescribeRequest) -> ClipDescription:
    with eyes(responder) as seeing:
        return seeing.describer.describe(request)


def test_the_frames_that_are_named_are_the_frames_that_arrive(film: Path, analysis: ClipAnalysis) -> None:
    """The numbers burnt into the pictures of the HTTP request are those of its FRAMES and of ``frames_seen``."""
    scripted = Scripted()
    with eyes(scripted) as seeing:
        description = seeing.describer.describe(DescribeRequest(analysis, clip=film))
        sent = [part["image_url"]["url"] for request in seeing.server.requests for message in request["messages"]
                if isinstance(message["content"], list) for part in message["content"] if part["type"] == "image_url"]
    numbers = [frame_of(base64.b64decode(url.split(",")[1])) for url in sent]
    assert scripted.complaints == () and len(numbers) >= 8
    assert tuple(numbers) == description.frames_seen
    assert all(any(shot.start_frame <= n < shot.end_frame for n in numbers if n is not None)
               for shot in analysis.shots)


def test_what_is_measured_stands_and_what_is_null_is_filled(film: Path, analysis: ClipAnalysis) -> None:
    measured = MeasuredDescriber().describe(DescribeRequest(analysis))

    def contradict(payload: dict[str, Any]) -> None:
        payload["clip"] |= {"brightness": "glaring", "hue": "Pink", "setting": "church"}
        payload["shots"][0]["labels"] |= {"brightness": "glaring", "behaviour": "fall down", "view_scale": "long shot"}

    seen = described(spoiled(contradict), DescribeRequest(analysis, clip=film))
    assert (seen.clip.brightness, seen.clip.hue) == (measured.clip.brightness, measured.clip.hue)
    assert seen.clip.setting == Attribute("church", "model", .7)
    first = seen.shots[0]
    assert first.attributes.brightness == measured.shots[0].attributes.brightness
    assert first.attributes.behaviour == Attribute("fall down", "model", .6)
    assert first.sentence and first.motion == measured.shots[0].motion
    assert [(part.start_s, part.end_s) for part in seen.plot] == [(part.start_s, part.end_s) for part in measured.plot]
    assert all(part.sentence and part.source == "model" for part in seen.plot)
    assert (seen.valence, seen.arousal, seen.motion) == (measured.valence, measured.arousal, measured.motion)


def test_the_users_emotion_wins_and_is_what_the_model_hears(film: Path, analysis: ClipAnalysis) -> None:
    said: list[str] = []

    def insist(payload: dict[str, Any]) -> None:
        said.append(payload["clip"]["emotion"])
        payload["clip"]["emotion"] = "Humorous"

    seen = described(spoiled(insist), DescribeRequest(analysis, "Sad", film))
    assert said == ["Sad"] and seen.clip.emotion == Attribute("Sad", "user", 1.0)


def test_emotion_and_reasoning_reach_the_brief(film: Path, analysis: ClipAnalysis) -> None:
    def decide(payload: dict[str, Any]) -> None:
        payload["clip"]["emotion"] = "Nervous"
        payload["reasoning"]["music"]["instruments"] = ["frame_drum", "duduk", "cimbasso"]
        payload["reasoning"]["music_description"] = "A wary duduk over drums."

    seen = described(spoiled(decide), DescribeRequest(analysis, clip=film))
    brief, without = make_brief(seen, 8.0), make_brief(replace(seen, reasoning=None), 8.0)
    assert brief.emotion == "Nervous" and brief.words == "A wary duduk over drums."
    assert brief.core[:3] == ("duduk", "cimbasso", "frame_drum") and set(brief.core[3:]) <= set(without.core)
    assert not set(brief.core) & set(brief.avoid)
    assert prompt(brief) == f"{prompt(replace(brief, words=''))}, A wary duduk over drums."


def test_wrong_fields_are_asked_for_once_and_then_left_to_the_measurement(film: Path, analysis: ClipAnalysis) -> None:
    def spoil(payload: dict[str, Any]) -> None:
        payload["clip"]["setting"] = "Mordor"
        payload["shots"][1]["labels"]["theme"] = 7
        payload["plot"][0]["tension"] = 90
        payload["reasoning"]["music"]["instruments"] = ["kazoo"]

    with eyes(spoiled(spoil)) as seeing:
        seen = seeing.describer.describe(DescribeRequest(analysis, clip=film))
        assert len(seeing.server.requests) == 2
        assert any("Rules decided" in line or "rules" in line for line in
                   [*seeing.said, *(turn.summary for turn in seeing.desk.record("describe").turns)])
    assert seen.clip.setting == Attribute(None) and seen.shots[1].attributes.theme == Attribute(None)
    assert seen.shots[0].attributes.theme == Attribute("animation", "model", .6)
    measured = MeasuredDescriber().describe(DescribeRequest(analysis))
    assert (seen.plot[0].tension, seen.plot[0].source) == (measured.plot[0].tension, "measured")
    assert seen.reasoning is not None and "kazoo" not in seen.reasoning.music.instruments


@pytest.mark.parametrize("reply", ["I see nothing.", "", "{", '{"payload": []}', "null"])
def test_useless_replies_leave_the_measured_description(film: Path, analysis: ClipAnalysis, reply: str) -> None:
    with eyes(lambda asked: reply) as seeing:
        seen = seeing.describer.describe(DescribeRequest(analysis, "Calm", film))
        assert any("rules answer for the model" in line for line in seeing.said)
    assert seen == MeasuredDescriber().describe(DescribeRequest(analysis, "Calm"))


def test_reasoning_that_only_rules_could_give_is_left_out(film: Path, analysis: ClipAnalysis) -> None:
    seen = described(spoiled(lambda payload: payload.pop("reasoning")), DescribeRequest(analysis, clip=film))
    assert seen.reasoning is None and seen.clip.theme == Attribute("animation", "model", .7)


def test_many_shots_are_looked_at_in_parts(film: Path, analysis: ClipAnalysis) -> None:
    """Sixteen shots of half a second: two questions about shots, one about the whole."""
    shot = analysis.shots[0]
    bounds = [12 * i for i in range(17)]
    shots = tuple(replace(shot, start_frame=a, end_frame=b, start_s=analysis.frame_times_s[a],
                          end_s=analysis.frame_times_s[b] if b < 192 else analysis.cue.duration_s)
                  for a, b in zip(bounds, bounds[1:], strict=False))
    many = replace(analysis, shots=shots, cuts=())
    scripted = Scripted()
    with eyes(scripted) as seeing:
        seen = seeing.describer.describe(DescribeRequest(many, clip=film))
        turns = seeing.desk.record("describe").turns
    assert scripted.complaints == ()
    assert [(turn.agent, turn.source) for turn in turns] == [(SPEAKER, "llm")] * 3
    assert all(shot.sentence and shot.attributes.theme.source == "model" for shot in seen.shots)
    assert seen.reasoning is not None and seen.clip.theme == Attribute("animation", "model", .7)


def test_a_server_that_is_not_there_is_refused_and_a_folder_keeps_the_chat(film: Path, analysis: ClipAnalysis,
                                                                          tmp_path: Path) -> None:
    with eyes(Scripted(), tmp_path) as seeing:
        seeing.describer.describe(DescribeRequest(analysis, clip=film))
        assert (tmp_path / "agents" / "describe.json").is_file() and (tmp_path / "transcript.md").is_file()
        assert any("frames" in line or "picture" in line or "image" in line for line in seeing.said), seeing.said
    with pytest.raises(EndpointError), eyes(Scripted()) as gone:
        gone.server.__exit__(None, None, None)
        gone.describer.describe(DescribeRequest(analysis, clip=film))
