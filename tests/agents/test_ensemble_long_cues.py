"""The longest note and a story of many sentences are sent whole, and cues of any usual length still fit."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.ensemble.prompts import SPEAKERS
from backend.agents.stand_in import Scripted
from backend.config import LONGEST_NOTE, Options
from backend.domain.description import PlotSection
from backend.errors import OptionError
from backend.rounds import arrange_in_rounds
from tests.agents.ensemble.test_words_of_people import arranged_by
from tests.agents.sample_cue import request
from tests.agents.trials.direct_line import DirectLine

_SECONDS_A_BAR = 2.4
NOTE = ("Less brass, hold back until the door. " * 20)[:LONGEST_NOTE]
SENTENCE = "She opens the door, looks back once more and leaves the house without a word."


def heard(bars: int) -> DirectLine:
    """An assessment and an arrangement by the script."""
    cue = request(duration_s=round(bars * _SECONDS_A_BAR))
    plot = tuple(PlotSection(float(start_s), start_s + 8.0, 0.5, SENTENCE) for start_s in range(0, bars * 2, 8))
    cue = replace(cue, note=NOTE, description=replace(cue.description, plot=plot))
    assert cue.tempo_map.bar_count == bars
    script = Scripted()
    line = DirectLine(script)
    desk = AnswerDesk(line, model="direct", prompting="cot", seed=0, folder=None, say=lambda text: None, sent_to="")
    EnsembleAssessor(desk).assess(cue.melody, cue.tempo_map, cue.brief, False)
    score, _ = arrange_in_rounds(cue, arranged_by(desk), "cue")
    assert script.complaints == () and sum(bool(part.notes) for part in score.parts) >= 8
    return line


@pytest.mark.parametrize(("bars", "most", "most_of_reviewer"), [(60, 8_000, 16_000), (120, 16_000, 16_000)])
def test_long_cues_fit(bars: int, most: int, most_of_reviewer: int) -> None:
    sizes: dict[str, int] = {}
    for message in heard(bars).messages:
        size = text_tokens(message.system) + text_tokens(message.task) + text_tokens(message.errors)
        sizes[message.agent] = max(size, sizes.get(message.agent, 0))
        if message.agent in SPEAKERS["arrange"]:
            assert NOTE in message.task and message.task.count(SENTENCE) >= 12
    assert set(sizes) == {*SPEAKERS["assess"], *SPEAKERS["arrange"]}
    assert sizes.pop("reviewer") <= most_of_reviewer
    assert max(sizes.values()) <= most, sizes


def test_a_note_without_end_is_refused_in_one_line() -> None:
    assert Options(note="x" * LONGEST_NOTE).check().note
    with pytest.raises(OptionError, match=rf"--note has {LONGEST_NOTE + 1} characters: say it in 600 or fewer\.$"):
        Options(note="x" * (LONGEST_NOTE + 1)).check()
