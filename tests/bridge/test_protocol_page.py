"""docs/protocol.md says what the code says."""
from __future__ import annotations

from bridge.messages import REPLIES, REQUESTS, SeenNote
from bridge.protocol_page import PAGE, page


def test_the_page_is_of_this_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m bridge.protocol_page"


def test_every_message_and_every_field_is_on_it() -> None:
    text = page()
    for kind in (*REQUESTS, *REPLIES, SeenNote):
        section = text.partition(f"### {kind.__name__}\n")[2].partition("\n### ")[0]
        assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == \
            list(kind.__dataclass_fields__)


def test_types_and_defaults_as_they_travel() -> None:
    text = page()
    assert "| `spots` | array of [SeenNote](#seennote) or nil | nil |" in text
    assert "| `options` | map of text or nil | nil |" in text
    assert "| `play_rate` | number | 1 |" in text
    assert "| `waiting` | integer | 0 |" in text
    assert "| `reaper` | true/false | false |" in text
    assert "| `onset_q` | number | required |" in text
    assert "| `markers` | array of [SeenMarker](#seenmarker) | empty |" in text
    assert "| a message | 4 MiB |" in text and '"protocol": 1}' in text


def test_every_link_leads_somewhere() -> None:
    text = page()
    titles = {line.removeprefix("### ").lower() for line in text.splitlines() if line.startswith("### ")}
    links = {part.partition(")")[0] for part in text.split("](#")[1:]}
    assert links and links <= titles
