"""The transcript as a page: who said what, and nothing that a model says is markup."""
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.agents.ensemble.desk.transcript import inline, transcript
from backend.domain.ensemble import ChatRecord, Spending, Turn


def turn(**changes: object) -> Turn:
    fields = {"round": 1, "step": "A3", "agent": "instrument", "attempt": 1, "source": "llm", "model": "gpt-x",
              "summary": "Cellos, since it is sad."}
    return Turn(**{**fields, **changes})  # type: ignore[arg-type]


def test_it_reads_as_a_conversation() -> None:
    record = ChatRecord("arrange", "cot", (
        turn(metrics=("range", "rho", "chord", "odd_figure"), tokens_in=900),
        turn(attempt=2, problems=("/tracks/melody/instrument: unknown",)),
        turn(attempt=2, source="rule", model="", summary="Rules decided 1 place of this answer.",
             problems=("/tracks/melody/instrument: unknown",)),
        turn(round=2, agent="reviewer", summary="")), (), (), Spending(3, 2700, 300, 0.012))
    assert transcript((record,)) == """# Transcript of the ensemble

## Arranging and mixing

Prompting cot, 3 replies, 2700 tokens in, 300 out, $0.012.

### Round 1

- **instrument** (gpt-x): Cellos, since it is sad.
  - leaned on: playable range, the chords, odd figure

- **instrument** (gpt-x, second attempt): Cellos, since it is sad.
  - wrong: /tracks/melody/instrument: unknown

- **instrument** (the rules): Rules decided 1 place of this answer.
  - because: /tracks/melody/instrument: unknown

### Round 2

- **reviewer** (gpt-x): said nothing.
"""


def test_many_problems_are_counted() -> None:
    text = transcript((ChatRecord("assess", "cot", (turn(problems=("x",) * 40),)),))
    assert text.count("  - wrong: x") == 12
    assert "  - and 28 more of the kind" in text


@pytest.mark.parametrize(("said", "written"), [
    ("a\n\n# Heading\n- item\n\n---", "a # Heading - item ---"),
    ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
    ("[click](http://evil.example)", "\\[click\\](http\\://evil.example)"),
    ("see https://evil.example or www.evil.example", "see https\\://evil.example or www\\.evil.example"),
    ("mail me@evil.example", "mail me(at)evil.example"),
    ("![x](y) `code` **bold** _it_ ~~no~~ a|b",
     "!\\[x\\](y) \\`code\\` \\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ a\\|b"),
    ("&lt;b&gt; \\* C:\\x $$x$$", "\\&lt;b\\&gt; \\\\\\* C:\\\\x \\$\\$x\\$\\$"),
    ("abc\u202edef\u200b\x00g\u2028h\ud800", "abc\ufffddef\ufffd\ufffdg h\ufffd"),
    ("dark_chords of strings1_ensemble", "dark_chords of strings1_ensemble"),
    ("violins1, bars 9-16: 0.5 (mf)", "violins1, bars 9-16: 0.5 (mf)"),
])
def test_what_a_model_says_is_text(said: str, written: str) -> None:
    assert inline(said) == written


_NASTY = st.text(alphabet=st.sampled_from("<>[]()!`*_#|~&\\\n\r\t $:/@.w=-+1a\u2028\u202e\ud800"), max_size=40)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(_NASTY, _NASTY)
def test_nothing_breaks_out_of_its_line(said: str, other: str) -> None:
    record = ChatRecord("arrange", other, (turn(summary=said, agent=other, model=said, metrics=(other,),
                                                problems=(said,)),))
    plain = ChatRecord("arrange", "x", (turn(summary="x", agent="x", model="x", metrics=("x",), problems=("x",)),))
    text = transcript((record,))
    assert text.count("\n") == transcript((plain,)).count("\n")
    text.encode("utf-8")
    for line in (inline(said), inline(other)):
        bare = line.replace("\\\\", "")
        assert re.search(r"(?<!\\)([`*\[\]<>|~&$]|(?<![A-Za-z0-9\\])_|_(?![A-Za-z0-9]))", bare) is None
        assert "@" not in line and "://" not in line and "www." not in line.lower()
