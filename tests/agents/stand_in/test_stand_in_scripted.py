"""The scripted ensemble answers from its prompt and from nothing else: whatever a prompt omits is named."""
from __future__ import annotations

import json
import re
from functools import cache

import pytest

from backend.agents.ensemble.arrange import tasks as tasks
from backend.agents.ensemble.assess.questions import Case, question
from backend.agents.ensemble.assess.tables import abc_section
from backend.agents.ensemble.prompts import quoted, section, system_prompt
from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.stand_in import Asked, Scripted
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, request

ARRANGERS = ("analyze", "arrange", "voice_part", "instrument", "volume", "mixing", "reviewer")
NEEDED = {"analyze": ("CUE", "TABLE"), "arrange": ("CUE", "TABLE"), "voice_part": ("CUE", "TABLE", "OPTIONS"),
          "instrument": ("CUE", "TABLE", "OPTIONS", "DRAFT"), "volume": ("CUE", "TABLE", "DRAFT"),
          "mixing": ("DRAFT",), "reviewer": ("TABLE", "DRAFT", "QA", "ABC"), "melody": ("CUE", "METRICS", "ABC")}


@cache
def task_of(speaker: str) -> str:
    """What the speaker is really told of the sample cue."""
    asked = request()
    if speaker not in ARRANGERS:
        computed = CriteriaAssessor().assess(asked.melody, asked.tempo_map, asked.brief, False)
        case = Case(computed, asked.tempo_map, asked.brief, abc_section(asked.melody, asked.tempo_map), False)
        return question(case, speaker, (), "cot").task
    plan = EXPERTS.analyzer.analyze(asked)
    arrange = EXPERTS.arranger.arrange(asked, plan)
    casting = EXPERTS.caster.cast(asked, plan, arrange)
    score, scheme = arrange_in_rounds(asked, EXPERTS, "cue")
    computed_review = EXPERTS.reviewer.review(asked, score, scheme)
    return {"analyze": lambda: tasks.analyze_task(asked, None),
            "arrange": lambda: tasks.arrange_task(asked, plan, None),
            "voice_part": lambda: tasks.voices_task(asked, plan, None),
            "instrument": lambda: tasks.casting_task(asked, plan, arrange, None),
            "volume": lambda: tasks.volume_task(asked, plan, casting, ""),
            "mixing": lambda: tasks.mixing_task(asked, casting, ""),
            "reviewer": lambda: tasks.review_task(asked, score, scheme, computed_review)}[speaker]()


def answer(speaker: str, task: str, scripted: Scripted | None = None) -> dict[str, object]:
    reply = (scripted or Scripted())(Asked("m", system_prompt(speaker, "cot"), task))
    return dict(json.loads(reply))


@pytest.mark.parametrize("speaker", NEEDED)
def test_a_whole_prompt_is_answered(speaker: str) -> None:
    scripted = Scripted()
    said = answer(speaker, task_of(speaker), scripted)
    assert set(said) == {"reasoning_summary", "metrics", "confidence", "payload"}
    assert scripted.complaints == ()


@pytest.mark.parametrize(("speaker", "name"), [(s, name) for s, names in NEEDED.items() for name in names])
def test_a_section_left_out_is_named_and_no_json(speaker: str, name: str) -> None:
    task, times = re.subn(rf"=== {name}\n.*?(?=\n=== |\Z)", "", task_of(speaker), flags=re.DOTALL)
    assert times == 1
    scripted = Scripted()
    reply = scripted(Asked("m", system_prompt(speaker, "cot"), task))
    assert "{" not in reply
    assert len(scripted.complaints) == 1 and name in scripted.complaints[0] and speaker in scripted.complaints[0]


def test_a_column_or_a_bar_left_out_is_named() -> None:
    scripted = Scripted()
    scripted(Asked("m", system_prompt("analyze", "cot"), task_of("analyze").replace(",tension,", ",", 1)))
    scripted(Asked("m", system_prompt("analyze", "cot"), re.sub(r"^4,.*\n", "", task_of("analyze"), flags=re.M)))
    scripted(Asked("m", "You are a duck.", task_of("analyze")))
    assert "tension" in scripted.complaints[0]
    assert scripted.complaints[1] == "TABLE of 'analyze' has 9 bars in it, the cue has 10"
    assert scripted.complaints[2] == "the system prompt states nobody's duty"


def with_note(speaker: str, note: str) -> str:
    return task_of(speaker) + "\n\n" + section("note", quoted(note))


def test_a_note_holds_back_until_the_hit() -> None:
    before = answer("analyze", task_of("analyze"))["payload"]["measures"]  # type: ignore[index]
    after = answer("analyze", with_note("analyze", "Hold back until the door"))["payload"]["measures"]  # type: ignore
    hit = max(before, key=lambda measure: measure["hit_weight"])["m"]
    assert 1 < hit < len(before)
    assert all(b["level"] < a["level"] for a, b in zip(before, after, strict=True) if a["m"] < hit)
    assert [m for m in before if m["m"] >= hit] == [m for m in after if m["m"] >= hit]


def test_a_note_sends_the_brass_home() -> None:
    from backend.music.instruments import instruments

    def families(task: str) -> list[str]:
        tracks = answer("instrument", task)["payload"]["tracks"]  # type: ignore[index]
        return [instruments()[track["instrument"]].family for track in tracks]
    assert "brass" in families(task_of("instrument"))
    assert "brass" not in families(with_note("instrument", "a little less brass, please"))
    assert set(families(with_note("instrument", "strings only"))) <= {"strings", "percussion", "tuned_perc"}


def test_a_note_without_a_fence_is_a_fault_of_the_prompt() -> None:
    scripted = Scripted()
    scripted(Asked("m", system_prompt("analyze", "cot"), task_of("analyze") + "\n\n=== NOTE\nless brass"))
    assert scripted.complaints == ("the words in NOTE of 'analyze' are not fenced by <<< and >>>",)
