"""The report page's account of an ensemble: who said what, and where rules spoke for a model."""
from __future__ import annotations

from backend.domain.ensemble import CHAT_TITLES, ChatRecord, Turn, usd
from backend.report.markup import details, number, table, tag, text


def ensemble_table(chats: tuple[ChatRecord, ...]) -> str:
    """One folded table a chat, its takeovers and its cost above it; empty without chats."""
    return "".join(_chat(chat) for chat in chats if chat.turns)


def _chat(chat: ChatRecord) -> str:
    spent, title = chat.spending, CHAT_TITLES.get(chat.chat, chat.chat)
    cost = "price unknown" if spent.cost_usd is None else usd(spent.cost_usd)
    rows = [_row(turn) for turn in chat.turns]
    head = f"{title}: {len(rows)} turns, {spent.tokens_in + spent.tokens_out:,} tokens, {cost}"
    said = "".join(tag("p", text(line)) for line in chat.takeovers)
    return said + details(head, table(("Round", "Who", "By", "Said", "Leaned on", "Problems"), rows, (0,)))


def _row(turn: Turn) -> tuple[str, ...]:
    again = " (again)" if turn.attempt > 1 else ""
    return (number(turn.round, 0), text(turn.agent + again), text("rules" if turn.source == "rule" else turn.model),
            text(turn.summary), text(", ".join(turn.metrics)), text("; ".join(turn.problems)))
