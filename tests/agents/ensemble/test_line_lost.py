"""What a lost call tells the desk: why, what helps, and whether anybody will be asked again."""
from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.line.calling import Patience
from backend.agents.ensemble.line.line import LOST_AFTER
from backend.agents.ensemble.question import LineLost
from backend.agents.stand_in import Asked, Breakdown, StandIn
from tests.agents.ensemble.desk_table import QUESTION, SAID
from tests.agents.ensemble.live_line import Said, by_name, line_to, message
from tests.agents.ensemble.scripted_line import envelope


def test_one_call_that_timed_out_names_the_flag_and_the_next_is_asked() -> None:
    numbers = count()

    def answer(asked: Asked) -> str | Breakdown:
        return Breakdown("hang", seconds=120) if next(numbers) == 1 else by_name(asked)

    with StandIn(answer) as server:
        line = line_to(server.base_url, patience=Patience(timeout_s=3.0, pauses_s=(0.01,)))
        line.say(message("analyze"))
        with pytest.raises(LineLost, match="did not answer within 3 s") as lost:
            line.say(message("arrange"))
        assert "--llm-timeout" in lost.value.advice and not lost.value.for_good
        assert "instrument speaks" in line.say(message("instrument")).text
        assert len(server.requests) == 3, "a call that timed out is not put again"
        line.close()


def test_once_given_up_nothing_is_listed_as_sent() -> None:
    said = Said()
    with StandIn(lambda asked: envelope(SAID)) as server:
        line = line_to(server.base_url, say=said)
        desk = AnswerDesk(line, model="stand-in", prompting="cot", seed=1, folder=None, say=said, sent_to="127.0.0.1")
        desk.ask(QUESTION)
        server.fail_after(0, "500")
        sources = [desk.ask(replace(QUESTION, task=f"=== CUE\nx\n\n=== {name}\ny")).source
                   for name in ("ABC", "DRAFT", "REVIEW", "QA", "LOCKS")]
        line.close()
    assert sources == ["rule"] * 5
    assert len([text for text in said.lines if "also gets" in text]) <= LOST_AFTER
    assert not any("your locks" in text for text in said.lines)
    gone = [text for text in said.lines if "rules speak for the model" in text]
    assert len(gone) == 1 and gone[0] == "From mixing on, rules speak for the model in the chat 'arrange'."
    assert len([text for text in said.lines if "given up for this run" in text]) == 1


def test_what_is_recorded_is_not_listed_as_sent(tmp_path: Path) -> None:
    with StandIn(lambda asked: envelope(SAID)) as server:
        told = []
        for _ in range(2):
            said = Said()
            line = line_to(server.base_url, folder=tmp_path, say=said)
            AnswerDesk(line, model="stand-in", prompting="cot", seed=1, folder=None, say=said,
                       sent_to="127.0.0.1").ask(QUESTION)
            line.close()
            told.append([text for text in said.lines if text.startswith("Sent to")])
    assert told == [["Sent to 127.0.0.1 (local) to arrange and mix: measured figures, the melody as text, the plan; "
                     "no frames"], []]
