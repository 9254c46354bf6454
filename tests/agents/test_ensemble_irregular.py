"""A long cue of many metres, sections and hits: nothing of it is cut, nobody has to guess, no rule steps in."""
from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache

from backend.agents.ensemble.arrange.tables import cue_lines
from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.rules.analyze import hit_weights
from backend.agents.stand_in import Scripted
from backend.domain.requests import ArrangeRequest
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.music.brief import make_brief
from backend.music.harmony import harmonise
from backend.rounds import arrange_in_rounds
from tests.agents.ensemble.test_words_of_people import arranged_by
from tests.agents.sample_cue import US_PER_QUARTER, description, melody, wave
from tests.agents.trials.direct_line import DirectLine
from tests.music.drawn import hit, hits, picture

BARS, RUN = 150, 4
METRES = ((4, 4), (7, 8), (3, 4), (5, 8))
SECTIONS = tuple(f"{letter}{number or ''}" for number in range(4) for letter in "ABCDE")
LARGEST = 16_000
"""Tokens by our bound of what anybody is shown of such a cue, the reviewer's score with it."""


@cache
def irregular() -> ArrangeRequest:
    """150 bars whose metre changes every four, 20 sections, 25 hard hits."""
    meters = tuple(Meter(bar, *METRES[i % len(METRES)]) for i, bar in enumerate(range(1, BARS + 1, RUN)))
    plain = TempoMap((TempoPoint(Fraction(0), US_PER_QUARTER),), meters, BARS, Fraction(BARS * 5))
    end_q = plain.bars[-1].end_q
    places = [plain.bars[number].start_q for number in range(3, BARS, 6)]
    times = [float(plain.time_s(q)) for q in places]
    beats = replace(plain, end_q=end_q, sync=tuple(SyncPoint(i, q, 0.0, True) for i, q in enumerate(places)))
    duration_s = math.ceil(plain.time_s(end_q))
    brief = make_brief(description("Exciting"), duration_s, "Exciting")
    firsts = [1 + i * BARS // len(SECTIONS) for i in range(len(SECTIONS))]
    lasts = [*(first - 1 for first in firsts[1:]), BARS]
    form = tuple(Section(*one) for one in zip(SECTIONS, firsts, lasts, strict=True))
    line = replace(melody(beats, brief, 3), sections=form, phrases=tuple(firsts))
    points = hits(*(hit(t, 0.95) for t in times))
    return ArrangeRequest(line, harmonise(line, beats, brief, points, 3), picture(duration_s, wave),
                          description("Exciting"), points, beats, brief, 3)


def test_nothing_of_an_irregular_cue_is_cut() -> None:
    asked = irregular()
    lines = dict(line.split(": ", 1) for line in cue_lines(asked).splitlines())
    assert len(hit_weights(asked)) == lines["hard_hits"].count("bar ") == 25
    assert lines["sections"].endswith(f"{SECTIONS[-1]} 143-150") and lines["sections"].count(";") == 19
    assert lines["metre"].count("from bar") == 37


def test_an_irregular_cue_of_150_bars_is_the_models_from_beginning_to_end() -> None:
    script = Scripted()
    line = DirectLine(script)
    desk = AnswerDesk(line, model="direct", prompting="cot", seed=0, folder=None, say=lambda text: None, sent_to="")
    score, _ = arrange_in_rounds(irregular(), arranged_by(desk), "cue")
    assert script.complaints == ()
    record = desk.record("arrange")
    assert record.takeovers == () and {turn.source for turn in record.turns} == {"llm"}
    assert sum(bool(part.notes) for part in score.parts) >= 8
    arrange = next(message.task for message in line.messages if message.agent == "arrange")
    table = arrange.split("=== TABLE\n")[1].split("\n\n")[0].splitlines()
    assert table[0].endswith(",cell") and len({row.rsplit(",", 1)[1] for row in table[1:]}) == len(METRES)
    assert max(text_tokens(message.system) + text_tokens(message.task) for message in line.messages) <= LARGEST
