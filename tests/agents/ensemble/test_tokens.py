"""The bound of a text, and how a server's own count corrects it."""
from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from backend.agents import ensemble
from backend.agents.ensemble.line.tokens import (
    DENSE_SECTIONS,
    MESSAGE_TOKENS,
    STILL_TOKENS,
    UsageRatio,
    message_tokens,
    text_tokens,
)
from backend.agents.ensemble.question import Message

ENSEMBLE = Path(ensemble.__file__).parent
ABC = "|".join(["G2A2 B2c2", "d4 ^c4", "[CEG]4 z4"] * 20)


def test_tables_count_a_token_in_1_2_characters_and_prose_one_in_3() -> None:
    prose = "The strings hold back until the door opens. "
    assert text_tokens(prose * 30) == math.ceil(len(prose * 30) / 3)
    assert text_tokens(f"=== ABC\n{ABC}") == math.ceil((len(ABC) + len("=== ABC\n")) / 1.2)
    words = "=== OPTIONS\nviolins warm and broad\n"
    assert text_tokens(words) == math.ceil(len(words) / 1.2)


@pytest.mark.parametrize("line", ["1,0.000,0.31,0.2,0.00,0,C,4", '{"m":1,"dyn":"p","level":0.22}', ABC])
def test_csv_json_and_abc_are_dense_wherever_they_stand(line: str) -> None:
    assert text_tokens(line) == math.ceil(len(line) / 1.2)
    assert text_tokens(f"=== DUTY\nSay it like this:\n{line}") > len(line) / 1.2


def test_every_section_in_use_counts_as_what_it_holds() -> None:
    """Names of sections stand in capitals in the modules that make tasks, or as the first word of ``section(...)``."""
    words = {"CUE", "NOTE", "STORY", "NAMES", "SAID", "REVISIONS", "DUTY", "OUTPUT", "ERRORS", "AGAIN"}
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(ENSEMBLE.rglob("*.py"))
                   if file.parent.name != "desk" or file.name == "asking_again.py")
    found = re.findall(r'\(\(?"([A-Z]{2,})", |\bsection\("(\w+)"', text)
    used = {(capitals or name).upper() for capitals, name in found}
    assert {"BEFORE", "FOUND", "FRAMES", "PLOT", "VERDICTS", "TABLE"} <= used
    assert used - words == DENSE_SECTIONS
    table = "\n".join(["first,second"] + ["a word or two,and a few more of these words"] * 20)
    assert all(text_tokens(f"=== {name}\n{table}") == math.ceil((len(table) + len(name) + 5) / 1.2)
               for name in DENSE_SECTIONS)


def test_a_dense_section_ends_with_the_next_heading() -> None:
    table, prose = "=== TABLE\nm,t_s\n1,0.0\n", "=== NOTE\n" + "less brass please " * 10
    assert text_tokens(table + prose) == math.ceil(len(table) / 1.2 + len(prose) / 3)


def test_the_reference_scores_stay_below_the_bound() -> None:
    """Craft 8.6: characters of ABC and the larger of two tokenizers' counts."""
    for characters, tokens in ((190, 153), (743, 613), (5451, 3918), (7679, 6019)):
        assert tokens <= text_tokens("=== ABC\n" + "c" * (characters - 8))


def test_other_scripts_count_by_their_bytes() -> None:
    assert text_tokens("\u97f3\u697d") == 3
    assert text_tokens("\u043c\u0443\u0437\u044b\u043a\u0430") == 6
    assert text_tokens("") == 0


def test_a_message_counts_its_pictures_and_errors(still_of_grey) -> None:
    bare = Message("c", "a", "sys" * 10, "task" * 30, {})
    assert message_tokens(bare) == 10 + 40 + 2 * MESSAGE_TOKENS
    full = Message("c", "a", "sys" * 10, "task" * 30, {}, (still_of_grey,) * 3, "err" * 10)
    assert message_tokens(full) == 10 + 40 + 10 + 3 * MESSAGE_TOKENS + 3 * STILL_TOKENS


def test_usage_corrects_the_bound_for_its_model() -> None:
    ratio = UsageRatio()
    assert ratio.corrected("m", 1000) == 1000
    ratio.learn("m", 1000, 400)
    ratio.learn("m", 1000, 600)
    ratio.learn("m", 0, 600)
    ratio.learn("m", 600, 0)
    assert (ratio.corrected("m", 1000), ratio.corrected("other", 1000)) == (500, 1000)
    ratio.learn("wild", 10, 10_000)
    assert ratio.corrected("wild", 10) == 20
