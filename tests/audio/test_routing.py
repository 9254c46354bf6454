"""Who is heard in which stem."""
from __future__ import annotations

import pytest

from backend.audio.routing import route
from backend.domain.session import Send, Track
from backend.errors import InputError
from tests.audio.conftest import part, session_of


def test_nested_folders_end_in_the_outermost_stem() -> None:
    routing = route(session_of(Track("strings", "folder", "S"), Track("high", "folder", "H", parent="strings"),
                               part("v", [], "high"), part("solo", [])))
    assert routing.stems == ("strings", "solo")
    assert [folder.id for folder in routing.ancestors["v"]] == ["high", "strings"]


def test_a_reverb_belongs_to_its_folder_or_to_its_only_sender() -> None:
    send = (Send("hall", -6.0),)
    tracks = (Track("hall", "reverb", "R"), Track("brass", "folder", "B"), part("h", [], "brass", sends=send))
    one = route(session_of(*tracks))
    assert [(b.track.id, b.stem, b.hall, b.private) for b in one.reverbs] == [("hall", "brass", "brass", True)]
    assert one.stems == ("brass",)
    both = route(session_of(*tracks, part("solo", [], sends=send)))
    assert both.stems == ("hall", "brass", "solo")
    assert (both.reverbs[0].stem, both.reverbs[0].hall, both.reverbs[0].private) == ("hall", "", False)


def test_a_reverb_nobody_feeds_is_left_out() -> None:
    assert route(session_of(Track("brass", "folder", "B"), Track("r", "reverb", "R", parent="brass"))).reverbs == ()


def test_unknown_places_are_named() -> None:
    with pytest.raises(InputError, match="'nowhere'"):
        route(session_of(part("v", [], "nowhere")))
    with pytest.raises(InputError, match="'spots'"):
        route(session_of(Track("spots", "spots", "S"), part("v", [], sends=(Send("spots", 0.0),))))
    with pytest.raises(InputError, match="circle"):
        route(session_of(Track("a", "folder", "A", parent="b"), Track("b", "folder", "B", parent="a")))
