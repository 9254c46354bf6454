"""What an adapter that asks models is called: everything that makes its answers others is in the name, because a stage
whose adapters are called otherwise is made again."""
from __future__ import annotations

from backend.agents.ensemble.question import PROMPTINGS, Desk


def called(desk: Desk, *speakers: str) -> str:
    """``gpt-4.1``; of several speakers those with another model named (``gpt-4.1+melody=gpt-4.1-mini``); in brackets
    the level of prompting where it is not the whole."""
    main = desk.model_of(speakers[0])
    others = [f"+{speaker}={desk.model_of(speaker)}" for speaker in speakers if desk.model_of(speaker) != main]
    level = "" if desk.prompting == PROMPTINGS[-1] else f" ({desk.prompting})"
    return f"{main}{''.join(others)}{level}"
